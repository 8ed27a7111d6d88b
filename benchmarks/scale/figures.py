"""The figures of docs/scale.md, as JSON beside it: each size by itself, so that what is cut off loses only its own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools import build, machine
from tools.documents import ROOT

FILE = ROOT / "docs" / "scale.json"
CURVES = ("workloads", "nodes", "fakes", "restart")
"""By workloads in one stack, by nodes of one workload, by nodes of a fake API server, and a restart by nodes."""

Part = dict[str, Any]
"""The figures of one size, and `about`: when, where and with what they were measured."""


def load(file: Path = FILE) -> dict[str, dict[int, Part]]:
    """Return curve -> size -> its figures, the small ones first; none where nothing was measured yet."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    return {curve: {int(size): part for size, part in kept.get(curve, {}).items()} for curve in CURVES}


def keep(curve: str, size: int, part: Part, file: Path = FILE) -> None:
    """Write the figures of one size into those of all, in place of earlier ones."""
    every = load(file)
    about = {"date": machine.today(), "machine": machine.machine()}
    versions = machine.versions([*build.CONTROL_PLANE, *build.ENGINE])
    every[curve][size] = {"about": {**about, "versions": versions}, **part}
    ordered = {curve: {str(size): parts[size] for size in sorted(parts)} for curve, parts in every.items()}
    file.write_text(json.dumps(ordered, indent=1) + "\n")


def abouts(every: Mapping[str, dict[int, Part]]) -> list[str]:
    """Return when, where and with what the figures were measured, each once."""
    parts = [part["about"] for sizes in every.values() for part in sizes.values()]
    return sorted({f"{one['date']}, on {one['machine']}; {machine.said(one['versions'])}" for one in parts})


def held(part: Part, program: str, who: str) -> int:
    """Return the most memory that a program has held in any step, in bytes."""
    runs = [run for takers in part["steps"].values() for run in takers.get(who, [])]
    return max((run["memory"].get(program, 0) for run in runs), default=0)
