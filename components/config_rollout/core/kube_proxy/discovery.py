"""The kube-proxy in a cluster, and what prevents adopting it, or creating another one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..arguments.finding import Finding
from ..kubernetes.field_managers import MANAGER, managers_of
from .layout import LAYOUTS, Layout, Object, misfits, no_daemon_set, runs, static_pods, twins


@dataclass(frozen=True)
class ExistingKubeProxy:
    """
    What was read, as the API server sends it.

    `mounted` is the ConfigMap that the pods read, if it is not the one that others know by name. `daemon_sets` and
    `pods` are those of the namespace, as far as we may list them.
    """

    daemon_set: Object | None = None
    config_map: Object | None = None
    mounted: Object | None = None
    daemon_sets: Sequence[Object] = field(default_factory=list)
    pods: Sequence[Object] = field(default_factory=list)

    def data(self) -> dict[str, str]:
        """Return what the ConfigMap that others know by name holds: key -> text."""
        return dict((self.config_map or {}).get("data") or {})

    def pod_spec(self) -> Mapping[str, Any]:
        """Return the spec of the pods; empty if there is no DaemonSet."""
        return _pod_spec(self.daemon_set) if self.daemon_set else {}

    def is_ours(self) -> bool:
        """Tell whether this library wrote to the DaemonSet before; nothing but managed fields survives kubeadm."""
        return bool(managers_of(self.daemon_set or {}))

    def held(self) -> set[str]:
        """Return the keys of the ConfigMap that others know which are ours now: a patch without them deletes them."""
        entries = ((self.config_map or {}).get("metadata") or {}).get("managedFields") or []
        of_data = [(one.get("fieldsV1") or {}).get("f:data") or {} for one in entries if one.get("manager") == MANAGER]
        return {key.removeprefix("f:") for fields in of_data for key in fields}

    def holders_of_on_delete(self) -> list[str]:
        """Return the field managers that hold the strategy `OnDelete`: it stays until the last one lets go of it."""
        live: Mapping[str, Any] = self.daemon_set or {"metadata": {}, "spec": {}}
        if (live["spec"].get("updateStrategy") or {}).get("type") != "OnDelete":
            return []
        fields = {
            str(entry.get("manager")): ((entry.get("fieldsV1") or {}).get("f:spec") or {}).get("f:updateStrategy") or {}
            for entry in live["metadata"].get("managedFields") or []
        }
        return sorted(manager for manager, of in fields.items() if "f:type" in of)


def mounted_name(daemon_set: Object, layout: Layout) -> str:
    """Return the name of the ConfigMap that the layout's volume mounts; empty without such a volume."""
    for volume in _pod_spec(daemon_set).get("volumes") or []:
        if volume.get("name") == layout.volume:
            return str((volume.get("configMap") or {}).get("name", ""))
    return ""


def image(daemon_set: Object, layout: Layout) -> str:
    """Return the image of kube-proxy's container."""
    containers = _pod_spec(daemon_set).get("containers") or []
    return next((str(one.get("image", "")) for one in containers if one.get("name") == layout.container), "")


def version(image: str) -> str:
    """Return the tag of an image, without its digest: `v1.36.3`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def check_adoptable(layout: Layout, existing: ExistingKubeProxy, needed: Sequence[str]) -> list[Finding]:
    """Find what prevents adopting a kube-proxy. `needed` are the keys that must exist to be taken over."""
    if existing.daemon_set is None:
        return [no_daemon_set(layout, existing.daemon_sets, existing.pods)]
    wrong = misfits(layout, existing.daemon_set, existing.config_map, needed)
    if wrong:
        others = [
            name
            for name, other in LAYOUTS.items()
            if other != layout and not misfits(other, existing.daemon_set, None, [])
        ]
        where = f"DaemonSet {layout.where}"
        wrong += [Finding(where, f"it looks like layout '{name}'", f"Pass layout='{name}'") for name in others]
    if same := twins(layout, existing.daemon_sets):
        what = f"{', '.join(same)} runs kube-proxy on the same nodes"
        wrong.append(
            Finding(f"DaemonSet {layout.where}", what, "Remove one of them, or name the right one in `layout`")
        )
    return wrong


def check_ownable(layout: Layout, existing: ExistingKubeProxy) -> list[Finding]:
    """Find a kube-proxy that already exists and is not ours."""
    where, fix = f"DaemonSet {layout.where}", "Use manage='adopt', or remove it first"
    if existing.daemon_set is not None and not existing.is_ours():
        what = f"already exists ({image(existing.daemon_set, layout) or 'another program'})"
        return [Finding(where, what, fix)]
    others = [item["metadata"]["name"] for item in existing.daemon_sets if runs(item, layout.container)]
    others = [name for name in others if name != layout.daemon_set]
    if others:
        return [Finding(where, f"kube-proxy already runs in DaemonSet {', '.join(others)}", fix)]
    if static := static_pods(existing.pods):
        return [Finding(where, f"kube-proxy already runs in static pods ({', '.join(static)})", "Remove them first")]
    return []


def _pod_spec(daemon_set: Object) -> Mapping[str, Any]:
    pod_spec: Mapping[str, Any] = daemon_set["spec"]["template"]["spec"]
    return pod_spec
