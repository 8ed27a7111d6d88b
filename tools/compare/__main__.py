"""Runs every peer in every situation, and writes what each did into docs/compare.md: `make compare`."""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .. import build
from ..documents import ROOT, filled
from ..engine import Engine
from ..local_cluster import RUN_FOLDER, LocalCluster, run_folder
from . import page, picture
from .counted import Cell, Meanings
from .figures import Figures
from .in_force import InForce
from .manifests import one
from .peers import PEERS, Bench, Peer
from .programs import Programs
from .run import Run
from .situations import SITUATIONS, Situation

DOCUMENT = ROOT / "docs" / "compare.md"
PICTURE = ROOT / "docs" / "compare.svg"
FIGURES = ROOT / "docs" / "compare.json"

JUDGE = "kube-proxy-1.36"
"""Says what is in force with a configuration."""


class Arena:
    """A control plane with nodes, on which peers are run one after the other; a context manager."""

    def __init__(self, peers: Sequence[Peer], nodes: int) -> None:
        needed = [program for peer in peers for program in peer.needs]
        self.binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE, "kubectl", JUDGE, *needed])
        self._nodes, self._meanings = nodes, Meanings(InForce(self.binaries[JUDGE]))
        self._stack = ExitStack()

    def __enter__(self) -> "Arena":
        enter = self._stack.enter_context
        try:
            self._cluster = enter(LocalCluster(self.binaries, recorded=True))
            self._cluster.add_nodes(self._nodes)
            self._engine = enter(Engine(self.binaries, self._cluster.watched_kubeconfig))
            self._programs = enter(Programs(self._cluster.api))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def play(self, peer: Peer, situations: Sequence[Situation], prefix: str) -> Iterator[tuple[Situation, Cell]]:
        """Yield what a peer does in each situation that applies to it, in namespaces that begin with a prefix."""
        applying = [situation for situation in situations if situation.asks <= peer.deploys]
        for fresh in (False, True):
            if those := [situation for situation in applying if situation.is_fresh == fresh]:
                with self._installed(peer, f"{prefix}-{peer.name}{'-fresh' if fresh else ''}") as run:
                    for situation in those:
                        yield situation, run.play(situation)

    @contextmanager
    def _installed(self, peer: Peer, namespace: str) -> Iterator[Run]:
        folder = run_folder(f"compare-{peer.name}")
        bench = Bench(self._cluster, self._engine, self.binaries, folder, log_of(peer), one)
        try:
            with Run(bench, peer, self._programs, self._meanings, namespace) as run:
                yield run
        finally:
            shutil.rmtree(folder)


def log_of(peer: Peer) -> Path:
    """Return the file that has what a peer printed."""
    RUN_FOLDER.mkdir(exist_ok=True)
    return RUN_FOLDER / f"compare-{peer.name}.log"


def compared(peers: Sequence[Peer], nodes: int, runs: int) -> Figures:
    """Return the figures of all runs, each on a control plane of its own."""
    figures = Figures.of_this_machine(nodes)
    for number in range(1, runs + 1):
        with Arena(peers, nodes) as arena:
            for peer in peers:
                for situation, cell in arena.play(peer, SITUATIONS, f"run-{number}"):
                    figures.add(number, peer, situation, cell)
                    said = f"{cell.pods} pods, {cell.needless} needless, {cell.missed} missed, {cell.seconds:.1f} s"
                    print(f"{number}/{runs} {peer.name} {situation.name}: {said}", file=sys.stderr, flush=True)
    return figures


def write(figures: Figures) -> None:
    """Write tables, picture and figures into the docs."""
    FIGURES.write_text(json.dumps(figures.document(), indent=1) + "\n")
    DOCUMENT.write_text(filled(DOCUMENT.read_text(), "compare", page.render(figures)))
    picture.draw(figures, PICTURE)


def main(arguments: Sequence[str]) -> None:
    """Run the peers, and write tables, picture and figures; with `--peer` only print the tables."""
    names = [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(prog="python -m tools.compare", description=main.__doc__)
    parser.add_argument("--nodes", type=int, default=10, help="how many nodes (default 10)")
    parser.add_argument("--runs", type=int, default=3, help="how many runs (default 3)")
    parser.add_argument("--add", action="store_true", help="add the runs to those that are there")
    parser.add_argument("--peer", action="append", choices=names, help="only this one; may be said again")
    args = parser.parse_args(arguments)
    peers = [peer for peer in PEERS if not args.peer or peer.name in args.peer]
    for peer in () if args.add else peers:
        log_of(peer).unlink(missing_ok=True)
    figures = compared(peers, args.nodes, args.runs)
    if args.add and FIGURES.exists():
        figures = Figures.parse(json.loads(FIGURES.read_text())).joined(figures)
    print(page.render(figures))
    if not args.peer:
        write(figures)


if __name__ == "__main__":
    main(sys.argv[1:])
