"""
Makes a new Service and probes it from nodes, and leaves nothing of it.

What the objects are and what they tell is the core's (core/waves/new_service.py).
"""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from ..cluster.client import Cluster, ClusterError, Object
from ..cluster.retrying import Backoff
from ..core.kubernetes.objects import is_owned_by
from ..core.kubernetes.pods import node_of
from ..core.waves import new_service as core
from ..core.waves.gates import MOST_PROBES, NewServiceGate

_LEAST_SECONDS = 15
"""How long each pod may take at least, in seconds, however long the Service has been there: it has to start."""
_LOOK_SECONDS = 0.5
_CLEAN_SECONDS = 10
_CONFLICT = 409

T = TypeVar("T")


@dataclass
class NewService:
    """
    One gate's Service, its EndpointSlice and its pods, for one DaemonSet. `ask` is all that others call.

    `over` ends the asking early.
    """

    cluster: Cluster
    gate: NewServiceGate
    namespace: str
    name: str
    over: threading.Event

    def __post_init__(self) -> None:
        self._labels = core.labels(self.namespace, self.name)
        self._selector = ",".join(f"{key}={value}" for key, value in self._labels.items())
        self._in = self.gate.namespace or self.namespace
        self._away = 0.0

    def ask(self, nodes: Sequence[str]) -> dict[str, str]:
        """
        Probe a new Service from each node until it is reached or its time is over.

        Return node -> why it was not; the node is empty where that is so for all.
        """
        answers: dict[str, str] = {}
        try:
            self._trying(self._remove, again=(_CONFLICT,))
            self._probe(self._make(), nodes, answers)
        except ClusterError as error:
            answers[""] = f"cannot be probed: {error}"
        finally:
            with suppress(ClusterError):  # the next gate begins with removing what is left
                self._trying(self._remove, _CLEAN_SECONDS, (_CONFLICT,))
        return answers

    def _remove(self) -> None:
        """Delete every Service of this DaemonSet's probes; slice and pods are owned by it, and go with it."""
        for left in self.cluster.list("services", self._in, self._selector):
            self.cluster.delete("services", left["metadata"]["name"], self._in, left["metadata"]["uid"])

    def _make(self) -> Object:
        """Make the Service and its EndpointSlice."""
        api = self._trying(lambda: self.cluster.get("endpointslices", "kubernetes", "default"))
        endpoints = core.endpoints_of(api)
        if endpoints is None:
            raise ClusterError(
                f"EndpointSlice default/kubernetes: {'has no ready address' if api else 'does not exist'}. A new "
                "Service needs an endpoint that every node can reach: check how this API server publishes its address."
            )
        made = self._trying(lambda: self.cluster.create("services", self._in, core.service(self._labels, endpoints)))
        if made is None:
            raise ClusterError(f"namespace {self._in}: does not exist. Create it, or name another in the gate.")
        self._create("endpointslices", core.endpoint_slice(made, endpoints))
        return made

    def _probe(self, made: Object, nodes: Sequence[str], answers: dict[str, str]) -> None:
        """
        Probe the Service from each node, from a few at the same time, and put in `answers` what is wrong.

        Once more have failed than can have done so before, no others are probed: the wave has failed.
        """
        give_up = self._now() + self.gate.timeout_seconds
        waiting = list(enumerate(nodes))
        began: dict[str, float] = {}
        while (waiting or began) and not self.over.is_set():
            while waiting and len(began) < MOST_PROBES:
                number, node = waiting.pop(0)
                self._create("pods", core.probe_pod(made, self.gate, number, node))
                began[node] = self._now()
            self.over.wait(_LOOK_SECONDS)
            listed = self._trying(lambda: self.cluster.list("pods", self._in, self._selector))
            pods = {node_of(pod): pod for pod in listed if is_owned_by(pod, made["metadata"]["uid"])}
            for node, since in list(began.items()):
                why, final = core.judge_probe(pods.get(node), made, self._now() - since)
                if final or self._now() > max(give_up, since + _LEAST_SECONDS):
                    answers.update({node: why} if why else {})
                    del began[node]
                    self._delete(pods.get(node))
            if len(answers) > MOST_PROBES:
                waiting.clear()

    def _delete(self, pod: Object | None) -> None:
        if pod:
            metadata = pod["metadata"]
            uid = metadata["uid"]
            self._trying(lambda: self.cluster.delete("pods", metadata["name"], self._in, uid), again=(_CONFLICT,))

    def _create(self, resource: str, body: Object) -> None:
        self._trying(lambda: self.cluster.make(resource, self._in, body))

    def _now(self) -> float:
        """Return the time in seconds; it stands still while the API server is away, which nobody can help."""
        return time.monotonic() - self._away

    def _trying(self, request: Callable[[], T], seconds: float = 0, again: Collection[int] = ()) -> T:
        """
        Return what a request gives, tried again while the API server cannot serve it, for so long at most.

        `again` are statuses that are not final either.
        """
        backoff = Backoff(seconds or self.gate.timeout_seconds, passing=again, over=self.over)
        answer = backoff.run(request)
        self._away += backoff.seconds() if backoff.failures else 0
        return answer
