"""Names for Pulumi's resource hooks, which are one to a program and stand in its state."""

from collections import Counter
from weakref import WeakKeyDictionary

from pulumi.runtime import settings

_taken: WeakKeyDictionary[object, Counter[str]] = WeakKeyDictionary()
"""The names of each run of a program: one process may make many."""


def hook_name(name: str) -> str:
    """
    Return a name that no other hook of this program has: the same in each run of it.

    What is deleted is tried again by the hook of that name in its state, so a number that grows would lose it. Two
    components may share their name under different parents: the second gets a number.
    """
    taken = _taken.setdefault(settings.get_monitor(), Counter())
    taken[name] += 1
    return f"config-rollout:{name}" + (f":{taken[name]}" if taken[name] > 1 else "")
