"""Reads the kube-proxy that a cluster has, for `KubeProxy`. What follows from it is core/kube_proxy/discovery.py's."""

from contextlib import suppress

from ..core.kube_proxy.discovery import ExistingKubeProxy, mounted_name
from ..core.kube_proxy.layout import Layout
from .client import Cluster, Forbidden, Object


def read_kube_proxy(cluster: Cluster, layout: Layout, daemon_set: Object | None) -> ExistingKubeProxy:
    """
    Return what there is of a kube-proxy beside its DaemonSet, and that.

    Raises:
      ClusterError: The cluster cannot be read. Lists that we may not read are left empty.

    """
    config_map = cluster.get("configmaps", layout.config_map, layout.namespace)
    mounted = None
    if daemon_set:
        name = mounted_name(daemon_set, layout)
        mounted = cluster.get("configmaps", name, layout.namespace) if name not in ("", layout.config_map) else None
    existing = ExistingKubeProxy(daemon_set, config_map, mounted)
    with suppress(Forbidden):
        daemon_sets = cluster.list("daemonsets", layout.namespace)
        existing = ExistingKubeProxy(daemon_set, config_map, mounted, daemon_sets)
        if not daemon_set:
            existing = ExistingKubeProxy(
                daemon_set, config_map, mounted, daemon_sets, cluster.list("pods", layout.namespace)
            )
    return existing
