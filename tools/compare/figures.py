"""The figures of all runs: as JSON, and what they say of a peer in a situation."""

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from .. import build
from .counted import Cell
from .manifests import BUDGET
from .peers import PEERS, Peer
from .rules import decisions
from .situations import Situation


class Verdict(Enum):
    """What a cell comes to, and the words for its colour."""

    RIGHT = "as it should be"
    NEEDLESS = "needless, or bad for later"
    MISSED = "missed, or bad for now"
    NONE = "does not apply"


@dataclass
class Figures:
    """Run, peer and situation -> cell, and where they are from."""

    nodes: int
    date: str
    machine: str
    versions: dict[str, str]
    runs: dict[int, dict[str, dict[str, Cell]]] = field(default_factory=dict)

    @classmethod
    def of_this_machine(cls, nodes: int) -> "Figures":
        """Return none yet, with what is known of machine, versions and date."""
        machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, {_gibibytes()} GiB"
        return cls(nodes, datetime.now(UTC).date().isoformat(), machine, versions(PEERS))

    def add(self, run: int, peer: Peer, situation: Situation, cell: Cell) -> None:
        """Add a cell."""
        self.runs.setdefault(run, {}).setdefault(peer.name, {})[situation.name] = cell

    def joined(self, later: "Figures") -> "Figures":
        """
        Return these runs and later ones.

        Raises:
          SystemExit: They are of other programs, or of another number of nodes, so that they cannot be compared.

        """
        if (self.nodes, self.versions) != (later.nodes, later.versions):
            sys.exit("compare: --add: the runs that are there are of other programs or nodes. Run without --add.")
        runs = {number: run for number, run in enumerate([*self.runs.values(), *later.runs.values()], 1)}
        return replace(later, runs=runs)

    def cells(self, peer: Peer, situation: Situation) -> list[Cell]:
        """Return the cell of each run; none where the situation does not apply."""
        every = [run.get(peer.name, {}).get(situation.name) for run in self.runs.values()]
        return [cell for cell in every if cell]

    def document(self) -> dict[str, Any]:
        """Return everything for JSON, with what the rules of the tools that did not run decide."""
        rows = {
            str(number): {peer: {name: cell.row() for name, cell in cells.items()} for peer, cells in run.items()}
            for number, run in self.runs.items()
        }
        about = {"date": self.date, "machine": self.machine, "versions": self.versions, "nodes": self.nodes}
        return {**about, "runs": rows, "rules": decisions()}

    @classmethod
    def parse(cls, document: dict[str, Any]) -> "Figures":
        """Return what a document holds."""
        runs = {
            int(number): {peer: {name: Cell(**cell) for name, cell in cells.items()} for peer, cells in run.items()}
            for number, run in document["runs"].items()
        }
        return cls(document["nodes"], document["date"], document["machine"], document["versions"], runs)

    def said(self, peer: Peer, situation: Situation) -> tuple[str, Verdict]:
        """Return what a peer did in a situation, in a word or two, and what that comes to."""
        cells = self.cells(peer, situation)
        if not cells:
            return "", Verdict.NONE
        failed = ", fails" if any(cell.failed for cell in cells) else ""
        if situation.is_bad:
            return self._of_bad(cells)
        if any(cell.missed for cell in cells):
            return f"{spread([cell.missed for cell in cells])} missed{failed}", Verdict.MISSED
        if any(cell.needless for cell in cells):
            return f"{spread([cell.needless for cell in cells])} needless{failed}", Verdict.NEEDLESS
        return f"{spread([cell.pods for cell in cells])}{failed}", Verdict.MISSED if failed else Verdict.RIGHT

    def _of_bad(self, cells: Sequence[Cell]) -> tuple[str, Verdict]:
        """Return how many pods crashed, and how many others have files as bad: they crash when they restart."""
        reached, latent = [cell.reached for cell in cells], [cell.latent for cell in cells]
        said = f"{spread(reached)} crash" + (f", {spread(latent)} will" if any(latent) else "")
        if max(reached) > budget(self.nodes):
            return said, Verdict.MISSED
        return said, Verdict.NEEDLESS if any(latent) else Verdict.RIGHT


def budget(nodes: int) -> int:
    """Return how many pods may be unavailable."""
    return -(-nodes * int(BUDGET.rstrip("%")) // 100)


def spread(values: Sequence[float], form: str = ",") -> str:
    """Return a number that is the same in all runs, or the least and the most."""
    least, most = format(min(values), form), format(max(values), form)
    return least if least == most else f"{least} to {most}"


def versions(peers: Sequence[Peer]) -> dict[str, str]:
    """Return program -> version, of all that run."""
    names = [*build.CONTROL_PLANE, *build.ENGINE, *(program for peer in peers for program in peer.needs)]
    return {name: build.chosen(name).version for name in dict.fromkeys(names)}


def _gibibytes() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
