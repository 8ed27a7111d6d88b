"""The cluster that kubeadm leaves, as a KubeProxy asks it."""

from tests.memory_cluster import MemoryCluster
from tests.objects.kubeadm import config_map, daemon_set

ADOPT = {"manage": "adopt"}
KUBEADM = {("daemonsets", "kube-proxy"): daemon_set(), ("configmaps", "kube-proxy"): config_map()}


def memory_cluster(objects, missing=(), broken=None):
    """Return a cluster of objects by (resource, name); `missing` are (verb, resource), `broken` fails each request."""
    things = [(resource, thing) for (resource, _), thing in objects.items() if thing]
    cluster = MemoryCluster(things, may_not=lambda right: (right.verb, right.resource) in missing)
    cluster.failures = [broken] * 1000 if broken else []
    return cluster
