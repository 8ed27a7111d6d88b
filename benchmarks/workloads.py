"""
What workloads with several sources cost the engine: `python -m benchmarks.workloads 1 10` prints it of some counts.

Programs with the same resources, as their users run them: by the command line, each in a process of its own.
"""

import shutil
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.timing import Cost, cost
from tools import build
from tools.engine import Engine
from tools.local_cluster import LocalCluster

ROOT = Path(__file__).parents[1]
COUNTS = {1: 7, 10: 5, 100: 2}
"""How many workloads -> how many pairs of runs: many take so long that nothing else weighs much."""

_SAID = """
import os

import pulumi
{imports}

SOURCES, SECRET = [f"source-{{number}}" for number in range(4)], "token"
DATA, VALUES = {{"agent.yaml": f"level: {{os.environ.get('LEVEL', 'info')}}\\n"}}, {{"token": "swordfish"}}
MOUNTS = [{{"name": name, "mount_path": f"/etc/{{name}}"}} for name in (*SOURCES, SECRET)]
POD_SPEC = {{
    "containers": [{{"name": "agent", "image": "agent:1", "volume_mounts": MOUNTS}}],
    "volumes": [
        *({{"name": name, "config_map": {{"name": name}}}} for name in SOURCES),
        {{"name": SECRET, "secret": {{"secret_name": SECRET}}}},
    ],
    "node_selector": {{"for": "nobody"}},
}}
namespace = pulumi.get_stack()

for number in range(int(namespace.rpartition("-")[2])):
"""
"""What both programs say first. Their pods run nowhere: what is measured is the engine, and not how long pods take."""

_KEY = """

HASH_KEY = pulumi.Output.secret("a hash key of the stack, 32 letters")
"""
"""One for all workloads of a program, as the setting of a stack is."""

OURS = (
    _SAID.format(imports="from config_rollout import ConfiguredDaemonSet" + _KEY)
    + """
    ConfiguredDaemonSet(f"agent-{number}", {
        "namespace": namespace,
        "config_maps": {name: {"data": DATA} for name in SOURCES},
        "secrets": {SECRET: {"string_data": VALUES}},
        "hash_key": HASH_KEY,
        "pod_spec": POD_SPEC,
    })
"""
)
BY_HAND = (
    _SAID.format(imports="import hashlib\nimport pulumi_kubernetes as k8s")
    + """
    digest = hashlib.sha256(f"{DATA}{VALUES}".encode()).hexdigest()
    name, mounted = f"agent-{number}", []
    more = {}
    labels = {"app.kubernetes.io/name": name}
    for source in SOURCES:
        of = {"name": f"{name}-{source}-{digest[:10]}", "namespace": namespace, **more}
        k8s.core.v1.ConfigMap(of["name"], metadata=of, data=DATA, immutable=True)
        mounted.append({"name": source, "config_map": {"name": of["name"]}})
    of = {"name": f"{name}-{SECRET}-{digest[:10]}", "namespace": namespace, **more}
    k8s.core.v1.Secret(of["name"], metadata=of, string_data=pulumi.Output.secret(VALUES), immutable=True)
    mounted.append({"name": SECRET, "secret": {"secret_name": of["name"]}})
    template = {
        "metadata": {"labels": labels, "annotations": {"checksum/config": digest}},
        "spec": {**POD_SPEC, "volumes": mounted},
    }
    spec = {"selector": {"match_labels": labels}, "template": template}
    k8s.apps.v1.DaemonSet(name, metadata={"name": name, "namespace": namespace, **more}, spec=spec)
"""
)
_MORE = """{
        "labels": {"app.kubernetes.io/name": name, "example.com/of": name},
        "annotations": {f"example.com/{one}": f"{namespace}, {name}" for one in ("a", "b", "c", "d")},
    }"""
LABELLED = BY_HAND.replace("more = {}", f"more = {_MORE}")
"""The same with as many labels and annotations as the component's objects have: the engine looks at each of them."""
COMMANDS = {"preview": ("preview",), "no-op `up`": ("up", "--yes", "--skip-preview")}

Row = tuple[str, str, str]


class Program:
    """One of the programs: a project with a stack for each number of workloads."""

    def __init__(self, engine: Engine, name: str, source: str) -> None:
        self._engine, self.name, self.folder = engine, name, engine.home / name
        self.folder.mkdir()
        options = f"{{toolchain: pip, virtualenv: {ROOT / '.venv'}}}"
        (self.folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: {{name: python, options: {options}}}\n")
        (self.folder / "__main__.py").write_text(source)

    def begin(self, cluster: LocalCluster, count: int) -> None:
        """Make the stack and the namespace of so many workloads."""
        cluster.create_namespace(f"{self.name}-{count}")
        self._engine.run("stack", "init", f"{self.name}-{count}", folder=self.folder)

    def create(self, cluster: LocalCluster, count: int) -> None:
        """Make everything of so many workloads."""
        self.begin(cluster, count)
        self._engine.run(*COMMANDS["no-op `up`"], folder=self.folder)

    def run(self, *arguments: str) -> Cost:
        """Return what a command takes, with the stack that was created last."""
        command = self._engine.program, *arguments, "--non-interactive"
        return cost(command, self.folder, self._engine.environment)


def ratios(ours: Program, others: Iterable[Program], arguments: Sequence[str], pairs: int) -> list[Cost]:
    """Return the medians of the ratios to each other program; all run in turn, after one run of each to warm up."""
    every = [ours, *others]
    runs = [[program.run(*arguments) for program in every] for _ in range(pairs + 1)][1:]
    return [
        Cost(
            statistics.median(run[0].processors / run[at].processors for run in runs),
            statistics.median(run[0].clock / run[at].clock for run in runs),
        )
        for at in range(1, len(every))
    ]


def rows(counts: Sequence[int] = tuple(COUNTS)) -> list[Row]:
    """Measure previews and no-op updates of each number of workloads, with the component and by hand."""
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    measured: list[Row] = []
    processor = {}
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(1)
        ours, by_hand = Program(engine, "ours", OURS), Program(engine, "by-hand", BY_HAND)
        labelled = Program(engine, "labelled", LABELLED)
        others = {"by hand": by_hand, "by hand, with as many labels and annotations": labelled}
        for count in counts:
            for program in (ours, *others.values()):
                program.create(cluster, count)
            before = sum(cluster.writes().values())
            ours.run(*COMMANDS["no-op `up`"])
            writes = sum(cluster.writes().values()) - before
            what = f"{count:,} workload{'' if count == 1 else 's'} of 5 sources each"
            for name, arguments in COMMANDS.items():
                for other, ratio in zip(others, ratios(ours, others.values(), arguments, COUNTS[count]), strict=True):
                    of = f"{name} of {what}, the component / {other}"
                    measured.append((of, f"{ratio.processors:.2f}; by the clock {ratio.clock:.2f}", "at most 1.15"))
            measured.append((f"API writes of a no-op `up` of {what}", str(writes), "0"))
            processor[count] = min(ours.run("preview").processors for _ in range(COUNTS[count])) / count
            print(*measured[-5:], f"preview: {processor[count]:.2f} s of the processor each", sep="\n", file=sys.stderr)
        for program in (ours, *others.values()):
            shutil.rmtree(program.folder)
    if len(counts) < 2:
        return measured
    few, many = sorted(counts)[-2:]
    what = f"processor's time of `preview` for each of {many:,} workloads / for each of {few:,}"
    return [*measured, (what, f"{processor[many] / processor[few]:.2f}", "1: linear")]


if __name__ == "__main__":
    for row in rows([int(count) for count in sys.argv[1:]] or tuple(COUNTS)):
        print("| " + " | ".join(row) + " |")
