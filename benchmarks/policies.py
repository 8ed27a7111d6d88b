"""Measures what the policy pack adds to a preview, and what `check` takes: `python -m benchmarks.policies`."""

import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import check
from benchmarks.core import started
from benchmarks.timing import Cost, against, cost
from tools import build
from tools.documents import filled
from tools.engine import Engine
from tools.local_cluster import LocalCluster

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "policies.md"
COUNTS = {10: 5, 100: 7, 1000: 2}
"""How many resources -> how many rounds of previews."""

PACKS = {
    "the executable pack": ("--policy-pack", str(Path(sys.executable).parent / "config-rollout-policies")),
    "the folder": ("--policy-pack", str(ROOT / "policies")),
}
"""The two ways to start the pack, and their options."""

Row = tuple[str, str, str]

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s

for number in range(int(pulumi.Config().require("count")) // 2):
    name, labels = f"agent-{number}-{number:010x}", {"app": f"agent-{number}"}
    metadata = {"name": name, "namespace": "default"}
    k8s.core.v1.ConfigMap(f"config-{number}", metadata=metadata, data={"agent.yaml": "level: info"}, immutable=True)
    container = {
        "name": "agent", "image": "agent:1",
        "readiness_probe": {"http_get": {"path": "/ready", "port": 8080}},
        "volume_mounts": [{"name": "config", "mount_path": "/etc/agent"}],
    }
    template = {
        "metadata": {"labels": labels, "annotations": {"checksum/config": f"{number:064x}"}},
        "spec": {"containers": [container], "volumes": [{"name": "config", "config_map": {"name": name}}]},
    }
    spec = {"selector": {"match_labels": labels}, "template": template, "min_ready_seconds": 10}
    k8s.apps.v1.DaemonSet(f"agent-{number}", metadata=metadata, spec=spec)
"""


def preview_rows() -> list[Row]:
    """Measure previews of a program's first deployment, by the command line, with and without the pack."""
    rows: list[Row] = []
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        folder = engine.home / "work"
        folder.mkdir()
        options = f"{{toolchain: pip, virtualenv: {ROOT / '.venv'}}}"
        (folder / "Pulumi.yaml").write_text(f"name: bench\nruntime: {{name: python, options: {options}}}\n")
        (folder / "__main__.py").write_text(PROGRAM)
        preview = (engine.program, "preview", "--non-interactive")
        for count, rounds in COUNTS.items():
            engine.run("stack", "init", f"s{count}", folder=folder)
            engine.run("config", "set", "count", str(count), folder=folder)
            commands = [preview, *((*preview, *options) for options in PACKS.values())]
            rows += compared(count, commands, lambda command: cost(command, folder, engine.environment), rounds)
        shutil.rmtree(folder)
    return rows


def compared(
    count: int, commands: Sequence[Sequence[str]], run: Callable[[Sequence[str]], Cost], rounds: int
) -> list[Row]:
    """Run the commands in turn, the first without a pack, and return a row for each pack: medians over the rounds."""
    for command in commands:
        run(command)  # to warm up
    without, *packs = zip(*([run(command) for command in commands] for _ in range(rounds)), strict=True)
    base = statistics.median(one.processors for one in without)
    rows = []
    for name, costs in zip(PACKS, packs, strict=True):
        pairs = list(zip(costs, without, strict=True))
        more = statistics.median(one.processors - other.processors for one, other in pairs)
        processors = statistics.median(one.processors / other.processors for one, other in pairs)
        clock = statistics.median(one.clock / other.clock for one, other in pairs)
        what = f"`preview` of {count:,} resources ({base:.1f} s), with {name} / without"
        goal = "at most 1.15" if (count, name) == (100, next(iter(PACKS))) else ""
        rows.append((what, f"{processors:.2f} (+{more:.1f} s); by the clock {clock:.2f}", goal))
    return rows


def start_row() -> Row:
    """Measure how long the engine waits for the pack, against what Pulumi's Python host runs before it starts one."""

    def start() -> None:
        with subprocess.Popen([sys.executable, ROOT / "policies", "127.0.0.1:1"], stdout=subprocess.PIPE) as pack:
            assert pack.stdout
            assert pack.stdout.readline().strip().isdigit()
            pack.kill()

    what = "start of the pack / `import pulumi.run.plugin`, which Pulumi's host runs before it"
    return what, f"{against(start, started('-c', 'import pulumi.run.plugin')).processors:.2f}", "at most 1"


def main() -> None:
    """Measure, print the table, and put it into the document."""
    rows = [*preview_rows(), start_row(), *check.rows()]
    lines = ["| what | measured | goal |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)]
    text = "\n".join(lines)
    print(text)
    if DOCUMENT.exists():
        DOCUMENT.write_text(filled(DOCUMENT.read_text(), "measured", text))


if __name__ == "__main__":
    main()
