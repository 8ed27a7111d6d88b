"""A program in a folder, run by the real command line as a person types it: with its preview, and in a terminal."""

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools import terminal
from tools.demo import ROOT
from tools.engine import Engine


class Typed:
    """One stack of one project; `program` writes what it runs."""

    def __init__(self, engine: Engine, folder: Path, project: str, stack: str = "dev") -> None:
        self._engine, self.folder, self.stack = engine, folder, stack
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / ".venv").exists():
            (folder / ".venv").symlink_to(ROOT / ".venv")
        runtime = "{name: python, options: {toolchain: pip, virtualenv: .venv}}"
        (folder / "Pulumi.yaml").write_text(f"name: {project}\nruntime: {runtime}\n")
        engine.run("stack", "init", stack, folder=folder)

    def program(self, *lines: str) -> None:
        """Write the program: what is below these imports."""
        head = "import pulumi\nfrom config_rollout import ConfiguredDaemonSet, KubeProxy\n"
        (self.folder / "__main__.py").write_text(head + "\n".join(textwrap.dedent(line) for line in lines) + "\n")

    def run(self, *words: str, fails: bool = False) -> str:
        """Run `pulumi` as in CI and return what it prints."""
        done = self._engine.run(*words, "--stack", self.stack, folder=self.folder, check=False)
        assert bool(done.returncode) == fails, done.stdout
        return done.stdout

    def in_terminal(self, *words: str) -> str:
        """Run it in a terminal and return the last picture."""
        command = [self._engine.program, *words, "--stack", self.stack, "--color", "never"]
        code, picture = terminal.run(command, self.folder, self._engine.environment)
        assert not code, picture
        return picture

    def gone(self) -> None:
        """Destroy what is left, and the stack."""
        options = ("--yes", "--skip-preview", "--remove", "--stack", self.stack)
        self._engine.run("destroy", *options, folder=self.folder, check=False)


def component(name: str, namespace: str, level: str, options: str = "", **arguments: Any) -> str:
    """Return the line of a program with a ConfiguredDaemonSet; `options` is Python."""
    called: Mapping[str, Any] = arguments
    mounts = [{"name": "config", "mount_path": "/etc/agent"}]
    given = {
        "namespace": namespace,
        "data": {"agent.yaml": f"level: {level}\n"},
        "pod_spec": {
            "containers": [{"name": "agent", "image": called.get("image", "agent:1"), "volume_mounts": mounts}],
            "volumes": [{"name": "config", "config_map": {"name": called.get("name", name)}}],
        },
        "update_strategy": {"rolling_update": {"max_unavailable": "100%"}},
        "pod_annotations": {"local-cluster/ready-after": "0s"},
        **{key: value for key, value in arguments.items() if key != "image"},
    }
    if "waves" in given:
        del given["update_strategy"]
    kind = "ConfiguredDaemonSet"
    return f"{kind}({name!r}, {json.loads(json.dumps(given))!r}, pulumi.ResourceOptions({options}))"
