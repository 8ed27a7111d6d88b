"""The argument `layout` of a `KubeProxy`: under which names a cluster keeps kube-proxy."""

from typing import Literal, TypedDict


class LayoutArgs(TypedDict, total=False):
    """The names that differ from kubeadm's. Every field is a name as it is in the cluster."""

    namespace: str
    """The namespace of everything; default `kube-system`."""
    daemon_set: str
    """The DaemonSet, at most 52 characters; default `kube-proxy`."""
    config_map: str
    """The ConfigMap that others know by name; default `kube-proxy`."""
    key: str
    """The key of the KubeProxyConfiguration in that ConfigMap; default `config.conf`."""
    kubeconfig_key: str
    """The key of the kubeconfig beside it; default `kubeconfig.conf`. Empty: the kubeconfig is kept elsewhere."""
    volume: str
    """The volume of the pods that mounts the ConfigMap; default `kube-proxy`."""
    container: str
    """The container that runs kube-proxy; default `kube-proxy`."""
    kubeconfig_path: str
    """Where kube-proxy finds its kubeconfig; default `/var/lib/kube-proxy/kubeconfig.conf`."""


LayoutChoice = Literal["kubeadm", "eks"] | LayoutArgs
"""A layout that is known by name, or the names that differ from kubeadm's."""
