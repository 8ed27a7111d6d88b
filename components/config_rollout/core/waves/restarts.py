"""Which pods of a DaemonSet to restart next, so that we never make more unavailable than allowed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ..kubernetes.pods import Pod


@dataclass(frozen=True)
class DaemonPods:
    """
    The pods of a DaemonSet at one moment.

    `revision` is the one that all are to have, `covered` the number of nodes that should have a pod or keep one, `down`
    the nodes that have or had one and are not Ready: they count as unavailable, are not waited for, and change when
    the node is back.
    """

    pods: Sequence[Pod]
    revision: str
    covered: int
    down: frozenset[str] = field(default_factory=frozenset)

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

    def is_through(self, nodes: Sequence[str]) -> bool:
        """Return whether all these nodes are updated."""
        has_pod = {pod.node for pod in self.pods}
        return (
            not self.outdated(nodes)
            and not self.missing()
            and not [node for node in self.behind(nodes) if node in has_pod]
        )


def next_restarts(daemon_pods: DaemonPods, nodes: Sequence[str], budget: int) -> list[Pod]:
    """
    Return the pods to restart now, for the nodes of a wave.

    Those that are unavailable already go first: that makes nothing less available, but each is in flight until its
    successor is available, and no more than the budget ever are. Available ones go only while everything that is
    unavailable in the DaemonSet, whoever caused it, is below the budget. If outdated pods of other waves use it up,
    they go first: otherwise what failed in an earlier rollout would block the one that repairs it.
    """
    unavailable = daemon_pods.unavailable()
    outdated = daemon_pods.outdated(nodes)
    lost = [pod for pod in outdated if pod.node in daemon_pods.down]
    broken = [pod for pod in outdated if pod.node in unavailable and pod.node not in daemon_pods.down]
    sound = [pod for pod in outdated if pod.node not in unavailable]
    room = budget - daemon_pods.missing() - len(unavailable)
    if sound and not broken and room <= 0:
        everywhere = daemon_pods.outdated(sorted(unavailable - daemon_pods.down))
        broken = [pod for pod in everywhere if pod not in outdated]
    return [*lost, *broken[: max(0, budget - daemon_pods.in_flight())], *sound[: max(0, room)]]


def blocking(daemon_pods: DaemonPods, nodes: Sequence[str], budget: int, settled: Collection[str] = ()) -> list[str]:
    """
    Return the nodes that are down, if they are so many that a wave could not begin; else none.

    With them count those of `settled`, whose pods have what they are to have, that are unavailable all the same. Other
    unavailable pods do not keep it from beginning: a change restarts them first.
    """
    unavailable = daemon_pods.unavailable()
    stuck = sorted(unavailable & (daemon_pods.down | set(settled)))
    return stuck if set(nodes) - unavailable and len(stuck) >= budget else []
