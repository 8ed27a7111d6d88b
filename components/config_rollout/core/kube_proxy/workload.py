"""kube-proxy as a workload: the one that is made where a cluster has none, and what is written to an adopted one."""

from collections.abc import Mapping
from typing import Any

from ..configuration.content import Content
from ..kubernetes.workload_kinds import DAEMON_SET
from ..workload.workload import Workload
from . import files, pods
from .adoption import has_other_probe
from .arguments import Settings
from .discovery import ExistingKubeProxy
from .layout import Layout


def workload_of(settings: Settings, existing: ExistingKubeProxy | None, content: Content) -> Workload:
    """Return the workload; its pods' ConfigMap is called like the DaemonSet. `found` is `None` if nothing was read."""
    layout = settings.layout
    text = content.data.get(layout.key)  # `None`: the cluster could not be read
    probe = files.DEFAULT_PROBE if text is None else files.probe(text)
    if settings.manage == "own":
        return _own(settings, probe or files.DEFAULT_PROBE)
    if existing and existing.daemon_set and has_other_probe(existing.daemon_set, layout):
        probe = None
    return adopted(layout, settings.update_strategy, settings.min_ready_seconds, probe)


def adopted(
    layout: Layout, update_strategy: Mapping[str, Any], min_ready_seconds: int, probe: Mapping[str, Any] | None
) -> Workload:
    """Return the fields of an adopted DaemonSet that are ours. A probe that someone else gave it stays theirs."""
    containers = {"containers": [{"name": layout.container, "readinessProbe": dict(probe)}]} if probe else {}
    return Workload(
        DAEMON_SET,
        layout.daemon_set,
        layout.namespace,
        {**containers, "volumes": [{"name": layout.volume, "configMap": {"name": layout.daemon_set}}]},
        {"minReadySeconds": min_ready_seconds, "updateStrategy": dict(update_strategy)},
        labels=pods.pod_labels(layout),
        is_patch=True,
    )


def _own(settings: Settings, probe: Mapping[str, Any]) -> Workload:
    layout, labels = settings.layout, pods.pod_labels(settings.layout)
    return Workload(
        DAEMON_SET,
        layout.daemon_set,
        layout.namespace,
        pods.pod_spec(layout, layout.daemon_set, settings.image, probe),
        {"minReadySeconds": settings.min_ready_seconds, "updateStrategy": dict(settings.update_strategy)},
        selector=labels,
        labels=labels,
        pod_labels=labels,
    )
