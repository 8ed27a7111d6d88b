"""kubespray's tasks, replayed on the real control plane: what they restart, and what they leave of what we adopted."""

import pytest

from config_rollout.core.formats.kube_proxy import read_kube_proxy
from tests.engine.conftest import NODES
from tools import build
from tools.kubeadm import ENDPOINT
from tools.kubespray import LOCAL_ENDPOINT, NAMESPACE, Counted, Kubespray, counted, releases

PATH = f"namespaces/{NAMESPACE}"
HISTORY = [text for _, text in releases()]


@pytest.fixture
def kubespray(cluster, kubeadm):
    """Give kubespray's tasks on a cluster that has no kube-proxy, and leave it without one."""
    return Kubespray(cluster, kubeadm, build.ensure(["kubectl"])["kubectl"])


def test_history_holds_one_meaning():
    assert 38 == len(HISTORY)
    assert 1 == len({str(read_kube_proxy(text.encode()).effective) for text in HISTORY})


def test_every_upgrade_takes_every_node_at_once(cluster, kubespray):
    kubespray.upgrade(HISTORY[0])

    assert Counted(runs=37, restarts=37, pods=37 * NODES, at_once=NODES) == (
        counted(cluster, HISTORY[1:], kubespray.upgrade)
    )


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
