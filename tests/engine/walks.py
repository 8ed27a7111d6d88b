"""
Random walks of the life of a configuration: what each step does to a cluster, and what is held after it.

What is planned and what must hold is data: walk_plan.py and walk_model.py.
"""

import random
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from config_rollout.core.audit.record import AuditRecord, parse_records
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, KINDS, WorkloadKind
from config_rollout.core.revisions.naming import HISTORY_KEY, history_name
from tests.engine.conftest import hash_of
from tests.engine.mishaps.begin import begin
from tests.engine.mishaps.world import World
from tests.engine.observed import audited
from tests.engine.staged_program import StagedProgram, ended, source_of
from tests.engine.verdict import Verdict, judge
from tests.engine.walk_model import BUDGET, BY_HAND, DATA, NODES, REPLICAS, Expected, Model, Said
from tests.engine.walk_plan import Chosen, Plan, Step
from tools.engine import Engine
from tools.history import History
from tools.kept import orphans, strays
from tools.local_cluster import LocalCluster
from tools.pods import Pod, Recorder
from tools.proxy import Proxy

MOST_TRIES = 4
"""How many `up`s may be needed after something went wrong: each says why, and the next goes on."""

_SAID = {"pod_annotations": {"local-cluster/ready-after": "100ms"}, "waves": None}


class Broken(Exception):
    """What did not hold: the `rule`, and in which step of the plan, counted from 0; -1 is before the first."""

    def __init__(self, rule: str, step: int, message: str) -> None:
        super().__init__(message)
        self.rule, self.step = rule, step


@dataclass(frozen=True)
class Seen:
    """What one step did: its verdict, who was given how many pods, whether the template changed, and its records."""

    verdict: Verdict
    made: Counter[str]
    changed: bool
    records: list[AuditRecord]


class Walk:
    """One workload and its program, with the cluster at rest before and after each step."""

    def __init__(self, kind: WorkloadKind, cluster: LocalCluster, program: StagedProgram, proxy: Proxy) -> None:
        self.kind, self._cluster, self._program = kind, cluster, program
        self._model, self._world = Model(kind), World(kind, cluster, program, proxy)
        self._namespace, self._at, self._step, self._output = program.namespace, -1, "begin", ""
        self.ups = 0
        """How many `up`s the last step took."""

    def begin(self) -> None:
        """Make the workload."""
        self._up(Said(), ())
        if self.kind is not DAEMON_SET:
            self._scale(random.Random(0))
        self._rest()

    def take(self, step: Step) -> None:
        """
        Take one step, and hold what must be so after it.

        Raises:
          Broken: It is not.

        """
        self._at, self._step, self._output, self.ups = self._at + 1, str(step), "", 0
        expected = self._model.take(step)
        records, since, before = self._records(), self._cluster.asked_bytes(), self._template()
        with Recorder(self._cluster.api, self._namespace) as recorder, History(self._cluster) as written:
            self._act(step, expected)
            self._rest()
            written.catch_up()
        requests_of_ours = self._cluster.requests_of("", since)
        asked = {name for verb, what, name in requests_of_ours if (verb, what) == ("delete", "pods")}
        verdict = judge(written, self._namespace, asked, BUDGET, expected.order)
        made = self._records()[len(records) :]
        self._hold(step, expected, Seen(verdict, audited(recorder), before != self._template(), made))

    def _must(self, rule: str, expected: Any, actual: Any) -> None:
        if expected != actual:
            text = f"{rule}: expected {expected!r}, got {actual!r}\nin step {self._at}: {self._step}\n{self._output}"
            raise Broken(rule, self._at, text)

    def _hold(self, step: Step, expected: Expected, seen: Seen) -> None:
        self._must("trouble", [], self._world.trouble)
        if expected.whole:
            self._must("mixed", [], seen.verdict.mixed)
        self._must("taken back", expected.back and "aken back" in self._output, "aken back" in self._output)
        if expected.budget:
            self._must("budget", [], seen.verdict.exceeded)
            self._must("needless", [], seen.verdict.needless)
        self._must("early", [], seen.verdict.early)
        if step.does.name not in BY_HAND | {"crash"} and not expected.refused:
            self._must("converged", {"template": [], "pods": []}, self._behind(expected.said))
        if expected.exact:
            self._hold_exactly(step, expected, seen)
        told = {node for record in seen.records for node in record.pods or {}}
        if expected.told:
            self._must("told", set(), seen.verdict.by_us - told)
        self._must("orphans", [], orphans(self._cluster.api, self._namespace, "agent"))
        if expected.tidy:
            self._waits("no stray ConfigMap", lambda: not strays(self._cluster.api, self._namespace, "agent"))

    def _hold_exactly(self, step: Step, expected: Expected, seen: Seen) -> None:
        """Hold that pods were made where their template changed, each once, and that records say so."""
        name, made = step.does.name, seen.made
        if self.kind is DAEMON_SET:
            self._must("once", {}, {node: count for node, count in made.items() if count > 1})
        elif name not in ("delete", "scale"):
            self._must("once", self._live()["spec"]["replicas"] if seen.changed else 0, made.total())
        if name in BY_HAND or expected.refused:
            self._must("records", [], seen.records)
        elif name != "delete":
            self._must("records", made.total(), sum(record.restarts for record in seen.records))
            self._must("results", set(), {record.result for record in seen.records} - {"done"})
        if self.kind is DAEMON_SET and name not in BY_HAND | {"delete"}:
            self._must("nodes", {*made}, {node for record in seen.records for node in record.pods or {}})

    def _act(self, step: Step, expected: Expected) -> None:
        name = step.does.name
        if by_hand := getattr(self, f"_{name}", None):
            by_hand(step.does.chance)
        if name == "crash":
            self._crashed(step.does.chance, expected.said)
        elif name not in BY_HAND:
            self._up(expected.said, step.mishaps, expected.refused)

    def _up(self, said: Said, mishaps: tuple[Chosen, ...], refused: bool = False) -> None:
        """Run `up --refresh`; where something goes wrong, until all is as the program says."""
        self._program.set_clock(0)
        process = self._start(said)
        threads = begin(self._world, mishaps, process, lambda: bool(self._outdated()))
        well, self._output = self._ended(process)
        for thread in threads:
            thread.join()
        if refused:
            told = "revision_history_limit: differs from " in self._output
            self._must("refused", (False, True), (well, told))
            return
        self.ups = 1
        while not well or (mishaps and any(self._behind(said).values())):
            self._must("up", True, bool(mishaps))
            self._must("converges", True, self.ups < MOST_TRIES)
            well, output = self._ended(self._start(said))
            self._output += f"\n--- again ---\n{output}"
            self.ups += 1

    def _ended(self, process: "subprocess.Popen[str]") -> tuple[bool, str]:
        try:
            return ended(process)
        except subprocess.TimeoutExpired:
            self._program.end_what_is_left()
            self._output += process.communicate()[0]
            self._must("ends", True, False)
            raise

    def _crashed(self, chance: random.Random, said: Said) -> None:
        process = self._start(said)
        time.sleep(chance.uniform(1, 5))
        if process.poll() is None:
            self._program.kill(process)
            self._program.end_what_is_left()
        if process.stdout:
            process.stdout.close()

    def _start(self, said: Said) -> Any:
        more: dict[str, Any] = {"revision_history_limit": said.limit}
        at_once = {"rolling_update": {"max_unavailable": "100%"}}
        if self.kind is DAEMON_SET and not said.waves:
            more["update_strategy"] = at_once
        elif self.kind.strategy == "strategy":
            more["strategy"] = at_once
        kubeconfig = self._world.proxy.kubeconfig
        return self._program.start("--refresh", kubeconfig=kubeconfig, more=more, **said.arguments)

    def _undo(self, chance: random.Random) -> None:
        if len(self._cluster.api.list(f"namespaces/{self._namespace}/{self.kind.revision_resource}")) > 1:
            self._world.kubectl("rollout", "undo", f"{self.kind.word}/agent")

    def _scale(self, chance: random.Random) -> None:
        """Do what an autoscaler does: `up` leaves the number alone from then on."""
        replicas = REPLICAS + chance.randrange(3) - 1
        self._world.kubectl("scale", f"{self.kind.word}/agent", f"--replicas={replicas}")

    def _delete(self, chance: random.Random) -> None:
        self._world.kubectl("delete", f"{self.kind.word}/agent")
        self._waits("its pods to go", lambda: not self._pods())

    def _behind(self, said: Said) -> dict[str, list[str]]:
        """Return what is not as the program says, once the API server can be asked."""
        found: dict[str, list[str]] = {}

        def looked() -> bool:
            template = self._template()
            image, annotations = template["spec"]["containers"][0]["image"], template["metadata"]["annotations"]
            live, wanted = [image, annotations["checksum/config"]], [said.image, hash_of(DATA[said.data])]
            found.update(template=[] if live == wanted else live, pods=self._outdated())
            return True

        self._waits("the API server", looked)
        return found

    def _outdated(self) -> list[str]:
        """Return the pods that are not of the workload's template as it is; none where that cannot be seen."""
        with suppress(requests.RequestException):
            template = self._template()
            wanted = template["spec"]["containers"][0]["image"], template["metadata"]["annotations"]
            return [
                pod["metadata"]["name"]
                for pod in self._world.pods()
                if (pod["spec"]["containers"][0]["image"], pod["metadata"].get("annotations")) != wanted
            ]
        return []

    def _rest(self) -> None:
        """Wait until nothing moves: every pod is ready, and of the newest template, or of any where waves hold it."""
        self._waits(f"the {self.kind.kind} to come to rest", self._is_still)

    def _waits(self, what: str, done: Any) -> None:
        try:
            self._cluster.wait(what, done)
        except RuntimeError as error:
            raise Broken(what, self._at, f"{error}\nin step {self._at}: {self._step}\n{self._output}") from None

    def _is_still(self) -> bool:
        live, pods = self._live(), [Pod.of(pod) for pod in self._pods()]
        status = live["status"]
        seen = status.get("observedGeneration") == live["metadata"]["generation"]
        if self.kind is DAEMON_SET:
            by_hand = live["spec"]["updateStrategy"]["type"] == "OnDelete"
            updated = by_hand or status.get("updatedNumberScheduled") == len(pods)
            whole = updated and len(pods) == status["desiredNumberScheduled"]
        else:
            counts = {status.get(of) for of in ("replicas", "updatedReplicas", "availableReplicas")}
            whole = counts == {live["spec"]["replicas"]} == {len(pods)}
        return seen and whole and all(pod.ready for pod in pods)

    def _records(self) -> list[AuditRecord]:
        where = f"namespaces/{self._namespace}/configmaps/{history_name('agent', self.kind)}"
        if not self._cluster.api.exists(where):
            return []
        records, findings = parse_records(self._cluster.api.get(where)["data"][HISTORY_KEY], where)
        self._must("readable", [], findings)
        return records

    def _live(self) -> Any:
        return self._cluster.api.get(f"namespaces/{self._namespace}/{self.kind.resource}/agent")

    def _template(self) -> Any:
        return self._live()["spec"]["template"]

    def _pods(self) -> list[Any]:
        return self._cluster.api.list(f"namespaces/{self._namespace}/pods")


def broken(plan: Plan, binaries: Mapping[str, Path]) -> Broken | None:
    """Walk a plan on a cluster of its own, and return what did not hold."""
    kind = next(kind for kind in KINDS.values() if kind.word == plan.kind)
    source = source_of(kind, clock=True)
    with LocalCluster(binaries, recorded=True) as cluster:
        cluster.add_nodes(NODES)
        cluster.create_namespace("walk")
        with (
            Engine(binaries, cluster.watched_kubeconfig) as engine,
            Proxy(cluster, cluster.watched_kubeconfig) as proxy,
            StagedProgram(engine, "walk", source, destroys=False, **_SAID) as program,
        ):
            walk = Walk(kind, cluster, program, proxy)
            try:
                walk.begin()
                for number, step in enumerate(plan.steps, 1):
                    began = time.monotonic()
                    walk.take(step)
                    took = f"{time.monotonic() - began:.0f} s, {walk.ups} `up`s"
                    print(f"{number} of {len(plan.steps)}: {step}: {took}", flush=True)
            except Broken as found:
                return found
    return None
