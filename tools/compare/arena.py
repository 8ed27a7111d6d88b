"""A control plane on which peers are run one after the other."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .. import build
from ..engine import Engine
from ..local_cluster import LocalCluster, run_folder
from . import manifests
from .counted import Meanings
from .in_force import InForce
from .peers import Bench, Peer
from .programs import Programs
from .run import Run
from .shelf import Shelf
from .situations import Situation, State, after, units

JUDGE = "kube-proxy-1.36"
"""Says what is in force with a configuration."""


class Arena:
    """A control plane with nodes; a context manager."""

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

    def play(self, peer: Peer, situations: Sequence[Situation], part: str, shelf: Shelf) -> None:
        """Let those situations happen that apply to a peer and are not finished, and keep what it did in each."""
        applying = [situation for situation in situations if situation.asks <= peer.deploys]
        for number, those in enumerate(_installations(applying)):
            done = [one for one in those if all(shelf.cell(part, peer.name, each.name) for each in one)]
            left = [situation for unit in those if unit not in done for situation in unit]
            if left:
                state = after([situation for unit in done for situation in unit], State())
                logs = {one.name: shelf.log(part, peer.name, one.name) for one in left}
                with self._installed(peer, f"{part}-{peer.name}-{number}", state, left[0], logs[left[0].name]) as run:
                    for situation in left:
                        cell = run.play(situation, logs[situation.name])
                        shelf.keep(part, peer.name, situation.name, cell)
                        said = f"{cell.pods} pods, {cell.needless} needless, {cell.missed} missed, {cell.failed} failed"
                        what = f"{part} {peer.name} {situation.name}: {said}, {cell.seconds:.1f} s"
                        print(what, file=sys.stderr, flush=True)

    @contextmanager
    def _installed(self, peer: Peer, namespace: str, state: State, first: Situation, log: Path) -> Iterator[Run]:
        folder = run_folder(f"compare-{peer.name}")
        bench = Bench(self._cluster, self._engine, self.binaries, folder, log, manifests.LAYOUTS[first.layout])
        try:
            with Run(bench, peer, self._programs, self._meanings, namespace, state) as run:
                yield run
        finally:
            shutil.rmtree(folder)


def _installations(situations: Sequence[Situation]) -> list[list[list[Situation]]]:
    """Return the units of situations that share an installation: those of one layout, and a fresh one has its own."""
    found: dict[object, list[list[Situation]]] = {}
    for unit in units(situations):
        first = unit[0]
        found.setdefault(first if first.is_fresh else first.layout, []).append(unit)
    return list(found.values())
