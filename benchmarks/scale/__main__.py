"""
Measures what grows with workloads and with nodes, and writes docs/scale.md: `python -m benchmarks.scale`.

What two processors cannot hold is left out: 500 workloads on 5,000 nodes are 2.5 million pods. The pods of many
workloads run nowhere, many nodes have one workload, and 20,000 nodes are those of a fake API server.
"""

import argparse
from collections.abc import Callable, Sequence

from benchmarks import status, waves
from benchmarks.scale import many, page
from benchmarks.scale.figures import Part, keep

NODES = 100, 1000, 5000
WORKLOADS = 1, 10, 100, 500
FAKES = 1000, 5000, 20000
PAIRS = 3
"""How often what changes nothing runs; what changes something runs once."""


def of_fakes(nodes: int) -> Part:
    """Return the figures of so many nodes of a fake API server."""
    seconds, megabytes = status.measured(nodes)
    memory, first = waves.memory(nodes)
    plan = waves.planning_seconds(nodes)
    return {"plan": plan, "status": [seconds, megabytes * 2**20], "driver": memory, "before_first": first}


MEASURES: dict[str, Callable[[int, int], Part]] = {
    "workloads": many.of_workloads,
    "nodes": many.of_nodes,
    "fakes": lambda nodes, _: of_fakes(nodes),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each size, and write it into the figures, the page and its picture as soon as it is done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=main.__doc__)
    parser.add_argument("--nodes", type=int, nargs="*", default=NODES, help="how many nodes of one workload")
    parser.add_argument("--workloads", type=int, nargs="*", default=WORKLOADS, help="how many workloads in one stack")
    parser.add_argument("--fakes", type=int, nargs="*", default=FAKES, help="how many nodes of a fake API server")
    parser.add_argument(
        "--pairs", type=int, default=PAIRS, help=f"how often what changes nothing runs (default {PAIRS})"
    )
    parser.add_argument("--show", action="store_true", help="measure nothing, and write what is measured")
    args = parser.parse_args(arguments)
    for curve, measure in MEASURES.items():
        for size in () if args.show else getattr(args, curve):
            keep(curve, size, measure(size, args.pairs))
            page.write()
    page.write()


if __name__ == "__main__":
    main()
