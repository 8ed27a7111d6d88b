"""How long one action takes against another."""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAIRS = 9

TIMED = """
import ctypes, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
took = time.perf_counter() - started
try:
    while True:
        os.wait()
except ChildProcessError:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(used.ru_utime + used.ru_stime, took)
sys.exit(done)
"""
"""
Runs a command, and prints the processor's seconds of all that it started, and how long it took by the clock.

36 is PR_SET_CHILD_SUBREAPER, so that what the engine leaves behind is waited for too. Source: Linux prctl(2).
"""


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


@dataclass(frozen=True)
class Cost:
    """
    What something takes of the processors, with all that it starts, and by the clock: in seconds, or against another.

    Others on the machine make the clock slower, and the processors hardly.
    """

    processors: float
    clock: float


def against(one: Callable[[], object], other: Callable[[], object], repeat: int = 1, pairs: int = PAIRS) -> Cost:
    """Return the median ratios of what two actions take, as `paired` does. What they start has to have ended."""
    _spent(one, 1), _spent(other, 1)
    costs = [(_spent(one, repeat), _spent(other, repeat)) for _ in range(pairs)]
    return Cost(
        statistics.median(mine.processors / its.processors for mine, its in costs),
        statistics.median(mine.clock / its.clock for mine, its in costs),
    )


def _spent(action: Callable[[], object], repeat: int) -> Cost:
    before = _processors()
    clock = timed(action, repeat)
    return Cost(_processors() - before, clock)


def _processors() -> float:
    used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def cost(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Cost:
    """Return what a command takes, and what it leaves behind."""
    timed = [sys.executable, "-c", TIMED, *command]
    done = subprocess.run(timed, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(*map(float, done.stdout.split()))
