"""What `init` promises of a workload that runs is what the preview says; `up` does that and no more, and only once."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from copy import deepcopy
from pathlib import Path

import pytest

from config_rollout.cli.main import main
from config_rollout.core.kubernetes.annotations import CONFIG_HASH_ANNOTATION, EXTERNAL_ANNOTATION
from tests.engine.conftest import NODES
from tests.engine.helm_release import installed
from tests.engine.kube_system import OF, VERSION
from tests.engine.observed import daemon_set, updated, written
from tools.documents import ROOT

CONTAINERS = [
    {
        "name": "agent",
        "image": "agent:0",
        "args": ["--verbose"],
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}],
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/agent"}],
    },
    {"name": "sidecar", "image": "sidecar"},
]
TEMPLATE = {
    "metadata": {
        "labels": {"app": "agent", "tier": "node"},
        "annotations": {"local-cluster/ready-after": "0s"},
    },
    "spec": {
        "containers": CONTAINERS,
        "volumes": [
            {"name": "config", "configMap": {"name": "agent-config"}},
            {"name": "run", "hostPath": {"path": "/run"}},
        ],
    },
}
COMMON = {"apiVersion": "apps/v1", "metadata": {"name": "agent", "labels": {"team": "net"}}}
SPEC = {"selector": {"matchLabels": {"app": "agent"}}, "template": TEMPLATE, "revisionHistoryLimit": 3}
DAEMON_SET = {
    **COMMON,
    "kind": "DaemonSet",
    "spec": {**SPEC, "updateStrategy": {"rollingUpdate": {"maxUnavailable": "100%"}}},
}
DEPLOYMENT = {
    **COMMON,
    "kind": "Deployment",
    "spec": {**SPEC, "replicas": 2, "minReadySeconds": 1, "strategy": {"rollingUpdate": {"maxUnavailable": 0}}},
}
STATEFUL_SET = {**COMMON, "kind": "StatefulSet", "spec": {**SPEC, "replicas": 2, "serviceName": "agent"}}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "agent-config"},
    "data": {"agent.yaml": "level: warn # as it is\n", "notes.txt": "one\r\ntwo"},
    "binaryData": {"key.bin": "/wD+"},
}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"password": "xyzzy-1"}}

MESSAGE = re.compile(r"(?m)^  config-rollout:index:\w+ \(\S+\):\n((?:    .*\n)+)")
"""What a component says among the diagnostics of the command line."""


class Initialized:
    """What `init` wrote and printed, and the real command line in it."""

    def __init__(self, engine, folder, capsys, *words):
        assert main(["init", str(folder), *words]) == 0
        _, _, commands, _, promised = capsys.readouterr().out.rstrip().split("\n\n")
        self.promised = textwrap.dedent(promised).splitlines()
        self.folder, self._engine = folder, engine
        *settings, last = textwrap.dedent(commands).splitlines()
        assert last == "pulumi preview"
        subprocess.run(" && ".join(settings), shell=True, cwd=folder, env=engine.environment, check=True)

    def preview(self):
        """Return what the component says, without moments and hashes."""
        (message,) = MESSAGE.findall(self._engine.run("preview", folder=self.folder).stdout)
        message = re.sub(r" [(][0-9-]+ [0-9:]+ UTC[)]", "", textwrap.dedent(message))
        return re.sub(r"(?m)-[0-9a-f]{10}$", "-HASH", message).splitlines()

    def up(self):
        self._engine.run("up", "--yes", "--skip-preview", folder=self.folder)

    def files(self):
        """Return path -> content, of what `init` wrote."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != "Pulumi.dev.yaml"
        }

    def forget(self):
        self._engine.run("stack", "rm", "--yes", "--force", folder=self.folder)
        shutil.rmtree(self.folder)


@pytest.fixture
def init(engine, kubeconfig, tmp_path, capsys, monkeypatch):
    """Return a function that runs `init` and what it says to run, with this Python environment active."""
    path = f"{Path(sys.executable).parent}:{engine.environment['PATH']}"
    monkeypatch.setitem(engine.environment, "PATH", path)
    made = []

    def make(*words):
        made.append(Initialized(engine, tmp_path / "project", capsys, *words))
        return made[-1]

    yield make
    for one in made:
        one.forget()


def apply(cluster, namespace, tmp_path, workload):
    path = tmp_path / "objects.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [SECRET, CONFIG, workload]}))
    cluster.kubectl("-n", namespace, "apply", "-f", str(path))
    cluster.kubectl("-n", namespace, "rollout", "status", f"{workload['kind']}/agent", "--timeout=60s")


def without_revision(workload):
    """Return the spec but for what says which revision of the configuration its pods have."""
    spec = deepcopy(workload["spec"])
    for key in (CONFIG_HASH_ANNOTATION, EXTERNAL_ANNOTATION):
        spec["template"]["metadata"]["annotations"].pop(key, None)
    for volume in spec["template"]["spec"]["volumes"]:
        volume.get("configMap", {}).pop("name", None)
    return spec


BESIDE_THE_CONFIGURATION = [
    "  + metadata.labels.app.kubernetes.io/name: agent: restarts nothing",
    "  - annotations and labels of its maker's own (2): restarts nothing",
    "  ~ the pods' ConfigMap: agent-config => agent.agent-config-HASH",
    "  nothing else of the DaemonSet changes",
]
"""What a preview says of kubectl's DaemonSet after what `init` has promised."""


def takes_over_once(project, cluster, namespace, record, before):
    """Assert that `up` restarts each pod once and changes nothing else, and that another one writes nothing."""
    with record() as recorder:
        project.up()
        cluster.wait_at_rest(namespace, "agent")
    assert [1] * NODES == list(recorder.replaced().values())
    assert without_revision(before) == without_revision(daemon_set(cluster, namespace))
    assert {} == written(cluster, project.up)


def test_daemon_set_of_kubectl(init, cluster, namespace, record, tmp_path, capsys):
    apply(cluster, namespace, tmp_path, DAEMON_SET)
    project = init("--from", "daemonset/agent", "-n", namespace)
    assert [
        f"takes over DaemonSet {namespace}/agent, created by `kubectl apply`: one rolling restart of {NODES} pods",
        "  = configuration: unchanged",
    ] == project.promised
    assert [*project.promised, *BESIDE_THE_CONFIGURATION] == project.preview()[:6]
    files = project.files()
    assert [] == [path for path, content in files.items() if b"xyzzy" in content]
    assert (b"one\r\ntwo", b"\xff\x00\xfe") == tuple(
        files[f"config/agent-config/{key}"] for key in ("notes.txt", "key.bin")
    )

    before, again = daemon_set(cluster, namespace), ["init", str(tmp_path / "again")]
    listed = f"config-rollout init {again[1]} --from daemonset/agent -n {namespace}"
    assert (0, True) == (main(again), listed in capsys.readouterr().out)
    takes_over_once(project, cluster, namespace, record, before)
    assert main([*again, "--from", "agent", "-n", namespace]) == 2
    assert "metadata.annotations: say that it belongs to ConfiguredDaemonSet 'agent' of stack " in (
        capsys.readouterr().err
    )


def test_program_in_yaml_does_the_same(init, cluster, namespace, record, tmp_path):
    apply(cluster, namespace, tmp_path, DAEMON_SET)
    project = init("--from", "daemonset/agent", "-n", namespace, "--language", "yaml")
    assert [*project.promised, *BESIDE_THE_CONFIGURATION] == project.preview()[:6]

    before = daemon_set(cluster, namespace)
    takes_over_once(project, cluster, namespace, record, before)


def test_deployment_of_kubectl_whose_number_of_pods_stays(init, cluster, namespace, tmp_path):
    apply(cluster, namespace, tmp_path, DEPLOYMENT)
    cluster.kubectl("-n", namespace, "scale", "deployment/agent", "--replicas=3")
    project = init("--from", "deployment/agent", "-n", namespace)
    assert [
        f"takes over Deployment {namespace}/agent, created by `kubectl apply`: one rolling restart of 3 pods",
        "  = configuration: unchanged",
    ] == project.promised
    assert [
        *project.promised,
        "  + metadata.labels.app.kubernetes.io/name: agent: restarts nothing",
        "  - annotations and labels of its maker's own (1): restarts nothing",
        "  ~ the pods' ConfigMap: agent-config => agent.agent-config-HASH",
        "  nothing else of the Deployment changes",
    ] == project.preview()[:6]

    path = f"namespaces/{namespace}/deployments/agent"
    before = cluster.api.get(path)
    project.up()
    cluster.kubectl("-n", namespace, "rollout", "status", "deployment/agent", "--timeout=60s")
    now = cluster.api.get(path)
    assert ["1", "2"] == [one["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for one in (before, now)]
    assert without_revision(before) == without_revision(now)
    assert {} == written(cluster, project.up)


def test_stateful_set_of_kubectl_whose_number_of_pods_stays(init, cluster, namespace, tmp_path):
    apply(cluster, namespace, tmp_path, STATEFUL_SET)
    project = init("--from", "statefulset/agent", "-n", namespace)
    assert [
        f"takes over StatefulSet {namespace}/agent, created by `kubectl apply`: one rolling restart of 2 pods",
        "  = configuration: unchanged",
    ] == project.promised
    assert [
        *project.promised,
        "  + metadata.labels.app.kubernetes.io/name: agent: restarts nothing",
        "  - annotations and labels of its maker's own (1): restarts nothing",
        "  ~ the pods' ConfigMap: agent-config => agent.agent-config-HASH",
        "  nothing else of the StatefulSet changes",
    ] == project.preview()[:6]

    path = f"namespaces/{namespace}/statefulsets/agent"
    before = cluster.api.get(path)
    project.up()
    now = cluster.api.get(path)
    assert before["metadata"]["uid"] == now["metadata"]["uid"]
    assert without_revision(before) == without_revision(now)
    assert {} == written(cluster, project.up)


def test_chart_from_nothing(init, cluster, namespace):
    project = init("--chart", str(ROOT / "tests" / "data" / "helm" / "chart"), "-n", namespace)
    project.up()
    cluster.wait_at_rest(namespace, "project")
    assert NODES == updated(cluster, namespace, "project")
    assert {} == written(cluster, project.up)


def test_daemon_set_of_helm(init, cluster, namespace, tmp_path):
    installed(cluster, namespace, tmp_path)
    project = init("--from", "agent", "-n", namespace)
    helm = f"Helm (release {namespace}/agent)"
    assert [
        f"takes over DaemonSet {namespace}/agent, created by {helm}: one rolling restart of {NODES} pods",
        "  = configuration: unchanged",
    ] == project.promised
    assert [
        *project.promised,
        "  - annotations and labels of its maker's own (4): restarts nothing",
        "  ~ the pods' ConfigMap: agent-config => agent.agent-config-HASH",
        "  nothing else of the DaemonSet changes",
    ] == project.preview()[:5]


def test_kube_proxy_of_kubeadm(init, kubeadm, cluster, restarts):
    kubeadm.addon()
    known = cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]
    project = init("--from", "kube-proxy", "-n", "kube-system")
    image = f"registry.k8s.io/kube-proxy:v{VERSION}"
    assert [
        f"adopts DaemonSet kube-system/kube-proxy ({image}, layout kubeadm): one rolling restart",
        "  = configuration: unchanged",
    ] == project.promised
    assert project.promised == project.preview()[:2]
    assert known["config.conf"].encode() == project.files()["config/config.conf"]

    program = project.folder / "__main__.py"
    quick = '"manage": "adopt", "min_ready_seconds": 0, "max_unavailable": "100%",'  # what is counted is restarts
    program.write_text(program.read_text().replace('"manage": "adopt",', quick))
    assert 1 == restarts(project.up)
    assert known == cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]
    assert {} == written(cluster, project.up)
