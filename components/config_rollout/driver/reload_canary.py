"""
Runs the canary of a reload, and leaves nothing of it; Kubernetes does that where `up` is killed.

What its Job is and what its pod says is the core's (core/waves/reload_canary.py).
"""

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from ..cluster.client import Cluster, ClusterError, Object
from ..cluster.retrying import Backoff
from ..core.kubernetes.objects import is_owned_by
from ..core.kubernetes.pods import ProbedPod, probed_pod
from ..core.waves import reload_canary as core
from ..core.waves.reload_check import ReloadCheck, judge_start, with_digests
from .driven import AWAY_SECONDS
from .gates import GateChecker

_WAVE = "reload-canary"
_LOOK_SECONDS = 0.5
_CLEAN_SECONDS = 10
_CONFLICT = 409

T = TypeVar("T")


@dataclass
class CanaryPod:
    """
    Runs one more pod of a DaemonSet with another text. `try_out` is all that others call.

    `over` ends the waiting early.
    """

    cluster: Cluster
    canary: core.Canary
    check: ReloadCheck
    over: threading.Event

    def try_out(
        self, daemon_set: Object, node: str, config_maps: Mapping[str, Object], values: Mapping[str, bytes]
    ) -> str | None:
        """
        Return why a pod with these ConfigMaps did not come up, empty if it did, `None` if pods read none of them.

        Raises:
          ClusterError: The cluster cannot be read or written.

        """
        name = f"config-rollout-canary-{secrets.token_hex(5)}"
        names = {of: f"{name}-{number}" for number, of in enumerate(sorted(config_maps))}
        seconds = self.canary.seconds(self.check.timeout_seconds)
        job = core.job(name, daemon_set, names, node, seconds)
        if job is None:
            return None
        self._namespace, self._of = daemon_set["metadata"]["namespace"], daemon_set["metadata"]["name"]
        try:
            self._trying(self._remove, again=(_CONFLICT,))
            made = self._trying(lambda: self.cluster.create("jobs", self._namespace, job))
            assert made  # its DaemonSet is in the namespace
            for of, called in names.items():
                body = core.config_map(called, made, config_maps[of])
                self._trying(lambda body=body: self.cluster.make("configmaps", self._namespace, body))  # type: ignore[misc]
            return self._wait(made) or self._soak(made, node, values)
        finally:
            with suppress(ClusterError):  # the next `up` begins with removing what is left, if Kubernetes has not
                self._trying(self._remove, _CLEAN_SECONDS, (_CONFLICT,))

    def _remove(self) -> None:
        """Delete each canary of this DaemonSet; pod and ConfigMap are owned by it, and go with it."""
        selector = ",".join(f"{key}={value}" for key, value in core.labels(self._namespace, self._of).items())
        for left in self.cluster.list("jobs", self._namespace, selector):
            self.cluster.delete("jobs", left["metadata"]["name"], self._namespace, left["metadata"]["uid"])

    def _wait(self, made: Object) -> str:
        """Wait until the canary is ready; return why it is not."""
        give_up = time.monotonic() + self.check.timeout_seconds
        while True:
            wrong, is_final = core.judge_canary(self._pod(made))
            if not wrong or is_final:
                return wrong
            if time.monotonic() > give_up or self.over.wait(_LOOK_SECONDS):
                return f"{wrong} after {self.check.timeout_seconds} s"

    def _soak(self, made: Object, node: str, values: Mapping[str, bytes]) -> str:
        """Return what is wrong with a canary that came up: with its answer, its gates, or after a while."""
        self.over.wait(self.canary.soak_seconds)
        pod = self._pod(made)
        wrong, _ = core.judge_canary(pod)
        if wrong or pod is None:
            return wrong
        probed = probed_pod(pod)
        gates = GateChecker(self.cluster, self._namespace, self._of, over=self.over)
        if answers := gates.check(self.canary.gates, _WAVE, [node], lambda: [probed]):
            return "; ".join(f"gate {gate}: {why}" for gate, of in answers.items() for why in of.values())
        return self._ask(probed, values)

    def _ask(self, pod: ProbedPod, values: Mapping[str, bytes]) -> str:
        """Return what is wrong with its answer to the question that proves a reload."""
        question = with_digests(self.check.question, values)
        if question is None:
            return ""
        status, body = self._trying(
            lambda: self.cluster.ask_pod(pod.name, self._namespace, question.port, question.path),
            self.check.timeout_seconds,
        )
        return judge_start(question, status, body)

    def _pod(self, made: Object) -> Object | None:
        of, uid = f"{core.JOB_LABEL}={made['metadata']['name']}", made["metadata"]["uid"]
        pods = self._trying(lambda: self.cluster.list("pods", self._namespace, of))
        return next((pod for pod in pods if is_owned_by(pod, uid)), None)

    def _trying(self, request: Callable[[], T], seconds: float = AWAY_SECONDS, again: tuple[int, ...] = ()) -> T:
        return Backoff(seconds, passing=again, over=self.over).run(request)
