"""
Fifty steps, chosen at random and always the same, in most of which two things go wrong at once.

After each, what is said of a ConfigMap, a record, the budget and a configuration that is well holds. `make faults
STEPS=1000 SEED=7` takes as many as one likes, others with each seed.
"""

import os
import random
import time

import pytest

from tests.engine.mishaps import Mishaps
from tests.engine.observed import audited, daemon_set, history
from tests.engine.staged_program import StagedProgram, ended
from tests.engine.verdict import judge
from tools.engine import Engine
from tools.history import History
from tools.kept import orphans, strays
from tools.local_cluster import LocalCluster
from tools.pods import Pod, Recorder
from tools.proxy import Proxy

STEPS, SEED = (int(os.environ.get(name, default)) for name, default in (("WALK_STEPS", "50"), ("FAULT_SEED", "2")))
NODES, BUDGET = 12, 3
MOST_TRIES = 4
"""How many `up`s may be needed after something went wrong: each says why, and the next goes on."""

AT_ONCE = {"update_strategy": {"rolling_update": {"max_unavailable": "100%"}}}
OF_ALL = {"max_unavailable": BUDGET, "progress_deadline_seconds": 60}
WAVES = [None, OF_ALL, {**OF_ALL, "first": [{"name": "canary", "nodes": 1, "soak_seconds": 2}]},
         {**OF_ALL, "by": "topology.kubernetes.io/zone"}]  # fmt: skip
DATA = [{"agent.yaml": f"level: info\nnumber: {number}\n"} for number in range(5)]
REWRITTEN = [{"agent.yaml": f"number: {number}  # the same\nlevel: 'info'\n"} for number in range(5)]
NAMES = ["change", "rewrite", "revert", "undo", "image", "limit", "waves", "crash", "nothing"]


@pytest.fixture(scope="module")
def cluster(binaries):
    with LocalCluster(binaries, recorded=True) as cluster:
        cluster.add_nodes(NODES)
        cluster.create_namespace("walk")
        yield cluster


class Walk:
    """What the program says now, and what each step does."""

    def __init__(self, cluster, program, proxy) -> None:
        self._cluster, self._namespace, self._program, self._proxy = cluster, "walk", program, proxy
        self._said = {"data": DATA[0], "image": "agent:1", "waves": None, "limit": 10}
        self._before = self._said
        self._chance = random.Random(SEED)
        self.mishaps = Mishaps(cluster, program, proxy, random.Random(SEED))
        self._wrong: list[str] = []
        self._output = ""
        self._left_alone = False
        """Whether an `up` was killed and none came after it: what it has left then is the next one's."""
        self.taken, self.happened = [], set()

    def step(self) -> None:
        """Take one step, and hold what must be so after it."""
        name = self._chance.choice(NAMES)
        self._wrong = self._choose_mishaps(name)
        self.taken.append(name)
        self.happened |= {*self._wrong}
        where = f"step {len(self.taken)}: {name}, {self._wrong or 'nothing wrong'}, after {self.taken[-4:-1]}"
        records, since, self._output = history(self._cluster, self._namespace), self._cluster.asked_bytes(), ""
        with Recorder(self._cluster.api, self._namespace) as recorder, History(self._cluster) as written:
            killed = getattr(self, f"_{name}")()
            self._rest()
            written.catch_up()
        self._judge(written, since, where)
        if not self._wrong:
            self._hold_records(history(self._cluster, self._namespace)[len(records) :], recorder, name, killed, where)
        self._left_alone = bool(killed) or (self._left_alone and name == "undo")
        assert [] == orphans(self._cluster.api, self._namespace, "agent"), where
        if self._left_alone:
            return
        self._cluster.wait(
            f"no stray ConfigMap after {where}", lambda: not strays(self._cluster.api, self._namespace, "agent")
        )

    def up(self, **said) -> None:
        """Run `up --refresh` with what the program says now; where something goes wrong, until all is as it says."""
        process = self._start(**said)
        threads = self.mishaps.begin(self._wrong, process, lambda: bool(self._outdated()))
        well, self._output = ended(process)
        for thread in threads:
            thread.join()
        tries = 0
        while not well or (self._wrong and self._outdated()):
            tries += 1
            assert self._wrong, self._output
            assert tries <= MOST_TRIES, self._output
            well, output = ended(self._start())
            self._output += output

    def _choose_mishaps(self, name) -> list[str]:
        """Return two things that go wrong, or none where no driver is at work."""
        if name in ("undo", "crash", "waves") or not self._said["waves"] or self._chance.random() < 0.2:
            return []
        both = self._chance.sample(self.mishaps.names, 2)
        return both if {*both} != {"undone", "revision_deleted"} else both[:1]  # docs/undo.md, what is beyond this

    def _start(self, **said):
        self._before, self._said = self._said, {**self._said, **said}
        more = {"revision_history_limit": self._said["limit"], **({} if self._said["waves"] else AT_ONCE)}
        given = {key: self._said[key] for key in ("data", "image", "waves")}
        return self._program.start("--refresh", more=more, kubeconfig=self._proxy.kubeconfig, **given)

    def _outdated(self) -> list[str]:
        """Return the pods that are not of the DaemonSet's template as it is."""
        template = daemon_set(self._cluster, self._namespace)["spec"]["template"]
        wanted = template["spec"]["containers"][0]["image"], template["metadata"]["annotations"]
        pods = self._cluster.api.list(f"namespaces/{self._namespace}/pods")
        return [
            pod["metadata"]["name"]
            for pod in pods
            if (pod["spec"]["containers"][0]["image"], pod["metadata"].get("annotations")) != wanted
        ]

    def _judge(self, written, since, where) -> None:
        """Hold what is so whatever went wrong: the configuration is well, so nothing is ever taken back."""
        asked = {
            name for verb, what, name in self._cluster.requests_of("", since) if (verb, what) == ("delete", "pods")
        }
        verdict = judge(written, self._namespace, asked, BUDGET)
        assert [] == verdict.mixed, where
        assert "aken back" not in self._output, f"{where}\n{self._output}"
        if "strategy_by_hand" not in self._wrong:  # else Kubernetes restarts pods itself, at the same time
            assert [] == verdict.exceeded, where
            most = 1 + len(self._wrong) + self._output.count("error:")
            assert {node: count for node, count in verdict.restarts.items() if count > most} == {}, where

    def _hold_records(self, made, recorder, name, killed, where) -> None:
        """Hold that the audit records say what a watcher saw."""
        if name == "undo":
            assert [] == made, where
        elif not killed:
            assert sum(audited(recorder).values()) == sum(record.restarts for record in made), where
            assert {node for record in made for node in record.pods or {}} == set(audited(recorder)), where
            assert {"done"} >= {record.result for record in made}, where

    def _change(self):
        self.up(data=self._chance.choice([data for data in DATA if data != self._said["data"]]))

    def _rewrite(self):
        number = self._chance.randrange(5)
        self.up(data=self._chance.choice([DATA, REWRITTEN])[number])

    def _revert(self):
        self.up(**self._before)

    def _image(self):
        self.up(image=self._chance.choice(["agent:1", "agent:2", "agent:3"]))

    def _limit(self):
        self.up(limit=self._chance.randrange(4))

    def _waves(self):
        self.up(waves=self._chance.choice([*WAVES, *WAVES[1:]]))

    def _nothing(self):
        self.up()

    def _undo(self):
        if len(self._cluster.api.list(f"namespaces/{self._namespace}/controllerrevisions")) > 1:
            self._cluster.kubectl(f"--namespace={self._namespace}", "rollout", "undo", "daemonset/agent")

    def _crash(self) -> bool:
        process = self._start(data=self._chance.choice(DATA))
        time.sleep(self._chance.uniform(1, 5))
        ended_by_itself = process.poll() is not None
        if not ended_by_itself:
            self._program.kill(process)
            self._program.end_what_is_left()
        process.stdout.close()
        return True

    def _rest(self) -> None:
        """Wait until nothing moves: without waves every pod has the newest template, with them none is on its way."""

        def still() -> bool:
            live = daemon_set(self._cluster, self._namespace)
            status = live["status"]
            pods = [Pod.of(pod) for pod in self._cluster.api.list(f"namespaces/{self._namespace}/pods")]
            by_hand = live["spec"]["updateStrategy"]["type"] == "OnDelete"
            updated = by_hand or status.get("updatedNumberScheduled") == len(pods)
            seen = status.get("observedGeneration") == live["metadata"]["generation"]
            return seen and updated and len(pods) == status["desiredNumberScheduled"] and all(p.ready for p in pods)

        self._cluster.wait("the DaemonSet to come to rest", still)


def test_walk(binaries, cluster):
    more = {"data": DATA[0], "waves": None, "pod_annotations": {"local-cluster/ready-after": "100ms"}}
    with (
        Engine(binaries, cluster.watched_kubeconfig) as engine,
        Proxy(cluster, cluster.watched_kubeconfig) as proxy,
        StagedProgram(engine, "walk", **more) as program,
    ):
        walk = Walk(cluster, program, proxy)
        walk.up()
        for _ in range(STEPS):
            walk.step()

    if (STEPS, SEED) == (50, 2):
        assert {*NAMES} == {*walk.taken}
        assert {*walk.mishaps.names} == walk.happened
