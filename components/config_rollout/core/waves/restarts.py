"""Which pods of a DaemonSet or StatefulSet to restart next, so that we never make more unavailable than allowed."""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ..kubernetes import daemon_sets
from ..kubernetes.objects import Object
from ..kubernetes.pods import Pod
from ..kubernetes.stateful_sets import pod_names
from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadKind


@dataclass(frozen=True)
class WorkloadPods:
    """
    The pods of a DaemonSet at one moment, or of a StatefulSet: then `node` is the pod's name.

    `revision` is the one that all are to have, `covered` the number of nodes that should have a pod or keep one, `down`
    the nodes that have or had one and are not Ready: they count as unavailable, are not waited for, and change when
    the node is back. Those that are `ordered`, a StatefulSet's, restart in no order but their own; one that is deleted
    out of turn comes back with the revision `held`.
    """

    pods: Sequence[Pod]
    revision: str
    covered: int
    down: frozenset[str] = field(default_factory=frozenset)
    ordered: bool = False
    held: str = ""

    def missing(self) -> int:
        """Return how many nodes should have a pod and have none."""
        return max(0, self.covered - len({pod.node for pod in self.pods}))

    def unavailable(self) -> set[str]:
        """Return the nodes whose pod is unavailable; those that miss one come on top, the down ones apart."""
        served = {pod.node for pod in self.pods if pod.available and not pod.leaving and pod.node not in self.down}
        return {pod.node for pod in self.pods} - served | self.down

    def outdated(self, nodes: Sequence[str]) -> list[Pod]:
        """Return the pods on these nodes that have another revision and nobody deletes yet, in the nodes' order."""
        place = {node: number for number, node in enumerate(nodes)}
        pods = [p for p in self.pods if p.node in place and p.revision != self.revision and not p.leaving]
        return sorted(pods, key=lambda pod: place[pod.node])

    def in_flight(self) -> int:
        """Return how many restarts have begun and are not finished."""
        waiting = {pod.node for pod in self.pods if pod.revision != self.revision and not pod.leaving}
        return self.missing() + len(self.unavailable() - waiting - self.down)

    def behind(self, nodes: Sequence[str]) -> list[str]:
        """Return those of the nodes, the down ones apart, that have no available pod of the revision."""
        there = {p.node for p in self.pods if p.revision == self.revision and p.available and not p.leaving}
        return [node for node in nodes if node not in there and node not in self.down]

    def held_up_by(self) -> list[Pod]:
        """Return the pods that are unavailable with what an earlier rollout brought, and would not be as `held`."""
        unavailable, revisions = self.unavailable(), (self.revision, self.held)
        return [p for p in self.pods if p.node in unavailable and p.revision not in revisions and not p.leaving]

    def is_through(self, nodes: Sequence[str]) -> bool:
        """Return whether all these nodes are updated."""
        has_pod = {pod.node for pod in self.pods}
        return (
            not self.outdated(nodes)
            and not self.missing()
            and not [node for node in self.behind(nodes) if node in has_pod]
        )


def seen_pods(
    workload: Object, pods: Sequence[Pod], revision: str, kind: WorkloadKind, down: frozenset[str] = frozenset()
) -> WorkloadPods:
    """Return the pods of a workload as they are seen together with it."""
    if kind is DAEMON_SET:
        return WorkloadPods(pods, revision, daemon_sets.covered(workload), down)
    held = str((workload.get("status") or {}).get("currentRevision") or "")
    return WorkloadPods(pods, revision, len(pod_names(workload)), frozenset(), True, held)


def next_restarts(workload_pods: WorkloadPods, nodes: Sequence[str], budget: int) -> list[Pod]:
    """
    Return the pods to restart now, for the nodes of a wave.

    Those that are unavailable already go first: that makes nothing less available, but each is in flight until its
    successor is available, and no more than the budget ever are. Available ones go only while everything that is
    unavailable in the workload, whoever caused it, is below the budget. If outdated pods of other waves use it up,
    they go first: otherwise what failed in an earlier rollout would block the one that repairs it.

    Of `ordered` pods none goes before one that comes earlier; those of other waves go back to what is `held`.
    """
    unavailable = workload_pods.unavailable()
    outdated = workload_pods.outdated(nodes)
    if workload_pods.ordered:
        return _next_in_order(workload_pods, outdated, unavailable, budget)
    lost = [pod for pod in outdated if pod.node in workload_pods.down]
    broken = [pod for pod in outdated if pod.node in unavailable and pod.node not in workload_pods.down]
    sound = [pod for pod in outdated if pod.node not in unavailable]
    room = budget - workload_pods.missing() - len(unavailable)
    if sound and not broken and room <= 0:
        everywhere = workload_pods.outdated(sorted(unavailable - workload_pods.down))
        broken = [pod for pod in everywhere if pod not in outdated]
    flights = budget - workload_pods.in_flight() if broken else 0
    return [*lost, *broken[: max(0, flights)], *sound[: max(0, room)]]


def _next_in_order(
    workload_pods: WorkloadPods, outdated: Sequence[Pod], unavailable: Collection[str], budget: int
) -> list[Pod]:
    room, flights = budget - workload_pods.missing() - len(unavailable), budget - workload_pods.in_flight()
    chosen: list[Pod] = []
    for pod in outdated:
        is_broken = pod.node in unavailable
        if (flights if is_broken else room) <= 0:
            break
        room, flights = room - (not is_broken), flights - 1
        chosen.append(pod)
    return chosen or (workload_pods.held_up_by()[: max(0, flights)] if room <= 0 else [])


def blocking(
    workload_pods: WorkloadPods, nodes: Sequence[str], budget: int, settled: Collection[str] = ()
) -> list[str]:
    """
    Return the nodes that are down, if they are so many that a wave could not begin; else none.

    With them count those of `settled`, whose pods have what they are to have, that are unavailable all the same. Other
    unavailable pods do not keep it from beginning: a change restarts them first. Of `ordered` pods it does so only with
    those that come before all available ones, or that an earlier rollout broke.
    """
    unavailable = workload_pods.unavailable()
    stuck = sorted(unavailable & (workload_pods.down | set(settled)))
    if workload_pods.ordered:
        first = list(itertools.takewhile(unavailable.__contains__, nodes))
        stuck = sorted(unavailable - {*first} - {pod.node for pod in workload_pods.held_up_by()} | {*stuck})
    return stuck if set(nodes) - unavailable and len(stuck) >= budget else []
