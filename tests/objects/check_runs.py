"""`config-rollout check` run inside this process, in a folder of its own."""

import json
from pathlib import Path
from typing import NamedTuple

from tools import command_line

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: agent}\ndata: {agent.yaml: 'level: info'}\n"
AGENT = """apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  minReadySeconds: 10
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers:
        - {name: a, image: a, readinessProbe: {exec: {}}, volumeMounts: [{name: c, mountPath: /a, subPath: agent.yaml}]}
      volumes: [{name: c, configMap: {name: agent}}]
"""
"""With `MAP`, one finding: `config-not-hashed` on line 12."""

REFUSED = AGENT.replace(
    "  template:", "  updateStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}\n  template:"
)
"""With one more finding, a mandatory one, on line 7."""


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def findings(self) -> list[str]:
        """`FILE:LINE RULE` of each finding in text."""
        lines = [line for line in self.out.splitlines() if line.endswith("]")]
        return [f"{line.split(': ')[0]} {line.rpartition('[')[2][:-1]}" for line in lines]

    @property
    def json(self) -> dict:
        return json.loads(self.out)


class Folder:
    """A folder that is the working directory, and the command in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / ".git").mkdir()  # the search for a configuration file ends here

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def check(self, *arguments: object, stdin: str = "", folder: str = "") -> Done:
        done = command_line.run_text("check", *arguments, stdin=stdin, folder=self.path / folder)
        return Done(done.returncode, done.stdout, done.stderr)
