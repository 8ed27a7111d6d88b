"""The project that adopts kube-proxy: the one that runs, or that of whatever cluster it meets."""

from typing import Any

from ..explain.taking_over import UNCHANGED
from ..kube_proxy.adoption import headline
from ..kube_proxy.discovery import image, mounted_name
from ..kube_proxy.layout import LAYOUTS
from ..kubernetes.objects import Object
from ..revisions.naming import is_content_name
from .program import FileText, Program
from .project import Project, written_in

_REFRESH = """\
# kubeadm and kubectl write to kube-proxy too, and only a refresh sees it.
options:
  refresh: always
"""


def kube_proxy_layout(workload: Object) -> str:
    """Return the name of the layout that a DaemonSet has if it is kube-proxy; empty if it is not."""
    metadata = workload["metadata"]
    for name, layout in LAYOUTS.items():
        mounted = mounted_name(workload, layout)
        if (
            (metadata["namespace"], metadata["name"]) == (layout.namespace, layout.daemon_set)
            and image(workload, layout)
            and (mounted == layout.config_map or is_content_name(mounted, layout.daemon_set))
        ):
            return name
    return ""


def new_kube_proxy_project(language: str = "python") -> Project:
    """Return the project that adopts kubeadm's kube-proxy with whatever configuration it has."""
    return _project({"manage": "adopt"}, language)


def kube_proxy_project(layout_name: str, workload: Object, config: str | None, language: str = "python") -> Project:
    """
    Return the project that adopts a kube-proxy as it runs.

    `config` is the KubeProxyConfiguration that others know by name; without it the project follows what is there.
    """
    layout = LAYOUTS[layout_name]
    # Pods that read a ConfigMap of an earlier revision of ours may read something else than `config`.
    known = config is not None and mounted_name(workload, layout) == layout.config_map
    expected = [headline(workload, layout, restarts=True), UNCHANGED] if known else []
    return _project({"manage": "adopt", "layout": layout_name}, language, config, expected)


def _project(
    arguments: dict[str, Any], language: str, config: str | None = None, expected: list[str] | None = None
) -> Project:
    files = {}
    if config is not None:
        arguments = {**arguments, "config": FileText("config.conf")}
        files = {"config/config.conf": config.encode()}
    about = "kube-proxy, adopted as it runs."
    program = Program("KubeProxy", "kube-proxy", arguments, about, files, _REFRESH)
    return written_in(language, program, expected=expected or [])
