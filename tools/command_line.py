"""The command line, run in this process as its program runs: most of a process is its start."""

import contextlib
import io
import os
import sys
import traceback
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from unittest import mock

from config_rollout.cli.main import main


def run(*arguments: object, stdin: str | bytes = b"", folder: Path | None = None) -> "CompletedProcess[bytes]":
    """Return what a run prints and exits with; `folder` is where it runs, and an escaped exception is a traceback."""
    words, stdout, stderr = [str(argument) for argument in arguments], io.BytesIO(), io.BytesIO()
    streams: dict[str, Any] = {
        "stdin": io.TextIOWrapper(io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin), "utf-8"),
        "stdout": io.TextIOWrapper(stdout, "utf-8"),
        "stderr": io.TextIOWrapper(stderr, "utf-8", "backslashreplace"),
    }
    with mock.patch.multiple(sys, **streams), contextlib.chdir(folder or os.getcwd()):
        code = _exit_code(words)
        sys.stdout.flush()
        sys.stderr.flush()
    return CompletedProcess(words, code, stdout.getvalue(), stderr.getvalue())


def run_text(*arguments: object, stdin: str = "", folder: Path | None = None) -> "CompletedProcess[str]":
    """Do the same, with what is printed as text."""
    done = run(*arguments, stdin=stdin, folder=folder)
    return CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def _exit_code(words: list[str]) -> int:
    try:
        return main(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except Exception:
        traceback.print_exc()
        return 1
