"""
Programs in TypeScript and Go on the real engine, with SDKs that are generated as docs/languages.md says.

`languages/` has a program of every component in each; the other programs are the document's. Node.js is the one that
the type checker of the lock file brings, and what npm installs is in a lock file too.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.engine import kube_system
from tests.engine.conftest import BETTER, NODES, hash_of, wait_for_garbage
from tests.engine.language_programs import VENV, Program, block, mend_imports, outputs, typed_programs
from tests.engine.observed import updated, written
from tests.objects.manifests import source, workload
from tools.documents import ROOT

PROGRAMS = ROOT / "tests" / "engine" / "languages"
POD = (
    "metadata: {labels: {app: agent}, annotations: {local-cluster/ready-after: 0s}}, spec: {containers: [{name: agent, "
    'image: "agent:1", volumeMounts: [{name: c, mountPath: /etc/agent}]}], volumes: [{name: c, '
    "configMap: {name: agent}}]}"
)


@dataclass(frozen=True)
class Language:
    """A language of typed programs: what Pulumi calls it, its program's file, and what installs and checks that."""

    name: str
    sdk: str
    file: str
    install: str
    check: str


# The SDK is linked as npm does it, which would also install what the SDK was developed with, in no pinned version.
TYPESCRIPT = """
npm ci --no-audit --no-fund
ln -s ../../sdks/nodejs node_modules/@pulumi/config-rollout
cd sdks/nodejs && PATH="../../node_modules/.bin:$PATH" node scripts/postinstall.js
"""
LANGUAGES = (
    Language("typescript", "nodejs", "index.ts", TYPESCRIPT, "node_modules/.bin/tsc --project ."),
    Language("go", "go", "main.go", "", "go vet ./..."),
)


class TypedProgram(Program):
    """The program of every component in a language, in a folder with the SDK and all else that it needs."""

    def __init__(self, engine, folder: Path, language: Language) -> None:
        super().__init__(engine, folder / "program")
        self.language = language
        shutil.copytree(PROGRAMS / language.name, self.folder, dirs_exist_ok=True)
        shutil.copytree(ROOT / "tests" / "data" / "helm" / "chart", self.folder / "chart")
        plugin = str(VENV / "pulumi-resource-config-rollout")
        self.run("package", "gen-sdk", plugin, "--local", "--language", language.sdk, "--out", "sdks")
        mend_imports(self.folder / "sdks" / "nodejs" / "types")
        for commands in (language.install, language.check):
            command = ["bash", "-ec", commands]
            done = subprocess.run(command, cwd=self.folder, env=engine.environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr

    def set(self, **settings: object) -> None:
        self.run("config", "set-all", *(f"--plaintext={key}={value}" for key, value in settings.items()))

    def set_level(self, namespace: str, level: str) -> None:
        """Set the level in the settings, and in the manifests of others."""
        self.set(namespace=namespace, level=level)
        for name in ("manifests", "kustomization"):
            (self.folder / name).mkdir(exist_ok=True)
            text = source(data=f"{{agent.yaml: 'level: {level}'}}") + workload(POD)
            (self.folder / name / "agent.yaml").write_text(re.sub(r"\bagent\b(?!\.yaml)", name, text))
        kustomization = {"resources": ["agent.yaml"]}
        (self.folder / "kustomization" / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))


@pytest.fixture(scope="module", params=LANGUAGES, ids=lambda language: language.name)
def program(engine, request, tmp_path_factory) -> Iterator[TypedProgram]:
    with typed_programs(engine):
        yield TypedProgram(engine, tmp_path_factory.mktemp(request.param.name), request.param)


@pytest.fixture
def stack(program) -> Iterator[TypedProgram]:
    program.run("stack", "init", "dev")
    yield program
    program.run("destroy", "--yes", "--skip-preview", "--remove")


def test_program_of_the_document(stack, cluster, namespace):
    everything = stack.folder / stack.language.file
    kept = everything.read_text()
    try:
        text = block(stack.language.name).replace('"default"', f'"{namespace}"')
        everything.write_text(text)
        assert "+ 4 created" in stack.up()
        everything.write_text(text.replace("level: info", "level: debug"))
        assert "agent.yaml: level info => debug: rolling restart" in stack.preview()
        stack.up()
        assert {"configHash": hash_of(BETTER)} == outputs(stack)
        assert NODES == updated(cluster, namespace, "node-agent")
    finally:
        everything.write_text(kept)


def test_every_component_lives_its_life(kubeadm, stack, cluster, namespace):
    kubeadm.addon()
    kube_system.settle(cluster)
    stack.set_level(namespace, "info")
    stack.set(key="agent yaml", minReadySeconds=-1)
    refused = stack.refused("preview")
    assert 'property data["agent yaml"]  has a problem: the key contains a space.' in refused
    assert "property minReadySeconds  has a problem: must be a whole number of at least 0 (got -1)." in refused
    assert "Traceback" not in refused

    stack.set(key="agent.yaml", minReadySeconds=0)
    assert "adopts DaemonSet kube-system/kube-proxy" in stack.up()
    assert {} == written(cluster, stack.up)

    stack.set_level(namespace, "debug")
    told = stack.preview().partition("Diagnostics:")[2]
    assert 6 == told.count("agent.yaml: level info => debug: rolling restart")
    assert "config.conf: mode iptables => nftables" in told
    assert re.search(r"canary +1 node", told)

    stack.up()
    for daemon_set in ("chart", "manifests", "kustomization"):
        cluster.kubectl("-n", namespace, "rollout", "status", f"daemonset/{daemon_set}", "--timeout=60s")
    assert NODES == updated(cluster, namespace, "agent")
    assert str(stack.folder) == (stack.folder / "gate.txt").read_text().strip()
    assert 2 == cluster.api.get(f"namespaces/{namespace}/deployments/web")["status"]["updatedReplicas"]
    assert 1 == cluster.api.get(f"namespaces/{namespace}/statefulsets/store")["status"]["updatedReplicas"]
    assert "mode: nftables" == kube_system.known(cluster)

    stack.run("destroy", "--yes", "--skip-preview")
    wait_for_garbage(cluster)
    kinds = ("daemonsets", "deployments", "statefulsets", "configmaps")
    left = [one["metadata"]["name"] for kind in kinds for one in cluster.api.list(f"namespaces/{namespace}/{kind}")]
    assert ["kube-root-ca.crt"] == left
