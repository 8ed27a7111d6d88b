"""The progress of a rollout in waves, in one line that still makes sense when a terminal truncates it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..kubernetes import workloads
from ..kubernetes.amounts import SECONDS_PER_POD
from ..kubernetes.objects import Object
from .order import Division
from .restarts import WorkloadPods
from .words import duration

RESTARTING = ""
"""What a wave that restarts pods is doing: it needs no words."""


@dataclass(frozen=True)
class WaveAt:
    """A wave at one moment: how many of its nodes are updated, and how many restarts may overlap."""

    name: str
    done: int
    nodes: int
    budget: int
    soak_seconds: int

    @property
    def left(self) -> int:
        """How many nodes are not restarted, or not ready yet."""
        return self.nodes - self.done


@dataclass(frozen=True)
class Progress:
    """
    A rollout at one moment.

    `slowest` is the node that has waited longest for its new pod, and for how many seconds; `turn_seconds` how long one
    turn of the budget takes, as far as anything is known; `down` how many nodes of the wave are NotReady.
    """

    wave: WaveAt
    in_flight: int
    slowest: tuple[str, float] | None
    down: int
    later: Sequence[WaveAt]
    turn_seconds: float

    def line(self, doing: str = RESTARTING, where: str = "") -> str:
        """Return the line. `doing` is what the wave does when it restarts nothing, `where` the workload."""
        parts = [f"{self.wave.done:,}/{self.wave.nodes:,} of {self.wave.name} done"]
        if doing:
            parts.append(doing)
        if self.in_flight:
            parts.append(f"{self.in_flight:,} in flight")
        if self.slowest:
            node, seconds = self.slowest
            parts.append(f"slowest {node} ({duration(round(seconds))})")
        if self.down:
            parts.append(f"{self.down:,} NotReady")
        if (seconds := self.seconds_left()) > 0:
            parts.append(f"about {duration(round(seconds))} left")
        return f"{', '.join(parts)}{f' ({where})' if where else ''}"

    def seconds_left(self) -> float:
        """Return how long this wave and the later ones will take, soaks included, gates not."""
        return sum(
            math.ceil(wave.left / wave.budget) * self.turn_seconds + wave.soak_seconds
            for wave in (self.wave, *self.later)
            if wave.left
        )


def rolling(kind: str, where: str, seconds: float, look: Callable[[], Object | str] | None = None) -> str:
    """
    Return the progress of a write that the provider waits for, after so many seconds.

    `look` gives the workload that Kubernetes rolls out by itself, or why it cannot be read; there is none of others.
    """
    waited = duration(round(seconds))
    if look is None:
        return f"{kind} {where}: still being written ({waited})"
    workload = look()
    if isinstance(workload, str):
        return f"{kind} {where}: waiting for its pods ({waited}), but cannot read them: {workload}"
    if not workloads.is_observed(workload):
        return f"{kind} {where}: waiting for its controller ({waited})"
    pods = workloads.pod_counts(workload)
    return f"{pods.updated:,}/{pods.wanted:,} pods of {where} updated, {pods.available:,} available ({waited})"


def at(division: Division, workload_pods: WorkloadPods) -> WaveAt:
    """Return where a wave is. Nodes that are NotReady are not waited for and do not count."""
    nodes = [node for node in division.nodes if node not in workload_pods.down]
    soak = division.wave.soak_seconds
    return WaveAt(division.wave.name, len(nodes) - len(workload_pods.behind(nodes)), len(nodes), division.budget, soak)


def turn_seconds(elapsed: float, restarted: int, budget: int, min_ready_seconds: int) -> float:
    """Return how long one turn of the budget takes: as measured, or as planned before the first has finished."""
    if restarted < budget:
        return SECONDS_PER_POD + min_ready_seconds
    return elapsed * budget / restarted
