"""
What a rollout did to a workload, judged from everything that was written: it knows nothing of the driver.

Its rules are its own: a pod serves while it is Ready, not being deleted, and its node is Ready.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.history import History
from tools.pods import Pod

REACTION_SECONDS = 0.5
"""What others did so shortly before a delete of ours, nobody could have known."""

SETTLE_SECONDS = 2.0
"""The same of what takes more than one look: a new revision, and a pod that its controller made from what it knew."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Order:
    """The order of waves: a canary of one node before all others, then by a label's values; or one of the two."""

    canary: bool = False
    by: str = ""


@dataclass
class Verdict:
    """What there is to say in the end."""

    restarts: Counter[str] = field(default_factory=Counter)
    """
    Node -> how many pods it was given while it had none.

    A controller whose API server dies before it answers makes a second pod, and removes one of the two.
    """
    most_by_us: int = 0
    """How many nodes were at most without a serving pod at one moment because we had deleted theirs."""
    exceeded: list[str] = field(default_factory=list)
    """Where we deleted a pod though the budget was used up."""
    early: list[str] = field(default_factory=list)
    """Where we deleted a pod before its wave."""
    needless: list[str] = field(default_factory=list)
    """Pods of the newest revision that we deleted all the same."""
    by_us: set[str] = field(default_factory=set)
    """The nodes whose pods we deleted."""
    mixed: list[str] = field(default_factory=list)
    """Pods with another configuration than their revision's, or one that is not there."""
    reached: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Config hash -> the nodes that a pod with it was made for."""


class _Judge:
    """Goes through the writes to one namespace, with the cluster as it was at each."""

    def __init__(
        self, history: History, namespace: str, asked: Collection[str], budget: int, order: Order | None
    ) -> None:
        self._namespace, self._asked, self._budget = namespace, asked, budget
        self._objects = dict(history.at_first)
        self._on: dict[str, dict[str, Pod]] = defaultdict(dict)
        for key, thing in self._objects.items():
            if key.startswith(f"pods/{namespace}/"):
                self._on[Pod.of(thing).node][key] = Pod.of(thing)
        self._revisions: dict[str, Json] = {}
        """Each by its hash, those that were deleted too: a pod is made for one before its controller sees that."""
        self._waves = _Waves(order or Order(), self._objects, f"controllerrevisions/{namespace}/")
        for key, thing in self._objects.items():
            self._note_revision(key, thing)
        self._ours: set[str] = set()
        self._since = {node: 0.0 for node in self._nodes() if not self._serves(node)}
        self.verdict = Verdict()
        for write in history.writes:
            kind, _, rest = write.key.partition("/")
            if kind == "minions" or rest.startswith(f"{namespace}/"):
                self._take(write.at, kind, write.key, write.before, write.after)

    def _take(self, at: float, kind: str, key: str, before: Json | None, after: Json | None) -> None:
        if after is None:
            self._objects.pop(key, None)
        else:
            self._objects[key] = after
            self._note_revision(key, after)
        self._waves.take(at, key, before, after)
        if kind == "pods":
            pod = Pod.of(after or before or {})
            for known in filter(None, (before, after)):  # one that no DaemonSet made gets its node later
                self._on[Pod.of(known).node].pop(key, None)
            has_one = any(_stays(self._objects[other]) for other in self._on[pod.node])
            if after:
                self._on[pod.node][key] = pod
            if before is None and after:
                self.verdict.restarts[pod.node] += not has_one
                self.verdict.reached[pod.config_hash].add(pod.node)
                self.verdict.mixed += self._mixed(after, pod)
            self._note(at, pod.node)
            if before and _stays(before) and (after is None or not _stays(after)) and pod.name in self._asked:
                self._we_deleted(at, pod, Pod.of(before).ready and self._is_up(pod.node))
                self._judge_turn(at, before, pod)
        elif kind == "minions":
            self._note(at, key.partition("/")[2])
        elif kind == "configmaps" and after is None:
            name = key.rsplit("/", 1)[-1]
            mounted = [
                pod.name
                for pods in self._on.values()
                for pod_key, pod in pods.items()
                if name in pod.config_maps and _stays(self._objects[pod_key])
            ]
            self.verdict.mixed += [f"{name} is gone, and {pod} mounts it" for pod in mounted]

    def _we_deleted(self, at: float, pod: Pod, served: bool) -> None:
        if self._is_up(pod.node):
            self._ours.add(pod.node)
        ours = {node for node in self._ours if node in self._since}
        self.verdict.most_by_us = max(self.verdict.most_by_us, len(ours))
        others = {node for node, since in self._since.items() if since < at - REACTION_SECONDS} - ours
        if len(ours) > self._budget or (served and len(ours | others) > self._budget):
            self.verdict.exceeded.append(f"{pod.name} on {pod.node}: ours {sorted(ours)}, others' {sorted(others)}")

    def _judge_turn(self, at: float, before: Json, pod: Pod) -> None:
        """Hold a pod that we deleted against the newest revision, and against its wave."""
        self.verdict.by_us.add(pod.node)
        if at - self._waves.newest_at < SETTLE_SECONDS:
            return
        if _revision(before) == self._waves.newest:
            self.verdict.needless.append(f"{pod.name} on {pod.node} was of the newest revision")
        there = {
            node: [self._objects[key] for key in pods if _stays(self._objects[key])] for node, pods in self._on.items()
        }
        if why := self._waves.too_early(at, pod.node, there):
            self.verdict.early.append(f"{pod.name} on {pod.node}: {why}")

    def _note(self, at: float, node: str) -> None:
        """Note since when a node is without a serving pod."""
        if f"minions/{node}" not in self._objects or self._serves(node):
            self._since.pop(node, None)
            self._ours.discard(node)
        else:
            self._since.setdefault(node, at)
            if not self._is_up(node):
                self._ours.discard(node)

    def _note_revision(self, key: str, thing: Json) -> None:
        if key.startswith((f"controllerrevisions/{self._namespace}/", f"replicasets/{self._namespace}/")):
            self._revisions[_revision(thing)] = thing.get("data", thing)["spec"]["template"]

    def _serves(self, node: str) -> bool:
        return self._is_up(node) and any(pod.ready for pod in self._on[node].values())

    def _is_up(self, node: str) -> bool:
        return is_up(self._objects.get(f"minions/{node}", {}))

    def _nodes(self) -> list[str]:
        return [key.partition("/")[2] for key in self._objects if key.startswith("minions/")]

    def _mixed(self, thing: Json, pod: Pod) -> list[str]:
        """Hold a new pod against the revision that it says it is of."""
        of = _revision(thing)
        revisions = [self._revisions[of]] if of in self._revisions else []
        wanted = [
            (template["metadata"].get("annotations", {}).get("checksum/config", ""), _mounted(template["spec"]))
            for template in revisions
        ]
        if wanted != [(pod.config_hash, pod.config_maps)]:
            return [f"{pod.name} has {pod.config_hash}, {pod.config_maps}, and its revision {wanted}"]
        missing = [n for n in pod.config_maps if f"configmaps/{self._namespace}/{n}" not in self._objects]
        return [f"{pod.name} mounts {name}, which is not there" for name in missing]


class _Waves:
    """Which revision is the newest, and whose turn it is: only nodes that nothing happens to are held to an order."""

    def __init__(self, order: Order, objects: Mapping[str, Json], revisions: str) -> None:
        self._order, self._revisions = order, revisions
        self._numbers: dict[str, int] = {}
        """Revision -> its number; those that were deleted too."""
        self._labels = {
            key: thing["metadata"]["labels"] for key, thing in objects.items() if key.startswith("minions/")
        }
        self._unsteady = {key for key in self._labels if not is_up(objects[key])}
        self._begun: dict[str, set[str]] = defaultdict(set)
        self._stood: set[str] = set()
        """Revisions of which a pod has been ready."""
        self._seen: dict[str, float] = {}
        """UID of a pod -> when it was made."""
        self.newest, self.newest_at = "", 0.0
        for key, thing in objects.items():
            self.take(0.0, key, None, thing)

    def take(self, at: float, key: str, before: Json | None, after: Json | None) -> None:
        """Take in one write."""
        if key.startswith("minions/") and (
            not after or not is_up(after) or after["metadata"]["labels"] != self._labels.get(key)
        ):
            self._unsteady.add(key)
        elif key.startswith("pods/") and after:
            self._seen.setdefault(after["metadata"]["uid"], at)
            if Pod.of(after).ready:
                self._stood.add(_revision(after))
        elif key.startswith(self._revisions) and after:
            self._numbers[_revision(after)] = int(after["revision"])
            newest = max(self._numbers, key=lambda of: self._numbers[of])
            if newest != self.newest:
                self.newest, self.newest_at = newest, at

    def too_early(self, at: float, node: str, there: Mapping[str, Sequence[Json]]) -> str:
        """Return why it is not the turn of a node; empty if it is. `there` are the pods that stay, by node."""
        begun = self._begun[self.newest] - {node}
        self._begun[self.newest].add(node)
        if self._order.canary and begun and self.newest not in self._stood:
            return f"no pod of {self.newest} has been ready, and it went to {sorted(begun)} already"
        if not self._order.by or f"minions/{node}" in self._unsteady or (self._order.canary and not begun):
            return ""
        wave = self._labels[f"minions/{node}"].get(self._order.by, "~")
        behind = [
            other
            for other, pods in there.items()
            if f"minions/{other}" in self._labels.keys() - self._unsteady
            and self._labels[f"minions/{other}"].get(self._order.by, "~") < wave
            and any(
                _revision(pod) != self.newest and at - self._seen[pod["metadata"]["uid"]] > SETTLE_SECONDS
                for pod in pods
            )
        ]
        return f"{sorted(behind)} are of earlier waves, and have another revision" if behind else ""


def judge(history: History, namespace: str, asked: Collection[str], budget: int, order: Order | None = None) -> Verdict:
    """
    Return what happened in a namespace. `asked` are the pods whose deletion our user asked for.

    `budget` is how many nodes may be without a serving pod when we delete one; `order` that of the waves.
    """
    return _Judge(history, namespace, asked, budget, order).verdict


def is_up(node: Json) -> bool:
    """Return whether a node says that it is Ready."""
    conditions = node.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _revision(thing: Json) -> str:
    """Return what a pod and its revision have in common; of a StatefulSet it is the revision's name."""
    labels = thing["metadata"].get("labels", {})
    return str(labels.get("controller-revision-hash") or labels.get("pod-template-hash") or thing["metadata"]["name"])


def _stays(thing: Json) -> bool:
    return "deletionTimestamp" not in thing["metadata"]


def _mounted(spec: Json) -> tuple[str, ...]:
    return tuple(volume["configMap"]["name"] for volume in spec.get("volumes", []) if "configMap" in volume)
