"""The figures of all parts: as JSON, and what they say of a peer in a situation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .. import build, machine
from .counted import Cell
from .manifests import BUDGET
from .peers import PEERS, Peer
from .rules import decisions
from .situations import SITUATIONS, Situation


class Verdict(Enum):
    """What a cell comes to, and the words for its colour."""

    RIGHT = "as it should be"
    NEEDLESS = "needless, or bad for later"
    MISSED = "missed, or bad for now"
    NONE = "does not apply"


MANY_PART = "many"
"""The part in which there are many workloads; the others are runs of the same situations with one."""


@dataclass
class Figures:
    """Part, peer and situation -> cell, and where they are from."""

    nodes: int
    date: str
    machine: str
    versions: dict[str, str]
    runs: dict[str, dict[str, dict[str, Cell]]] = field(default_factory=dict)

    @classmethod
    def of_this_machine(cls, nodes: int) -> "Figures":
        """Return none yet, with what is known of machine, versions and date."""
        names = [*build.CONTROL_PLANE, *build.ENGINE, *(program for peer in PEERS for program in peer.needs)]
        return cls(nodes, machine.today(), machine.machine(), machine.versions(names))

    def same_as(self, other: "Figures") -> bool:
        """Tell whether figures were measured on the same, apart from when."""
        return (self.nodes, self.machine, self.versions) == (other.nodes, other.machine, other.versions)

    def add(self, part: str, peer: Peer, situation: Situation, cell: Cell) -> None:
        """Add a cell."""
        self.runs.setdefault(part, {}).setdefault(peer.name, {})[situation.name] = cell

    def cells(self, peer: Peer, situation: Situation) -> list[Cell]:
        """Return the cell of each part that has one; none where the situation does not apply."""
        every = [run.get(peer.name, {}).get(situation.name) for run in self.runs.values()]
        return [cell for cell in every if cell]

    def peers(self) -> list[Peer]:
        """Return the peers that ran, in their order."""
        ran = {name for run in self.runs.values() for name in run}
        return [peer for peer in PEERS if peer.name in ran]

    def has(self, situation: Situation) -> bool:
        """Tell whether there is a figure of a situation."""
        return any(situation.name in cells for run in self.runs.values() for cells in run.values())

    def of(self, peer: Peer) -> list[dict[str, Cell]]:
        """Return the runs of a peer with one workload that have every situation that was run and applies to it."""
        applying = {one.name for one in SITUATIONS if self.has(one) and one.asks <= peer.deploys}
        every = [run.get(peer.name, {}) for part, run in self.runs.items() if part != MANY_PART]
        return [cells for cells in every if applying == cells.keys()]

    def pairs(self, peer: Peer, beside: Peer, situation: Situation) -> list[tuple[Cell, Cell]]:
        """Return what two peers did in the same part."""
        name = situation.name
        every = [(run.get(peer.name, {}).get(name), run.get(beside.name, {}).get(name)) for run in self.runs.values()]
        return [(cell, other) for cell, other in every if cell and other]

    def document(self) -> dict[str, Any]:
        """Return everything for JSON, with what the rules of the tools that did not run decide."""
        rows = {
            part: {peer: {name: cell.row() for name, cell in cells.items()} for peer, cells in run.items()}
            for part, run in self.runs.items()
        }
        about = {"date": self.date, "machine": self.machine, "versions": self.versions, "nodes": self.nodes}
        return {**about, "runs": rows, "rules": decisions()}

    @classmethod
    def parse(cls, document: dict[str, Any]) -> "Figures":
        """Return what a document holds."""
        runs = {
            part: {peer: {name: Cell(**cell) for name, cell in cells.items()} for peer, cells in run.items()}
            for part, run in document["runs"].items()
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


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows in Markdown, the head first."""
    head, *others = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, f"| {' | '.join(['---'] * len(rows[0]))} |", *others])


def budget(nodes: int) -> int:
    """Return how many pods may be unavailable."""
    return -(-nodes * int(BUDGET.rstrip("%")) // 100)


def spread(values: Sequence[float], form: str = ",") -> str:
    """Return a number that is the same in all runs, or the least and the most; nothing of no run."""
    if not values:
        return ""
    least, most = format(min(values), form), format(max(values), form)
    return least if least == most else f"{least} to {most}"
