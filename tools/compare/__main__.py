"""Runs every peer in every situation, and writes what each did into docs/compare.md: `make compare`."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from ..documents import ROOT, filled
from . import page, picture
from .arena import Arena
from .figures import MANY_PART, Figures
from .peers import PEERS, Peer
from .shelf import Shelf, code
from .situations import OF_MANY, SITUATIONS, Situation

DOCUMENT = ROOT / "docs" / "compare.md"
PICTURE = ROOT / "docs" / "compare.svg"
FIGURES = ROOT / "docs" / "compare.json"
LOGS = ROOT / "docs" / "compare-logs.tar.xz"


def parts(runs: int) -> dict[str, tuple[Situation, ...]]:
    """Return part -> its situations: the runs with one workload, and the one with many."""
    return {**{f"run-{number}": SITUATIONS for number in range(1, runs + 1)}, MANY_PART: OF_MANY}


def play(peers: Sequence[Peer], nodes: int, part: str, situations: Sequence[Situation], shelf: Shelf) -> None:
    """Finish a part, on a control plane of its own."""
    with Arena(peers, nodes) as arena:
        for peer in peers:
            arena.play(peer, situations, part, shelf)


def is_finished(peers: Sequence[Peer], part: str, situations: Sequence[Situation], shelf: Shelf) -> bool:
    """Tell whether nothing of a part is left to do."""
    return all(
        shelf.cell(part, peer.name, one.name) for peer in peers for one in situations if one.asks <= peer.deploys
    )


def collected(peers: Sequence[Peer], nodes: int, runs: int, shelf: Shelf) -> Figures:
    """Return all figures that are finished."""
    figures = Figures.of_this_machine(nodes)
    for part, situations in parts(runs).items():
        for peer in peers:
            for situation in situations:
                if cell := shelf.cell(part, peer.name, situation.name):
                    figures.add(part, peer, situation, cell)
    return figures


def write(figures: Figures) -> None:
    """Write tables, picture and figures into the docs."""
    FIGURES.write_text(json.dumps(figures.document(), indent=1) + "\n")
    DOCUMENT.write_text(filled(DOCUMENT.read_text(), "compare", page.render(figures)))
    picture.draw(figures, PICTURE)


def pack(figures: Figures, shelf: Shelf, file: Path = LOGS) -> None:
    """Write the logs of all figures beside them."""
    shelf.pack(
        [(part, peer, name) for part, rows in figures.runs.items() for peer in rows for name in rows[peer]], file
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the peers, and write tables, picture, figures and logs; what a run that was cut off has finished stays.

    With `--peer` or `--part` nothing is written: parts may run beside each other, and the last call collects them.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.compare", description=main.__doc__)
    parser.add_argument("--nodes", type=int, default=5, help="how many nodes (default 5)")
    parser.add_argument("--runs", type=int, default=3, help="how many runs (default 3)")
    parser.add_argument(
        "--peer", action="append", choices=[peer.name for peer in PEERS], help="only this one; may be said again"
    )
    parser.add_argument("--part", action="append", help="only this one, such as run-1 or many; may be said again")
    parser.add_argument("--show", action="store_true", help="run nothing, and write what is finished")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the figures of the page, although the code has changed, and run what is missing",
    )
    args = parser.parse_args(arguments)
    peers = [peer for peer in PEERS if not args.peer or peer.name in args.peer]
    empty = Figures.of_this_machine(args.nodes)
    shelf = Shelf({"nodes": args.nodes, "machine": empty.machine, "versions": empty.versions, "code": code()})
    since = empty.date
    if args.keep:
        written = Figures.parse(json.loads(FIGURES.read_text()))
        if not written.same_as(empty):
            parser.error("--keep: the page is of other nodes, another machine or other versions. Leave it out.")
        shelf.restore(written.runs, LOGS)
        since = written.date
    chosen = {part: those for part, those in parts(args.runs).items() if not args.part or part in args.part}
    for part, situations in () if args.show else chosen.items():
        if not is_finished(peers, part, situations, shelf):
            play(peers, args.nodes, part, situations, shelf)
    figures = collected(peers, args.nodes, args.runs, shelf)
    figures.date = since if since == figures.date else f"{since} to {figures.date}"
    if args.peer or args.part:
        print(page.render(figures))
    elif figures.runs:
        pack(figures, shelf)
        write(figures)
        if not args.show:
            shelf.clear()
    else:
        write(Figures.parse(json.loads(FIGURES.read_text())))


if __name__ == "__main__":
    main()
