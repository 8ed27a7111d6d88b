"""Measures how long `status` takes over many nodes, and how much memory: `python -m benchmarks.status`."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.documents import filled
from tools.fake_api import FakeApi, fleet

DOCUMENT = Path(__file__).parents[1] / "docs" / "status.md"
COUNTS = (1000, 5000)
RUNS = 5

COMMAND = """
import sys
from pathlib import Path
from config_rollout.cli.main import main

main(sys.argv[1:])
print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""
"""Runs the command and prints the most memory that it held: a parent sees its own size in that of its child."""


def measured(nodes: int) -> tuple[float, float]:
    """Return seconds, start and the fake API server's own time included, and MB, medians of some runs."""
    seconds, memory = [], []
    with FakeApi(fleet(nodes, moved=nodes // 2)) as api, tempfile.NamedTemporaryFile("w") as config:
        config.write(api.kubeconfig)
        config.flush()
        for _ in range(RUNS):
            began = time.perf_counter()
            command = [sys.executable, "-c", COMMAND, "status", "--kubeconfig", config.name]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds.append(time.perf_counter() - began)
            memory.append(int(done.stdout.split()[-2]) / 1024)
    return statistics.median(seconds), statistics.median(memory)


def main() -> None:
    """Measure, print the table, and put it into the document."""
    rows = []
    for nodes in COUNTS:
        seconds, memory = measured(nodes)
        goal = f"at most {10 * nodes // 1000} s"
        rows.append((f"`status` of a DaemonSet on {nodes:,} nodes", f"{seconds:.1f} s, {memory:.0f} MB", goal))
    lines = ["| what | measured | goal |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)]
    text = "\n".join(lines)
    print(text)
    DOCUMENT.write_text(filled(DOCUMENT.read_text(), "measured", text))


if __name__ == "__main__":
    main()
