"""The real programs that run the filter. They take minutes to build, so `make renderers` alone runs these tests."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools import build

if "RENDERERS" not in os.environ:
    collect_ignore_glob = ["test_*.py"]

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: agent\nversion: {version}\n",
    "values.yaml": "level: info\n",
    "templates/configmap.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  labels: {helm.sh/chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"}
data:
  agent.yaml: |
    # of {{ .Chart.Version }}
    level: {{ .Values.level }}
""",
    "templates/daemonset.yaml": """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ .Release.Name }} # its name
  labels: {helm.sh/chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"}
spec:
  revisionHistoryLimit: 1
  selector: {matchLabels: {app: agent}}
  template:
    metadata:
      labels: {app: agent}
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
    spec:
      containers:
        - {name: agent, image: "agent:1", volumeMounts: [{name: config, mountPath: /etc/agent}]}
      volumes: [{name: config, configMap: {name: "{{ .Release.Name }}"}}]
""",
    "templates/hook.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: hook, annotations: {helm.sh/hook: pre-upgrade}}
data: {a: b}
""",
}
"""A chart as most are: the checksum is of the template's text, in which a label has the chart's version."""


def write_chart(folder: Path, version: str) -> Path:
    for name, text in CHART.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("{version}", version) if name == "Chart.yaml" else text)
    return folder


@dataclass
class Programs:
    """The real programs, on the test's cluster, with `config-rollout` on PATH."""

    environment: dict[str, str]

    def run(self, *command: object, fails: bool = False) -> subprocess.CompletedProcess:
        words = [str(word) for word in command]
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=180)
        assert fails == bool(done.returncode), f"{words}: {done.stdout}{done.stderr}"
        return done


@pytest.fixture(scope="session")
def renderers() -> dict[str, Path]:
    return build.ensure(list(build.RENDERERS))


@pytest.fixture
def programs(cluster, renderers, tmp_path) -> Programs:
    own = Path(sys.executable).parent
    homes = {f"HELM_{what}_HOME": str(tmp_path / what.lower()) for what in ("CACHE", "CONFIG", "DATA")}
    environment = os.environ | cluster.environment | homes
    return Programs(environment | {"PATH": f"{own}:{os.environ['PATH']}"})
