"""What mishaps act on: one program, its workload and its cluster, and the proxy that its requests go through."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import Popen
from typing import Any

import requests

from config_rollout.core.kubernetes.workload_kinds import WorkloadKind
from tests.engine.staged_program import StagedProgram
from tools.local_cluster import LocalCluster
from tools.proxy import Answer, Cut, Fault, Proxy

MOST_SECONDS = 30
"""How long a mishap tries to put right again what it did."""


@dataclass
class World:
    """One program, its workload `agent` and its cluster, during one `up`."""

    kind: WorkloadKind
    cluster: LocalCluster
    program: StagedProgram
    proxy: Proxy
    process: "Popen[str] | None" = None
    asked: int = 0
    """How many requests have come through the proxy since the `up` began."""
    usual: int = 0
    """How many came in the first `up` of all: the next mostly have as many."""
    faults: list[Fault] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    """What no mishap may do: the test itself is wrong, or a second `up`."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.proxy.fault = self._fault

    @property
    def of(self) -> str:
        """Where the objects of the program's namespace are."""
        return f"namespaces/{self.program.namespace}"

    @property
    def workload(self) -> str:
        """Where the workload is."""
        return f"{self.of}/{self.kind.resource}/agent"

    def pods(self) -> list[Any]:
        """Return the pods that nobody deletes."""
        every = self.cluster.api.list(f"{self.of}/pods")
        return [pod for pod in every if "deletionTimestamp" not in pod["metadata"]]

    def kubectl(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run kubectl in the program's namespace, with more in its environment."""
        return self.cluster.kubectl(f"--namespace={self.program.namespace}", *arguments, environment=environment)

    def begins(self, process: "Popen[str]") -> None:
        """Begin to count the requests of an `up`."""
        self.usual = self.usual or self.asked
        self.process, self.asked = process, 0

    def runs(self) -> bool:
        """Return whether the `up` is under way."""
        return self.process is not None and self.process.poll() is None

    def answering(self, fault: Fault, seconds: float) -> None:
        """Let requests be answered so for a while."""
        self.faults.append(fault)
        time.sleep(seconds)
        self.faults.remove(fault)

    def surely(self, action: Callable[[], Any]) -> None:
        """Do what puts something right, as soon as the API server is there; what is gone by then needs nothing."""
        give_up = time.monotonic() + MOST_SECONDS
        while time.monotonic() < give_up:
            try:
                action()
            except requests.RequestException as error:
                if ": 404 " in str(error):
                    return
                time.sleep(0.1)
            else:
                return
        self.trouble.append(f"a mishap was not put right within {MOST_SECONDS} s")

    def _fault(self, method: str, path: str) -> Answer | Cut | None:
        with self._lock:
            self.asked += 1
        for fault in list(self.faults):
            with suppress(requests.RequestException):
                if (answer := fault(method, path)) is not None:
                    return answer
        return None
