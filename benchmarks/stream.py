"""
A stream of new connections through a Service, from real nodes, while its endpoint changes: what each connection met.

A node's rules are out of date from a change of the endpoint until its kube-proxy has written new ones. A connection
meets that as the endpoint of before, or as none that answers.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tools.api import Api
from tools.real_nodes.node import Node

LOST = -1
"""Stands for the port of a connection that was refused or not answered in time."""

_PORTS = (9001, 9002)
_BETWEEN = 0.02
"""Seconds between two connections of a node."""
_CHANGES = 2.0
"""Seconds between two changes of the endpoint: longer than kube-proxy's `minSyncPeriod`, which is one second."""
_PATIENCE = 0.5
"""Seconds until a connection that nobody answers is lost."""
_NAMESPACE = "default"


@dataclass(frozen=True)
class Met:
    """What one connection met: its node, when it began and ended, and the port of the endpoint, or `LOST`."""

    node: str
    began: float
    ended: float
    port: int


@dataclass(frozen=True)
class Figures:
    """What all connections of a while met."""

    connections: int
    lost: int
    """Refused, or not answered."""
    stale: int
    """Answered by an endpoint that had left the Service."""
    node_seconds: float
    """Sum over the nodes of the seconds in which connections were lost or stale."""


def figures(met: Sequence[Met], changes: Sequence[tuple[float, int]]) -> Figures:
    """
    Judge connections against the changes of the endpoint: when, and to which port; in order of time, the first earlier.

    A connection that began before a change and ended after it may meet either.
    """
    counts: Counter[str] = Counter()
    seconds = 0.0
    before: dict[str, float] = {}
    for one in sorted(met, key=lambda one: one.ended):
        current = {[port for at, port in changes if at <= one.began][-1]}
        current |= {port for at, port in changes if one.began < at <= one.ended}
        kind = "lost" if one.port == LOST else "right" if one.port in current else "stale"
        counts[kind] += 1
        if kind != "right":
            seconds += one.ended - before.get(one.node, one.began)
        before[one.node] = one.ended
    return Figures(len(met), counts["lost"], counts["stale"], seconds)


class Stream:
    """
    A Service whose one endpoint changes all the time, and connections to it from each node. A context manager.

    Args:
      api: The API server.
      nodes: The real nodes; the endpoint is in the network of the last one.

    """

    def __init__(self, api: Api, nodes: Sequence[Node]) -> None:
        self._api, self._nodes = api, nodes
        self._met: list[Met] = []
        self._changes: list[tuple[float, int]] = []
        self._over = threading.Event()

    def __enter__(self) -> "Stream":
        port = {"name": "echo", "port": 80, "protocol": "TCP"}
        service = {"metadata": {"name": "echo"}, "spec": {"ports": [port]}}
        self._address = self._api.create(f"namespaces/{_NAMESPACE}/services", service)["spec"]["clusterIP"]
        self._api.create(f"namespaces/{_NAMESPACE}/endpointslices", self._endpoint(_PORTS[0]))
        self._listeners = [self._nodes[-1].network.listen(self._nodes[-1].address, port) for port in _PORTS]
        for listener, number in zip(self._listeners, _PORTS, strict=True):
            threading.Thread(target=_answer, args=(listener, number), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
        for kind in ("services", "endpointslices"):
            self._api.delete(f"namespaces/{_NAMESPACE}/{kind}/echo")

    def reached(self) -> bool:
        """Return whether each node reaches the endpoint."""
        return all(self._dial(node) != LOST for node in self._nodes)

    def start(self) -> None:
        """Begin to connect from each node, and to change the endpoint."""
        self._met, self._changes, self._over = [], [], threading.Event()
        threads = [threading.Thread(target=self._connect, args=(node,)) for node in self._nodes]
        self._threads = [threading.Thread(target=self._change), *threads]
        for thread in self._threads:
            thread.start()

    def stop(self) -> tuple[Figures, float]:
        """End it; return the figures, and for how many seconds it ran."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        first = self._changes[0][0]
        met = [one for one in self._met if one.began > first]
        return figures(met, self._changes), max(one.ended for one in met) - first

    def _change(self) -> None:
        for number in _alternating():
            self._api.patch(f"namespaces/{_NAMESPACE}/endpointslices/echo", {"ports": self._ports(number)})
            self._changes.append((time.monotonic(), number))
            if self._over.wait(_CHANGES):
                return

    def _connect(self, node: Node) -> None:
        while not self._over.wait(_BETWEEN):
            began = time.monotonic()
            port = self._dial(node)
            self._met.append(Met(node.name, began, time.monotonic(), port))

    def _dial(self, node: Node) -> int:
        try:
            with node.network.dial(self._address, 80, seconds=_PATIENCE) as connection:
                connection.settimeout(_PATIENCE)
                return int(connection.recv(16) or LOST)
        except OSError:
            return LOST

    def _endpoint(self, number: int) -> dict[str, Any]:
        return {
            "metadata": {"name": "echo", "labels": {"kubernetes.io/service-name": "echo"}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [self._nodes[-1].address]}],
            "ports": self._ports(number),
        }

    @staticmethod
    def _ports(number: int) -> list[Mapping[str, Any]]:
        return [{"name": "echo", "port": number, "protocol": "TCP"}]


def _alternating() -> Iterable[int]:
    while True:
        yield from _PORTS


def _answer(listener: socket.socket, number: int) -> None:
    """Tell each connection which endpoint it has met, until the socket is shut down."""
    with listener, suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(str(number).encode())
