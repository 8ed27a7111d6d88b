"""
What can happen in a walk, and what must hold of each step: what the program says after it, and which rules are judged.

Plain values in, plain values out; what a name does to a cluster is in walks.py and mishaps/.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT, STATEFUL_SET, WorkloadKind
from tests.engine.verdict import Order
from tests.engine.walk_plan import Plan, Step, planned

ZONE = "topology.kubernetes.io/zone"
NODES, BUDGET, REPLICAS, SOAK_SECONDS = 12, 3, 4, 1
OF_ALL = {"max_unavailable": BUDGET, "progress_deadline_seconds": 180}
WAVES: list[dict[str, Any] | None] = [
    None,
    OF_ALL,
    {**OF_ALL, "first": [{"name": "canary", "nodes": 1, "soak_seconds": SOAK_SECONDS}]},
    {**OF_ALL, "by": ZONE},
]
ORDERS = [None, None, Order(canary=True), Order(by=ZONE)]
"""What the judge holds of each of the same."""
DATA = [{"agent.yaml": f"level: info\nnumber: {number}\n"} for number in range(5)]
REWRITTEN = [{"agent.yaml": f"number: {number}  # the same\nlevel: 'info'\n"} for number in range(5)]


class Mishap(NamedTuple):
    """One thing that goes wrong: in words, and what it acts on where no other may act at the same time."""

    words: str
    on: str = ""
    of: str = ""
    """The kind of workload that alone it happens to; empty for all."""


REQUESTS, API, ETCD, CONTROLLER, SCHEDULER, KUBELETS, TEMPLATE, ENGINE = (
    "requests", "api server", "etcd", "controller manager", "scheduler", "kubelets", "template", "engine",
)  # fmt: skip
_DAEMON_SET = DAEMON_SET.word

MISHAPS: Mapping[str, Mishap] = {
    # What the program's and the provider's requests are answered.
    "conflict": Mishap("a webhook refuses deletes of pods with 409", REQUESTS),
    "modified": Mishap("writes are answered with 409: the object was modified", REQUESTS),
    "busy": Mishap("requests are answered with 429 and `Retry-After`", REQUESTS),
    "server_error": Mishap("requests are answered with 500", REQUESTS),
    "unavailable": Mishap("requests are answered with 503", REQUESTS),
    "credentials_expire": Mishap("requests are answered with 401, as when a token has expired", REQUESTS),
    "no_answer": Mishap("connections close before the request is served", REQUESTS),
    "lost_answer": Mishap("requests are served, and their answers are lost", REQUESTS),
    "half_answer": Mishap("connections close in the middle of the answer", REQUESTS),
    "slow": Mishap("each request takes 0.2 s longer", REQUESTS),
    "watches_stall": Mishap("watches fall silent, and stay so", "watches"),
    "watches_cut": Mishap("watches end", "watches"),
    "watches_late": Mishap("watches show everything a second late", "watches"),
    # Parts of the control plane.
    "api_killed": Mishap("the API server is killed, and started again", API),
    "api_stands_still": Mishap("the API server stands still (SIGSTOP)", API),
    "etcd_killed": Mishap("etcd is killed, and started again", ETCD),
    "etcd_stands_still": Mishap("etcd stands still", ETCD),
    "etcd_full": Mishap("etcd is full: it raises the alarm `NOSPACE` and refuses writes, until that is cleared", ETCD),
    "controller_killed": Mishap("the controller manager is killed, and started again", CONTROLLER),
    "controller_stands_still": Mishap("the controller manager stands still", CONTROLLER),
    "scheduler_killed": Mishap("the scheduler is killed, and started again", SCHEDULER),
    "scheduler_stands_still": Mishap("the scheduler stands still", SCHEDULER),
    "kubelets_stand_still": Mishap("no node starts or stops a pod for a while", KUBELETS),
    # Nodes and pods.
    "node_away": Mishap("a node is NotReady, and comes back", "nodes", _DAEMON_SET),
    "node_replaced": Mishap("a node is deleted with its pods, and another gets its name", "nodes", _DAEMON_SET),
    "node_joins": Mishap("a node joins, and is deleted again", "nodes", _DAEMON_SET),
    "node_relabelled": Mishap("a node is moved to another zone, and back", "nodes", _DAEMON_SET),
    "node_clock_jumps": Mishap("a node's clock is an hour off: its pods say so of when they became ready"),
    "pod_deleted": Mishap("someone deletes a pod"),
    "pods_deleted": Mishap("someone deletes as many pods as the budget at once"),
    "pod_evicted": Mishap("a pod is evicted"),
    "pod_stuck": Mishap("a pod that is deleted stays, because of a finalizer"),
    "pod_unready": Mishap("a pod says that it is not ready, and then that it is"),
    # People.
    "restarted": Mishap("`kubectl rollout restart`", TEMPLATE, _DAEMON_SET),
    "undone": Mishap("`kubectl rollout undo`", TEMPLATE, _DAEMON_SET),
    "image_set": Mishap("`kubectl set image`", TEMPLATE, _DAEMON_SET),
    "edited": Mishap("`kubectl edit`: an annotation of the pod template", TEMPLATE, _DAEMON_SET),
    "strategy_set": Mishap("`kubectl patch`: `updateStrategy` becomes `RollingUpdate`", "strategy", _DAEMON_SET),
    "revision_deleted": Mishap("`kubectl delete` of the newest ControllerRevision", TEMPLATE, _DAEMON_SET),
    "second_up": Mishap("a second `pulumi up` of the same stack", ENGINE),
    # The processes of the `up` itself, each at a random request.
    "engine_killed": Mishap("the engine is killed at a request", ENGINE),
    "program_killed": Mishap("the program is killed at a request", ENGINE),
    "provider_killed": Mishap("the Kubernetes provider is killed at a request", ENGINE),
    "program_clock_jumps": Mishap("the program's clock jumps by an hour", "clock"),
}
"""docs/faults.md has them for a reader."""

STEPS: Mapping[str, bool] = {
    "change": True, "rewrite": True, "revert": True, "image": True, "limit": True, "nothing": True,
    "crash": False, "undo": False, "delete": False,
}  # fmt: skip
"""What the life of every workload has; whether things go wrong in it."""

BY_HAND = {"undo", "scale"}
"""Steps in which no `up` runs."""

_KILLED = {"engine_killed", "program_killed", "provider_killed"}


@dataclass(frozen=True)
class Said:
    """What the program says: numbers of `DATA` and `WAVES`, and whether the text is another that means the same."""

    data: int = 0
    rewritten: bool = False
    image: str = "agent:1"
    waves: int = 0
    limit: int = 10

    @property
    def arguments(self) -> dict[str, Any]:
        """The same as arguments of the program."""
        return {
            "data": (REWRITTEN if self.rewritten else DATA)[self.data],
            "image": self.image,
            "waves": WAVES[self.waves],
        }


@dataclass(frozen=True)
class Expected:
    """What must hold of one step."""

    said: Said
    """What the program says in it."""
    refused: bool
    """Whether `up` has to refuse that, and say why."""
    exact: bool
    """Whether nothing goes wrong: each pod is made once where something changes, and records say just that."""
    budget: bool
    """Whether the driver alone restarts pods: then the budget holds, and nothing restarts needlessly."""
    order: Order | None
    """The waves that are held."""
    back: bool
    """Whether a wave may fail, so that it is taken back and the next `up` tries it again."""
    told: bool
    """Whether records have each node that the driver restarted: no process of the `up` was killed."""
    whole: bool
    """Whether each pod has what it mounts: with a workload that someone deletes, both go, in any order."""
    tidy: bool
    """Whether an `up` has ended since the last that was killed: no ConfigMap may be left that nothing mounts."""


WALKED = {DAEMON_SET: 30, DEPLOYMENT: 10, STATEFUL_SET: 10}
"""The kinds of workload, and how many steps `make test` takes of each."""

_SEED = 33
"""That of `make test`."""


def walk(kind: WorkloadKind, count: int = 0, seed: int = 0) -> Plan:
    """Return a random walk of a workload of this kind, by default the one of `make test`."""
    count, seed = count or WALKED[kind], seed or _SEED
    only = {"waves": True} if kind is DAEMON_SET else {"scale": False}
    steps = {**STEPS, **only, "limit": "revisionHistoryLimit" not in kind.fixed}
    mishaps = {name: mishap.on for name, mishap in MISHAPS.items() if mishap.of in ("", kind.word)}
    return planned(kind.word, steps, mishaps, count, seed)


class Model:
    """What the program of one workload says now, and said before."""

    def __init__(self, kind: WorkloadKind) -> None:
        self.kind, self.said, self._before, self._tidy = kind, Said(), Said(), True

    def take(self, step: Step) -> Expected:
        """Return what must hold of a step, and go on from there."""
        name, wrong, before = step.does.name, {*step.wrong}, self.said
        said = getattr(self, f"_{name}", lambda chance: self.said)(step.does.chance)
        refused = name == "limit" and "revisionHistoryLimit" in self.kind.fixed
        self.said = before if refused else said
        if name not in BY_HAND | {"nothing", "delete"}:
            self._before = before
        self._tidy = name != "crash" and (name not in BY_HAND or self._tidy)
        unready, by_kubernetes = "pod_unready" in wrong, "strategy_set" in wrong
        return Expected(
            said=said,
            refused=refused,
            exact=not wrong and name != "crash",
            budget=not by_kubernetes,
            order=None if unready or by_kubernetes else ORDERS[said.waves],
            back=unready,
            told=name != "crash" and not wrong & _KILLED,
            whole=name != "delete",
            tidy=self._tidy,
        )

    def _change(self, chance: Any) -> Said:
        data = chance.choice([number for number in range(len(DATA)) if number != self.said.data])
        return replace(self.said, data=data, rewritten=False)

    _crash = _change

    def _rewrite(self, chance: Any) -> Said:
        return replace(self.said, rewritten=not self.said.rewritten)

    def _revert(self, chance: Any) -> Said:
        return self._before

    def _image(self, chance: Any) -> Said:
        return replace(self.said, image=chance.choice(sorted({"agent:1", "agent:2", "agent:3"} - {self.said.image})))

    def _limit(self, chance: Any) -> Said:
        return replace(self.said, limit=chance.randrange(4))

    def _waves(self, chance: Any) -> Said:
        return replace(self.said, waves=chance.choice([0, 1, 2, 2, 3, 3]))
