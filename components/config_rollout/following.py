"""A collection of the API server as it is now, kept up to date by a watch. What follows from it is the core's."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Generic, TypeVar

from .cluster import Cluster, ClusterError, Object
from .core.retry import delay_seconds, is_passing

_WATCH_SECONDS = 60

T = TypeVar("T")


class Following(Generic[T]):
    """
    Follows a collection in a thread of its own; a context manager.

    It survives an API server that is away, and a watch that has expired: then it lists again. `trouble` is what keeps
    it from seeing, `None` when it sees.

    Args:
      cluster: Where the collection is.
      resource: Which, as in `kubectl`.
      namespace: Its namespace; empty for all.
      labels: A label selector.
      fields: A field selector.
      keep: Returns what counts of some of its objects, as UID -> value; what it leaves out is not kept.
      changed: Set whenever something has changed.

    """

    def __init__(
        self,
        cluster: Cluster,
        resource: str,
        namespace: str,
        labels: str,
        fields: str,
        keep: Callable[[Sequence[Object]], dict[str, T]],
        changed: threading.Event,
    ) -> None:
        self._cluster, self._keep, self._changed = cluster, keep, changed
        self._where = (resource, namespace, labels, fields)
        self._kept: dict[str, T] = {}
        self._lock = threading.Lock()
        self._over, self._listed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.trouble: ClusterError | None = None

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
        attempt = 0
        while not self._over.is_set():
            try:
                version = self._list()
                attempt = 0
                while version and not self._over.is_set():
                    version = self._follow(version)
            except ClusterError as error:
                self.trouble = error
                self._changed.set()
                if not is_passing(error.status) and error.status != 410:
                    return
                attempt += 1
                self._over.wait(delay_seconds(attempt, random.random()))

    def _list(self) -> str:
        resource, namespace, labels, fields = self._where
        kept: dict[str, T] = {}
        version = ""
        for page, version in self._cluster.pages(resource, namespace, labels, fields):  # noqa: B007 # the last counts
            kept |= self._keep(page)
        with self._lock:
            self._kept = kept
        self.trouble = None
        self._listed.set()
        self._changed.set()
        return version

    def _follow(self, version: str) -> str:
        """Take in what happens, until the server ends the watch; return the version reached, empty to list again."""
        resource, namespace, labels, fields = self._where
        began = time.monotonic()
        for event in self._cluster.watch(resource, namespace, labels, version, _WATCH_SECONDS, fields):
            thing = event["object"]
            if event["type"] == "ERROR":
                return ""
            version = thing["metadata"]["resourceVersion"]
            with self._lock:
                if event["type"] == "DELETED":
                    self._kept.pop(thing["metadata"]["uid"], None)
                else:
                    self._kept |= self._keep([thing])
            self._changed.set()
            if self._over.is_set():
                break
        if time.monotonic() - began < 1:
            self._over.wait(1)  # a server that ends every watch at once is not asked more than once a second
        return version
