"""A fleet that `up`s drive while the world does not hold still, and what is asked of it and its judge."""

import os
import random
import time

import pytest

from tests.engine.conftest import BETTER, GOOD, hash_of, name_of
from tests.engine.staged_program import StagedProgram, ended
from tests.engine.verdict import Verdict, judge
from tools.engine import Engine
from tools.history import History
from tools.local_cluster import LocalCluster

SEED = int(os.environ.get("FAULT_SEED", "1"))


class Fleet:
    """
    The fleet of one test, at rest at first, and the configurations that it has (`old`) and is to get (`new`).

    `either` are the two, `hash_of` gives the hash of one, `rest` is what the program says besides, and `budget` what
    it allows.
    """

    def __init__(
        self,
        cluster: LocalCluster,
        program: StagedProgram,
        history: History,
        nodes: int,
        budget: int,
        either,
        hash_of,
        rest,
    ) -> None:
        self._cluster, self._program, self._history = cluster, program, history
        self._nodes, self._budget, self._rest, self.hash_of = nodes, budget, rest, hash_of
        self.random = random.Random(SEED)
        self._of = f"{program.namespace}/"
        is_old = self.hashes() == {hash_of(either[0])}
        self.old, self.new = either if is_old else either[::-1]

    def start(self, *options, **said):
        """Start an `up` to the new configuration."""
        return self._program.start(*options, **{"data": self.new, **self._rest, **said})

    def up(self, *options, **said) -> str:
        """Run an `up` to the new configuration, which has to go well; return its output."""
        return well(self.start(*options, **said))

    def fails(self, **said) -> str:
        """Run an `up` to the new configuration, which has to fail; return its output."""
        good, output = ended(self.start(**said))
        assert not good, output
        return output

    def pods(self):
        return self._cluster.api.list(f"namespaces/{self._of}pods")

    def is_whole(self) -> bool:
        """Return whether every node has a pod that nobody deletes."""
        return (
            len([p for p in self.pods() if "deletionTimestamp" not in p["metadata"]]) == self._nodes == len(self.pods())
        )

    def hashes(self) -> set[str]:
        return {config_hash_of(pod) for pod in self.pods()}

    def made(self) -> int:
        """Return how many pods were made since the beginning."""
        return len([w for w in self._history.writes if w.key.startswith(f"pods/{self._of}") and w.before is None])

    def when(self, made: int, process) -> None:
        """Wait until so many pods were made under a running `up`."""
        while self.made() < made:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.01)

    def moments(self, count: int) -> list[int]:
        """Return so many random moments of a rollout, as numbers of pods made."""
        return sorted(self.random.sample(range(1, self._nodes - self._budget), count))

    def still_old(self) -> list[str]:
        """Return the names of the pods that have the old configuration, in random order."""
        old = [p for p in self.pods() if config_hash_of(p) == self.hash_of(self.old)]
        return self.random.sample([p["metadata"]["name"] for p in old], len(old))

    def judged(self, budget: int) -> Verdict:
        self._history.catch_up()
        asked = {name for verb, what, name in self._cluster.requests_of("") if (verb, what) == ("delete", "pods")}
        return judge(self._history, self._program.namespace, asked, budget)

    def verdict(self, budget: int | None = None) -> Verdict:
        """Judge. What holds after every fault is asserted here."""
        budget = budget or self._budget
        verdict = self.judged(budget)
        assert [] == verdict.exceeded
        assert [] == verdict.mixed
        assert 0 < verdict.most_by_us <= budget
        return verdict

    def rests(self, data) -> bool:
        """Tell whether every node has one pod, Ready, and with this configuration."""
        ready = [pod for pod in self.pods() if {"type": "Ready", "status": "True"}.items() <= readiness(pod).items()]
        return self._nodes == len(ready) == len(self.pods()) and self.hashes() == {self.hash_of(data)}


def fixtures(nodes: int, budget: int, rest, crashing=()):
    """
    Return the fixtures `cluster`, `program` and `fleet` of a module, for an agent on so many nodes.

    `crashing` are the configurations whose pods crash; `budget` and `rest` are as for a `Fleet`, which each test finds
    at rest: as the test before has left it, or, if that failed, after another `up`.
    """

    @pytest.fixture(scope="module")
    def cluster(binaries):
        with LocalCluster(binaries, crashing_config_maps=[*map(name_of, crashing)], recorded=True) as cluster:
            cluster.add_nodes(nodes)
            yield cluster

    @pytest.fixture(scope="module")
    def program(binaries, cluster):
        cluster.create_namespace("fleet")
        with Engine(binaries, cluster.watched_kubeconfig) as engine, StagedProgram(engine, "fleet") as program:
            well(program.start(data=GOOD, **rest))
            yield program

    @pytest.fixture
    def fleet(cluster, program):
        with History(cluster) as history:
            fleet = Fleet(cluster, program, history, nodes, budget, (GOOD, BETTER), hash_of, rest)
            if not fleet.rests(fleet.old):
                well(fleet.start("--refresh", data=fleet.old))
            yield fleet

    return cluster, program, fleet


def readiness(pod) -> dict[str, str]:
    return next((c for c in pod["status"].get("conditions", []) if c["type"] == "Ready"), {})


def config_hash_of(pod) -> str:
    return pod["metadata"].get("annotations", {}).get("checksum/config", "")


def well(process) -> str:
    good, output = ended(process)
    assert good, output
    return output
