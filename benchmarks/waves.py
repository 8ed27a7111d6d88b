"""
What waves cost on a large cluster, against Kubernetes' own rolling update: `python -m benchmarks.waves [NODES]`.

Time and requests are those of a real control plane with nodes that kwok plays. Memory is that of a process of its own,
which drives as many nodes as `FakeApi` says there are: no machine holds 5,000 nodes of kwok beside a control plane.
"""

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field

from benchmarks.usage import peak_bytes
from config_rollout.cluster.client import Cluster
from config_rollout.core.waves.order import Waves, divide, parse_waves
from config_rollout.core.waves.words import plan
from config_rollout.driver.driven import Target
from config_rollout.driver.report import Report
from config_rollout.driver.rollout import Rollout
from tools import build
from tools.api import Json
from tools.fake_api import NAME, NAMESPACE, NEW_HASH, FakeApi, fleet
from tools.local_cluster import LocalCluster

NODES, PAIRS = 1000, 3
SMALL, LARGE = 200, 5000
BUDGET = "10%"
ZONE = "topology.kubernetes.io/zone"
Row = tuple[str, str, str]

_PATH = "namespaces/default/daemonsets/agent"
_LABELS = {"app": "agent"}
_POLL = 0.1
_LOT = 500
_LIMIT, _LIMIT_EACH = 60.0, 1.0
"""How long a rollout may take, in seconds: in any case, and for each node."""


def waves_of(**given: object) -> Waves:
    """Return waves that are known to be good."""
    waves, findings = parse_waves(given)
    assert not findings, findings
    return waves


def add_nodes(cluster: LocalCluster, count: int) -> None:
    """Create many nodes, some hundred at a time: each lot has a minute to become Ready."""
    for first in range(0, count, _LOT):
        cluster.add_nodes(min(_LOT, count - first), prefix=f"node-{first // _LOT}")


class Rollouts:
    """Rollouts of one real DaemonSet, by Kubernetes and by the driver; `back` is what each changes."""

    def __init__(self, cluster: LocalCluster) -> None:
        self._cluster, self._changes = cluster, 0
        self._nodes = len(cluster.api.list("nodes"))
        self.before_first = 0.0
        """How long the driver took, when it ran last, until it deleted the first pod, in seconds."""
        self.polls = 0
        """How often the DaemonSet was read to see whether all is done: requests that are nobody's."""
        self._driver = Cluster.find(str(cluster.watched_kubeconfig))
        template = {"metadata": {"labels": _LABELS}, "spec": {"containers": [{"name": "agent", "image": "agent:1"}]}}
        spec = {"selector": {"matchLabels": _LABELS}, "template": template}
        cluster.api.create("namespaces/default/daemonsets", {"metadata": {"name": "agent"}, "spec": spec})
        self._wait()

    def native(self) -> float:
        """Return how long Kubernetes takes for a rolling update, in seconds."""
        self._write({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": BUDGET}})
        began = time.perf_counter()
        self._change()
        self._wait()
        return time.perf_counter() - began

    def driven(self) -> float:
        """Return how long the driver takes for the same, in seconds."""
        self._write({"type": "OnDelete", "rollingUpdate": None})
        began = time.perf_counter()
        metadata = self._change()["metadata"]
        target = Target("default", "agent", metadata["uid"], int(metadata["generation"]), str(self._changes))
        report = FirstDeletion()
        Rollout(self._driver, target, waves_of(max_unavailable=BUDGET), lambda *_, **__: None, report=report).run(
            "rest"
        )
        self._wait()
        self.before_first = report.seconds
        return time.perf_counter() - began

    def poll(self) -> bool:
        """Tell whether all pods are new and ready, after a short while."""
        time.sleep(_POLL)
        self.polls += 1
        found = self._cluster.api.get(_PATH)
        status = found["status"]
        seen = status.get("observedGeneration") == found["metadata"]["generation"]
        return bool(seen and status.get("updatedNumberScheduled") == self._nodes == status.get("numberAvailable"))

    def _write(self, strategy: Json) -> None:
        self._cluster.api.patch(_PATH, {"spec": {"updateStrategy": strategy}})

    def _change(self) -> Json:
        """Change the pod template, as another configuration does."""
        self._changes += 1
        metadata = {"annotations": {"checksum/config": str(self._changes)}}
        return self._cluster.api.patch(_PATH, {"spec": {"template": {"metadata": metadata}}})

    def _wait(self) -> None:
        """
        Wait until all pods are new and ready.

        Raises:
          RuntimeError: It takes longer than any machine should need.

        """
        limit = _LIMIT + self._nodes * _LIMIT_EACH
        give_up = time.monotonic() + limit
        while not self.poll():
            if time.monotonic() > give_up:
                raise RuntimeError(f"waves: {self._nodes:,} pods were not new and ready after {limit:.0f} s")


@dataclass
class FirstDeletion(Report):
    """The report of a driver that begins now; `seconds` is how long it took to the first pod that it deleted."""

    began: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0

    def deletes(self, node: str, uid: str) -> None:
        """Note that a pod is being deleted."""
        self.seconds = self.seconds or time.perf_counter() - self.began
        super().deletes(node, uid)


def rollout_rows(nodes: int) -> list[Row]:
    """Measure rollouts of a real control plane."""
    with LocalCluster(build.ensure(build.CONTROL_PLANE)) as cluster:
        add_nodes(cluster, nodes)
        rollouts = Rollouts(cluster)
        pairs = []
        for _ in range(PAIRS):
            native = rollouts.native()
            pairs.append(rollouts.driven() / native)
        asked = len(cluster.requests_of("config-rollout"))
    what = f"rollout of {nodes:,} pods, {BUDGET} at a time"
    return [
        (f"{what}, our waves / Kubernetes' rolling update", f"{statistics.median(pairs):.2f}", "at most 1.1"),
        ("API requests of the waves for each pod restarted", f"{asked / PAIRS / nodes:.2f}", "at most 2"),
    ]


def planning_row() -> Row:
    """Measure the plan that preview prints."""
    return f"plan of waves over {LARGE:,} nodes", f"{planning_seconds(LARGE):.3f} s", "below 0.2 s"


def planning_seconds(nodes: int) -> float:
    """Return how long the plan over so many nodes takes, the median of some runs."""
    labels = {f"node-{number}": {ZONE: f"zone-{'abc'[number % 3]}"} for number in range(nodes)}
    waves = waves_of(first=[{"name": "canary", "nodes": 1}], by=ZONE, max_unavailable="5%")
    took = []
    for seed in range(9):
        began = time.perf_counter()
        plan(divide(waves, labels, str(seed)), [], waves.through, [], 0)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def memory_rows() -> list[Row]:
    """Measure the driver's memory over what an engine's program has anyway."""
    middle = (SMALL + LARGE) // 2
    at_small, at_middle, at_large = (memory(nodes)[0] for nodes in (SMALL, middle, LARGE))
    ratio = (at_large - at_middle) / (at_middle - at_small)
    return [
        (f"memory of the driver at {LARGE:,} nodes", f"{at_large / 2**20:.0f} MiB", "at most 200 MiB"),
        (f"its growth from {middle:,} to {LARGE:,} nodes / from {SMALL} to {middle:,}", f"{ratio:.2f}", "1: linear"),
    ]


def memory(nodes: int) -> tuple[int, float]:
    """Return how many bytes a process needs more at its peak when it drives so many nodes, and `before_first`."""
    with FakeApi(fleet(nodes)) as api:
        command = [sys.executable, "-m", "benchmarks.waves", "drive", api.kubeconfig]
        more, first = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        return int(more), float(first)


def drive(kubeconfig: str) -> None:
    """Drive one rollout against a server; print by how many bytes the peak of memory grew, and `before_first`."""
    import pulumi_kubernetes.apps.v1  # noqa: F401 - what a program has in memory before

    cluster = Cluster.find(kubeconfig)
    cluster.get("daemonsets", NAME, NAMESPACE)
    before = peak_bytes()
    target, report = Target(NAMESPACE, NAME, "daemon-set", 2, NEW_HASH), FirstDeletion()
    Rollout(cluster, target, waves_of(max_unavailable=BUDGET), lambda *_, **__: None, report=report).run("rest")
    print(peak_bytes() - before, report.seconds)


def rows(nodes: int = NODES) -> list[Row]:
    """Measure."""
    return [*rollout_rows(nodes), *memory_rows(), planning_row()]


def main(arguments: list[str]) -> None:
    """Print the rows, or be the process whose memory is measured."""
    if arguments[:1] == ["drive"]:
        drive(arguments[1])
        return
    for row in rows(int(arguments[0]) if arguments else NODES):
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
