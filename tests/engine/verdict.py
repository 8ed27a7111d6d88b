"""
What a rollout did to a workload, judged from everything that was written: it knows nothing of the driver.

Its rules are its own: a pod serves while it is Ready, not being deleted, and its node is Ready.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from tools.history import History
from tools.pods import Pod

REACTION_SECONDS = 0.5
"""What others did so shortly before a delete of ours, nobody could have known."""

Json = dict[str, Any]


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
    mixed: list[str] = field(default_factory=list)
    """Pods with another configuration than their revision's, or one that is not there."""
    reached: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Config hash -> the nodes that a pod with it was made for."""


class _Judge:
    """Goes through the writes to one namespace, with the cluster as it was at each."""

    def __init__(self, history: History, namespace: str, asked: Collection[str], budget: int) -> None:
        self._namespace, self._asked, self._budget = namespace, asked, budget
        self._objects = dict(history.at_first)
        self._on: dict[str, dict[str, Pod]] = defaultdict(dict)
        for key, thing in self._objects.items():
            if key.startswith(f"pods/{namespace}/"):
                self._on[Pod.of(thing).node][key] = Pod.of(thing)
        self._revisions: dict[str, Json] = {}
        """Each by its hash, those that were deleted too: a pod is made for one before its controller sees that."""
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
        conditions = self._objects.get(f"minions/{node}", {}).get("status", {}).get("conditions", [])
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

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


def judge(history: History, namespace: str, asked: Collection[str], budget: int) -> Verdict:
    """
    Return what happened in a namespace. `asked` are the pods whose deletion our user asked for.

    `budget` is how many nodes may be without a serving pod when we delete one.
    """
    return _Judge(history, namespace, asked, budget).verdict


def _revision(thing: Json) -> str:
    """Return what a pod and its revision have in common; of a StatefulSet it is the revision's name."""
    labels = thing["metadata"].get("labels", {})
    return str(labels.get("controller-revision-hash") or labels.get("pod-template-hash") or thing["metadata"]["name"])


def _stays(thing: Json) -> bool:
    return "deletionTimestamp" not in thing["metadata"]


def _mounted(spec: Json) -> tuple[str, ...]:
    return tuple(volume["configMap"]["name"] for volume in spec.get("volumes", []) if "configMap" in volume)
