"""The words about waves: the plan in preview, what a wave does, how far it is, and why it stopped."""

import math
from collections.abc import Iterable, Sequence

from .restarts import Fleet, Pod
from .shown import escaped
from .update_strategy import SECONDS_PER_POD
from .waves import Division
from .windows import Window

_MOST_NAMES = 5


def plan(divisions: Sequence[Division], through: str, down: Iterable[str], min_ready_seconds: int) -> list[str]:
    """Return the lines of a plan: the waves that have nodes, how long they take, which nodes cannot follow and why."""
    lines = []
    seconds, stopped = 0, False
    width = max((len(d.wave.name) for d in divisions if d.nodes), default=0)
    for division in divisions:
        if not division.nodes:
            continue
        if stopped:
            lines.append(f"{division.wave.name:{width}}  {_nodes(len(division.nodes))}  not now: through '{through}'")
            continue
        lines.append(f"{division.wave.name:{width}}  {_wave(division)}")
        seconds += estimate_seconds(division, min_ready_seconds)
        stopped = division.wave.name == through
    if not lines:
        return ["no node has a pod yet: they start on all nodes at once"]
    lines.append(f"about {duration(seconds)}")
    down = sorted(down)
    if down:
        verb = "is NotReady: it counts against max_unavailable and changes when it is back"
        if len(down) > 1:
            verb = "are NotReady: they count against max_unavailable and change when they are back"
        lines.append(f"{names(down)} {verb}")
    return lines


def estimate_seconds(division: Division, min_ready_seconds: int) -> int:
    """Return how long a wave takes: 15 s for a pod, and `min_ready_seconds`, for each turn, and its soak."""
    turns = math.ceil(len(division.nodes) / division.budget)
    return turns * (SECONDS_PER_POD + min_ready_seconds) + division.wave.soak_seconds


def wave_task(division: Division, restarts: int) -> str:
    """Return what a wave does in an `up` that restarts so many of its pods."""
    if not division.nodes:
        return "no nodes"
    checks = _checks(division)
    if not restarts:
        return f"{_nodes(len(division.nodes))}: nothing to restart{checks}"
    some = "" if restarts == len(division.nodes) else f", {restarts:,} of them outdated"
    return f"{_nodes(len(division.nodes))}{some}: {division.budget:,} at a time{checks}"


def waits(window: str) -> str:
    """Return that a wave does not begin now."""
    return f"does not begin now: {window}; `pulumi up` goes on after it"


def begins(division: Division, where: str) -> str:
    """Return that a wave begins, and how to stop a rollout that runs."""
    return f"{division.wave.name}: begins (`config-rollout pause {where}` stops it before the next pod)"


def through(division: Division, fleet: Fleet) -> str:
    """Return that a wave is through; nodes that are NotReady change when they are back."""
    return progress(division, fleet)


def already(having: int, pods: int) -> list[str]:
    """Return a line for the plan where some pods need no restart."""
    return [f"{having:,} of {pods:,} pods have this configuration already"] if having else []


def again(plan: Sequence[str]) -> str:
    """Return what an `up` does that tries a configuration again which a failed rollout took back."""
    return "\n    ".join(["the last rollout of this configuration was taken back: the same again, wave by wave", *plan])


def progress(division: Division, fleet: Fleet) -> str:
    """Return how far a wave is, which nodes it waits for, and which are NotReady and change when they are back."""
    nodes = division.nodes
    behind, down = set(fleet.behind(nodes)), sorted(fleet.down.intersection(nodes))
    waited = sorted(fleet.unavailable() & behind)
    line = f"{division.wave.name}: {len(nodes) - len(behind) - len(down):,} of {len(nodes):,} nodes updated"
    away = f", {len(down):,} NotReady" if down else ""
    return f"{line}{away}, waiting for {names(waited)}" if waited else line + away


def stuck(fleet: Fleet, nodes: Sequence[str], budget: int, seconds: int) -> list[str]:
    """Return, by node, what kept a wave from getting on."""
    pods = {pod.node: pod for pod in fleet.pods}
    found = []
    for node in fleet.behind(nodes):
        pod = pods.get(node)
        if pod is None:
            found.append(f"{node}: has no pod")
        elif pod.leaving:
            found.append(f"{node}: pod {pod.name} does not end")
        elif not pod.available and pod.revision == fleet.revision:
            found.append(not_ready(pod, "is not ready"))
    if not found and fleet.outdated(nodes):
        elsewhere = sorted(fleet.unavailable())
        found = [f"unavailable pods: {len(elsewhere) + fleet.missing():,} of at most {budget:,}: {names(elsewhere)}"]
    return [f"nothing became available for {seconds:,} s", *found]


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


def _wave(division: Division) -> str:
    return f"{_nodes(len(division.nodes))}, {division.budget:,} at a time{_checks(division)}"


def _checks(division: Division) -> str:
    wave = division.wave
    checks = [f"{'' if isinstance(gate, Window) else 'gate '}{gate}" for gate in wave.gates]
    if wave.soak_seconds:
        checks.append(f"{duration(wave.soak_seconds)} soak")
    return f"; {', '.join(checks)}" if checks else ""


def _nodes(count: int) -> str:
    return f"{count:,} node{'' if count == 1 else 's'}"


def duration(seconds: int) -> str:
    """Return how long something takes, as a person says it."""
    if seconds < 90:
        return f"{seconds} s"
    return f"{round(seconds / 60):,} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
