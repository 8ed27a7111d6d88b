"""
How long the README's two commands take: `python -m benchmarks.first_run`, or of one of them, as `demo`.

In a new clone, first with nothing cached, and then again. On two processors that is an hour and a half.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools import machine
from tools.documents import ROOT

FIRST_PREVIEW = re.compile(r"The first `pulumi preview` came (\d+) s after")

Times = dict[str, float]
"""What was waited for -> how many seconds."""


def run(command: str, clone: Path) -> Times:
    """Return how long a command of the Makefile takes; what it prints is in `make-COMMAND.log` beside the clone."""
    log = clone.parent / f"make-{command}.log"
    environment = {**os.environ, "XDG_CACHE_HOME": str(clone.parent / "cache")}
    started = time.monotonic()
    with log.open("w") as file:
        usual = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": subprocess.STDOUT}
        if subprocess.run(["make", command], cwd=clone, env=environment, check=False, **usual).returncode:  # type: ignore[call-overload]
            sys.exit(f"make {command} failed:\n{log.read_text()[-4000:]}")
    took = time.monotonic() - started
    first = FIRST_PREVIEW.search(log.read_text())
    preview = {f"`make {command}`, to its first preview": float(first[1])} if first else {}
    return {**preview, f"`make {command}`": took}


def table(first: Times, again: Times) -> str:
    """Return the times as Markdown."""
    rows = [f"| {what} | {_words(first[what])} | {_words(again[what])} |" for what in first]
    head = ["| command | with nothing cached | again |", "| --- | --- | --- |"]
    return "\n".join([f"{machine.today()}, on {machine.machine()}.\n", *head, *rows])


def _words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def main() -> None:
    """Run both commands, or those that are named, and print how long they took."""
    commands = sys.argv[1:] or ["demo", "test"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        rounds: list[Times] = []
        for _ in ("first", "again"):
            rounds.append({})
            for command in commands:
                rounds[-1] |= run(command, clone)
                print(rounds[-1], file=sys.stderr, flush=True)
    print(table(*rounds))


if __name__ == "__main__":
    main()
