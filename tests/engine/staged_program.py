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


_CLOCK = '''
import datetime
import time
from pathlib import Path

real_time, real = time.time, datetime.datetime


def off():
    """Return by how many seconds the clock of this process is off, now."""
    path = Path("clock")
    return float(path.read_text() or 0) if path.exists() else 0.0


class Kind(type):
    def __instancecheck__(cls, value):
        return isinstance(value, real)


class Shifted(real, metaclass=Kind):
    @classmethod
    def now(cls, tz=None):
        return real.now(tz) + datetime.timedelta(seconds=off())


time.time, datetime.datetime = lambda: real_time() + off(), Shifted
'''
"""
Comes first in a program whose clock jumps: `set_clock`. Python's clock alone does, for that process.

All processes of a machine share the kernel's clock, which a time namespace does not shift; Go asks it without libc.
Source: time_namespaces(7).
"""


def source_of(kind: WorkloadKind, clock: bool = False) -> str:
    """Return the program of a workload of a kind; of others than a DaemonSet it has no waves. Its clock may jump."""
    return (_CLOCK if clock else "") + _PROGRAM.replace("ConfiguredDaemonSet", f"Configured{kind.kind}")


KUBE_PROXY = """
import json
from pathlib import Path

from config_rollout import KubeProxy

said = json.loads(Path("said.json").read_text())
KubeProxy("kube-proxy", {"config": said["data"], "waves": said["waves"], **said["more"]})
"""


class StagedProgram:
    """
    A context manager; `up` and `start` run it with what they are told, which stays told.

    At the end it destroys the stack, which nobody needs whose cluster ends too: `destroys`.
    """

    def __init__(
        self, engine: Engine, namespace: str, source: str = _PROGRAM, destroys: bool = True, **said: Any
    ) -> None:
        self._engine, self.namespace, self._destroys = engine, namespace, destroys
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
        if self._destroys:
            self._engine.run("destroy", "--yes", "--skip-preview", "--remove", folder=self.folder)
        shutil.rmtree(self.folder)

    def start(self, *options: str, kubeconfig: Path | None = None, **said: Any) -> "subprocess.Popen[str]":
        """Start `pulumi up`; its output goes to its `stdout`."""
        self._said |= said
        (written := self.folder / "said.json.new").write_text(json.dumps(self._said))
        written.replace(self.folder / "said.json")  # another `up` may read it
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
        self.kill_process("")

    def kill_process(self, having: str) -> None:
        """Kill what runs in the folder and has this in its command line."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                line = (process / "cmdline").read_bytes().decode(errors="replace")
                if Path(os.readlink(process / "cwd")) == self.folder and having in line:
                    os.kill(int(process.name), signal.SIGKILL)

    def set_clock(self, seconds: int) -> None:
        """Let the clock of the program, if it has one that may jump, be off by so much from now on."""
        (written := self.folder / "clock.new").write_text(str(seconds))
        written.replace(self.folder / "clock")


def ended(process: "subprocess.Popen[str]") -> tuple[bool, str]:
    """Wait for the end of an `up`; return whether it went well, and its output."""
    output, _ = process.communicate(timeout=300)
    return process.returncode == 0, output
