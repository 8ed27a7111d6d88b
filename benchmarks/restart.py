"""
What a restarted pod costs the control plane, and how fast our waves restart pods: `python -m benchmarks.restart`.

For each number of nodes a real control plane of its own, with nodes that kwok plays. All pods restart in one window,
and none in the next, which is as long; Kubernetes' rolling update and our waves take turns. windows.py has the sums.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence

from benchmarks.scale import page
from benchmarks.scale.figures import Part, keep
from benchmarks.usage import peaks, processor_seconds
from benchmarks.waves import Rollouts, add_nodes
from benchmarks.windows import PARTS, Pair, Window
from tools import build
from tools.local_cluster import LocalCluster

SIZES = 100, 1000, 5000
PAIRS = 3
"""How many rollouts in each way."""

_REST_SECONDS = 5.0
"""What a window goes on after its rollout: status and events come late."""


class Meter:
    """Reads the counters of a control plane."""

    def __init__(self, cluster: LocalCluster, rollouts: Rollouts) -> None:
        self._cluster, self._rollouts = cluster, rollouts

    def read(self) -> Window:
        """Return what was used since everything started; the requests that ask whether all is done are left out."""
        requests = self._cluster.api.all_request_counts()
        requests["GET daemonsets"] -= self._rollouts.polls
        return Window(time.monotonic(), requests, self._cluster.etcd_written_bytes(), processor_seconds())

    def window(self, act: Callable[[], None], seconds: float = 0.0) -> Window:
        """Return what was used while something was done, and until so many seconds have passed."""
        before, began = self.read(), time.monotonic()
        act()
        time.sleep(max(_REST_SECONDS if not seconds else 0.0, began + seconds - time.monotonic()))
        return self.read() - before


def pairs(cluster: LocalCluster, nodes: int, count: int) -> Iterator[Pair]:
    """Yield the windows of so many rollouts in each way; prints each."""
    rollouts = Rollouts(cluster)
    meter = Meter(cluster, rollouts)
    ways = {"native": rollouts.native, "driven": rollouts.driven}
    for number in range(1, count + 1):
        for way, roll_out in ways.items():
            took: list[float] = []
            busy = meter.window(lambda roll_out=roll_out, took=took: took.append(roll_out()))  # type: ignore[misc]
            idle = meter.window(lambda: None, busy.seconds)
            first = rollouts.before_first if way == "driven" else 0.0
            print(f"{nodes:,} nodes: {way} {number} of {count} took {took[0]:.1f} s", flush=True)
            yield Pair(way, nodes, took[0], busy, idle, first)


def measured(nodes: int, count: int = PAIRS) -> Part:
    """Return the figures of so many nodes."""
    with LocalCluster(build.ensure(build.CONTROL_PLANE)) as cluster:
        add_nodes(cluster, nodes)
        found, memory = [pair.row() for pair in pairs(cluster, nodes, count)], peaks()
    return {"pairs": found, "memory": {part: memory[part] for part in PARTS}}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each size, and write it into the figures and the page as soon as it is done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.restart", description=main.__doc__)
    parser.add_argument("nodes", type=int, nargs="*", default=SIZES, help="how many nodes; several one after the other")
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"rollouts in each way (default {PAIRS})")
    args = parser.parse_args(arguments)
    for nodes in args.nodes:
        keep("restart", nodes, measured(nodes, args.pairs))
        page.write()


if __name__ == "__main__":
    main()
