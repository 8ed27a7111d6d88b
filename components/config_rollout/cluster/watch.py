"""A collection of the API server as it is now, kept up to date by a watch. What follows from it is the core's."""

import operator
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Generic, NamedTuple, TypeVar

from ..core.kubernetes.retry import is_passing
from .client import Cluster, ClusterError, Object
from .retrying import Backoff

WATCH_SECONDS = 10
"""
How long one watch lasts, in seconds: the end of a silent one proves that it has shown everything.

Otherwise a dead connection would look like a collection in which nothing happens.
"""

SHORT_SECONDS = 1
"""
A watch that ends sooner has shown nothing, and does not prove that the server can be asked without a pause.

Source: client-go 0.34 tools/cache/reflector.go `VeryShortWatchError`.
"""

T = TypeVar("T")


class Sight:
    """
    How long something has been seen, which is less than the time that has passed.

    Each answer proves that it is seen now. The time between two counts for at most `WATCH_SECONDS`: where all is well
    there is one at least that often.
    """

    def __init__(self) -> None:
        self._counted, self.proved = 0.0, time.monotonic()

    def prove(self) -> None:
        """Note that it is seen now."""
        self._counted, self.proved = self.seconds(), time.monotonic()

    def seconds(self) -> float:
        """Return for how long it has been seen, in seconds; only the difference of two such numbers means something."""
        return self._counted + min(time.monotonic() - self.proved, WATCH_SECONDS)

    def is_recent(self) -> bool:
        """Return whether the last answer is as recent as while all is well: a watch, and the pause after it."""
        return time.monotonic() - self.proved <= WATCH_SECONDS + SHORT_SECONDS


class Blind(NamedTuple):
    """Since when a collection is not seen, by the monotonic clock, and why; `None` where it need only be listed."""

    since: float
    trouble: ClusterError | None


class Following(Generic[T]):
    """
    Follows a collection in a thread of its own; a context manager.

    It survives an API server that is away, and a watch that has expired: then it lists again. `blind` tells that it
    does not see, `None` that it does, or has not begun to.

    Args:
      cluster: Where the collection is.
      resource: Which, as in `kubectl`.
      namespace: Its namespace; empty for all.
      labels: A label selector.
      fields: A field selector.
      keep: Returns what counts of an object, given what was kept of it before; `None` keeps nothing of it.
      changed: Set whenever something that is kept has changed, and when it can no longer be seen.
      matters: Tells whether it is set for a change of one object, given what was kept before and is now; by default for
        each.

    """

    def __init__(
        self,
        cluster: Cluster,
        resource: str,
        namespace: str,
        labels: str,
        fields: str,
        keep: Callable[[Object, T | None], T | None],
        changed: threading.Event,
        matters: Callable[[T | None, T | None], bool] = operator.ne,
    ) -> None:
        self._cluster, self._keep, self._changed, self._matters = cluster, keep, changed, matters
        self._where = (resource, namespace, labels, fields)
        self._kept: dict[str, T] = {}
        self._lock = threading.Lock()
        self._over, self._listed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.blind: Blind | None = None
        self.sight = Sight()

    def __enter__(self) -> "Following[T]":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def has_listed(self) -> bool:
        """Return whether the collection has been seen at all."""
        return self._listed.is_set()

    def values(self) -> list[T]:
        """Return what is kept, in the order in which it was first seen."""
        with self._lock:
            return list(self._kept.values())

    def _run(self) -> None:
        backoff = Backoff(over=self._over)
        while not self._over.is_set():
            began, trouble = time.monotonic(), None
            try:
                version = self._list()
                while version and not self._over.is_set():
                    version = self._follow(version)
            except ClusterError as error:
                trouble = error if error.status != 410 else None  # expired between two pages, or before the watch
            self.blind = Blind(self.blind.since if self.blind else self.sight.proved, trouble)
            self._changed.set()
            if trouble and not is_passing(trouble.status):
                return
            if time.monotonic() - began > SHORT_SECONDS:
                backoff.reset()
            backoff.wait()

    def _list(self) -> str:
        resource, namespace, labels, fields = self._where
        things: dict[str, T] = {}
        version = ""
        for page, version in self._cluster.pages(resource, namespace, labels, fields):  # noqa: B007 # the last counts
            for thing in page:
                uid = thing["metadata"]["uid"]
                if (now := self._keep(thing, self._kept.get(uid))) is not None:
                    things[uid] = now
        with self._lock:
            self._kept = things
        self.sight.prove()
        self.blind = None
        self._listed.set()
        self._changed.set()
        return version

    def _follow(self, version: str) -> str:
        """Take in what happens, until the server ends the watch; return the version reached, empty to list again."""
        resource, namespace, labels, fields = self._where
        began = time.monotonic()
        for event in self._cluster.watch(resource, namespace, labels, version, WATCH_SECONDS, fields):
            if event["type"] == "ERROR":
                return ""
            self.sight.prove()
            version = event["object"]["metadata"]["resourceVersion"]
            if event["type"] != "BOOKMARK":
                self._take(event["object"], gone=event["type"] == "DELETED")
            if self._over.is_set():
                break
        self.sight.prove()
        return version if time.monotonic() - began > SHORT_SECONDS else ""

    def _take(self, thing: Object, gone: bool) -> None:
        uid = thing["metadata"]["uid"]
        was = self._kept.get(uid)
        now = None if gone else self._keep(thing, was)
        with self._lock:
            if now is not None:
                self._kept[uid] = now
            else:
                self._kept.pop(uid, None)
        if self._matters(was, now):
            self._changed.set()
