"""
What the programs that this process has started take: seconds of the processors, and memory.

Source: Linux proc_pid_stat(5) for `utime` and `stime`, proc_pid_status(5) for `VmHWM`.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

_TICKS = os.sysconf("SC_CLK_TCK")
_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class Process:
    """A process: its program, such as `etcd`, and the seconds of the processors that it has had."""

    pid: int
    parent: int
    program: str
    seconds: float


def parsed(stat: str, command: bytes) -> Process:
    """Read a process from its `stat` and its `cmdline`; the name in `stat` is cut, and may hold anything."""
    pid, _, rest = stat.partition(" ")
    _state, parent, *others = rest.rpartition(")")[2].split()
    program = Path(command.split(b"\0")[0].decode(errors="replace")).name
    return Process(int(pid), int(parent), program, (int(others[9]) + int(others[10])) / _TICKS)


def descendants() -> list[Process]:
    """Return what this process has started, and what that has started."""
    children: dict[int, list[Process]] = {}
    for process in _all():
        children.setdefault(process.parent, []).append(process)
    found, looked_at = [], [os.getpid()]
    while looked_at:
        of = children.get(looked_at.pop(), [])
        found += of
        looked_at += [process.pid for process in of]
    return found


def _all() -> Iterator[Process]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError, ValueError):  # it may have ended
                yield parsed((folder / "stat").read_text(errors="replace"), (folder / "cmdline").read_bytes())


def processor_seconds() -> dict[str, float]:
    """Return program -> seconds of the processors of all its processes."""
    seconds: dict[str, float] = {}
    for process in descendants():
        seconds[process.program] = seconds.get(process.program, 0.0) + process.seconds
    return seconds


class Peaks:
    """A context manager. `bytes` is program -> the most memory that one of its processes has held."""

    def __init__(self) -> None:
        self.bytes: dict[str, int] = {}
        self._over = threading.Event()

    def __enter__(self) -> "Peaks":
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            last = self._over.wait(_EVERY_SECONDS)
            for program, peak in peaks().items():
                self.bytes[program] = max(peak, self.bytes.get(program, 0))
            if last:
                return


def peaks() -> dict[str, int]:
    """Return program -> the most memory that one of its processes has held until now, in bytes."""
    found: dict[str, int] = {}
    for process in descendants():
        with suppress(OSError):  # it may have ended
            found[process.program] = max(peak_bytes(process.pid), found.get(process.program, 0))
    return found


def peak_bytes(pid: int | str = "self") -> int:
    """Return the most memory that a process has held at once, in bytes; 0 of one that has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
