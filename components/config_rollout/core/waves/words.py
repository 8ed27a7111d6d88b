"""The words about waves: the plan in preview, what a wave does, its progress, and why it stopped."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ..kubernetes.amounts import SECONDS_PER_POD
from ..kubernetes.field_managers import Written
from ..kubernetes.pods import Pod
from ..kubernetes.strategies import Strategy
from ..words.shown import escaped
from .order import Division
from .restarts import DaemonPods
from .windows import Window

WAVE_BY_WAVE = "wave by wave"
"""How the first line ends that says what a rollout does next."""

_MOST_NAMES = 5


@dataclass(frozen=True)
class WavePlan:
    """How a restart goes, wave by wave; `restarts` is how many pods it restarts, `None` while there are none."""

    lines: Sequence[str]
    restarts: int | None = None


def rolling_restart(where: str, plan: WavePlan | None, strategy: Strategy) -> str:
    """Return how a workload, as messages name it, restarts: wave by wave, or within the budget of its strategy."""
    what = f"rolling restart of {where}"
    if plan:
        return "\n    ".join([f"{what}, {WAVE_BY_WAVE}", *plan.lines])
    return f"{what}, {strategy.budget()}"


def plan(
    divisions: Sequence[Division], has: Collection[str], through: str, down: Iterable[str], min_ready_seconds: int
) -> WavePlan:
    """
    Return the plan: the waves that restart pods, how long they take, which nodes cannot follow and why.

    `has` are the nodes whose pod needs no restart.
    """
    lines, has = [], frozenset(has)
    seconds, stopped = 0, False
    there = [division for division in divisions if division.nodes]
    width = max((len(division.wave.name) for division in there), default=0)
    for division in there:
        restarts = len(set(division.nodes).difference(has))
        name = f"{division.wave.name:{width}}"
        if stopped:
            lines.append(f"{name}  {_nodes(len(division.nodes))}  not now: `through` is '{through}'")
        elif restarts:
            lines.append(f"{name}  {_wave(division, restarts)}")
            seconds += estimate_seconds(division, min_ready_seconds, restarts)
        stopped = stopped or division.wave.name == through
    if not there:
        return WavePlan(["no node has a pod yet: they start on all nodes at once"])
    ready = sum(len(set(division.nodes).intersection(has)) for division in there)
    if ready:
        lines.append(f"{ready:,} of {sum(len(d.nodes) for d in there):,} pods have this configuration already")
    if seconds:
        lines.append(f"about {duration(seconds)}")
    down = sorted(down)
    if down:
        verb = "is NotReady: it counts against max_unavailable and is updated when it is back"
        if len(down) > 1:
            verb = "are NotReady: they count against max_unavailable and are updated when they are back"
        lines.append(f"{names(down)} {verb}")
    return WavePlan(lines, sum(len(division.nodes) for division in there) - ready)


def estimate_seconds(division: Division, min_ready_seconds: int, restarts: int) -> int:
    """Return how long a wave takes: 15 s for a pod, and `min_ready_seconds`, for each turn, and its soak."""
    turns = math.ceil(restarts / division.budget)
    return turns * (SECONDS_PER_POD + min_ready_seconds) + division.wave.soak_seconds


def goes_on(where: str, plan: WavePlan) -> str:
    """Return what an `up` that continues the rollout of a DaemonSet does."""
    return "\n    ".join([f"the rollout of DaemonSet {where} continues, {WAVE_BY_WAVE}", *plan.lines])


def first(waves: Sequence[str]) -> str:
    """Return what an `up` that creates the pods does."""
    return f"no node has a pod yet: they start on all nodes at once; later changes go wave by wave: {', '.join(waves)}"


def restarts_nothing(waves: Sequence[str]) -> str:
    """Return what an `up` that only updates the stashes of waves does."""
    return f"waves {', '.join(waves)}: nothing to restart" if len(waves) > 1 else f"wave {waves[0]}: nothing to restart"


def waits(window: str) -> str:
    """Return that a wave does not begin now."""
    return f"does not begin now: {window}; `pulumi up` continues after it"


def begins(division: Division, where: str) -> str:
    """Return that a wave begins, where to watch it, and how to stop a rollout that runs."""
    what = f"{division.wave.name} begins: {_wave(division, len(division.nodes))}"
    watch, pause = (f"`config-rollout {command} {where}`" for command in ("status --watch", "pause"))
    return f"{what}. {watch} shows it, {pause} stops it before the next pod"


def through(division: Division, daemon_pods: DaemonPods) -> str:
    """Return that a wave has finished, and how many nodes are NotReady and are updated when they are back."""
    nodes, down = division.nodes, daemon_pods.down.intersection(division.nodes)
    updated = len(nodes) - len(daemon_pods.behind(nodes)) - len(down)
    away = f", {len(down):,} NotReady" if down else ""
    return f"{division.wave.name}: {updated:,} of {len(nodes):,} nodes updated{away}"


def takes_back(name: str, findings: Sequence[str], revision: int) -> str:
    """Return that a wave has failed, why, and that its nodes are taken back."""
    return (
        f"wave '{name}' failed: {'; '.join(map(escaped, findings[:2]))}. Taking its nodes back to revision {revision}"
    )


def other_template(where: str, paths: Sequence[str]) -> str:
    """Return that a DaemonSet's template differs from what the program wrote, and what to do; `paths` differ."""
    differ = f" ({', '.join(paths[:_MOST_NAMES])})" if paths else ""
    return (
        f"DaemonSet {where}: its pod template is not what this program wrote{differ}: something else changed it since. "
        "Run `pulumi up --refresh` to restore it."
    )


def strategy_was_changed(where: str, by: Written) -> str:
    """Return that someone changed a DaemonSet's update strategy, who and when, and what is done about it."""
    who = f" by {by.manager}, {by.time}" if by.manager else ""
    return (
        f"DaemonSet {where}: its updateStrategy was changed{who}, so Kubernetes may have restarted pods by itself. "
        "It is OnDelete again"
    )


def restarts_again(pod: Pod, wanted: str) -> str:
    """Return that a pod is restarted whose predecessor was restarted for the same revision already, and why."""
    return f"{pod.node}: its new pod {pod.name} has revision {pod.revision}, not {wanted}: it is restarted again"


def not_deleted(pod: Pod) -> str:
    """Return that a pod stays although its DELETE succeeded."""
    return f"{pod.node}: deleting pod {pod.name} succeeded, but the pod still exists"


def came_back_other(node: str, times: int, wanted: str) -> str:
    """Return that a node gets pods of another revision however often its pod is restarted."""
    return f"{node}: was restarted {times:,} times, and its new pod never had revision {wanted}"


def again(plan: WavePlan) -> str:
    """Return what an `up` that retries a configuration which a failed rollout took back does."""
    return "\n    ".join(
        [f"the last rollout of this configuration was taken back: it is tried again, {WAVE_BY_WAVE}", *plan.lines]
    )


def stuck(daemon_pods: DaemonPods, nodes: Sequence[str], budget: int, seconds: int) -> list[str]:
    """Return, by node, what held a wave up."""
    pods = {pod.node: pod for pod in daemon_pods.pods}
    lines = []
    for node in daemon_pods.behind(nodes):
        pod = pods.get(node)
        if pod is None:
            lines.append(f"{node}: has no pod")
        elif pod.leaving:
            lines.append(f"{node}: pod {pod.name} does not terminate")
        elif not pod.available and pod.revision == daemon_pods.revision:
            lines.append(not_ready(pod, "is not ready"))
    if not lines and daemon_pods.outdated(nodes):
        elsewhere = sorted(daemon_pods.unavailable())
        lines = [
            f"unavailable pods: {len(elsewhere) + daemon_pods.missing():,} of at most {budget:,}: {names(elsewhere)}"
        ]
    return [f"no pod became available for {seconds:,} s", *lines]


def failure(name: str, findings: Sequence[str], then: str) -> str:
    """Return why a wave failed and what was done about it, for the end of an `up`."""
    shown = [f"  {escaped(line)}" for line in findings[:20]]
    more = [f"  and {len(findings) - 20:,} more"] if len(findings) > 20 else []
    return "\n".join([f"wave '{name}' failed", *shown, *more, f"  {then}"])


def not_ready(pod: Pod, what: str) -> str:
    """Return what is wrong with a pod, by its node."""
    return f"{pod.node}: pod {pod.name} {what}{f' ({pod.why})' if pod.why else ''}"


def names(nodes: Sequence[str]) -> str:
    """Return the first few nodes, and how many more there are."""
    more = f" and {len(nodes) - _MOST_NAMES:,} more" if len(nodes) > _MOST_NAMES else ""
    return ", ".join(nodes[:_MOST_NAMES]) + more


def _wave(division: Division, restarts: int) -> str:
    count = len(division.nodes)
    some = _nodes(count) if restarts == count else f"{restarts:,} of {count:,} nodes"
    return f"{some}, {division.budget:,} at a time{_checks(division)}"


def _checks(division: Division) -> str:
    wave = division.wave
    checks = [f"{'' if isinstance(gate, Window) else 'gate '}{gate}" for gate in wave.gates]
    if wave.soak_seconds:
        checks.append(f"{duration(wave.soak_seconds)} soak")
    return f"; {', '.join(checks)}" if checks else ""


def _nodes(count: int) -> str:
    return f"{count:,} node{'' if count == 1 else 's'}"


def duration(seconds: int) -> str:
    """Return a duration in words."""
    if seconds < 90:
        return f"{seconds} s"
    return f"{round(seconds / 60):,} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
