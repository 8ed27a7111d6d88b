"""Pods of one DaemonSet as the core sees them, drawn as letters."""

from config_rollout.core.kubernetes.pods import Pod
from config_rollout.core.waves.restarts import WorkloadPods


def pods(states: str) -> list[Pod]:
    """Return a pod for each letter: `o`ld, `O`ld and unready, `n`ew, `N`ew and unready, `x` leaving, `.` none."""
    return [
        Pod(f"p{number}", f"u{number}", f"n{number}", "new" if state in "nN" else "old", state in "on", state == "x")
        for number, state in enumerate(states)
        if state != "."
    ]


def fleet(states: str, down: str = "") -> WorkloadPods:
    return WorkloadPods(pods(states), "new", len(states), frozenset(f"n{number}" for number in down))
