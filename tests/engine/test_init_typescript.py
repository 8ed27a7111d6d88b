"""Projects that `init` writes in TypeScript: strictly typed, and what they do is what those in Python do."""

import json
import subprocess

import pytest

from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET as DAEMON_SET_KIND
from config_rollout.core.kubernetes.workload_kinds import DEPLOYMENT as DEPLOYMENT_KIND
from config_rollout.core.kubernetes.workload_kinds import STATEFUL_SET as STATEFUL_SET_KIND
from config_rollout.core.project.kube_proxy import kube_proxy_project, new_kube_proxy_project
from config_rollout.core.project.new import new_chart_project
from config_rollout.core.project.project import project_of
from tests.engine.initialized import (
    BESIDE_THE_CONFIGURATION,
    CONFIG,
    DAEMON_SET,
    DEPLOYMENT,
    STATEFUL_SET,
    Initialized,
    apply,
    initializing,
    starts_once,
    takes_over_once,
    without_revision,
)
from tests.engine.language_programs import typed_programs
from tests.engine.observed import daemon_set, written
from tests.objects import kubeadm as made_by_kubeadm
from tools.documents import ROOT

TYPESCRIPT = ("--language", "typescript")


@pytest.fixture(scope="module")
def typed(engine):
    """Give the engine with all that programs in TypeScript need."""
    with typed_programs(engine), pytest.MonkeyPatch.context() as patch:
        # By default Pulumi checks types in each run, which takes it ten seconds: here one test does.
        patch.setitem(engine.environment, "PULUMI_NODEJS_TRANSPILE_ONLY", "true")
        yield engine


@pytest.fixture(scope="module")
def installed(typed, tmp_path_factory):
    """Give the project of a new DaemonSet, in which every command that `init` printed was run."""
    project = Initialized(typed, tmp_path_factory.mktemp("new") / "project", "--daemon-set", "web-agent", *TYPESCRIPT)
    yield project
    project.forget()


@pytest.fixture
def init(typed, kubeconfig, installed, tmp_path, monkeypatch):
    """Return a function that runs `init` and what it says to run, but for what is installed already."""
    with initializing(typed, tmp_path / "project", monkeypatch) as make:
        yield lambda *words: make(*words, *TYPESCRIPT, installed=installed.folder)


def projects():
    """Give the name and the project of everything that `init` can begin with."""
    for kind, workload in (
        (DAEMON_SET_KIND, DAEMON_SET),
        (DEPLOYMENT_KIND, DEPLOYMENT),
        (STATEFUL_SET_KIND, STATEFUL_SET),
    ):
        live = {**workload, "metadata": {**workload["metadata"], "namespace": "ours"}}
        yield kind.word, project_of(kind, live, {"agent-config": CONFIG}, ["login"], "typescript")
    yield "adopted", kube_proxy_project("kubeadm", made_by_kubeadm.daemon_set(), "mode: iptables\n", "typescript")
    yield "kube-proxy", new_kube_proxy_project("typescript")
    yield "chart", new_chart_project("logs", "logs", "https://charts.example", "1.2.3", "ours", "typescript")


def test_programs_are_strictly_typed(installed):
    names = ["index.ts"]
    for name, project in projects():
        names.append(f"{name}.ts")
        (installed.folder / names[-1]).write_bytes(project.files["index.ts"])
    settings = json.loads((installed.folder / "tsconfig.json").read_text())
    assert settings["compilerOptions"]["strict"]
    (installed.folder / "every.json").write_text(json.dumps({**settings, "files": names}))
    command = ["node_modules/.bin/tsc", "--noEmit", "--project", "every.json"]
    done = subprocess.run(command, cwd=installed.folder, env=installed.environment, capture_output=True, text=True)
    assert (0, "") == (done.returncode, done.stdout)


def test_new_daemon_set(installed):
    assert "config/agent.yaml" in installed.files()
    preview = installed.run("preview")
    assert "ConfiguredDaemonSet" in preview
    assert "DaemonSet" in preview


def test_daemon_set_of_kubectl(init, cluster, namespace, record, tmp_path):
    apply(cluster, namespace, tmp_path, DAEMON_SET)
    project = init("--from", "daemonset/agent", "-n", namespace)
    assert [*project.promised, *BESIDE_THE_CONFIGURATION] == project.preview()[:6]
    takes_over_once(project, cluster, namespace, record, daemon_set(cluster, namespace))


@pytest.mark.parametrize("workload", [DEPLOYMENT, STATEFUL_SET], ids=lambda workload: workload["kind"])
def test_workload_of_kubectl(init, cluster, namespace, tmp_path, workload):
    apply(cluster, namespace, tmp_path, workload)
    word = workload["kind"].lower()
    project = init("--from", f"{word}/agent", "-n", namespace)
    assert project.promised == project.preview()[:2]

    path = f"namespaces/{namespace}/{word}s/agent"
    before = cluster.api.get(path)
    project.up()
    cluster.kubectl("-n", namespace, "rollout", "status", f"{word}/agent", "--timeout=60s")
    now = cluster.api.get(path)
    assert before["metadata"]["uid"] == now["metadata"]["uid"]
    assert without_revision(before) == without_revision(now)
    assert {} == written(cluster, project.up)


def test_kube_proxy_of_kubeadm(init, kubeadm, cluster, restarts):
    kubeadm.addon()
    project = init("--from", "kube-proxy", "-n", "kube-system")
    assert project.promised == project.preview()[:2]

    program = project.folder / "index.ts"
    quick = 'manage: "adopt", minReadySeconds: 0, maxUnavailable: "100%",'  # what is counted is restarts
    program.write_text(program.read_text().replace('manage: "adopt",', quick))
    assert 1 == restarts(project.up)
    assert {} == written(cluster, project.up)


def test_new_kube_proxy(init, kubeadm, cluster):
    kubeadm.addon()
    project = init("--kube-proxy")
    assert project.preview()[0].startswith("adopts DaemonSet kube-system/kube-proxy")


def test_chart(init, cluster, namespace):
    project = init("--chart", str(ROOT / "tests" / "data" / "helm" / "chart"), "-n", namespace)
    starts_once(project, cluster, namespace)
