"""A kube-proxy of our own on a cluster without one, and the ways between own, adopted and neither."""

import pulumi
import pytest

from tests.engine.conftest import NODES
from tests.engine.kube_system import DAEMON_SET, OF, OTHER, VERSION, adopt, live, mounted, own, settle
from tests.engine.observed import written
from tools.adoption import NFTABLES

ACCOUNT = f"{OF}/serviceaccounts/config-rollout-kube-proxy"
JOINING = "system:bootstrap:abcdef", "system:bootstrappers:kubeadm:default-node-token"


def retained() -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(retain_on_delete=True)


def is_gone(cluster, path):
    cluster.wait(f"{path} to be gone", lambda: not cluster.api.exists(path))


@pytest.fixture
def owned(project, kubeadm, cluster):
    """Make a kube-proxy of our own where kubeadm's addon was skipped, and give the project."""
    assert not project.up(own()).failed
    settle(cluster)
    return project


def test_own_runs_on_every_node_and_a_second_up_writes_nothing(owned, cluster):
    assert NODES == cluster.api.get(DAEMON_SET)["status"]["numberReady"]
    assert {} == written(cluster, lambda: owned.up(own()))


def test_change_is_one_rolling_restart_and_reaches_both_config_maps(owned, cluster, restarts):
    assert 1 == restarts(lambda: owned.up(own(config=NFTABLES)))
    assert OTHER == mounted(cluster)
    assert "mode: nftables" in cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]["config.conf"]


def test_node_that_joins_may_read_the_config_map_that_it_knows(owned, cluster):
    def answer(name):
        return cluster.api.status(f"{OF}/configmaps/{name}", *JOINING)

    assert (200, 403) == (answer("kube-proxy"), answer(mounted(cluster)))


def test_destroy_leaves_nothing(owned, cluster):
    assert not owned.destroy().failed
    is_gone(cluster, f"{OF}/configmaps/kube-proxy")
    assert [] == cluster.api.list(f"{OF}/daemonsets")
    assert [] == [m for m in cluster.api.list(f"{OF}/configmaps") if m["metadata"]["name"].startswith("kube-proxy")]
    assert not cluster.api.exists(ACCOUNT)


@pytest.mark.parametrize("command", ["preview", "up"])
def test_own_is_refused_while_kubeadm_s_is_there_before_the_first_write(project, kubeadm, cluster, command):
    kubeadm.addon()
    settle(cluster)
    outcomes = []

    assert {} == written(cluster, lambda: outcomes.append(getattr(project, command)(own())))
    assert outcomes[0].failed
    assert (
        f"DaemonSet kube-system/kube-proxy: already exists (registry.k8s.io/kube-proxy:v{VERSION}). "
        "Use manage='adopt', or remove it first." in outcomes[0].output
    )


def test_adopted_becomes_own_in_place(project, kubeadm, cluster, restarts):
    kubeadm.addon()
    project.up(adopt())
    before = cluster.api.get(DAEMON_SET)["metadata"]["uid"]
    outcomes = []

    assert 1 == restarts(lambda: outcomes.append(project.up(own())))  # another service account
    assert not outcomes[0].failed
    assert "update" == outcomes[0].steps["DaemonSet kube-proxy"]
    assert before == cluster.api.get(DAEMON_SET)["metadata"]["uid"]
    assert {} == written(cluster, lambda: project.up(own()))


@pytest.mark.parametrize("command", ["preview", "up"])
def test_own_that_would_be_deleted_by_adopting_is_kept(owned, cluster, command):
    before = cluster.api.get(DAEMON_SET)["metadata"]["uid"]
    outcome = getattr(owned, command)(adopt())

    assert outcome.failed
    assert (
        "KubeProxy 'kube-proxy': manage: 'own' => 'adopt' would delete the component's DaemonSet. Set "
        in outcome.output
    )
    assert before == cluster.api.get(DAEMON_SET)["metadata"]["uid"]


def test_own_becomes_adopted_and_kubeadm_goes_on(owned, cluster, kubeadm, restarts):
    before = cluster.api.get(DAEMON_SET)["metadata"]["uid"]
    assert {} == written(cluster, lambda: owned.up(own(opts=retained)))
    outcomes = []

    assert 0 == restarts(lambda: outcomes.append(owned.up(adopt())))
    assert not outcomes[0].failed, outcomes[0].output
    assert before == cluster.api.get(DAEMON_SET)["metadata"]["uid"]
    assert cluster.api.exists(ACCOUNT)
    assert {} == written(cluster, lambda: owned.up(adopt(), refresh=True))
    assert not owned.destroy().failed
    assert NODES == cluster.api.get(DAEMON_SET)["status"]["numberReady"]
    assert cluster.api.exists(f"{OF}/configmaps/kube-proxy")
    assert 1 == restarts(kubeadm.addon)


def test_kubeadm_over_our_own_is_taken_back_with_a_refresh(owned, cluster, kubeadm, restarts):
    kubeadm.addon()
    settle(cluster)

    assert 1 == restarts(lambda: owned.up(own(), refresh=True))
    assert "config-rollout-kube-proxy" == live(cluster)["template"]["spec"]["serviceAccountName"]


def test_retain_on_delete_leaves_it_running(project, kubeadm, cluster):
    project.up(own(opts=retained))

    assert not project.destroy().failed
    assert NODES == cluster.api.get(DAEMON_SET)["status"]["numberReady"]
    assert cluster.api.exists(ACCOUNT)


def test_other_names_for_all_of_it(project, kubeadm, cluster, namespace):
    layout = {"namespace": namespace, "daemon_set": "proxy", "config_map": "proxy-config"}

    assert not project.up(own(layout=layout)).failed
    assert NODES == cluster.api.get(f"namespaces/{namespace}/daemonsets/proxy")["status"]["numberReady"]
    assert not project.destroy().failed
