"""The words for a reload: what it does, how it went, and what became of one that failed."""

from collections.abc import Mapping, Sequence

_MOST = 10
RESTARTS = "all pods restart, as `on_failure` says"
KEPT = "the new text stays where it is, as `on_failure` says: correct it, and run `pulumi up` again"


def reloaded(nodes: Sequence[str], away: Sequence[str], seconds: float) -> str:
    """Return how a reload went."""
    took = f"{_count(len(nodes))} read it again within {seconds:.0f} s, each in the process that it had"
    lines = [f"reloaded: {took}" if nodes else "no pod had to read it again"]
    if away:
        lines.append(f"  not asked: {_listed(away)}: no pod was ready there. It reads the new text when it starts")
    return "\n".join(lines)


def canary_came_up(node: str, seconds: float) -> str:
    """Return that the canary has come up with the new text."""
    return f"canary: a pod with the new text came up on node {node} within {seconds:.0f} s"


def canary_says_nothing(node: str, why: str) -> str:
    """Return that the canary comes up with neither text: that is not the new one's fault."""
    return f"the canary on node {node} says nothing: it does not come up with the old text either ({why})"


def canary_failed(node: str, why: str) -> str:
    """Return that the canary does not come up with the new text, and with the old one it does."""
    return (
        f"reload failed at its canary, a pod with the new text on node {node}: {why}\n"
        "no pod has got the new text. Correct it, and run `pulumi up` again"
    )


def silent(wrong: Mapping[str, str], count: int, at: object) -> str:
    """Return which pods do not answer before the text changes, and what follows if they do not after it either."""
    place, why = min(wrong.items())
    return (
        f"{len(wrong):,} of {_count(count)} {'does' if len(wrong) == 1 else 'do'} not answer at {at} through the API "
        f"server ({place}: {why}). Without an answer after the change nothing proves that the new text was read: open "
        "the port, or pass `command`"
    )


def not_reloaded(wrong: Mapping[str, str], count: int) -> list[str]:
    """Return who has not read a text again, and why."""
    named = {place: why for place, why in wrong.items() if place}
    if not named:
        return [f"reload failed: {next(iter(wrong.values()))}"]
    lines = [f"  {place}: {why}" for place, why in sorted(named.items())[:_MOST]]
    more = [f"  and {len(named) - _MOST:,} more"] if len(named) > _MOST else []
    return [f"reload failed: {len(named):,} of {_count(count)} did not read it again", *lines, *more]


def taken_back(wrong: Mapping[str, str]) -> list[str]:
    """Return what became of the old text."""
    if not wrong:
        return ["the old text is back, and nothing restarted. Correct the new one, and run `pulumi up` again"]
    lines = [f"  {place}: {why}" for place, why in sorted(wrong.items())[:_MOST]]
    return ["the old text was written again, but not everywhere is it known to be in force", *lines]


def restarted(seconds: float) -> str:
    """Return that a rolling restart did what a reload did not."""
    return f"restarted: all pods have the new text, {seconds:.0f} s after it was written"


def canary_stopped(why: str) -> str:
    """Return that nobody waits for the canary any more."""
    return f"reload stopped at its canary: {why}. No pod has got the new text: run `pulumi up` again"


def stopped(why: str) -> str:
    """Return that nobody waits for a reload any more."""
    return f"reload stopped: {why}. The new text stays where it is: `pulumi up` asks again whether all have read it"


def not_restarted(seconds: int) -> str:
    """Return that the rolling restart after a failed reload takes too long."""
    return (
        f"the pods did not restart within {seconds} s. The new text stays where it is: correct it, and run `pulumi up` "
        "again"
    )


def not_woken(why: str) -> str:
    """Return that kubelets were not woken, and what that costs."""
    return f"kubelets bring the new text by themselves, within 60 to 90 s: {why}"


def _count(count: int) -> str:
    return f"{count:,} pod{'' if count == 1 else 's'}"


def _listed(places: Sequence[str]) -> str:
    shown = ", ".join(places[:_MOST])
    return f"{shown} and {len(places) - _MOST:,} more" if len(places) > _MOST else shown
