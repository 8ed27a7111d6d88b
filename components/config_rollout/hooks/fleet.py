"""The pods of one DaemonSet as they are now, kept up to date by a watch. What follows from them is the core's."""

import random
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

from ..cluster import Cluster, ClusterError, Object
from ..core import live
from ..core.restarts import Pod, ProbedPod
from ..core.retry import delay_seconds, is_passing

_WATCH_SECONDS = 60


@dataclass(frozen=True)
class _Seen:
    """A pod, since when it is ready, by this machine's monotonic clock, and what gates have to know of it."""

    pod: Pod
    ready: float | None
    probed: ProbedPod
    restarts_when_ready: int | None


class PodWatch:
    """
    Watches the pods that a DaemonSet owns, in a thread of its own; a context manager.

    It survives an API server that is away, and a watch that has expired: then it lists again. `trouble` is what keeps
    it from seeing, since `blind_since`.
    """

    def __init__(self, cluster: Cluster, daemon_set: Object) -> None:
        metadata = daemon_set["metadata"]
        self._cluster, self._uid = cluster, metadata["uid"]
        self._where = ("pods", metadata["namespace"], live.selector_of(daemon_set))
        self._pods: dict[str, _Seen] = {}
        self._deleted: set[str] = set()
        self._lock = threading.Lock()
        self._over, self._changed, self._listed = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.trouble: ClusterError | None = None
        self.blind_since: float | None = None

    def __enter__(self) -> "PodWatch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def pods(self, min_ready_seconds: int) -> list[Pod]:
        """Return the pods; one is available that has been ready for so long."""
        now = time.monotonic()
        with self._lock:
            return [
                Pod(p.name, p.uid, p.node, p.revision, seen.ready is not None and now - seen.ready >= min_ready_seconds,
                    p.leaving or p.uid in self._deleted, p.why)
                for seen in self._pods.values() for p in [seen.pod]
            ]  # fmt: skip

    def youngest(self, nodes: Collection[str]) -> float:
        """Return how long the pods of these nodes have all been ready, in seconds; 0 if one is not."""
        now = time.monotonic()
        with self._lock:
            ready = [seen.ready for seen in self._pods.values() if seen.pod.node in nodes]
        return min((0.0 if since is None else now - since for since in ready), default=0.0)

    def ready(self) -> dict[str, float | None]:
        """Return node -> since when its pod is ready, by the monotonic clock; `None` if it is not."""
        with self._lock:
            return {seen.pod.node: seen.ready for seen in self._staying()}

    def staying(self) -> set[str]:
        """Return the UIDs of the pods that nobody deletes."""
        with self._lock:
            return {seen.pod.uid for seen in self._staying()}

    def probed(self) -> list[ProbedPod]:
        """Return what gates have to know of the pods that nobody deletes."""
        with self._lock:
            return [seen.probed for seen in self._staying()]

    def _staying(self) -> list[_Seen]:
        return [seen for seen in self._pods.values() if not (seen.pod.leaving or seen.pod.uid in self._deleted)]

    def has_listed(self) -> bool:
        """Return whether the pods have been seen at all, and are being seen now."""
        return self._listed.is_set() and self.blind_since is None

    def deleted(self, uid: str) -> None:
        """Note that a pod has been deleted, before the watch says so."""
        with self._lock:
            self._deleted.add(uid)

    def wait(self, seconds: float) -> None:
        """Wait until something has changed, at most so long."""
        if self._changed.wait(seconds):
            time.sleep(0.02)  # what comes together is looked at together
            self._changed.clear()

    def _run(self) -> None:
        attempt = 0
        while not self._over.is_set():
            try:
                items, version = self._cluster.list_at(*self._where)
                self._replace(items)
                attempt, self.blind_since, self.trouble = 0, None, None
                self._listed.set()
                self._changed.set()
                while version and not self._over.is_set():
                    version = self._follow(version)
            except ClusterError as error:
                self.trouble = error
                self.blind_since = self.blind_since or time.monotonic()
                self._changed.set()
                if not is_passing(error.status) and error.status != 410:
                    return
                attempt += 1
                self._over.wait(delay_seconds(attempt, random.random()))

    def _follow(self, version: str) -> str:
        """Take in what happens, until the server ends the watch; return the version reached, empty to list again."""
        for event in self._cluster.watch(*self._where, version, _WATCH_SECONDS):
            if event["type"] == "ERROR":
                return ""
            version = event["object"]["metadata"]["resourceVersion"]
            with self._lock:
                self._take(event["object"], gone=event["type"] == "DELETED")
            self._changed.set()
            if self._over.is_set():
                break
        return version

    def _replace(self, items: Sequence[Object]) -> None:
        with self._lock:
            before, self._pods = self._pods, {}
            for item in items:
                self._take(item, was=before.get(item["metadata"]["uid"]), first=not self._listed.is_set())

    def _take(self, thing: Object, gone: bool = False, was: _Seen | None = None, first: bool = False) -> None:
        uid = thing["metadata"]["uid"]
        was = was or self._pods.pop(uid, None)
        if gone:
            self._deleted.discard(uid)
        elif live.is_owned_by(thing, self._uid):
            since = live.ready_since(thing)
            ready = None
            if since:
                kept = was.ready if was else None
                ready = kept if kept is not None else time.monotonic() - (_age(since) if first else 0)
            restarts, when_ready = live.container_restarts(thing), was.restarts_when_ready if was else None
            if ready is not None and when_ready is None:
                when_ready = restarts
            since_ready = restarts - (restarts if when_ready is None else when_ready)
            self._pods[uid] = _Seen(live.pod_of(thing), ready, live.probed_pod(thing, since_ready), when_ready)


def _age(since: str) -> float:
    """Return how long ago that was by the two clocks; a pod that became ready under our eyes needs only one."""
    then = datetime.fromisoformat(since.replace("Z", "+00:00"))
    return max(0.0, (datetime.now(UTC) - then).total_seconds())
