"""Restarts all pods in place of a reload that failed: as `kubectl rollout restart` does, or wave by wave."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..cluster.client import Cluster, Object, owned
from ..cluster.retrying import Backoff
from ..core.kubernetes.annotations import RELOAD_ANNOTATION
from ..core.kubernetes.field_managers import DRIVER
from ..core.kubernetes.workload_kinds import WorkloadKind
from ..core.kubernetes.workloads import is_observed, pod_counts
from ..core.waves.order import REST
from ..core.waves.reload_words import not_restarted
from .driven import Stopped
from .rollout import Rollout


@dataclass(frozen=True)
class InWaves:
    """What restarts all pods wave by wave, and `closed`, which returns why that may not begin now."""

    rollout: Rollout
    closed: Callable[[], str]


@dataclass(frozen=True)
class RestartOfAll:
    """
    Restarts the pods of one workload, which `read` returns as it is.

    `seconds` is how long it may take without waves; `over` ends the waiting early.
    """

    cluster: Cluster
    kind: WorkloadKind
    read: Callable[[], Object]
    seconds: int
    over: threading.Event
    waves: InWaves | None = None

    def run(self, text: str, take_back: Callable[[], None]) -> int:
        """
        Restart all pods, wait until they are available, and return how many there were.

        Args:
          text: What of the new text makes the pod template another one.
          take_back: Puts the old text back; called before a wave is taken back, whose pods would start with the new.

        Raises:
          Stopped: Not all have restarted.

        """
        body = {"spec": {"template": {"metadata": {"annotations": {RELOAD_ANNOTATION: text}}}}}
        of = self.read()["metadata"]
        self.cluster.patch(self.kind.resource, of["name"], of["namespace"], body, manager=DRIVER)
        if self.waves:
            self.waves.rollout.takes_back = take_back
            self.waves.rollout.run(REST)
            return self.waves.rollout.report.restarts
        backoff, give_up = Backoff(over=self.over), time.monotonic() + self.seconds
        while not _is_rolled_out(workload := self.read()):
            if time.monotonic() > give_up or backoff.wait():
                raise Stopped(not_restarted(self.seconds))
        return len(owned(self.cluster, "pods", workload))


def _is_rolled_out(workload: Object) -> bool:
    pods = pod_counts(workload)
    return is_observed(workload) and pods.updated == pods.available == pods.wanted
