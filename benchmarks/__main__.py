"""Measures what docs/measured.md shows and writes it there: `python -m benchmarks [SECTION ...]`, or `make bench`."""

import os
import sys
from pathlib import Path

import pulumi_kubernetes as k8s

from benchmarks import charts, core, waves, workloads
from benchmarks.timing import Cost, against
from config_rollout import ConfiguredDaemonSet
from tools import build
from tools.documents import filled
from tools.engine import Engine
from tools.local_cluster import LocalCluster

MEASURED = Path(__file__).parents[1] / "docs" / "measured.md"

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
        os.environ["KUBECONFIG"] = str(cluster.kubeconfig)  # the programs run in this process, and read the cluster
        stacks = {}
        for name, program in (("ours", with_the_component), ("theirs", by_hand)):
            cluster.create_namespace(name)
            stacks[name] = engine.stack(name, name, program)
            stacks[name].up()
        before = cluster.writes()
        stacks["ours"].up()
        writes = sum(cluster.writes().values()) - sum(before.values())
        previews = against(stacks["ours"].preview, stacks["theirs"].preview)
        ups = against(stacks["ours"].up, stacks["theirs"].up)
        for stack in stacks.values():
            stack.destroy()
    return [
        ("API writes of a no-op `up`", str(writes), "0"),
        ("`preview`, the component / the two resources by hand", both(previews), "at most 1.05"),
        ("no-op `up`, the component / the two resources by hand", both(ups), "at most 1.15"),
    ]


def both(ratio: Cost) -> str:
    """Return a ratio as a cell."""
    return f"{ratio.processors:.2f}; by the clock {ratio.clock:.2f}"


def table(rows: list[tuple[str, str, str]]) -> str:
    """Return the rows as Markdown."""
    lines = ["| what | measured | goal |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


SECTIONS = {
    "engine": engine_rows,
    "workloads": workloads.rows,
    "charts": charts.rows,
    "core": core.rows,
    "waves": waves.rows,
}
"""The tables of the document, and what measures each."""


def main() -> None:
    """Measure all sections, or those that are named; print the table of each, and put it into the document."""
    for name in sys.argv[1:] or SECTIONS:
        text = table(SECTIONS[name]())
        print(text, flush=True)
        MEASURED.write_text(filled(MEASURED.read_text(), name, text))


if __name__ == "__main__":
    main()
