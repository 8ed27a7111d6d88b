"""Measures what the README quotes and writes it there: `python -m benchmarks`, or `make bench`."""

import hashlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pulumi_kubernetes as k8s
from pulumi import automation

from config_rollout import ConfiguredDaemonSet
from config_rollout.core.content import parse_content
from config_rollout.core.digest import config_hash
from tools import build
from tools.documents import filled
from tools.engine import Engine
from tools.local_cluster import LocalCluster

README = Path(__file__).parents[1] / "README.md"
PAIRS = 9

DATA = {"agent.yaml": "level: info\n"}
POD_SPEC = {
    "containers": [{"name": "agent", "image": "agent:1", "volume_mounts": [{"name": "c", "mount_path": "/etc/agent"}]}],
    "volumes": [{"name": "c", "config_map": {"name": "agent"}}],
}


def with_the_component() -> None:
    """Register one component."""
    ConfiguredDaemonSet("agent", {"namespace": "ours", "data": DATA, "pod_spec": POD_SPEC})


def by_hand() -> None:
    """Register the same two resources."""
    metadata, labels = {"name": "agent", "namespace": "theirs"}, {"app.kubernetes.io/name": "agent"}
    k8s.core.v1.ConfigMap("agent", metadata=metadata, data=DATA, immutable=True)
    template = {"metadata": {"labels": labels, "annotations": {"checksum/config": "0" * 64}}, "spec": POD_SPEC}
    spec = {"selector": {"match_labels": labels}, "template": template}
    k8s.apps.v1.DaemonSet("agent", metadata=metadata, spec=spec)


def engine_rows() -> list[tuple[str, str, str]]:
    """Measure what the engine does with and without the component."""
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(6)
        stacks = {}
        for name, program in (("ours", with_the_component), ("theirs", by_hand)):
            cluster.create_namespace(name)
            folder = engine.home / name
            folder.mkdir()
            options = automation.LocalWorkspaceOptions(
                work_dir=str(folder),
                pulumi_home=str(engine.home),
                env_vars=engine.environment,
                pulumi_command=automation.PulumiCommand(root=str(engine.home)),
            )
            stacks[name] = automation.create_stack(name, name, program, opts=options)
            stacks[name].up()
        before = cluster.writes()
        stacks["ours"].up()
        writes = sum(cluster.writes().values()) - sum(before.values())
        previews = paired(stacks["ours"].preview, stacks["theirs"].preview)
        ups = paired(stacks["ours"].up, stacks["theirs"].up)
        for stack in stacks.values():
            stack.destroy()
    return [
        ("API writes of a no-op `up`", str(writes), "0"),
        ("`preview`, the component / the two resources by hand", f"{previews:.2f}", "at most 1.15"),
        ("no-op `up`, the component / the two resources by hand", f"{ups:.2f}", "at most 1.15"),
    ]


def hash_row() -> tuple[str, str, str]:
    """Measure the hash of 1 MiB of text against SHA-256 of the same bytes."""
    text = "key: value # comment\n" * (1024 * 1024 // 21)
    content, _ = parse_content({"k": text})
    raw = text.encode()
    ratio = paired(lambda: config_hash(content), lambda: hashlib.sha256(raw).hexdigest(), repeat=200)
    return "hash of 1 MiB / `hashlib.sha256` of the same bytes", f"{ratio:.2f}", "at most 1.1"


def import_row() -> tuple[str, str, str]:
    """Measure a Python that imports the package and its core against one that imports nothing."""

    def python(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    started = time.perf_counter()
    python("import config_rollout.core.explain")()
    seconds = time.perf_counter() - started
    ratio = paired(python("import config_rollout.core.explain"), python("pass"))
    return "start with the package and its core / a bare Python", f"{ratio:.1f}", f"({seconds * 1000:.0f} ms)"


def paired(one: Callable[[], object], other: Callable[[], object], repeat: int = 1) -> float:
    """Return the median ratio of the times of two actions, run in turn, after one run of each to warm up."""
    timed(one, 1), timed(other, 1)
    return statistics.median(timed(one, repeat) / timed(other, repeat) for _ in range(PAIRS))


def timed(action: Callable[[], object], repeat: int) -> float:
    """Return how long it takes, in seconds."""
    started = time.perf_counter()
    for _ in range(repeat):
        action()
    return time.perf_counter() - started


def table(rows: list[tuple[str, str, str]]) -> str:
    """Return the rows as Markdown."""
    lines = ["| what | measured | goal |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def main() -> None:
    """Measure everything, print the table, and put it into the README."""
    rows = [*engine_rows(), hash_row(), import_row()]
    text = table(rows)
    print(text)
    README.write_text(filled(README.read_text(), "benchmarks", text))


if __name__ == "__main__":
    main()
