"""Runs the commands whose time, memory and requests are figures."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.usage import Peaks
from benchmarks.workloads import COMMANDS, Program
from tools.engine import Engine
from tools.local_cluster import RUN_FOLDER, LocalCluster

UP = COMMANDS["no-op `up`"]
PREVIEW = COMMANDS["preview"]
_LIMIT_SECONDS = 7200
_STATE_ONCE = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
"""
Has the engine save its state once, at the end. In a file it writes all of it after each resource, so that the time of
many resources grows with their square, with this library and without. Source: pulumi 3.259 sdk/go/common/env/env.go.
"""
_PROGRAMS = {"python": "program", "pulumi": "engine", "pulumi-resource-kubernetes": "provider"}
"""Executable -> what it is."""


@dataclass(frozen=True)
class Took:
    """
    What one command took.

    Args:
      seconds: By the clock.
      requests: What it asked the API server, watches and dry runs included.
      memory: Part -> the most memory that its process held, in bytes.

    """

    seconds: float
    requests: int
    memory: dict[str, int]

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


class Commands:
    """Runs commands against one cluster; what programs ask is read from its audit log."""

    def __init__(self, cluster: LocalCluster, engine: Engine) -> None:
        self._cluster, self._engine = cluster, engine
        self.set(**_STATE_ONCE)
        self.log = RUN_FOLDER / "scale.log"
        """What the last command printed."""
        cluster.as_watched().list("namespaces")  # the audit log begins with its first entry

    def set(self, **settings: str) -> None:
        """Let the programs that run from now on find settings in their environment."""
        self._engine.environment.update(settings)

    def pulumi(self, program: Program, arguments: Sequence[str], refusal: str = "") -> Took:
        """Run the engine with a program; `refusal` is what has to be said where that fails."""
        return self._run([self._engine.program, *arguments, "--non-interactive"], program.folder, refusal)

    def ours(self, *arguments: str) -> Took:
        """Run our command line."""
        return self._run([sys.executable, "-m", "config_rollout", *arguments], self._engine.home)

    def _run(self, command: Sequence[str], folder: Path, refusal: str = "") -> Took:
        """
        Run a command to its end.

        Raises:
          RuntimeError: It failed, or was to fail and did not say so; with the end of what it printed.

        """
        since, began = self._cluster.asked_bytes(), time.perf_counter()
        with Peaks() as peaks, self.log.open("w") as log:
            done = subprocess.run(
                command, cwd=folder, env=self._engine.environment, stdout=log, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, timeout=_LIMIT_SECONDS,
            )  # fmt: skip
            seconds = time.perf_counter() - began
        said = self.log.read_text()
        if bool(done.returncode) != bool(refusal) or refusal not in said:
            end = "\n".join(said.splitlines()[-20:])
            raise RuntimeError(f"scale: {' '.join(command)} exited with {done.returncode}:\n{end}")
        memory = {title: peaks.bytes[name] for name, title in _PROGRAMS.items() if name in peaks.bytes}
        return Took(seconds, len(self._cluster.requests_of("", since)), memory)


def writes(cluster: LocalCluster) -> int:
    """Return how often the API server has written until now, for anyone."""
    return sum(cluster.writes().values())
