"""kubespray's tasks, replayed on the real control plane: what they restart, and what they leave of what we adopted."""

import shutil

import pytest

from config_rollout.core.formats.kube_proxy.read import read_kube_proxy
from tests.engine.conftest import NODES
from tools import build
from tools.demo import Program
from tools.kubeadm import ENDPOINT
from tools.kubespray import ADOPT, LOCAL_ENDPOINT, NAMESPACE, Counted, Kubespray, counted, history, releases
from tools.local_cluster import run_folder

PATH = f"namespaces/{NAMESPACE}"
HISTORY = [text for _, text in releases()]


@pytest.fixture
def kubespray(cluster, kubeadm):
    """Give kubespray's tasks on a cluster that has no kube-proxy, and leave it without one."""
    return Kubespray(cluster, kubeadm, build.ensure(["kubectl"])["kubectl"])


@pytest.fixture
def folder():
    folder = run_folder("kubespray")
    yield folder
    shutil.rmtree(folder)


def live(cluster) -> bytes:
    """Return the configuration in the ConfigMap that the pods mount."""
    spec = cluster.api.get(f"{PATH}/daemonsets/kube-proxy")["spec"]["template"]["spec"]
    (name,) = [volume["configMap"]["name"] for volume in spec["volumes"] if "configMap" in volume]
    return cluster.api.get(f"{PATH}/configmaps/{name}")["data"]["config.conf"].encode()


def test_history_holds_one_meaning():
    assert 38 == len(HISTORY)
    assert 1 == len({str(read_kube_proxy(text.encode()).effective) for text in HISTORY})


def test_upgrade_takes_every_node_at_once_and_ours_restarts_once_to_adopt(cluster, engine, kubespray, folder):
    texts = [*dict.fromkeys(HISTORY), HISTORY[-1]]
    try:
        figures = history(cluster, kubespray, Program(engine, folder, ADOPT), texts)
    finally:
        engine.run("destroy", "--yes", "--skip-preview", "--remove", folder=folder)

    assert 7 == len(texts)
    assert [
        Counted(runs=6, restarts=6, pods=6 * NODES, at_once=NODES),
        Counted(runs=1, restarts=1, pods=NODES, at_once=1),
        Counted(runs=7, restarts=0, pods=0, at_once=0),
        Counted(runs=1, restarts=0, pods=0, at_once=0),
        Counted(runs=1, restarts=1, pods=2 * NODES, at_once=NODES),
        Counted(runs=1, restarts=1, pods=NODES, at_once=1),
    ] == list(figures.values())
    assert read_kube_proxy(live(cluster)).effective == read_kube_proxy(HISTORY[-1].encode()).effective


def test_edit_that_changes_no_text_deletes_nothing(kubespray):
    kubespray.addon(HISTORY[0])

    assert [True, False] == [kubespray.edit_server(), kubespray.edit_server()]


def test_configuration_that_was_written_before_the_first_look_reaches_no_pod(cluster, kubespray):
    kubespray.addon(HISTORY[0])
    other = HISTORY[0].replace("mode: ipvs", "mode: iptables")

    def run(text: str) -> None:
        kubespray.addon(text)
        kubespray.edit_server(f"https://{ENDPOINT}")  # behind an external load balancer: what kubeadm wrote

    assert Counted(runs=1, restarts=0, pods=0, at_once=0) == counted(cluster, [other], run)
    assert "mode: iptables" in cluster.api.get(f"{PATH}/configmaps/kube-proxy")["data"]["config.conf"]


def test_addon_of_kubeadm_has_the_local_endpoint_only_after_the_edit(cluster, kubespray):
    kubespray.addon(HISTORY[0])
    before = cluster.api.get(f"{PATH}/configmaps/kube-proxy")["data"]["kubeconfig.conf"]
    kubespray.edit_server()
    after = cluster.api.get(f"{PATH}/configmaps/kube-proxy")["data"]["kubeconfig.conf"]

    assert [False, True] == [f"server: {LOCAL_ENDPOINT}\n" in text for text in (before, after)]
