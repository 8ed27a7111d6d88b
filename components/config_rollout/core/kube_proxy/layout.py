"""Where a cluster keeps its kube-proxy: the known layouts, and whether one fits the cluster."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...args.layout import LayoutArgs
from ..arguments.fields import check_name, wrong_value
from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from ..revisions.naming import MAX_NAME_LENGTH, is_content_name

Object = Mapping[str, Any]
"""A Kubernetes object as the API server sends it."""


@dataclass(frozen=True)
class Layout:
    """
    The names under which a cluster keeps kube-proxy. The defaults are kubeadm's.

    `config_map` is the ConfigMap that others know by name, `key` the KubeProxyConfiguration in it and
    `kubeconfig_key` the kubeconfig beside it (empty: it is kept elsewhere and left alone). `volume` of the pods mounts
    `config_map`, and `container` runs kube-proxy, which finds its kubeconfig at `kubeconfig_path`.
    Source: kubernetes 1.36 cmd/kubeadm/app/phases/addons/proxy/manifests.go.
    """

    namespace: str = "kube-system"
    daemon_set: str = "kube-proxy"
    config_map: str = "kube-proxy"
    key: str = "config.conf"
    kubeconfig_key: str = "kubeconfig.conf"
    volume: str = "kube-proxy"
    container: str = "kube-proxy"
    kubeconfig_path: str = "/var/lib/kube-proxy/kubeconfig.conf"

    @property
    def where(self) -> str:
        """Return the DaemonSet's namespace and name."""
        return f"{self.namespace}/{self.daemon_set}"


LAYOUTS = {
    "kubeadm": Layout(),
    # Source: the kube-proxy add-on of Amazon EKS keeps the kubeconfig in a ConfigMap of its own, `kube-proxy`.
    "eks": Layout(
        config_map="kube-proxy-config",
        key="config",
        kubeconfig_key="",
        volume="config",
        kubeconfig_path="/var/lib/kube-proxy/kubeconfig",
    ),
}
"""Name -> layout. kubespray deploys kubeadm's."""

_REPLACEMENTS = ("cilium", "kube-router", "calico-node", "antrea-agent", "ovnkube-node")
"""DaemonSets that can do kube-proxy's work."""


def parse_layout(layout: object) -> tuple[Layout, list[Finding]]:
    """Return the layout that is named, or described by the names that differ from kubeadm's."""
    if isinstance(layout, str):
        if layout in LAYOUTS:
            return LAYOUTS[layout], []
        known = ", ".join(f"'{name}'" for name in LAYOUTS)
        return Layout(), [Finding("layout", f"is not a known layout (got {layout!r})", f"Use {known}, or a mapping")]
    if not isinstance(layout, Mapping):
        return Layout(), [
            Finding("layout", f"must be a name or a mapping (got {type(layout).__name__})", "Pass a dict")
        ]
    layout = {name: value for name, value in layout.items() if value is not None}
    known_names = list(LayoutArgs.__annotations__)
    findings = []
    for name, value in layout.items():
        if name not in known_names:
            fix = did_you_mean(name, known_names, f"Use {', '.join(known_names)}")
            findings.append(Finding(f"layout[{name!r}]", "is not a known part of a layout", fix))
        elif not isinstance(value, str) or not (value or name == "kubeconfig_key"):
            findings.append(wrong_value(f"layout[{name!r}]", "must be a name", value, "Pass a str"))
    for name, most in (("namespace", 63), ("daemon_set", MAX_NAME_LENGTH)):
        if isinstance(layout.get(name), str) and layout[name]:
            findings += check_name(f"layout[{name!r}]", layout[name], most)
    return (Layout() if findings else replace(Layout(), **layout)), findings


def misfits(layout: Layout, daemon_set: Object, config_map: Object | None, needed: Sequence[str]) -> list[Finding]:
    """
    Return where a layout differs from the cluster, with what was found instead.

    `needed` are the keys of the ConfigMap that nobody gives and that are to be taken over.
    """
    findings = []
    pod_spec = daemon_set["spec"]["template"]["spec"]
    containers = [container["name"] for container in pod_spec.get("containers", [])]
    if layout.container not in containers:
        findings.append(_misfit(layout, "container", layout.container, containers))
    volumes = {volume["name"]: volume for volume in pod_spec.get("volumes") or []}
    mounted = (volumes.get(layout.volume, {}).get("configMap") or {}).get("name")
    if mounted is None:
        of_config_maps = [name for name, volume in volumes.items() if "configMap" in volume]
        findings.append(_misfit(layout, "volume of a ConfigMap", layout.volume, of_config_maps))
    elif mounted != layout.config_map and not is_content_name(mounted, layout.daemon_set):
        what = f"volume '{layout.volume}' mounts ConfigMap '{mounted}', not '{layout.config_map}'"
        findings.append(Finding(f"DaemonSet {layout.where}", what, "Name it in `layout`"))
    place = f"ConfigMap {layout.namespace}/{layout.config_map}"
    if needed and config_map is None:
        fix = "Pass `config` and `api_server`, or name the right one in `layout`"
        return [*findings, Finding(place, "does not exist, so there is no configuration to take over", fix)]
    keys = list((config_map or {}).get("data") or {})
    return findings + [_misfit(layout, "key", key, keys, place) for key in needed if key not in keys]


def no_daemon_set(layout: Layout, daemon_sets: Sequence[Object], pods: Sequence[Object]) -> Finding:
    """Return the finding that there is no DaemonSet where the layout has one, with what there is in the namespace."""
    names = [item["metadata"]["name"] for item in daemon_sets]
    fitting = [item["metadata"]["name"] for item in daemon_sets if runs(item, layout.container)]
    static = static_pods(pods)
    where, what = f"DaemonSet {layout.where}", f"does not exist (found {_listed(names)})"
    if fitting:
        return Finding(where, what, f"Name the right one in `layout`: {_listed(fitting)}")
    if static:
        what = (
            f"does not exist; kube-proxy runs in static pods ({_listed(static)}), which the kubelet of each node owns"
        )
        return Finding(where, what, "Change their manifests on the nodes, or remove them and use manage='own'")
    replacements = [name for name in names if name.startswith(_REPLACEMENTS)]
    if replacements:
        return Finding(
            where, f"does not exist; {_listed(replacements)} seems to replace it", "There is nothing to adopt"
        )
    return Finding(where, what, "If kube-proxy runs as a service on the nodes, or not at all, use manage='own'")


def twins(layout: Layout, daemon_sets: Iterable[Object]) -> list[str]:
    """Return other DaemonSets that run kube-proxy on the same kind of nodes."""
    every = {item["metadata"]["name"]: item for item in daemon_sets}
    selector = _node_selector(every[layout.daemon_set]) if layout.daemon_set in every else {}
    return [
        name
        for name, item in every.items()
        if name != layout.daemon_set and runs(item, layout.container) and _overlap(selector, _node_selector(item))
    ]


def _misfit(layout: Layout, what: str, wanted: str, names: Iterable[str], where: str = "") -> Finding:
    place = where or f"DaemonSet {layout.where}"
    return Finding(place, f"there is no {what} '{wanted}' (found {_listed(names)})", "Name the right one in `layout`")


def static_pods(pods: Sequence[Object]) -> list[str]:
    """Return the names of kube-proxy's static pods. Source: kubernetes 1.36 `ConfigMirrorAnnotationKey`."""
    return [pod["metadata"]["name"] for pod in pods if _is_static(pod) and "kube-proxy" in pod["metadata"]["name"]]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def runs(daemon_set: Object, container: str) -> bool:
    """Tell whether the pods of a DaemonSet have such a container."""
    return any(one["name"] == container for one in daemon_set["spec"]["template"]["spec"].get("containers", []))


def _node_selector(daemon_set: Object) -> Mapping[str, str]:
    return daemon_set["spec"]["template"]["spec"].get("nodeSelector") or {}


def _overlap(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(one[key] == other[key] for key in one.keys() & other.keys())


def _is_static(pod: Object) -> bool:
    return "kubernetes.io/config.mirror" in (pod["metadata"].get("annotations") or {})
