"""Names for Pulumi's resource hooks where a host makes components: they stand in a program's state."""

from collections import Counter
from weakref import WeakKeyDictionary

from .run import scope, this_run

_taken: WeakKeyDictionary[object, Counter[str]] = WeakKeyDictionary()
"""The names of each run of a program: one process may make many."""


def hook_name(name: str) -> str:
    """
    Return a name that no other hook of this program has: the same in each run of it.

    What is deleted is tried again by the hook of that name in its state, so a number that grows would lose it. A host
    makes components one by one and in any order, so there the name says where the first component stands that shares
    these hooks; of two that share their name too, the second gets a number.
    """
    name = f"{of}:{name}" if (of := scope()) else name
    taken = _taken.setdefault(this_run(), Counter())
    taken[name] += 1
    return f"config-rollout:{name}" + (f":{taken[name]}" if taken[name] > 1 else "")
