"""Fifty steps, chosen at random and always the same: after each, what is said of a ConfigMap and a record holds."""

import random
import time

from tests.engine.staged_program import StagedProgram, ended
from tests.engine.test_audit import audited, history
from tests.engine.test_changes import daemon_set
from tools.kept import orphans, strays
from tools.pods import Pod

STEPS = 50
AT_ONCE = {"update_strategy": {"rolling_update": {"max_unavailable": "100%"}}}
WAVES = [None, {"max_unavailable": "100%"}, {"first": [{"name": "canary", "nodes": 1}], "max_unavailable": "50%"},
         {"by": "topology.kubernetes.io/zone", "max_unavailable": "100%"}]  # fmt: skip
DATA = [{"agent.yaml": f"level: info\nnumber: {number}\n"} for number in range(5)]
REWRITTEN = [{"agent.yaml": f"number: {number}  # the same\nlevel: 'info'\n"} for number in range(5)]


class Walk:
    """What the program says now, and what each step does."""

    def __init__(self, cluster, namespace, program, record) -> None:
        self._cluster, self._namespace, self._program, self._record = cluster, namespace, program, record
        self._said = {"data": DATA[0], "image": "agent:1", "waves": None, "limit": 10}
        self._before = self._said
        self._chance = random.Random(8)
        self._left_alone = False
        """Whether an `up` was killed and none came after it: what it has left then is the next one's."""
        self.taken = []

    def step(self) -> None:
        """Take one step, and hold what must be so after it."""
        names = ["change", "rewrite", "revert", "undo", "image", "limit", "waves", "crash", "nothing"]
        name = self._chance.choice(names)
        self.taken.append(name)
        records = history(self._cluster, self._namespace)
        with self._record() as recorder:
            killed = getattr(self, f"_{name}")()
            self._rest()
        made = history(self._cluster, self._namespace)[len(records) :]
        where = f"step {len(self.taken)}: {name}, after {self.taken[-4:-1]}"
        if name == "undo":
            assert [] == made, where
        elif not killed:
            assert sum(audited(recorder).values()) == sum(record.restarts for record in made), where
            assert {node for record in made for node in record.pods or {}} == set(audited(recorder)), where
            assert {"done"} >= {record.result for record in made}, where
        self._left_alone = bool(killed) or (self._left_alone and name == "undo")
        assert [] == orphans(self._cluster.api, self._namespace, "agent"), where
        if self._left_alone:
            return
        self._cluster.wait(f"no stray ConfigMap after {where}",
                           lambda: not strays(self._cluster.api, self._namespace, "agent"))  # fmt: skip

    def up(self, **said) -> None:
        """Run `up --refresh` with what the program says now."""
        well, output = ended(self._start(**said))
        assert well, output

    def _start(self, **said):
        self._before, self._said = self._said, {**self._said, **said}
        more = {"revision_history_limit": self._said["limit"], **({} if self._said["waves"] else AT_ONCE)}
        given = {key: self._said[key] for key in ("data", "image", "waves")}
        return self._program.start("--refresh", more=more, **given)

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
        self.up(waves=self._chance.choice(WAVES))

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


def test_walk(cluster, engine, namespace, record):
    with StagedProgram(engine, namespace, data=DATA[0], waves=None) as program:
        walk = Walk(cluster, namespace, program, record)
        walk.up()
        for _ in range(STEPS):
            walk.step()

    assert {"change", "rewrite", "revert", "undo", "image", "limit", "waves", "crash", "nothing"} == set(walk.taken)
