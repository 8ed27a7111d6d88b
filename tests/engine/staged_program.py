"""A program, mostly with waves, run by the real command line as a process of its own, so that it can be killed."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from config_rollout.core.kubernetes.workload_kinds import WorkloadKind
from tools.demo import ROOT
from tools.engine import Engine
from tools.local_cluster import run_folder

_PROGRAM = '''
import json
import time
from pathlib import Path

from config_rollout import ConfiguredDaemonSet

said = json.loads(Path("said.json").read_text())


def test_gate(wave, nodes):
    """Say no for the wave that the test has chosen, or for all, and note when it was asked."""
    with Path("asked.jsonl").open("a") as file:
        file.write(json.dumps([wave, time.time()]) + "\\n")
    return "refused" if said["refused"] in (wave, "*") else None


ConfiguredDaemonSet("agent", {
    "namespace": said["namespace"],
    "data": said["data"],
    "pod_spec": {
        "containers": [{"name": "agent", "image": said["image"],
                        "volume_mounts": [{"name": "c", "mount_path": "/etc/agent"}]}],
        "volumes": [{"name": "c", "config_map": {"name": "agent"}}],
    },
    "pod_annotations": said["pod_annotations"],
    **({"waves": {**said["waves"], "gates": [test_gate]}} if said["waves"] is not None else {}),
    **said["more"],
})
'''


def source_of(kind: WorkloadKind) -> str:
    """Return the program of a workload of another kind, which has no waves."""
    return _PROGRAM.replace("ConfiguredDaemonSet", f"Configured{kind.kind}")


KUBE_PROXY = """
import json
from pathlib import Path

from config_rollout import KubeProxy

said = json.loads(Path("said.json").read_text())
KubeProxy("kube-proxy", {"config": said["data"], "waves": said["waves"], **said["more"]})
"""


class StagedProgram:
    """A context manager; `up` and `start` run it with what they are told, which stays told."""

    def __init__(self, engine: Engine, namespace: str, source: str = _PROGRAM, **said: Any) -> None:
        self._engine, self.namespace = engine, namespace
        self._said = {
            "namespace": namespace,
            "refused": "",
            "pod_annotations": {},
            "image": "agent:1",
            "more": {},
            **said,
        }
        self.folder = run_folder("staged")
        runtime = {"name": "python", "options": {"virtualenv": ".venv"}}
        (self.folder / "Pulumi.yaml").write_text(json.dumps({"name": namespace, "runtime": runtime}))
        (self.folder / "__main__.py").write_text(source)
        (self.folder / ".venv").symlink_to(ROOT / ".venv")

    def __enter__(self) -> "StagedProgram":
        self._engine.run("stack", "init", "test", folder=self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        self.end_what_is_left()
        self._engine.run("destroy", "--yes", "--skip-preview", "--remove", folder=self.folder)
        shutil.rmtree(self.folder)

    def start(self, *options: str, kubeconfig: Path | None = None, **said: Any) -> "subprocess.Popen[str]":
        """Start `pulumi up`; its output goes to its `stdout`."""
        self._said |= said
        (self.folder / "said.json").write_text(json.dumps(self._said))
        environment: Mapping[str, str] = self._engine.environment
        if kubeconfig:
            environment = {**environment, "KUBECONFIG": str(kubeconfig)}
        return subprocess.Popen(
            [self._engine.program, "up", "--yes", "--skip-preview", "--non-interactive", "--color=never", *options],
            cwd=self.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def up(self, *options: str, kubeconfig: Path | None = None, **said: Any) -> tuple[bool, str]:
        """Run `pulumi up` to its end; return whether it went well, and its output."""
        return ended(self.start(*options, kubeconfig=kubeconfig, **said))

    def asked(self) -> list[tuple[str, float]]:
        """Return the waves that the gate was asked about, `before` among them, each with when, since 1970."""
        path = self.folder / "asked.jsonl"
        return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []

    def preview(self, *options: str) -> str:
        """Run `pulumi preview` of what was said last, and return its output."""
        return self._engine.run("preview", "--color=never", *options, folder=self.folder).stdout

    def kill(self, process: "subprocess.Popen[str]") -> None:
        """Kill the engine, and leave its program alive: what a machine that runs out of memory does."""
        process.kill()
        process.wait()
        self._engine.run("cancel", "--yes", folder=self.folder)

    def end_what_is_left(self) -> None:
        """End what a killed engine left running in the folder: its language host, its program, its provider."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if Path(os.readlink(process / "cwd")) == self.folder:
                    os.kill(int(process.name), signal.SIGKILL)


def ended(process: "subprocess.Popen[str]") -> tuple[bool, str]:
    """Wait for the end of an `up`; return whether it went well, and its output."""
    output, _ = process.communicate(timeout=300)
    return process.returncode == 0, output
