"""How long one action takes against another."""

import statistics
import time
from collections.abc import Callable

PAIRS = 9


def paired(one: Callable[[], object], other: Callable[[], object], repeat: int = 1, pairs: int = PAIRS) -> float:
    """Return the median ratio of the times of two actions, run in turn, after one run of each to warm up."""
    timed(one, 1), timed(other, 1)
    return statistics.median(timed(one, repeat) / timed(other, repeat) for _ in range(pairs))


def timed(action: Callable[[], object], repeat: int) -> float:
    """Return how long it takes, in seconds."""
    started = time.perf_counter()
    for _ in range(repeat):
        action()
    return time.perf_counter() - started
