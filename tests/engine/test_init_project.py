"""What `init` promises of a workload that runs is what the preview says; `up` does that and no more, and only once."""

import pytest

from config_rollout.cli.main import main
from tests.engine.conftest import NODES
from tests.engine.helm_release import installed
from tests.engine.initialized import (
    BESIDE_THE_CONFIGURATION,
    DAEMON_SET,
    DEPLOYMENT,
    STATEFUL_SET,
    apply,
    initializing,
    starts_once,
    takes_over_once,
    without_revision,
)
from tests.engine.kube_system import OF, VERSION
from tests.engine.observed import daemon_set, written
from tools.documents import ROOT


@pytest.fixture
def init(engine, kubeconfig, tmp_path, monkeypatch):
    """Return a function that runs `init` and what it says to run."""
    with initializing(engine, tmp_path / "project", monkeypatch) as make:
        yield make


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
    starts_once(project, cluster, namespace)


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
