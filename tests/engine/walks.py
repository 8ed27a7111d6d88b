"""
Random walks of the life of a configuration: what each step does, and what holds after it, for each kind of workload.

A walk is always the same for a seed. What is said of a ConfigMap and of a record holds after every step.
"""

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from config_rollout.core.audit.record import AuditRecord, parse_records
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, WorkloadKind
from config_rollout.core.revisions.naming import HISTORY_KEY, history_name
from tests.engine.mishaps import Mishaps
from tests.engine.observed import audited
from tests.engine.staged_program import StagedProgram, ended
from tests.engine.verdict import Verdict, judge
from tools.history import History
from tools.kept import orphans, strays
from tools.local_cluster import LocalCluster
from tools.pods import Pod, Recorder
from tools.proxy import Proxy

NODES, BUDGET, REPLICAS = 12, 3, 4
MOST_TRIES = 4
"""How many `up`s may be needed after something went wrong: each says why, and the next goes on."""

OF_ALL = {"max_unavailable": BUDGET, "progress_deadline_seconds": 60}
WAVES = [None, OF_ALL, {**OF_ALL, "first": [{"name": "canary", "nodes": 1, "soak_seconds": 2}]},
         {**OF_ALL, "by": "topology.kubernetes.io/zone"}]  # fmt: skip
DATA = [{"agent.yaml": f"level: info\nnumber: {number}\n"} for number in range(5)]
REWRITTEN = [{"agent.yaml": f"number: {number}  # the same\nlevel: 'info'\n"} for number in range(5)]


@dataclass(frozen=True)
class Step:
    """What one step did: who was given how many pods, whether the template changed, and the records of it."""

    where: str
    verdict: Verdict
    made: Counter[str]
    changed: bool
    records: Sequence[AuditRecord]
    killed: bool


class Deck:
    """Names in any order, each once before one comes again: a short walk takes each step too."""

    def __init__(self, names: Sequence[str], chance: random.Random) -> None:
        self._names, self._chance, self._left = names, chance, list[str]()

    def draw(self) -> str:
        """Return the next."""
        self._left = self._left or self._chance.sample(self._names, len(self._names))
        return self._left.pop()


class Walk:
    """What the program of one workload says now, and what each step does, with the cluster at rest before and after."""

    names: Sequence[str] = ("change", "rewrite", "revert", "undo", "image", "limit", "crash", "nothing", "scale")

    def __init__(self, kind: WorkloadKind, cluster: LocalCluster, program: StagedProgram, seed: int) -> None:
        self.kind, self.taken = kind, list[str]()
        self._cluster, self._program, self._namespace = cluster, program, program.namespace
        self._said: dict[str, Any] = {"data": DATA[0], "image": "agent:1", "waves": None, "limit": 10}
        self._before, self._chance, self._output = self._said, random.Random(seed), ""
        self._steps = Deck(self.names, self._chance)
        self._left_alone = False
        """Whether an `up` was killed and none came after it: what it has left then is the next one's."""

    def begin(self) -> None:
        """Make the workload."""
        self.up()
        self._scale()
        self._rest()

    def step(self) -> None:
        """Take one step, and hold what must be so after it."""
        name = self._steps.draw()
        self._choose(name)
        self.taken.append(name)
        where = f"step {len(self.taken)}: {name}, {self._wrong_words()}, after {self.taken[-4:-1]}"
        records, since, self._output = self._history(), self._cluster.asked_bytes(), ""
        before = self._template()
        with Recorder(self._cluster.api, self._namespace) as recorder, History(self._cluster) as written:
            killed = getattr(self, f"_{name}")()
            self._rest()
            written.catch_up()
        asked = {
            name for verb, what, name in self._cluster.requests_of("", since) if (verb, what) == ("delete", "pods")
        }
        verdict = judge(written, self._namespace, asked, BUDGET)
        assert [] == verdict.mixed, where
        made = self._history()[len(records) :]
        self._hold(Step(where, verdict, audited(recorder), before != self._template(), made, bool(killed)))
        self._left_alone = bool(killed) or (self._left_alone and name in ("undo", "scale"))
        assert [] == orphans(self._cluster.api, self._namespace, "agent"), where
        if self._left_alone:
            return
        self._cluster.wait(
            f"no stray ConfigMap after {where}", lambda: not strays(self._cluster.api, self._namespace, "agent")
        )

    def up(self, **said: Any) -> None:
        """Run `up --refresh` with what the program says now."""
        well, self._output = ended(self._start(**said))
        assert well, self._output

    def _choose(self, name: str) -> None:
        """Choose what else happens in a step."""

    def _wrong_words(self) -> str:
        return "nothing wrong"

    def _hold(self, step: Step) -> None:
        """Hold that pods were made where their template changed, each once, and that records say so."""
        if self.taken[-1] == "scale":
            assert not step.changed, step.where
        else:
            assert step.made.total() == (self._count() if step.changed else 0), step.where
        self._hold_records(step)

    def _hold_records(self, step: Step) -> None:
        """Hold that the audit records say what a watcher saw."""
        if self.taken[-1] in ("undo", "scale"):
            assert [] == step.records, step.where
        elif not step.killed:
            assert step.made.total() == sum(record.restarts for record in step.records), step.where
            assert {"done"} >= {record.result for record in step.records}, step.where

    def _start(self, **said: Any) -> Any:
        self._before, self._said = self._said, {**self._said, **said}
        more = {"revision_history_limit": self._said["limit"], **self._strategy()}
        given = {key: self._said[key] for key in ("data", "image", "waves")}
        return self._program.start("--refresh", more=more, **self._reached(), **given)

    def _strategy(self) -> dict[str, Any]:
        """Return the strategy as an argument."""
        if self.kind.strategy == "strategy":
            return {"strategy": {"rolling_update": {"max_unavailable": "100%"}}}
        return {}

    def _reached(self) -> dict[str, Any]:
        return {}

    def _history(self) -> list[AuditRecord]:
        where = f"namespaces/{self._namespace}/configmaps/{history_name('agent', self.kind)}"
        if not self._cluster.api.exists(where):
            return []
        records, findings = parse_records(self._cluster.api.get(where)["data"][HISTORY_KEY], where)
        assert [] == findings
        return records

    def _live(self) -> Any:
        return self._cluster.api.get(f"namespaces/{self._namespace}/{self.kind.resource}/agent")

    def _template(self) -> Any:
        return self._live()["spec"]["template"]

    def _pods(self) -> list[Any]:
        return self._cluster.api.list(f"namespaces/{self._namespace}/pods")

    def _count(self) -> int:
        return int(self._live()["spec"]["replicas"])

    def _change(self) -> None:
        self.up(data=self._chance.choice([data for data in DATA if data != self._said["data"]]))

    def _rewrite(self) -> None:
        number = self._chance.randrange(5)
        self.up(data=self._chance.choice([DATA, REWRITTEN])[number])

    def _revert(self) -> None:
        self.up(**self._before)

    def _image(self) -> None:
        self.up(image=self._chance.choice(["agent:1", "agent:2", "agent:3"]))

    def _limit(self) -> None:
        limit = self._chance.randrange(4)
        if "revisionHistoryLimit" not in self.kind.fixed:
            self.up(limit=limit)
            return
        well, self._output = ended(self._start(limit=limit))  # never the first limit, which is larger
        self._said = self._before
        assert (False, True) == (well, "revision_history_limit: differs from " in self._output), self._output

    def _nothing(self) -> None:
        self.up()

    def _scale(self) -> None:
        """Do what an autoscaler does: `up` leaves the number alone from then on."""
        replicas = REPLICAS + self._chance.randrange(3) - 1
        self._cluster.kubectl(
            f"--namespace={self._namespace}", "scale", f"{self.kind.word}/agent", f"--replicas={replicas}"
        )

    def _undo(self) -> None:
        if len(self._cluster.api.list(f"namespaces/{self._namespace}/{self.kind.revision_resource}")) > 1:
            self._cluster.kubectl(f"--namespace={self._namespace}", "rollout", "undo", f"{self.kind.word}/agent")

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
        """Wait until nothing moves: every pod has the newest template, and is ready."""
        self._cluster.wait(f"the {self.kind.kind} to come to rest", self._is_still)

    def _is_still(self) -> bool:
        live, pods = self._live(), [Pod.of(pod) for pod in self._pods()]
        status, wanted = live["status"], live["spec"]["replicas"]
        seen = status.get("observedGeneration") == live["metadata"]["generation"]
        counts = {status.get(of) for of in ("replicas", "updatedReplicas", "availableReplicas")}
        return seen and counts == {wanted} == {len(pods)} and all(pod.ready for pod in pods)


class DaemonSetWalk(Walk):
    """That of a DaemonSet, also in waves: there two things go wrong at once in most steps, and the budget holds."""

    names = ("change", "rewrite", "revert", "undo", "image", "limit", "waves", "crash", "nothing")

    def __init__(self, cluster: LocalCluster, program: StagedProgram, seed: int, proxy: Proxy) -> None:
        super().__init__(DAEMON_SET, cluster, program, seed)
        self._proxy = proxy
        self.mishaps = Mishaps(cluster, program, proxy, random.Random(seed))
        self._mishaps = Deck(self.mishaps.names, self._chance)
        self._wrong: list[str] = []
        self.happened: set[str] = set()

    def begin(self) -> None:
        """Make the workload: every node gets a pod."""
        self.up()

    def up(self, **said: Any) -> None:
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

    def _choose(self, name: str) -> None:
        """Choose two things that go wrong, or none where no driver is at work."""
        self._wrong = []
        if name in ("undo", "crash", "waves") or not self._said["waves"] or self._chance.random() < 0.2:
            return
        both = [self._mishaps.draw(), self._mishaps.draw()]
        self._wrong = (
            both[:1] if both[0] == both[1] or {*both} == {"undone", "revision_deleted"} else both
        )  # docs/undo.md
        self.happened |= {*self._wrong}

    def _wrong_words(self) -> str:
        return str(self._wrong or super()._wrong_words())

    def _hold(self, step: Step) -> None:
        """Hold what is so whatever went wrong: the configuration is well, so nothing is ever taken back."""
        assert "aken back" not in self._output, f"{step.where}\n{self._output}"
        if "strategy_by_hand" not in self._wrong:  # else Kubernetes restarts pods itself, at the same time
            assert [] == step.verdict.exceeded, step.where
            most = 1 + len(self._wrong) + self._output.count("error:")
            assert {node: count for node, count in step.verdict.restarts.items() if count > most} == {}, step.where
        if not self._wrong:
            self._hold_records(step)
            if self.taken[-1] != "undo" and not step.killed:
                assert {node for record in step.records for node in record.pods or {}} == set(step.made), step.where

    def _strategy(self) -> dict[str, Any]:
        at_once = {"update_strategy": {"rolling_update": {"max_unavailable": "100%"}}}
        return {} if self._said["waves"] else at_once

    def _reached(self) -> dict[str, Any]:
        return {"kubeconfig": self._proxy.kubeconfig}

    def _outdated(self) -> list[str]:
        """Return the pods that are not of the DaemonSet's template as it is."""
        template = self._template()
        wanted = template["spec"]["containers"][0]["image"], template["metadata"]["annotations"]
        return [
            pod["metadata"]["name"]
            for pod in self._pods()
            if (pod["spec"]["containers"][0]["image"], pod["metadata"].get("annotations")) != wanted
        ]

    def _waves(self) -> None:
        self.up(waves=self._chance.choice([*WAVES, *WAVES[1:]]))

    def _is_still(self) -> bool:
        """Return whether every pod has the newest template, or with waves whether none is on its way."""
        live, pods = self._live(), [Pod.of(pod) for pod in self._pods()]
        status = live["status"]
        by_hand = live["spec"]["updateStrategy"]["type"] == "OnDelete"
        updated = by_hand or status.get("updatedNumberScheduled") == len(pods)
        seen = status.get("observedGeneration") == live["metadata"]["generation"]
        return seen and updated and len(pods) == status["desiredNumberScheduled"] and all(p.ready for p in pods)
