"""Deploys the history in each way, and writes what it did to the pods into docs/replay.md: `make chart-history`."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config_rollout.cli.outputs.picture import draw
from config_rollout.core.replay.transitions import Restarter, Transition

from .. import build
from ..documents import ROOT, filled
from ..engine import Engine
from ..local_cluster import LocalCluster
from ..pods import Recorder
from .versions import WORKLOAD, Step, window, write_chart
from .ways import Way, ways

DOCUMENT = ROOT / "docs" / "replay.md"
PICTURE = ROOT / "docs" / "chart-history.svg"
FIGURES = ROOT / "docs" / "chart-history.json"
NODES = 3


@dataclass(frozen=True)
class Deployed:
    """What one way did at one step: pods that were replaced, and the most nodes without a ready one at one time."""

    pods: int
    at_once: int


def deployed(cluster: LocalCluster, way: Way, folder: Path) -> Deployed:
    """Deploy a version and count, until the pods are at rest."""
    with Recorder(cluster.api, way.name) as recorder:
        way.deploy(folder)
        cluster.wait_at_rest(way.name, WORKLOAD)
    return Deployed(sum(recorder.replaced().values()), max(map(len, recorder.unavailable())))


def measured() -> tuple[list[Way], list[Step], list[list[Deployed]]]:
    """Return the ways, the steps, and for each step what each of the ways did."""
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE, "helm-3"])
    first, steps = window()
    with (
        LocalCluster(binaries) as cluster,
        Engine(binaries, cluster.kubeconfig) as engine,
        tempfile.TemporaryDirectory() as charts,
    ):
        cluster.add_nodes(NODES)
        every = ways(cluster, engine, binaries["helm-3"])
        for way in every:
            cluster.create_namespace(way.name)
            deployed(cluster, way, write_chart(first, Path(charts, "first")))
        rows = []
        for number, step in enumerate(steps, 1):
            folder = write_chart(step.version, Path(charts, str(number)))
            rows.append([deployed(cluster, way, folder) for way in every])
            counts = ", ".join(f"{way.name} {one.pods}" for way, one in zip(every, rows[-1], strict=True))
            print(f"{number:>3}/{len(steps)} {'needed' if step.is_needed else '      '} pods: {counts}", flush=True)
    return every, steps, rows


def table(every: Sequence[Way], steps: Sequence[Step], rows: Sequence[Sequence[Deployed]]) -> str:
    """Return the figures in Markdown, a row for each way."""
    head = (
        "deployed by",
        "steps that restarted pods",
        "needless",
        "missed",
        "pods restarted",
        "nodes without one at once",
    )
    lines = [head, ("---",) * len(head)]
    for way, column in zip(every, zip(*rows, strict=True), strict=True):
        moved = [one.pods > 0 for one in column]
        needed = [step.is_needed for step in steps]
        lines.append(
            (
                way.title,
                str(sum(moved)),
                str(sum(a and not b for a, b in zip(moved, needed, strict=True))),
                str(sum(b and not a for a, b in zip(moved, needed, strict=True))),
                str(sum(one.pods for one in column)),
                f"{max(one.at_once for one in column)} of {NODES}",
            )
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_json(every: Sequence[Way], steps: Sequence[Step], rows: Sequence[Sequence[Deployed]]) -> dict[str, Any]:
    """Return the raw figures."""
    return {
        "nodes": NODES,
        "steps": [
            {
                "from": step.transition.old,
                "to": step.transition.new,
                "date": step.transition.date,
                "chart": step.version.rest["metadata"]["labels"]["helm.sh/chart"],  # type: ignore[index]
                "configuration": step.transition.real,
                "template": step.transition.template,
                "pods": {way.name: one.pods for way, one in zip(every, row, strict=True)},
                "nodes_without_one": {way.name: one.at_once for way, one in zip(every, row, strict=True)},
            }
            for step, row in zip(steps, rows, strict=True)
        ],
    }


def main() -> None:
    """Deploy, count, print the table, and write all three."""
    every, steps, rows = measured()
    FIGURES.write_text(json.dumps(as_json(every, steps, rows), indent=1) + "\n")
    text = table(every, steps, rows)
    print(text)
    DOCUMENT.write_text(filled(DOCUMENT.read_text(), "chart-history", text))
    restarters = [Restarter(way.name, way.title.replace("`", "")) for way in every]
    transitions = [
        Transition(
            step.transition.history,
            step.transition.old,
            step.transition.new,
            step.transition.date,
            step.is_needed,
            frozenset(way.name for way, one in zip(every, row, strict=True) if one.pods),
            step.transition.template,
        )
        for step, row in zip(steps, rows, strict=True)
    ]
    needed = sum(step.is_needed for step in steps)
    draw(
        transitions,
        f"{len(steps)} versions of a chart on a real control plane, {needed} need a restart",
        PICTURE,
        restarters,
    )


if __name__ == "__main__":
    main()
