"""The kube-proxy of real nodes: a configuration that their network namespaces allow, and what its processes run."""

from collections.abc import Mapping

from ..local_cluster import LocalCluster

IPTABLES: Mapping[str, object] = {
    "mode": "iptables",
    "clusterCIDR": "203.0.113.0/24",
    "metricsBindAddress": "0.0.0.0:10249",
    # What of connection tracking belongs to the whole machine, no namespace may change.
    "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
}
NFTABLES: Mapping[str, object] = {**IPTABLES, "mode": "nftables"}

_PODS = "namespaces/kube-system/pods"


def pods(cluster: LocalCluster) -> dict[str, str]:
    """Return node -> its kube-proxy."""
    return {pod["spec"]["nodeName"]: pod["metadata"]["name"] for pod in cluster.api.list(_PODS)}


def modes(cluster: LocalCluster) -> dict[str, str]:
    """Return node -> the mode that its process says it runs."""
    return {
        node: cluster.api.get(f"{_PODS}/{pod}:10249/proxy/configz")["kubeproxy.config.k8s.io"]["mode"]
        for node, pod in pods(cluster).items()
    }
