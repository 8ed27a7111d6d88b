"""
What a rollout of three minutes in waves says while it runs, in CI and in a terminal; writes it into docs/waves.md.

Thirty nodes in three zones, on the local cluster: `python -m tools.transcript`.
"""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from . import build, terminal
from .documents import ROOT, filled
from .engine import Engine
from .local_cluster import LocalCluster, run_folder

NODES, COLUMNS = 30, 100
_NAMESPACE = "monitoring"
_LEVELS = ("info", "debug", "trace")
_DOCUMENT = ROOT / "docs" / "waves.md"

_PROGRAM = """
from pathlib import Path

from config_rollout import ConfiguredDaemonSet

ConfiguredDaemonSet("node-agent", {
    "namespace": "monitoring",
    "data": {"agent.yaml": Path("agent.yaml").read_text()},
    "pod_spec": {
        "containers": [{"name": "agent", "image": "registry.k8s.io/pause:3.10",
                        "volume_mounts": [{"name": "config", "mount_path": "/etc/agent"}]}],
        "volumes": [{"name": "config", "config_map": {"name": "node-agent"}}],
    },
    "pod_annotations": {"local-cluster/ready-after": "9s"},
    "waves": {
        "first": [{"name": "canary", "nodes": 1, "soak_seconds": 25}],
        "by": "topology.kubernetes.io/zone",
        "max_unavailable": 2,
    },
})
"""


class _Rollouts:
    """A stack whose configuration changes with each run."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self._folder, self._levels = engine, folder, iter(_LEVELS)
        runtime = {"name": "python", "options": {"virtualenv": ".venv"}}
        (folder / "Pulumi.yaml").write_text(json.dumps({"name": "node-agent", "runtime": runtime}))
        (folder / "__main__.py").write_text(_PROGRAM)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        engine.run("stack", "init", "production", folder=folder)
        self._edit()
        engine.run("up", "--yes", "--skip-preview", folder=folder)

    def _edit(self) -> None:
        (self._folder / "agent.yaml").write_text(f"level: {next(self._levels)}\n")

    def in_ci(self) -> list[str]:
        """Return each line of `pulumi up --yes --skip-preview 2>&1 | cat` with the seconds after which it came."""
        self._edit()
        began, lines = time.monotonic(), []
        command = [self._engine.program, "up", "--yes", "--skip-preview"]
        with subprocess.Popen(command, cwd=self._folder, env=self._engine.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:  # fmt: skip
            assert process.stdout
            for line in process.stdout:
                lines.append(f"{time.monotonic() - began:4.0f} s  {line.rstrip()}")
        return lines

    def in_a_terminal(self, moments: Sequence[float]) -> list[str]:
        """Return the pictures on the screen after so many seconds."""
        self._edit()
        began, left, pictures = time.monotonic(), list(moments), []

        def drawn(frame: str) -> None:
            if left and time.monotonic() - began > left[0] and "Type" in frame:
                pictures.append(f"after {left.pop(0):.0f} s:\n{frame}")

        command = [self._engine.program, "up", "--yes", "--skip-preview", "--color", "never"]
        terminal.run(command, self._folder, self._engine.environment, COLUMNS, drawn)
        return pictures


def _shortened(lines: Sequence[str]) -> list[str]:
    """Return what a log says while the waves run, without the rows of other resources and the summary."""
    rows = lines[: next(number for number, line in enumerate(lines) if line.endswith("Diagnostics:"))]
    said = re.compile(r" begins: | done, | nodes updated| soaks | Stash \S+ updat")
    return [line for line in rows if said.search(line)]


def main() -> None:
    """Run the two rollouts and write the transcripts."""
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(NODES)
        cluster.create_namespace(_NAMESPACE)
        folder = run_folder("transcript")
        rollouts = _Rollouts(engine, folder)
        log, pictures = rollouts.in_ci(), rollouts.in_a_terminal((30, 110))
        shutil.rmtree(folder)
    (ROOT / ".run" / "transcript.log").write_text("\n".join([*log, *pictures]))
    text = filled(_DOCUMENT.read_text(), "transcript-ci", _block(_shortened(log)))
    _DOCUMENT.write_text(filled(text, "transcript-terminal", _block(pictures)))


def _block(lines: Sequence[str]) -> str:
    return "\n".join(["```text", *lines, "```"])


if __name__ == "__main__":
    main()
