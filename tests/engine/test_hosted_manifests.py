"""Charts, kustomizations and manifests in a program of another language: a Pulumi YAML program on the real engine."""

import json
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
import yaml

from tests.engine.conftest import NODES
from tests.engine.observed import audited, written
from tests.objects.manifests import source, workload
from tools.documents import ROOT
from tools.pods import Recorder

KINDS = {"chart": "ConfiguredChart", "kustomization": "ConfiguredKustomization", "manifests": "ConfiguredManifests"}
"""Name of the component, of its folder and of its workload -> its type."""

POD = (
    "metadata: {labels: {app: %s}, annotations: {local-cluster/ready-after: 0s}}, spec: {containers: [{name: a, "
    'image: "a:1", volumeMounts: [{name: c, mountPath: /c}]}], volumes: [{name: c, configMap: {name: %s}}]}'
)


class Program:
    """The folder of a YAML program with one component of each kind, beside a clone of the library."""

    def __init__(self, engine, folder: Path, namespace: str) -> None:
        self._engine, self.folder, self._namespace = engine, folder, namespace
        self.configure("level: info")

    def configure(self, config: str, names: Collection[str] = KINDS) -> None:
        """Write what the workloads read, and the program with these components."""
        files = {
            "chart/Chart.yaml": "{apiVersion: v2, name: chart, version: 1.0.0}",
            "chart/templates/all.yaml": _daemon_set("chart") + source("chart", "{a.yaml: {{ quote .Values.config }}}"),
            "kustomization/a.yaml": config,
            "kustomization/all.yaml": _daemon_set("kustomization").removesuffix("---\n"),
            "kustomization/kustomization.yaml": json.dumps({
                "resources": ["all.yaml"], "configMapGenerator": [{"name": "kustomization", "files": ["a.yaml"]}],
            }),
            "manifests/all.yaml": _daemon_set("manifests") + source("manifests", json.dumps({"a.yaml": config})),
        }  # fmt: skip
        for name, text in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        own = {
            "chart": {"chart": "chart", "values": {"config": config}, "releaseName": "release"},
            "kustomization": {"directory": "kustomization"},
            "manifests": {
                "manifests": "manifests",
                "workloads": {"DaemonSet/manifests": {"rolloutTimeoutSeconds": 60}},
            },
        }
        resources = {
            name: {
                "type": f"config-rollout:{KINDS[name]}",
                "properties": {"namespace": self._namespace, **own[name]},
            }
            for name in names
        }
        packages = {"config-rollout": "../config-rollout/plugins/pulumi"}
        program = {"name": "others", "runtime": "yaml", "packages": packages, "resources": resources}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(program))

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Return what a command prints."""
        done = self._engine.run(*arguments, folder=self.folder, check=False)
        assert fails == bool(done.returncode), done.stdout
        return str(done.stdout)

    def up(self) -> str:
        return self.run("up", "--yes", "--skip-preview", "--color", "never")


def _daemon_set(name: str) -> str:
    return workload(POD % (name, name)).replace("agent", name)


@pytest.fixture
def program(engine, namespace, tmp_path) -> Iterator[Program]:
    plugin = tmp_path / "config-rollout" / "plugins" / "pulumi"
    plugin.mkdir(parents=True)
    for name in ("PulumiPlugin.yaml", "__main__.py"):
        shutil.copy(ROOT / "plugins" / "pulumi" / name, plugin / name)
    (plugin / "venv").symlink_to(ROOT / ".venv")
    program = Program(engine, tmp_path / "program", namespace)
    program.run("stack", "init", "dev")
    yield program
    program.run("destroy", "--yes", "--skip-preview", "--remove")


def test_each_component_lives_its_life_and_finds_its_files_in_the_folder_of_the_program(program, cluster, namespace):
    def made() -> tuple[int, int]:
        """Return how many pods an `up` makes, on how many nodes."""
        with Recorder(cluster.api, namespace) as recorder:
            program.up()
        pods = audited(recorder)
        return sum(pods.values()), len(pods)

    assert (3 * NODES, NODES) == made()
    assert {} == written(cluster, program.up)
    program.configure("# what it says\nlevel:   'info'")
    assert (0, 0) == made()
    program.configure("level: debug")
    told = program.run("preview", "--color", "never").partition("Diagnostics:")[2]
    assert 3 == told.count("a.yaml: level info => debug: rolling restart")
    assert (3 * NODES, NODES) == made()


@pytest.mark.parametrize(
    ("name", "file", "text", "wrong"),
    [
        ("chart", "chart/templates/bad.yaml", '{{ fail "a level is required" }}',
         "property chart  has a problem: cannot be rendered: chart/templates/bad.yaml:1:3: a level is required."),
        ("kustomization", "kustomization/all.yaml", "kind: [",
         "property directory  has a problem: cannot be rendered: "),
        ("manifests", "manifests/bad.yaml", source("manifests"), "manifests/bad.yaml:1: ConfigMap "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_written(program, cluster, namespace, name, file, text, wrong):
    program.configure("level: info", [name])
    (program.folder / file).write_text(text)
    for command in (("preview",), ("up", "--yes", "--skip-preview")):
        said = program.run(*command, "--color", "never", fails=True)
        assert wrong in said
        assert "Traceback" not in said
    assert [] == cluster.api.list(f"namespaces/{namespace}/daemonsets")
