"""The shortest walk that still fails: steps and mishaps are left out for as long as it does."""

from collections.abc import Callable

from tests.engine.walk_plan import Plan

Fails = Callable[[Plan], bool]
"""Walks a plan, and returns whether it fails as the whole one did."""


class _Tries:
    """How often may still be tried, and the answers so far: a plan is walked once."""

    def __init__(self, fails: Fails, most: int) -> None:
        self._fails, self._left = fails, most
        self._known: dict[Plan, bool] = {}

    def fails(self, plan: Plan) -> bool:
        if plan not in self._known:
            if not (self._left and plan.steps):
                return False
            self._left -= 1
            self._known[plan] = self._fails(plan)
        return self._known[plan]


def shrunk(plan: Plan, fails: Fails, tries: int) -> Plan | None:
    """
    Return the shortest plan found that fails, after at most so many tries; `None` if the plan itself does not again.

    `plan` ends with the step that failed. What is walked is real: one that fails only now and then gets less short.
    """
    attempts = _Tries(fails, tries)
    found = _end_of(plan, attempts)
    if found is None:
        return None
    shorter = _without_mishaps(_without_steps(found, attempts), attempts)
    while shorter != found:
        found, shorter = shorter, _without_mishaps(_without_steps(shorter, attempts), attempts)
    return found


def _end_of(plan: Plan, attempts: _Tries) -> Plan | None:
    """Return as few of the last steps as fail: 1, 2, 4 and so on."""
    count = 1
    while count < len(plan.steps):
        if attempts.fails(end := plan.without(0, len(plan.steps) - count)):
            return end
        count *= 2
    return plan if attempts.fails(plan) else None


def _without_steps(plan: Plan, attempts: _Tries) -> Plan:
    """Leave out half of the steps, a quarter, and so on down to one, wherever it still fails."""
    count = len(plan.steps) // 2
    while count:
        at = 0
        while at < len(plan.steps):
            if attempts.fails(less := plan.without(at, count)):
                plan = less
            else:
                at += count
        count //= 2
    return plan


def _without_mishaps(plan: Plan, attempts: _Tries) -> Plan:
    for at in range(len(plan.steps)):
        for mishap in reversed(range(len(plan.steps[at].mishaps))):
            if attempts.fails(less := plan.without_mishap(at, mishap)):
                plan = less
    return plan
