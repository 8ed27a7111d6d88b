"""How long one action takes against another."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PAIRS = 9

TIMED = """
import ctypes, os, resource, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
try:
    while True:
        os.wait()
except ChildProcessError:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(used.ru_utime + used.ru_stime)
sys.exit(done)
"""
"""Runs a command and prints the processor's seconds of all that it started: 36 is PR_SET_CHILD_SUBREAPER, so that what
the engine leaves behind is waited for too. Source: Linux prctl(2)."""


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


def processor_seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Return what a command and everything that it starts take of the processors, which others on the machine share."""
    timed = [sys.executable, "-c", TIMED, *command]
    done = subprocess.run(timed, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)
