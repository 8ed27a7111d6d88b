"""How long one action takes against another."""

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
    """What a command takes: of the processors, with everything that it starts, and by the clock; both in seconds."""

    processors: float
    clock: float


def cost(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Cost:
    """Return what a command takes. Others on the machine make the clock slower, and the processors hardly."""
    timed = [sys.executable, "-c", TIMED, *command]
    done = subprocess.run(timed, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(*map(float, done.stdout.split()))
