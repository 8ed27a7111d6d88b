"""The workload that the arguments of a component ask for."""

from collections.abc import Mapping
from typing import Any

from ..arguments.case import snake_case
from ..kubernetes.annotations import NAME_LABEL
from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadKind
from ..revisions.naming import default_selector
from .workload import Workload


def workload_of(kind: WorkloadKind, name: str, plain: Mapping[str, Any]) -> Workload:
    """Return the workload of a component with that Kubernetes name; `plain` are its arguments."""
    selector = selector_of(plain, name)
    return Workload(
        kind,
        name,
        plain["namespace"],
        plain["pod_spec"],
        _spec(kind, plain),
        selector=selector,
        labels={NAME_LABEL: name, **plain.get("labels", {})},
        pod_labels={**plain.get("pod_labels", {}), **selector},
        pod_annotations=plain.get("pod_annotations", {}),
    )


def selector_of(plain: Mapping[str, Any], name: str) -> Any:
    """Return the labels by which the workload finds its pods."""
    return plain.get("selector", default_selector(name))


def _spec(kind: WorkloadKind, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands beside the pod template. Without `replicas` they are an autoscaler's, or Kubernetes' 1."""
    spec = {
        kind.strategy: kind.frozen or None if "waves" in plain else plain.get(snake_case(kind.strategy)),
        "minReadySeconds": plain.get("min_ready_seconds"),
        "revisionHistoryLimit": plain.get("revision_history_limit"),
    }
    if kind is not DAEMON_SET:
        spec["replicas"] = plain.get("replicas")
    fixed = {field: plain.get(snake_case(field)) for field in kind.fixed}
    return {**spec, **fixed}
