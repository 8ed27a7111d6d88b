"""
Waits until Kubernetes has rolled a workload out by itself, and deletes the pods that it would wait for in vain.

Only a StatefulSet's controller does so. Which pods those are, and when a rollout has ended, is the core's
(core/kubernetes/stateful_sets.py, deployments.py).
"""

import time
from dataclasses import dataclass, field

from ..cluster.client import Cluster, Object, owned
from ..cluster.watch import Sight
from ..core.explain.drift_words import runs_another
from ..core.explain.reasons import explain_unfinished
from ..core.kubernetes import deployments, stateful_sets
from ..core.kubernetes.pods import Pod, pod_of
from ..core.kubernetes.workload_kinds import STATEFUL_SET
from ..core.kubernetes.workloads import config_hash_of
from ..core.waves import progress
from .driven import DrivenWorkload, Say, Stopped, Target
from .ending import GONE
from .report import Report

_LOOK_SECONDS, _PODS_SECONDS = 0.5, 2.0
"""How often the workload is read, and its pods."""


@dataclass
class NativeRollout:
    """
    One wait for one rollout. `run` is all that others call, beside `stop` and `now` from other threads.

    `seconds` is how long it may take, of the time in which the cluster could be seen; `limit` the same in words.
    With `has_finished` an earlier rollout of this workload once has.
    """

    cluster: Cluster
    target: Target
    seconds: float
    limit: str
    has_finished: bool
    say: Say
    report: Report = field(default_factory=Report)

    def __post_init__(self) -> None:
        self._on = DrivenWorkload(self.cluster, self.target, self.say, "", None, self.report)
        self._began, self._seen = time.monotonic(), "it has not been read yet"
        self._live: Object | None = None

    def stop(self, why: str = GONE) -> None:
        """Let a `run` in another thread end before its next request, and say why."""
        self._on.end(why)

    def now(self) -> str:
        """Return in one line how far it is; from any thread."""
        elapsed = time.monotonic() - self._began
        return progress.rolling(self.target.kind.kind, self.target.where, elapsed, lambda: self._live or self._seen)

    def run(self) -> None:
        """
        Return once all pods that follow have the wanted revision and are available.

        Raises:
          Stopped: It did not come to that; the message says why and what to do.

        """
        sight, looked = Sight(), 0.0
        is_stateful_set = self.target.kind is STATEFUL_SET
        is_over = stateful_sets.is_rolled_out if is_stateful_set else deployments.is_over
        pods: list[Pod] = []
        while True:
            self._live = live = self._see()
            sight.prove()
            if is_over(live):
                return
            is_late = sight.seconds() > self.seconds
            if is_late or time.monotonic() - looked >= _PODS_SECONDS:
                pods, looked = self._pods(live), time.monotonic()
                if is_stateful_set:
                    self._delete_stuck(live, pods)
            if is_late:
                self.report.result = "failed"
                findings = stateful_sets.unfinished(live, pods)
                raise Stopped(explain_unfinished(live, self.limit, findings))
            self._on.over.wait(_LOOK_SECONDS)

    def _see(self) -> Object:
        """Return the workload as it is, if nobody has given it another configuration."""
        live = self._on.see()
        if config_hash_of(live) != self.target.config_hash:
            another = runs_another(live, None, self.target.config_hash)
            raise Stopped(f"{another}. Run `pulumi up --refresh` to restore what this program says.")
        return live

    def _pods(self, live: Object) -> list[Pod]:
        return [pod_of(pod, self.target.kind) for pod in self._on.trying(lambda: owned(self.cluster, "pods", live))]

    def _delete_stuck(self, live: Object, pods: list[Pod]) -> None:
        namespace = self.target.namespace

        def delete(pod: Pod) -> None:
            self._on.trying(lambda: self.cluster.delete("pods", pod.name, namespace, pod.uid))

        for pod in stateful_sets.stuck(live, pods, self.has_finished):
            why = f"is not ready{pod.because}"
            self.say(f"pod {pod.name} of an earlier revision {why}, and Kubernetes would wait until it is: deleting it")
            delete(pod)
