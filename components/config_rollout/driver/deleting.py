"""
Deletes the pods that a wave restarts, or lets their controller do so, and asks again where an answer does not tell what
became of one.

Which pods may go is the core's (core/waves/restarts.py).
"""

import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..cluster.client import ClusterError
from ..cluster.retrying import Backoff
from ..core.kubernetes.pods import Pod
from ..core.kubernetes.workload_kinds import STATEFUL_SET
from ..core.waves import words as wave_words
from ..core.waves.order import Division
from ..core.waves.restarts import WorkloadPods, next_restarts
from .driven import DrivenWorkload, Stopped
from .pod_watch import PodWatch

_DOUBT_SECONDS = 60
"""How long a request without an answer may yet be served, in seconds. Source: kube-apiserver's `--request-timeout`."""

_AGAIN_SECONDS, _MOST_AGAIN_SECONDS = 1, 30
"""How long a node is left alone whose new pod is not of the wanted revision, in seconds: doubled each time."""

_FRESH_SECONDS = 0.1
"""
For how long pods are deleted by one look at the cluster, in seconds: no longer than a watch needs under load.

The look itself, of 20,000 nodes or on a slow machine, may take longer. So the first pod goes however late it is.
"""

_CONFLICT = 409
"""
That the name has another UID by now, or the word of an admission webhook or a proxy: nothing follows from it.

Source: Kubernetes 1.36 apiserver pkg/registry/generic/registry/store.go `Delete`, preconditions.
"""

Restarted = dict[tuple[str, str], list[str]]
"""Revision and node -> the UIDs of the pods that were deleted there for it."""


@dataclass
class Deleter:
    """Deletes pods of one workload. `restarted` outlives it: all waves of one `up` share it."""

    on: DrivenWorkload
    watch: PodWatch
    pool: ThreadPoolExecutor
    restarted: Restarted
    _doubts: set[str] = field(default_factory=set)
    _at: dict[str, float] = field(default_factory=dict)
    """Node -> when its pod was deleted last."""
    _failed_at: float = 0.0
    """When a delete failed last."""

    def __post_init__(self) -> None:
        self._backoff: Backoff = self.on.backoff((_CONFLICT,))

    def next(self, workload_pods: WorkloadPods, division: Division) -> list[Pod]:
        """
        Return the pods to restart now.

        While it may yet come that earlier deletes are served, only the same; and those of nodes whose new pod was of
        another revision after a while only.
        """
        chosen = next_restarts(workload_pods, division.nodes, division.budget)
        self._doubts &= {pod.uid for pod in workload_pods.pods if not pod.leaving}
        if self._doubts and time.monotonic() - self._failed_at < _DOUBT_SECONDS:
            return [pod for pod in chosen if pod.uid in self._doubts]
        return [pod for pod in chosen if time.monotonic() >= self._not_before(pod, workload_pods.revision)]

    def delete(self, chosen: Sequence[Pod], nodes: Collection[str], revision: str) -> tuple[int, bool]:
        """
        Delete pods that were just chosen, for a moment; those of these `nodes`, a wave's, are to get the revision.

        Return how many, and whether some of them were the first of their nodes to go for this revision.
        """
        self.on.check_awaited()
        errors: list[ClusterError] = []
        first = any(pod.node in nodes and not self.restarted.get((revision, pod.node)) for pod in chosen)
        for pod in chosen:
            if self._earlier(pod, revision):
                self.on.say(wave_words.restarts_again(pod, revision))

        until = time.monotonic() + _FRESH_SECONDS

        def delete(pod: Pod) -> bool:
            is_due = pod is chosen[0] or time.monotonic() < until
            return is_due and not errors and self._delete(pod, revision, errors, pod.node in nodes)

        deleted: int = sum(self.pool.map(delete, chosen))
        if errors:  # not tried again before all is looked at again: much may be other by then
            self._failed(errors[0])
        elif not self._doubts:
            self._backoff.reset()
        return deleted, first

    def loops(self, nodes: Collection[str], workload_pods: WorkloadPods) -> list[str]:
        """Return, as findings, the nodes whose pods were restarted and are of another revision all the same."""
        lines = []
        for pod in sorted(workload_pods.pods, key=lambda pod: pod.node):
            gone = self.restarted.get((workload_pods.revision, pod.node), [])
            if pod.node not in nodes or pod.revision == workload_pods.revision or pod.leaving:
                continue
            if len(gone) > 1:
                lines.append(wave_words.came_back_other(pod.node, len(gone), workload_pods.revision))
            elif pod.uid in gone:
                lines.append(wave_words.not_deleted(pod))
        return lines

    def _delete(self, pod: Pod, revision: str, errors: list[ClusterError], is_of_wave: bool) -> bool:
        """Delete a pod and return whether that was served; where it is not known, the error tells why."""
        self._doubts.add(pod.uid)
        self.on.report.deletes(pod.node, pod.uid)
        try:
            if not (is_of_wave and self.on.makes_way_for(pod)):
                self._delete_itself(pod)
        except ClusterError as error:
            errors.append(error)
            return False
        self._doubts.discard(pod.uid)
        self.watch.deleted(pod.uid)
        self._at[pod.node] = time.monotonic()
        if is_of_wave:
            there = self.restarted.setdefault((revision, pod.node), [])
            there += [] if pod.uid in there else [pod.uid]
        return True

    def _delete_itself(self, pod: Pod) -> None:
        try:
            self.on.cluster.delete("pods", pod.name, self.on.target.namespace, pod.uid)
        except ClusterError as error:
            if error.status != _CONFLICT or self.on.target.kind is not STATEFUL_SET:
                raise  # of a StatefulSet the controller was faster, and the name is that of the next pod

    def _failed(self, error: ClusterError) -> None:
        self._failed_at = time.monotonic()
        try:
            self._backoff.after(error)
        except ClusterError:
            self.on.check_awaited()
            raise Stopped(str(error)) from None

    def _earlier(self, pod: Pod, revision: str) -> int:
        """Return how many pods of this node were deleted for a revision before this one."""
        return len([uid for uid in self.restarted.get((revision, pod.node), []) if uid != pod.uid])

    def _not_before(self, pod: Pod, revision: str) -> float:
        earlier = self._earlier(pod, revision)
        wait = min(_MOST_AGAIN_SECONDS, _AGAIN_SECONDS * 2.0 ** (earlier - 1)) if earlier else 0.0
        return self._at.get(pod.node, 0.0) + wait if wait else 0.0
