"""
The watch that all waves of one `up` use: to list thousands of pods and nodes takes seconds, and a fleet has many waves.

Not here: what is watched (pod_watch.py), and what is made of it (view.py).
"""

from collections.abc import Collection
from contextlib import ExitStack
from types import TracebackType

from ..cluster.client import Cluster, Object
from ..core.kubernetes import workloads
from ..core.kubernetes.workload_kinds import WorkloadKind
from .pod_watch import PodWatch


class SharedWatch:
    """
    The watch of rollouts that run one after the other; a context manager around each of them.

    It is closed where one stops, and with `lasts` stays open after one that ends well: who shares it closes it then.
    Where nobody does, it ends with the program.
    """

    def __init__(self, lasts: bool = False) -> None:
        self._lasts = lasts
        self._open = ExitStack()
        self._watch: PodWatch | None = None
        self._of: object = None

    def __enter__(self) -> "SharedWatch":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind or not self._lasts:
            self.close()

    def watch(self, cluster: Cluster, workload: Object, keys: Collection[str], kind: WorkloadKind) -> PodWatch:
        """
        Return a watch of a workload and what else it needs: the open one, or a new one.

        A rollout begins with what is seen now: one that is blind, or to which no answer came lately, is not used again.
        """
        metadata, labels = workload["metadata"], workloads.selector_of(workload)
        of = cluster, metadata["namespace"], metadata["uid"], labels, frozenset(keys), kind
        if self._watch and of == self._of and self._watch.sees_now():
            return self._watch
        self.close()
        self._watch, self._of = self._open.enter_context(PodWatch(cluster, workload, keys, kind)), of
        return self._watch

    def close(self) -> None:
        """Close what is open; from any thread."""
        self._watch = None
        self._open.close()
