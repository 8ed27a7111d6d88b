"""The words about waves: the plan in preview, what a wave does, its progress, and why it stopped."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ..kubernetes.amounts import SECONDS_PER_POD
from ..kubernetes.field_managers import Written
from ..kubernetes.pods import Pod
from ..kubernetes.strategies import Strategy
from ..kubernetes.workload_kinds import DAEMON_SET, STATEFUL_SET, WorkloadKind
from ..words.shown import escaped
from .order import Division
from .restarts import WorkloadPods
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
            lines.append(f"{name}  {_counted(division)}  not now: `through` is '{through}'")
        elif restarts:
            lines.append(f"{name}  {_wave(division, restarts)}")
            seconds += estimate_seconds(division, min_ready_seconds, restarts)
        stopped = stopped or division.wave.name == through
    if not there:
        return WavePlan([_none_yet(divisions[-1].wave.kind if divisions else DAEMON_SET)])
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
    """Return what an `up` that continues the rollout of a workload, as messages name it, does."""
    return "\n    ".join([f"the rollout of {where} continues, {WAVE_BY_WAVE}", *plan.lines])


def first(waves: Sequence[str], kind: WorkloadKind = DAEMON_SET) -> str:
    """Return what an `up` that creates the pods does."""
    return f"{_none_yet(kind)}; later changes go wave by wave: {', '.join(waves)}"


def _none_yet(kind: WorkloadKind) -> str:
    if kind is STATEFUL_SET:
        return "there is no pod yet: all start with this configuration"
    return "no node has a pod yet: they start on all nodes at once"


def restarts_nothing(waves: Sequence[str]) -> str:
    """Return what an `up` that only updates the stashes of waves does."""
    return f"waves {', '.join(waves)}: nothing to restart" if len(waves) > 1 else f"wave {waves[0]}: nothing to restart"


def waits(window: str) -> str:
    """Return that a wave does not begin now."""
    return f"does not begin now: {window}; `pulumi up` continues after it"


def begins(division: Division, where: str) -> str:
    """Return that a wave begins, where to watch it, and how to stop it; `where` names the workload in commands."""
    what = f"{division.wave.name} begins: {_wave(division, len(division.nodes))}"
    watch, pause = (f"`config-rollout {command} {where}`" for command in ("status --watch", "pause"))
    return f"{what}. {watch} shows it, {pause} stops it before the next pod"


def through(division: Division, workload_pods: WorkloadPods) -> str:
    """Return that a wave has finished, and how many nodes are NotReady and are updated when they are back."""
    nodes, down = division.nodes, workload_pods.down.intersection(division.nodes)
    updated = len(nodes) - len(workload_pods.behind(nodes)) - len(down)
    away = f", {len(down):,} NotReady" if down else ""
    return f"{division.wave.name}: {updated:,} of {len(nodes):,} {division.wave.kind.places} updated{away}"


def takes_back(name: str, findings: Sequence[str], revision: int, places: str) -> str:
    """Return that a wave has failed, why, and that its `places`, nodes or pods, are taken back."""
    why = "; ".join(map(escaped, findings[:2]))
    return f"wave '{name}' failed: {why}. Taking its {places} back to revision {revision}"


def other_template(where: str, paths: Sequence[str]) -> str:
    """Return that a workload's template differs from what the program wrote, and what to do; `paths` differ."""
    differ = f" ({', '.join(paths[:_MOST_NAMES])})" if paths else ""
    return (
        f"{where}: its pod template is not what this program wrote{differ}: something else changed it since. "
        "Run `pulumi up --refresh` to restore it."
    )


def strategy_was_changed(where: str, by: Written, again: str) -> str:
    """Return that someone changed a workload's update strategy, who and when, and what it is `again`."""
    who = f" by {by.manager}, {by.time}" if by.manager else ""
    return (
        f"{where}: its updateStrategy was changed{who}, so Kubernetes may have restarted pods by itself. "
        f"It is {again} again"
    )


def restarts_again(pod: Pod, wanted: str) -> str:
    """Return that a pod is restarted whose predecessor was restarted for the same revision already, and why."""
    return f"{_whose(pod)}new pod {pod.name} has revision {pod.revision}, not {wanted}: it is restarted again"


def not_deleted(pod: Pod) -> str:
    """Return that a pod stays although its DELETE succeeded."""
    return f"{_whose(pod)}deleting pod {pod.name} succeeded, but the pod still exists"


def came_back_other(node: str, times: int, wanted: str) -> str:
    """Return that a node gets pods of another revision however often its pod is restarted."""
    return f"{node}: was restarted {times:,} times, and its new pod never had revision {wanted}"


def again(plan: WavePlan) -> str:
    """Return what an `up` that retries a configuration which a failed rollout took back does."""
    return "\n    ".join(
        [f"the last rollout of this configuration was taken back: it is tried again, {WAVE_BY_WAVE}", *plan.lines]
    )


def stuck(workload_pods: WorkloadPods, nodes: Sequence[str], budget: int, seconds: int) -> list[str]:
    """Return, by node, what held a wave up."""
    pods = {pod.node: pod for pod in workload_pods.pods}
    lines = []
    for node in workload_pods.behind(nodes):
        pod = pods.get(node)
        if pod is None:
            lines.append(f"{node}: has no pod")
        elif pod.leaving:
            stays = "was to be replaced, but is still there" if workload_pods.ordered else "does not terminate"
            lines.append(f"{_whose(pod)}pod {pod.name} {stays}")
        elif not pod.available and pod.revision == workload_pods.revision:
            lines.append(not_ready(pod, "is not ready"))
    if not lines and workload_pods.outdated(nodes):
        elsewhere = sorted(workload_pods.unavailable())
        lines = [
            f"unavailable pods: {len(elsewhere) + workload_pods.missing():,} of at most {budget:,}: {names(elsewhere)}"
        ]
    return [f"no pod became available for {seconds:,} s", *lines]


def failure(name: str, findings: Sequence[str], then: str) -> str:
    """Return why a wave failed and what was done about it, for the end of an `up`."""
    shown = [f"  {escaped(line)}" for line in findings[:20]]
    more = [f"  and {len(findings) - 20:,} more"] if len(findings) > 20 else []
    return "\n".join([f"wave '{name}' failed", *shown, *more, f"  {then}"])


def not_ready(pod: Pod, what: str) -> str:
    """Return what is wrong with a pod, by its node."""
    return f"{_whose(pod)}pod {pod.name} {what}{pod.because}"


def _whose(pod: Pod) -> str:
    """Return the beginning of a line about a pod: its node, unless it is known by its own name."""
    return "" if pod.node == pod.name else f"{pod.node}: "


def names(nodes: Sequence[str]) -> str:
    """Return the first few nodes, and how many more there are."""
    more = f" and {len(nodes) - _MOST_NAMES:,} more" if len(nodes) > _MOST_NAMES else ""
    return ", ".join(nodes[:_MOST_NAMES]) + more


def _wave(division: Division, restarts: int) -> str:
    count = len(division.nodes)
    some = _counted(division) if restarts == count else f"{restarts:,} of {count:,} {division.wave.kind.places}"
    return f"{some}, {division.budget:,} at a time{_checks(division)}"


def _checks(division: Division) -> str:
    wave = division.wave
    checks = [f"{'' if isinstance(gate, Window) else 'gate '}{gate}" for gate in wave.gates]
    if wave.soak_seconds:
        checks.append(f"{duration(wave.soak_seconds)} soak")
    return f"; {', '.join(checks)}" if checks else ""


def _counted(division: Division) -> str:
    count, places = len(division.nodes), division.wave.kind.places
    return f"{count:,} {places.removesuffix('s') if count == 1 else places}"


def duration(seconds: int) -> str:
    """Return a duration in words."""
    if seconds < 90:
        return f"{seconds} s"
    return f"{round(seconds / 60):,} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
