"""A tool that is killed in the middle of its work, with everything that it started."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class Killed:
    """
    Kills the programs that this process starts inside the block, once `due` says so; a context manager.

    `hit` says whether one was killed: a quick tool may be done before.
    """

    def __init__(self, due: Callable[[], bool]) -> None:
        self._due, self._over = due, threading.Event()
        self.hit = False

    def __enter__(self) -> "Killed":
        self._spared = _below(os.getpid())
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            if self._due():
                for process in _below(os.getpid()) - self._spared:
                    with suppress(OSError):
                        os.kill(process, signal.SIGKILL)
                        self.hit = True
            time.sleep(0.002)


def _below(root: int) -> set[int]:
    """Return the processes that a process started, and those that they did."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(folder.name))
    found: set[int] = set()
    new = [root]
    while new:
        new = [child for process in new for child in parents.get(process, [])]
        found.update(new)
    return found
