"""Lets a program print the effective values of a configuration, as the judge of a replay."""

import hashlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from ...core.replay.transitions import Snapshot
from ..errors import Trouble

_TIMEOUT = 60
"""Seconds for one configuration."""


def judge_by(command: str) -> Callable[[Snapshot], str]:
    """
    Return a judge that runs a shell command for a snapshot: what it prints is what is in force.

    The command runs in a folder of its own that holds a file for each key.
    """

    def ask(snapshot: Snapshot) -> str:
        with tempfile.TemporaryDirectory() as folder:
            for _, values in snapshot.content.sections():
                for key, value in values.items():
                    Path(folder, key).write_bytes(value)
            return hashlib.sha256(_run(command, folder, snapshot.name)).hexdigest()

    return ask


def _run(command: str, folder: str, name: str) -> bytes:
    with subprocess.Popen(
        command,
        shell=True,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            printed, complaints = process.communicate(timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Trouble(f"--judge: took more than {_TIMEOUT} s for {name}. Pass a faster command.") from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)  # the shell and what it started
    lines = complaints.decode(errors="replace").strip().splitlines()
    if process.returncode:
        raise Trouble(
            f"--judge: exit code {process.returncode} for {name} ({lines[-1] if lines else 'no output'}). "
            "For configurations that it refuses, it must print a text of its own and exit with 0."
        )
    if not printed:
        raise Trouble(f"--judge: printed nothing for {name}. It must print the effective values.")
    return printed
