"""What happens to a fleet while an `up` runs: each mishap begins by itself and ends by itself, in a few seconds."""

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from subprocess import Popen
from typing import Any

import requests

from tests.engine.staged_program import StagedProgram
from tools.local_cluster import LocalCluster
from tools.proxy import Proxy, status

BRIEF, LONG = 1.0, 3.0
"""How long parts stand still or are away, in seconds."""


class Mishaps:
    """
    The mishaps of the program's DaemonSet `agent`, by name. `chance` chooses what is left to it.

    After some of them an `up` may say that someone else changed the DaemonSet, or end with its engine.
    """

    def __init__(self, cluster: LocalCluster, program: StagedProgram, proxy: Proxy, chance: random.Random) -> None:
        self._cluster, self._program, self._proxy, self._chance = cluster, program, proxy, chance
        self._of = f"namespaces/{program.namespace}"
        self._kubectl = f"--namespace={program.namespace}"
        self._process: Popen[str] | None = None

    @property
    def names(self) -> list[str]:
        return sorted(name.removeprefix("_do_") for name in dir(self) if name.startswith("_do_"))

    def begin(self, names: list[str], process: "Popen[str]", ready: Callable[[], bool]) -> list[threading.Thread]:
        """Let these happen at once, a moment after `ready` or at the end of the `up`."""
        self._process = process

        def happen(name: str, after: float) -> None:
            while process.poll() is None and not ready():
                time.sleep(0.02)
            time.sleep(after)
            with suppress(requests.RequestException, RuntimeError):  # two at once: one may keep the other from it
                getattr(self, f"_do_{name}")()

        threads = [threading.Thread(target=happen, args=(name, self._chance.uniform(0, 0.5))) for name in names]
        for thread in threads:
            thread.start()
        return threads

    def _pods(self) -> list[Any]:
        return self._cluster.api.list(f"{self._of}/pods")

    def _do_conflict(self) -> None:
        """Let a webhook refuse a few deletes of pods."""
        refused: list[str] = []

        def webhook(method: str, path: str) -> Any:
            if method == "DELETE" and "/pods/" in path and len(refused) < 3:
                refused.append(path)
                return status(409, "Conflict", "admission webhook: not now")
            return None

        self._proxy.fault = webhook
        time.sleep(LONG)
        self._proxy.fault = lambda method, path: None

    def _do_server_stands_still(self) -> None:
        self._cluster.stand_still("kube-apiserver")
        time.sleep(LONG)
        self._cluster.stand_still("kube-apiserver", still=False)

    def _do_watches_stall(self) -> None:
        self._proxy.flows.clear()
        time.sleep(BRIEF)
        self._proxy.flows.set()

    def _do_revision_deleted(self) -> None:
        newest = max(self._cluster.api.list(f"{self._of}/controllerrevisions"), key=lambda one: one["revision"])
        self._cluster.api.delete(f"{self._of}/controllerrevisions/{newest['metadata']['name']}")

    def _do_controller_away(self) -> None:
        self._cluster.stand_still("kube-controller-manager")
        time.sleep(LONG)
        self._cluster.stand_still("kube-controller-manager", still=False)

    def _do_engine_killed(self) -> None:
        if self._process and self._process.poll() is None:
            self._program.kill(self._process)
            self._program.end_what_is_left()

    def _do_restarted(self) -> None:
        self._cluster.kubectl(self._kubectl, "rollout", "restart", "daemonset/agent")

    def _do_undone(self) -> None:
        self._cluster.kubectl(self._kubectl, "rollout", "undo", "daemonset/agent")

    def _do_strategy_by_hand(self) -> None:
        patch = {"spec": {"updateStrategy": {"type": "RollingUpdate"}}}
        self._cluster.api.patch(f"{self._of}/daemonsets/agent", patch)

    def _do_pod_deleted(self) -> None:
        pod = self._chance.choice(self._pods())
        self._cluster.api.delete(f"{self._of}/pods/{pod['metadata']['name']}")
