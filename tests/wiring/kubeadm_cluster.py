"""The cluster that kubeadm leaves, as a KubeProxy asks it."""

from tests.objects.kubeadm import config_map, daemon_set

ADOPT = {"manage": "adopt"}

KUBEADM = {("daemonsets", "kube-proxy"): daemon_set(), ("configmaps", "kube-proxy"): config_map()}


class FakeCluster:
    server, release = "https://fake", "v1.36.3"

    def __init__(self, objects, missing=(), broken=None):
        self._objects, self._missing, self._broken = objects, missing, broken

    def version(self):
        if self._broken:
            raise self._broken
        return self.release

    def get(self, resource, name, namespace=""):
        return self._objects.get((resource, name))

    def list(self, resource, namespace="", labels=""):
        return [item for (kind, _), item in self._objects.items() if kind == resource]

    def may(self, right):
        return (right.verb, right.resource) not in self._missing
