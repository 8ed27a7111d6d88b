"""
Real nodes beside the control plane of `local_cluster`: their pods are processes.

kubelet, containerd, runc, CNI and kube-proxy are the real ones, each node in namespaces of its own, linked to a hub
that leads nowhere else. Each finds the API server on its loopback, as behind a local load balancer; the API server
reaches nodes and pods through the hub. Needs root and Linux: `parts.missing` says what a machine lacks.
"""

import socket
from contextlib import ExitStack
from types import TracebackType
from urllib.parse import urlsplit

from .. import build
from ..local_cluster import LocalCluster
from . import parts
from .network import Egress, Namespace, pass_on
from .node import Node, remove_cgroups

API_SERVER = ("198.51.100.1", 6443)
"""Where the API server is reached from all nodes and pods, as the EndpointSlice `default/kubernetes` says."""


class RealNodes:
    """
    Some real nodes of a cluster. A context manager; nothing of them is left on the machine.

    Args:
      cluster: A cluster that is up, and outlives them.
      count: How many, called `real-1` and so on, one zone after the other; at most 6.
      sync_frequency: How often a kubelet looks at pods that nothing has changed; by default it does every minute.

    """

    def __init__(self, cluster: LocalCluster, count: int, sync_frequency: str = "5s") -> None:
        self._cluster = cluster
        remove_cgroups()
        self._parts, kubelet = parts.ensure(), build.ensure(["kubelet"])["kubelet"]
        self._hub = Namespace()
        numbers = range(1, count + 1)
        folders = [cluster.folder / f"real-{number}" for number in numbers]
        self.nodes = [
            Node(number, folder, self._parts, kubelet, cluster.kubeconfig, sync_frequency)
            for number, folder in zip(numbers, folders, strict=True)
        ]

    def __enter__(self) -> "RealNodes":
        try:
            with ExitStack() as undo:
                self._connect(undo)
                self._publish()
                for number, node in enumerate(self.nodes):
                    node.start(f"zone-{'abcdef'[number]}")
                self._cluster.wait("the real nodes", self._are_ready)
                self._undo = undo.pop_all()
        except BaseException as error:
            error.add_note("\n".join(node.log_end() for node in self.nodes))
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def _connect(self, undo: ExitStack) -> None:
        """Make the hub and link the nodes to it, and them with the API server."""
        address, port = API_SERVER
        undo.callback(self._hub.close)
        for node in self.nodes:
            undo.callback(node.stop)
        self._hub.run("ip", "link", "add", "hub", "type", "bridge")
        self._hub.run("ip", "address", "add", f"{address}/24", "dev", "hub")
        self._hub.run("ip", "link", "set", "hub", "up")
        self._hub.forward()
        undo.enter_context(Egress(self._cluster.pods_socket, self._hub))
        server = urlsplit(self._cluster.api.server)
        host, at = str(server.hostname), int(server.port or 443)
        listeners = [self._hub.listen(address, port)]
        for node in self.nodes:
            node.connect(self._hub, address)
            listeners.append(node.network.listen(host, at))
        for listener in listeners:
            undo.callback(listener.shutdown, socket.SHUT_RDWR)
            pass_on(listener, lambda: socket.create_connection((host, at)))

    def _publish(self) -> None:
        """Give the Service `kubernetes` its endpoint; the API server, which knows only its loopback, does not."""
        address, port = API_SERVER
        labels = {"kubernetes.io/service-name": "kubernetes"}
        self._cluster.api.create(
            "namespaces/default/endpointslices",
            {
                "metadata": {"name": "kubernetes", "labels": labels},
                "addressType": "IPv4",
                "endpoints": [{"addresses": [address]}],
                "ports": [{"name": "https", "port": port, "protocol": "TCP"}],
            },
        )

    def _are_ready(self) -> bool:
        for node in self.nodes:
            node.check()
        listed = {node["metadata"]["name"]: node for node in self._cluster.api.list("nodes")}
        return all(node.name in listed and self._cluster.is_ready(listed[node.name]) for node in self.nodes)
