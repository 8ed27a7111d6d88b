"""
What waves cost on a large cluster, against Kubernetes' own rolling update: `python -m benchmarks.waves [NODES]`.

Time and requests are those of a real control plane with nodes that kwok plays. Memory is that of a process of its own,
which drives as many nodes as `FakeApi` says there are: no machine holds 5,000 nodes of kwok beside a control plane.
"""

import statistics
import subprocess
import sys
import time

from config_rollout.cluster.client import Cluster
from config_rollout.core.waves.order import Waves, divide, parse_waves
from config_rollout.core.waves.words import plan
from config_rollout.driver.driven import Target
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


def waves_of(**given: object) -> Waves:
    """Return waves that are known to be good."""
    waves, findings = parse_waves(given)
    assert not findings, findings
    return waves


class Rollouts:
    """Rollouts of one real DaemonSet, by Kubernetes and by the driver; `back` is what each changes."""

    def __init__(self, cluster: LocalCluster) -> None:
        self._cluster, self._changes = cluster, 0
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
        Rollout(self._driver, target, waves_of(max_unavailable=BUDGET), lambda *_, **__: None).run("rest")
        self._wait()
        return time.perf_counter() - began

    def _write(self, strategy: Json) -> None:
        self._cluster.api.patch(_PATH, {"spec": {"updateStrategy": strategy}})

    def _change(self) -> Json:
        """Change the pod template, as another configuration does."""
        self._changes += 1
        metadata = {"annotations": {"checksum/config": str(self._changes)}}
        return self._cluster.api.patch(_PATH, {"spec": {"template": {"metadata": metadata}}})

    def _wait(self) -> None:
        """Wait until all pods are new and ready."""
        nodes = len(self._cluster.api.list("nodes"))
        while True:
            found = self._cluster.api.get(_PATH)
            status = found["status"]
            seen = status.get("observedGeneration") == found["metadata"]["generation"]
            if seen and status.get("updatedNumberScheduled") == nodes == status.get("numberAvailable"):
                return
            time.sleep(0.1)


def rollout_rows(nodes: int) -> list[Row]:
    """Measure rollouts of a real control plane."""
    with LocalCluster(build.ensure(build.CONTROL_PLANE)) as cluster:
        cluster.add_nodes(nodes)
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
    labels = {f"node-{number}": {ZONE: f"zone-{'abc'[number % 3]}"} for number in range(LARGE)}
    waves = waves_of(first=[{"name": "canary", "nodes": 1}], by=ZONE, max_unavailable="5%")
    took = []
    for seed in range(9):
        began = time.perf_counter()
        plan(divide(waves, labels, str(seed)), [], waves.through, [], 0)
        took.append(time.perf_counter() - began)
    return f"plan of waves over {LARGE:,} nodes", f"{statistics.median(took):.3f} s", "below 0.2 s"


def memory_rows() -> list[Row]:
    """Measure the driver's memory over what an engine's program has anyway."""
    middle = (SMALL + LARGE) // 2
    at_small, at_middle, at_large = (memory(nodes) for nodes in (SMALL, middle, LARGE))
    ratio = (at_large - at_middle) / (at_middle - at_small)
    return [
        (f"memory of the driver at {LARGE:,} nodes", f"{at_large / 2**20:.0f} MiB", "at most 200 MiB"),
        (f"its growth from {middle:,} to {LARGE:,} nodes / from {SMALL} to {middle:,}", f"{ratio:.2f}", "1: linear"),
    ]


def memory(nodes: int) -> int:
    """Return how many bytes a process needs more at its peak when it drives so many nodes."""
    with FakeApi(fleet(nodes)) as api:
        command = [sys.executable, "-m", "benchmarks.waves", "drive", api.kubeconfig]
        return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def drive(kubeconfig: str) -> None:
    """Drive one rollout against a server and print by how many bytes the peak of memory grew."""
    import pulumi_kubernetes.apps.v1  # noqa: F401 - what a program has in memory before

    cluster = Cluster.find(kubeconfig)
    cluster.get("daemonsets", NAME, NAMESPACE)
    before = peak_memory()
    target = Target(NAMESPACE, NAME, "daemon-set", 2, NEW_HASH)
    Rollout(cluster, target, waves_of(max_unavailable=BUDGET), lambda *_, **__: None).run("rest")
    print(peak_memory() - before)


def peak_memory() -> int:
    """Return the most memory that this process has held at once, in bytes."""
    with open("/proc/self/status") as status:
        (line,) = [line for line in status if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


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
