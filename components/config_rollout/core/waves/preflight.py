"""What must hold before a rollout in waves writes anything. One finding for each thing that does not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..arguments.finding import Finding
from ..configuration.digest import SHORT_HASH_LENGTH
from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadKind
from .gates import Gate, asked_before, is_strict
from .order import Division, Labels, Waves, divide
from .restarts import WorkloadPods, blocking
from .words import names


@dataclass(frozen=True)
class State:
    """
    What the program wants of a workload, and what is there.

    `where` is NAMESPACE/NAME, `wanted` and `live` are config hashes, `hashes` is node -> config hash of its pod.
    """

    where: str
    waves: Waves
    divisions: list[Division]
    labels: Labels
    workload_pods: WorkloadPods
    wanted: str
    live: str
    hashes: Mapping[str, str]
    answers: Mapping[Gate, Mapping[str, str]] = field(default_factory=dict)
    """Gate -> node -> why it fails before anything restarts; the node is empty if one answer is for all."""
    ended_well: bool = False
    """Whether the rollout of `live` finished, as far as its `through`, according to its record."""

    @property
    def goes_back(self) -> bool:
        """Whether some pods already have the wanted configuration: then this ends a rollout of a different one."""
        return self.wanted in self.hashes.values()

    @property
    def asked(self) -> list[str]:
        """The nodes that gates are asked about, in wave order."""
        there = {pod.node for pod in self.workload_pods.pods if not pod.leaving} - self.workload_pods.down
        return [node for division in self.divisions for node in division.nodes if node in there]


def check_capacity(state: State) -> Iterator[Finding]:
    """Find so many unavailable pods that this change does not repair that the first wave could not begin."""
    division = next((division for division in state.divisions if division.nodes), None)
    if division is None:
        return
    has = {
        pod.node for pod in state.workload_pods.pods if not pod.leaving and state.hashes.get(pod.node) == state.wanted
    }
    nodes = blocking(state.workload_pods, division.nodes, division.budget, has)
    if not nodes:
        return
    if state.workload_pods.ordered:
        what = f"{'1 pod is' if len(nodes) == 1 else f'{len(nodes):,} pods are'} unavailable ({names(nodes)})"
        then = f"which this change does not restart first, so wave '{division.wave.name}' could not begin"
        yield Finding("waves", f"{what}, {then}", "Fix what is unavailable")
        return
    down = [node for node in nodes if node in state.workload_pods.down]
    broken = [node for node in nodes if node not in state.workload_pods.down]
    facts = []
    if down:
        facts.append(f"{len(down):,} {'node is' if len(down) == 1 else 'nodes are'} NotReady ({names(down)})")
    if broken:
        pods = "pod that already has" if len(broken) == 1 else "pods that already have"
        are = "is" if len(broken) == 1 else "are"
        facts.append(f"{len(broken):,} {pods} this configuration {are} unavailable ({names(broken)})")
    yield Finding(
        "waves",
        f"{' and '.join(facts)}, but in wave '{division.wave.name}' at most {division.budget:,} may be unavailable, so "
        "it could not begin",
        f"Fix what is {'NotReady' if not broken else 'unavailable'}, or raise its max_unavailable above {len(nodes):,}",
    )


def check_finished(state: State) -> Iterator[Finding]:
    """
    Find that the previous rollout has not finished, as far as its `through`.

    A template without a config hash is nobody's rollout, and going back is always allowed. So is a corrected
    configuration after a rollout that finished its `through`.
    """
    if state.waves.over_unhealthy or state.goes_back or not state.live or state.ended_well:
        return
    asked: set[str] = set()
    for division in divide(state.waves, state.labels, state.live, state.hashes):
        asked |= set(division.nodes)
        if division.wave.name == state.waves.through:
            break
    left = sorted({pod.node for pod in state.workload_pods.outdated(sorted(asked))} - state.workload_pods.down)
    if left:
        short = state.live[:SHORT_HASH_LENGTH]
        places = state.waves.kind.places
        are = f"{places.removesuffix('s')} has" if len(left) == 1 else f"{places} have"
        yield Finding(
            "waves",
            f"the rollout of {short} has not finished: {len(left):,} {are} a different configuration ({names(left)})",
            "Let `pulumi up` finish it with that configuration, restore the previous one, or set waves.over_unhealthy",
        )


def check_gates(state: State, begins: bool = True) -> Iterator[Finding]:
    """
    Find gates that nothing passes before anything has changed: either the gate is wrong, or everything is.

    Of a gate that is strict one answer is enough, also where the configuration stays and something else restarts the
    pods: `begins` is not set then.
    """
    if state.waves.over_unhealthy or state.goes_back:
        return
    for gate, answers in state.answers.items():
        if is_strict(gate):
            failures = [f"{f'{node}: ' if node else ''}{why}" for node, why in sorted(answers.items())]
            more = f", and {len(failures) - 1:,} more" if len(failures) > 1 else ""
            what = f"gate {gate} is strict, and fails before anything has changed ({failures[0]}{more})"
            yield Finding("waves", what, "Fix it first, or set waves.over_unhealthy if this change fixes it")
        elif begins and ("" in answers or set(asked_before(gate, state.asked)) <= set(answers)):
            node, why = next(iter(sorted(answers.items())))
            who = f"no pod passes gate {gate}" if node else f"gate {gate} fails"
            yield Finding(
                "waves",
                f"{who} before anything has changed ({f'{node}: ' if node else ''}{why})",
                "Correct the gate or what it checks, or set waves.over_unhealthy if this change fixes it",
            )


def excused(state: State) -> dict[Gate, dict[str, str]]:
    """
    Return what does not count against a wave: failures before it, of pods with a different configuration. A strict

    gate always counts.
    """
    of = {
        gate: {node: why for node, why in answers.items() if not node or state.hashes.get(node) != state.wanted}
        for gate, answers in state.answers.items()
        if not is_strict(gate)
    }
    return {gate: answers for gate, answers in of.items() if answers}


def check_size(labels: Labels, kind: WorkloadKind = DAEMON_SET) -> Iterator[Finding]:
    """Find a cluster of one node, or a StatefulSet of one pod, where the first wave is all there is."""
    if len(labels) == 1:
        only = "the cluster has only one node" if kind is DAEMON_SET else f"the {kind.kind} has only one pod"
        what = f"{only}, so waves have no effect"
        yield Finding("waves", what, "Ignore this in a test cluster")
