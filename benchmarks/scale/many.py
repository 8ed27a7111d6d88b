"""Deploys many workloads in one stack, and one workload on many nodes, and notes what each command took."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import workloads
from benchmarks.scale import programs
from benchmarks.scale.commands import PREVIEW, UP, Commands, Took, writes
from benchmarks.scale.figures import Part
from benchmarks.usage import peaks
from benchmarks.waves import add_nodes
from benchmarks.windows import PARTS
from benchmarks.workloads import Program
from tools import build
from tools.engine import Engine
from tools.local_cluster import LocalCluster
from tools.pod_server import PodServer

_LIVE = "/livez"


class Steps:
    """
    The steps of one size, in their order.

    Each is printed when it is done; `taken` is step -> who -> what each run took, `written` step -> API writes.
    """

    def __init__(self, cluster: LocalCluster, commands: Commands, size: str) -> None:
        self._cluster, self._commands, self._size = cluster, commands, size
        self.taken: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self.written: dict[str, int] = {}

    def both(self, step: str, those: Sequence[Program], arguments: Sequence[str], runs: int = 1) -> None:
        """Run a command of the engine with each program, in turn."""
        for _ in range(runs):
            for program in those:
                self._note(step, program.name, lambda program=program: self._commands.pulumi(program, arguments))  # type: ignore[misc]

    def ours(self, step: str, *arguments: str) -> None:
        """Run our command line."""
        self._note(step, "ours", lambda: self._commands.ours(*arguments))

    def refused(self, step: str, program: Program) -> None:
        """Run `up` with a program whose workload has another owner."""
        self._note(step, "ours", lambda: self._commands.pulumi(program, UP, "belongs to ConfiguredDaemonSet"))

    def _note(self, step: str, who: str, run: Callable[[], Took]) -> None:
        before = writes(self._cluster)
        took = run()
        if who == "ours":
            self.written[step] = writes(self._cluster) - before
        self.taken.setdefault(step, {}).setdefault(who, []).append(took.row())
        print(f"{self._size}: {step}, {who}: {took.seconds:.1f} s, {took.requests:,} requests", flush=True)

    def part(self) -> Part:
        """Return the figures, with the memory that the control plane has held."""
        held = peaks()
        memory = {part: held[part] for part in PARTS}
        return {"steps": self.taken, "writes": self.written, "memory": memory}


def of_workloads(count: int, pairs: int) -> Part:
    """Return the figures of so many workloads in one stack. Their pods run nowhere: what is measured is the rest."""
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.watched_kubeconfig) as engine:
        cluster.add_nodes(1)
        commands = Commands(cluster, engine)
        steps = Steps(cluster, commands, f"{count:,} workloads")
        ours = Program(engine, "ours", workloads.OURS)
        those = [ours, Program(engine, "by-hand", workloads.BY_HAND)]
        commands.set(LEVEL="info")
        _deploy(cluster, steps, those, count, pairs)
        commands.set(LEVEL="debug")
        steps.both("change", those, UP)
        steps.ours("status", "status", "--namespace", f"ours-{count}")
        steps.ours("history", "history", "--namespace", f"ours-{count}")
        _own(engine, steps, ours, workloads.OURS, count)
        return steps.part()


def of_nodes(nodes: int, pairs: int) -> Part:
    """Return the figures of one workload on so many nodes."""
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    with (
        LocalCluster(binaries) as cluster,
        Engine(binaries, cluster.watched_kubeconfig) as engine,
        PodServer(cluster.pods_socket, lambda *_: (200, "ok")),
    ):
        add_nodes(cluster, nodes)
        commands = Commands(cluster, engine)
        steps = Steps(cluster, commands, f"{nodes:,} nodes")
        ours = Program(engine, "ours", programs.OURS)
        those = [ours, Program(engine, "by-hand", programs.BY_HAND)]
        commands.set(LEVEL="info", HOW=programs.rolling())
        _deploy(cluster, steps, those, nodes, pairs)
        commands.set(LEVEL="debug")
        steps.both("change", those, UP)
        commands.set(HOW=programs.waves(nodes, _LIVE))
        steps.both("to waves", [ours], UP)
        commands.set(LEVEL="trace")
        steps.both("preview of waves", [ours], PREVIEW)
        steps.both("change in waves with gates", [ours], UP)
        steps.both("no-op of waves", [ours], UP)
        workload = f"ours-{nodes}/agent"
        steps.ours("status", "status", workload)
        steps.ours("history", "history", workload)
        steps.ours("timeline", "timeline", workload, "--output", "rollout.svg")
        _own(engine, steps, ours, programs.OURS, nodes)
        return steps.part()


def _deploy(cluster: LocalCluster, steps: Steps, those: Sequence[Program], size: int, pairs: int) -> None:
    """Create everything, and preview and deploy it again unchanged."""
    for program in those:
        program.begin(cluster, size)
    steps.both("create", those, UP)
    steps.both("preview", those, PREVIEW, pairs)
    steps.both("no-op", those, UP, pairs)


def _own(engine: Engine, steps: Steps, ours: Program, source: str, size: int) -> None:
    """Have another project write the same workloads."""
    rival = Program(engine, "rival", source)
    engine.run("stack", "init", f"{ours.name}-{size}", folder=rival.folder)
    steps.refused("second owner", rival)
