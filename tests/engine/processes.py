"""Programs of the repository, as processes that a test starts and looks for."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tools.demo import ROOT


def running(folder: str) -> list[str]:
    """Return the command lines of the processes that were started with something in the folder."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if folder in line:
            lines.append(line.replace("\0", " "))
    return lines


def end(*having: str) -> list[int]:
    """Kill the processes that have all of these in their command lines, and return which they were."""
    killed = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (path / "cmdline").read_bytes().decode(errors="replace")
            if all(text in line for text in having):
                os.kill(int(path.name), signal.SIGKILL)
                killed.append(int(path.name))
    return killed


def started(*command: str) -> subprocess.Popen:
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
