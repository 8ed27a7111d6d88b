"""The pods of one workload and the nodes as they are now, kept up to date by watches. What follows is the core's."""

import math
import threading
import time
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType

from ..cluster.client import Cluster, Object
from ..cluster.watch import Blind, Following
from ..core.kubernetes import workloads
from ..core.kubernetes.nodes import Node, node_of_object
from ..core.kubernetes.objects import is_owned_by
from ..core.kubernetes.pods import Pod, ProbedPod, container_restarts, place_of, pod_of, probed_pod, ready_since
from ..core.kubernetes.workload_kinds import DAEMON_SET, WorkloadKind

_DELETED_SECONDS = 15
"""
How long a pod counts as leaving whose DELETE was served and that is shown without a deletionTimestamp, in seconds.

What answered may have been no API server. Who asks again loses nothing: it is asked for that UID only.
"""


_TOGETHER_SECONDS = 0.02
"""What comes within so many seconds is looked at together."""


@dataclass(frozen=True)
class _WatchedPod:
    """
    A pod, since when it is ready, by this machine's monotonic clock, and what gates have to know of it.

    `since` is the same in the API server's words: if it differs, the pod was not ready in between.
    """

    pod: Pod
    since: str
    ready: float | None
    probed: ProbedPod
    restarts_when_ready: int | None


class PodWatch:
    """
    Watches the pods that a workload owns, and of a DaemonSet all nodes; a context manager.

    What is said of the nodes of pods goes for a StatefulSet's pods themselves, by their names.

    Args:
      cluster: Where they are.
      workload: The owner.
      keys: The labels that are kept of a node: all others of thousands of nodes are a burden.
      kind: The owner's kind.

    """

    def __init__(
        self, cluster: Cluster, workload: Object, keys: Collection[str], kind: WorkloadKind = DAEMON_SET
    ) -> None:
        metadata, labels = workload["metadata"], workloads.selector_of(workload)
        self._uid, self._keys, self._kind = metadata["uid"], keys, kind
        self._deleted: dict[str, float] = {}
        self._soonest = math.inf
        """In how many seconds the next pod that is ready has been so for long enough, at the last look."""
        self._changed = threading.Event()
        self._pods: Following[_WatchedPod] = Following(
            cluster, "pods", metadata["namespace"], labels, "", self._seen, self._changed, self._matters
        )
        self._nodes: Following[Node] | None = None
        if kind is DAEMON_SET:
            self._nodes = Following(cluster, "nodes", "", "", "", self._node, self._changed)
        self._following = ExitStack()

    def __enter__(self) -> "PodWatch":
        for one in self._every:
            self._following.enter_context(one)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._following.close()

    def sees(self) -> bool:
        """Return whether pods and nodes have been seen, and are being seen now."""
        return all(one.has_listed() for one in self._every) and not self.blind

    def sees_now(self) -> bool:
        """Return whether they are being seen, and an answer of each has lately proved so."""
        return self.sees() and all(one.sight.is_recent() for one in self._every)

    @property
    def blind(self) -> Blind | None:
        """What keeps it from seeing."""
        return next((one.blind for one in self._every if one.blind), None)

    def nodes(self) -> list[Node]:
        """Return the nodes; none where they do not count."""
        return self._nodes.values() if self._nodes else []

    @property
    def _every(self) -> list["Following[_WatchedPod] | Following[Node]"]:
        return [self._pods, *([self._nodes] if self._nodes else [])]

    def pods(self, min_ready_seconds: int) -> list[Pod]:
        """Return the pods; one is available that has been ready for so long."""
        now, pods, soonest = time.monotonic(), list[Pod](), math.inf
        for entry in self._pods.values():
            pod, leaving = entry.pod, self._is_leaving(entry.pod)
            left = math.inf if entry.ready is None else entry.ready + min_ready_seconds - now
            available = left <= 0
            soonest = min(soonest, left) if left > 0 else soonest
            if (available, leaving) != (pod.available, pod.leaving):  # of thousands few differ, and each copy costs
                pod = replace(pod, available=available, leaving=leaving)
            pods.append(pod)
        self._soonest = soonest
        return pods

    def seen_seconds(self) -> float:
        """Return for how long pods and nodes have both been seen; only differences mean something."""
        return min(one.sight.seconds() for one in self._every)

    def youngest(self, nodes: Collection[str]) -> float:
        """Return how long the pods of these nodes that stay have all been ready, in seconds; 0 if one is not."""
        now = time.monotonic()
        ready = [entry.ready for entry in self._staying() if entry.pod.node in nodes]
        return min((0.0 if since is None else now - since for since in ready), default=0.0)

    def ready(self) -> dict[str, float | None]:
        """Return node -> since when its pod is ready, by the monotonic clock; `None` if it is not."""
        return {entry.pod.node: entry.ready for entry in self._staying()}

    def staying(self) -> set[str]:
        """Return the UIDs of the pods that nobody deletes."""
        return {entry.pod.uid for entry in self._staying()}

    def probed(self) -> list[ProbedPod]:
        """Return what gates have to know of the pods that nobody deletes."""
        return [entry.probed for entry in self._staying()]

    def _staying(self) -> list[_WatchedPod]:
        return [entry for entry in self._pods.values() if not self._is_leaving(entry.pod)]

    def _is_leaving(self, pod: Pod) -> bool:
        return pod.leaving or time.monotonic() - self._deleted.get(pod.uid, -math.inf) < _DELETED_SECONDS

    def deleted(self, uid: str) -> None:
        """Note that a pod has been deleted, before the watch says so."""
        self._deleted[uid] = time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait until a pod has become ready or no longer serves, or a node has changed, at most so long."""
        soonest, self._soonest = self._soonest, math.inf  # of one look: nobody looks while nothing can be seen
        if self._changed.wait(min(seconds, max(_TOGETHER_SECONDS, soonest))):
            time.sleep(_TOGETHER_SECONDS)
            self._changed.clear()

    def _matters(self, was: _WatchedPod | None, now: _WatchedPod | None) -> bool:
        """
        Return whether a change of a pod is worth a look at all of them.

        Of the five of a restart only the last is, that the pod is ready. The others let nothing be restarted.
        """
        return self._serves(was) != self._serves(now)

    def _serves(self, entry: _WatchedPod | None) -> bool:
        return entry is not None and entry.ready is not None and not self._is_leaving(entry.pod)

    def _node(self, node: Object, was: Node | None) -> Node:
        return node_of_object(node, self._keys)

    def _seen(self, pod: Object, was: _WatchedPod | None) -> _WatchedPod | None:
        if not is_owned_by(pod, self._uid):
            return None
        ready, since = None, ready_since(pod)
        if since:
            earlier = was.ready if was and was.since == since else None
            ready = (
                earlier if earlier is not None else time.monotonic() - (0 if self._pods.has_listed() else _age(since))
            )
        restarts, when_ready = container_restarts(pod), was.restarts_when_ready if was else None
        if ready is not None and when_ready is None:
            when_ready = restarts
        since_ready = restarts - (restarts if when_ready is None else when_ready)
        seen, probed = pod_of(pod, self._kind), probed_pod(pod, since_ready)
        place = place_of(self._kind, seen)
        if place != seen.node:
            seen, probed = replace(seen, node=place), replace(probed, node=place)
        return _WatchedPod(seen, since, ready, probed, when_ready)


def _age(since: str) -> float:
    """Return how long ago that was by the two clocks; a pod that became ready under our eyes needs only one."""
    then = datetime.fromisoformat(since.replace("Z", "+00:00"))
    return max(0.0, (datetime.now(UTC) - then).total_seconds())
