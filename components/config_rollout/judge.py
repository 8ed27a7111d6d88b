"""Lets a program say what is in force with a configuration, as the judge of a replay."""

import hashlib
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from .core.replay import Snapshot
from .sources import Trouble

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
    try:
        done = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Trouble(f"--judge: took more than {_TIMEOUT} s for {name}. Name a command that ends.") from None
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if done.returncode:
        raise Trouble(
            f"--judge: exit code {done.returncode} for {name} ({said[-1] if said else 'without a word'}). "
            "Let it print something of its own, and exit with 0, for what it refuses."
        )
    if not done.stdout:
        raise Trouble(f"--judge: printed nothing for {name}. Let it print what is in force.")
    return done.stdout
