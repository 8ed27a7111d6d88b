"""A kube-proxy that kubeadm made, adopted, and what others then do to it: the real kubeadm, engine and cluster."""

import dataclasses

import pulumi
import pytest

from config_rollout.core.kube_proxy.layout import LAYOUTS
from tests.engine.conftest import NODES
from tests.engine.kube_system import (
    DAEMON_SET,
    LIVE,
    OF,
    OTHER,
    SERVER,
    VERSION,
    adopt,
    live,
    make_as_eks,
    mounted,
    settle,
)
from tests.engine.observed import written
from tools import adoption, build
from tools.adoption import NFTABLES
from tools.demo import ROOT
from tools.kubeadm import CONFIGURATION

NEXT = f"{VERSION.rpartition('.')[0]}.{int(VERSION.rpartition('.')[2]) + 1}"
HEADLINE = f"adopts DaemonSet kube-system/kube-proxy (registry.k8s.io/kube-proxy:v{VERSION}, layout kubeadm): "


def kubectl(cluster, *arguments):
    return cluster.kubectl("-n", "kube-system", *arguments)


@pytest.fixture
def adopted(project, kubeadm, cluster):
    """Adopt what kubeadm made, and give the project."""
    kubeadm.addon()
    assert not project.up(adopt()).failed
    settle(cluster)
    return project


def test_story_is_the_one_that_the_documents_tell(kubeadm, cluster, engine):
    story = adoption.Story(cluster, engine, build.ensure(["kubeadm"])["kubeadm"], VERSION)
    table = adoption.render(story.run(), VERSION)

    assert (
        table.replace(VERSION, build.TOOLS["kubeadm"].version) in (ROOT / "docs" / "adopting-kube-proxy.md").read_text()
    )


def test_preview_says_what_was_found_and_what_it_costs_and_why(project, kubeadm):
    kubeadm.addon()

    assert [
        f"{HEADLINE}one rolling restart",
        "  = configuration: unchanged",
        "  + containers[name=kube-proxy].readinessProbe: "
        '{"httpGet": {"path": "/livez", "port": 10256}, "periodSeconds": 5}',
        "  ~ updateStrategy.rollingUpdate.maxUnavailable: 1 => 10%: restarts nothing",
        f"  ~ the pods' ConfigMap: kube-proxy => {LIVE}",
        "  nothing else of the DaemonSet changes",
        "  it restarts once so that its pods get a ConfigMap of their own revision; after that only a changed "
        "configuration restarts them",
        "  rolling restart of DaemonSet kube-system/kube-proxy, at most 10% of its pods at a time",
    ] == project.preview(adopt(max_unavailable="10%")).messages[0].splitlines()


def test_preview_says_field_by_field_what_differs_from_what_was_asked_for(project, kubeadm):
    kubeadm.addon()
    message = project.preview(adopt(config=NFTABLES, api_server="https://10.0.0.1:6443")).messages[0]

    assert "      ~ mode: iptables => nftables (data plane: " in message
    assert f"      ~ clusters[name=default].cluster.server: {SERVER} => https://10.0.0.1:6443" in message


def test_preview_writes_nothing(project, kubeadm, cluster):
    kubeadm.addon()
    settle(cluster)

    assert {} == written(cluster, lambda: project.preview(adopt()))


def test_config_map_that_others_know_is_kept_up_to_date(adopted, cluster):
    adopted.up(adopt(config=NFTABLES, api_server="https://10.0.0.1:6443"))
    data = cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]

    assert "mode: nftables" in data["config.conf"]
    assert "    server: https://10.0.0.1:6443\n" in data["kubeconfig.conf"]


def test_key_that_the_program_no_longer_says_stays_in_the_config_map_that_others_know(adopted, cluster):
    adopted.up(adopt(config=NFTABLES, api_server="https://10.0.0.1:6443"))
    assert not adopted.up(adopt(config=NFTABLES)).failed
    known = cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]

    assert "    server: https://10.0.0.1:6443\n" in known["kubeconfig.conf"]
    assert {} == written(cluster, lambda: adopted.up(adopt(config=NFTABLES), refresh=True))


def test_without_config_what_others_write_is_rolled_out(adopted, cluster, restarts):
    text = cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]["config.conf"]
    edited = {"data": {"config.conf": text.replace("mode: iptables", "mode: nftables")}}
    cluster.api.patch(f"{OF}/configmaps/kube-proxy", edited)
    said = []

    assert 1 == restarts(lambda: said.extend(adopted.up(adopt()).messages))
    assert said[0].startswith("config.conf: mode iptables => nftables, and 1 more: rolling restart")
    assert OTHER == mounted(cluster)


def test_unset_mode_written_out_restarts_nothing_and_what_kube_proxy_cannot_read_is_not_rolled_out(
    project, kubeadm, cluster, restarts
):
    kubeadm.addon({**CONFIGURATION, "mode": ""})
    assert not project.up(adopt()).failed
    settle(cluster)
    before, said = mounted(cluster), []

    assert 0 == restarts(lambda: said.extend(project.up(adopt(config=CONFIGURATION)).messages))
    assert before == mounted(cluster)
    assert "mode: iptables is this release's default anyway, so nothing restarts for it" in "\n".join(said)
    assert "mode: iptables" in cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]["config.conf"]
    assert {} == written(cluster, lambda: project.up(adopt(config=CONFIGURATION)))

    cluster.api.patch(f"{OF}/configmaps/kube-proxy", {"data": {"config.conf": "\tmode: nftables"}})
    outcome = project.up(adopt())
    assert outcome.failed
    assert "data['config.conf']: line 1: kube-proxy cannot read it: it is not valid YAML" in outcome.output
    assert before == mounted(cluster)


def test_same_meaning_in_other_bytes_uses_the_config_map_that_was_kept(adopted, cluster, restarts):
    first = mounted(cluster)
    adopted.up(adopt(config=NFTABLES))
    rewritten = {**CONFIGURATION, "iptables": {"syncPeriod": "30000ms"}}
    outcomes = []

    assert 1 == restarts(lambda: outcomes.append(adopted.up(adopt(config=rewritten))))
    assert not outcomes[0].failed
    assert first == mounted(cluster)


def test_config_map_of_that_name_that_means_something_else_is_refused(project, kubeadm, cluster):
    kubeadm.addon()
    name = LIVE
    cluster.api.create(f"{OF}/configmaps", {"metadata": {"name": name}, "data": {"config.conf": "mine"}})
    outcome = project.preview(adopt())

    assert outcome.failed
    assert f"ConfigMap kube-system/{name}: already exists, with a different configuration" in outcome.output


@pytest.mark.parametrize("refresh", [False, True])
def test_kubectl_edit_of_what_is_ours(adopted, cluster, restarts, refresh):
    cluster.api.patch(DAEMON_SET, {"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 1}}}})
    said = []

    assert 0 == restarts(lambda: said.extend(adopted.up(adopt(), refresh=refresh).messages))
    assert ("100%" if refresh else 1) == live(cluster)["updateStrategy"]["rollingUpdate"]["maxUnavailable"]
    assert [
        "updateStrategy.rollingUpdate.maxUnavailable: nothing restarts"
        if refresh
        else "DaemonSet kube-system/kube-proxy was changed by someone else since the last `up`"
    ] == [message.splitlines()[0].removeprefix("spec.") for message in said]


@pytest.mark.parametrize("refresh", [False, True])
def test_kubectl_edit_of_what_is_kubeadm_s_stays(adopted, cluster, restarts, refresh):
    containers = [{"name": "kube-proxy", "image": f"registry.k8s.io/kube-proxy:v{NEXT}"}]
    edit = {"spec": {"template": {"spec": {"containers": containers}}}}
    restarts(lambda: cluster.api.patch(DAEMON_SET, edit, "strategic-merge"))

    assert {} == written(cluster, lambda: adopted.up(adopt(), refresh=refresh))
    assert containers[0]["image"] == live(cluster)["template"]["spec"]["containers"][0]["image"]


@pytest.mark.parametrize("refresh", [False, True])
def test_kubectl_edit_of_the_config_map_with_config_given(adopted, cluster, restarts, refresh):
    given = adopt(config=CONFIGURATION)
    adopted.up(given)
    text = cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]["config.conf"]
    edited = {"data": {"config.conf": text.replace("mode: iptables", "mode: ipvs")}}
    cluster.api.patch(f"{OF}/configmaps/kube-proxy", edited)
    said = []

    assert 0 == restarts(lambda: said.extend(adopted.up(given, refresh=refresh).messages))
    assert said[-1].startswith("ConfigMap kube-system/kube-proxy was changed by someone else since the last `up`")
    assert "      ~ mode: ipvs => iptables" in said[-1]
    put_back = "mode: iptables" in cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]["config.conf"]
    assert put_back == ("`up` restores it and restarts nothing" in said[-1])
    assert put_back or not refresh


@pytest.mark.parametrize("refresh", [False, True])
def test_rollout_restart_is_left_alone(adopted, cluster, restarts, refresh):
    assert 1 == restarts(lambda: kubectl(cluster, "rollout", "restart", "daemonset/kube-proxy"))

    assert {} == written(cluster, lambda: adopted.up(adopt(), refresh=refresh))
    assert "kubectl.kubernetes.io/restartedAt" in live(cluster)["template"]["metadata"]["annotations"]


@pytest.mark.parametrize("refresh", [False, True])
def test_rollout_undo_finds_its_configuration_and_is_taken_back_with_a_refresh(adopted, cluster, restarts, refresh):
    old = mounted(cluster)
    given = adopt(config=NFTABLES)
    adopted.up(given)
    new = mounted(cluster)
    assert 1 == restarts(lambda: kubectl(cluster, "rollout", "undo", "daemonset/kube-proxy"))
    assert old == mounted(cluster)
    said = []

    assert int(refresh) == restarts(lambda: said.extend(adopted.up(given, refresh=refresh).messages))
    assert (new if refresh else old) == mounted(cluster)
    assert [
        "config.conf: mode iptables => nftables, and 1 more: rolling restart"
        if refresh
        else "DaemonSet kube-system/kube-proxy was changed by someone else since the last `up`"
    ] == [message.splitlines()[0] for message in said]


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.parametrize("where", ["pods", "daemon set"])
def test_annotation_of_another_field_manager_stays(adopted, cluster, restarts, refresh, where):
    metadata = {"metadata": {"annotations": {"team": "net"}}}
    edit = metadata if where == "daemon set" else {"spec": {"template": metadata}}

    assert (1 if where == "pods" else 0) == restarts(lambda: cluster.api.patch(DAEMON_SET, edit))
    assert {} == written(cluster, lambda: adopted.up(adopt(), refresh=refresh))
    found = cluster.api.get(DAEMON_SET)
    place = found if where == "daemon set" else found["spec"]["template"]
    assert "net" == place["metadata"]["annotations"]["team"]


@pytest.mark.parametrize("refresh", [False, True])
def test_kubespray_s_sed_and_forced_deletion(adopted, cluster, restarts, refresh):
    text = cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]["kubeconfig.conf"]
    edited = {"data": {"kubeconfig.conf": text.replace(SERVER, "https://127.0.0.1:6443")}}

    def playbook():
        cluster.api.patch(f"{OF}/configmaps/kube-proxy", edited)
        kubectl(cluster, "delete", "pod", "-l", "k8s-app=kube-proxy", "--force", "--grace-period=0")

    assert 1 == restarts(playbook)
    said = []
    assert 1 == restarts(lambda: said.extend(adopted.up(adopt(), refresh=refresh).messages))
    assert f"kubeconfig.conf: clusters[name=default].cluster.server {SERVER} => https://127.0.0.1:6443" in said[0]
    assert {} == written(cluster, lambda: adopted.up(adopt(), refresh=refresh))


def test_kubespray_s_sed_of_the_address_that_the_program_says_changes_nothing(project, kubeadm, cluster, restarts):
    kubeadm.addon()
    local = adopt(api_server="https://127.0.0.1:6443")
    project.up(local)
    restarts(kubeadm.addon)
    text = cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]["kubeconfig.conf"]
    edited = {"data": {"kubeconfig.conf": text.replace(SERVER, "https://127.0.0.1:6443")}}
    cluster.api.patch(f"{OF}/configmaps/kube-proxy", edited)

    assert 1 == restarts(lambda: project.up(local, refresh=True))
    assert {} == written(cluster, lambda: project.up(local, refresh=True))


def test_kubeadm_with_another_image_costs_its_own_restart_and_ours(adopted, cluster, kubeadm, restarts):
    assert 1 == restarts(lambda: kubeadm.addon(version=NEXT))
    assert 1 == restarts(lambda: adopted.up(adopt(), refresh=True))
    assert f"registry.k8s.io/kube-proxy:v{NEXT}" == live(cluster)["template"]["spec"]["containers"][0]["image"]


def test_destroy_leaves_a_kube_proxy_that_goes_on_by_itself(adopted, cluster, kubeadm, restarts):
    name = mounted(cluster)

    assert 0 == restarts(adopted.destroy)
    assert cluster.api.exists(f"{OF}/configmaps/{name}")
    cluster.add_node("joined")
    try:
        cluster.wait("a pod on it", lambda: cluster.api.get(DAEMON_SET)["status"].get("numberReady") == NODES + 1)
    finally:
        cluster.api.delete("nodes/joined")
        (pod,) = [p for p in cluster.api.list(f"{OF}/pods") if p["spec"]["nodeName"] == "joined"]
        cluster.api.delete(f"{OF}/pods/{pod['metadata']['name']}")
    assert 1 == restarts(kubeadm.addon)
    assert "kube-proxy" == mounted(cluster)


def test_stack_whose_kube_proxy_is_gone_leaves_with_a_refresh(adopted, cluster):
    cluster.api.delete(DAEMON_SET)
    cluster.wait("it to go", lambda: not cluster.api.exists(DAEMON_SET))
    refused, left = adopted.destroy(), adopted.destroy(refresh=True)

    assert (True, False) == (refused.failed, left.failed)
    assert not cluster.api.exists(DAEMON_SET)


def test_new_stack_takes_over_what_an_earlier_one_left(adopted, cluster, engine, restarts):
    adopted.destroy()
    said = []

    assert 0 == restarts(lambda: said.extend(adopted.up(adopt()).messages))
    assert [f"{HEADLINE}it is already as wanted, nothing restarts", "  = configuration: unchanged"] == said[
        0
    ].splitlines()


def test_readiness_probe_of_someone_else_stays_theirs(project, kubeadm, cluster, restarts):
    kubeadm.addon()
    theirs = {"name": "kube-proxy", "readinessProbe": {"tcpSocket": {"port": 10256}}}
    edit = {"spec": {"template": {"spec": {"containers": [theirs]}}}}
    restarts(lambda: cluster.api.patch(DAEMON_SET, edit, "strategic-merge"))

    assert not project.up(adopt()).failed
    assert {"port": 10256} == live(cluster)["template"]["spec"]["containers"][0]["readinessProbe"]["tcpSocket"]


def test_layout_of_eks(project, cluster, namespace):
    """The add-on's names, in a namespace of the test's own."""
    config = make_as_eks(cluster, namespace)
    path = f"namespaces/{namespace}/daemonsets"
    layout = dataclasses.asdict(LAYOUTS["eks"]) | {"namespace": namespace}

    assert not project.up(adopt(layout=layout, config={**config, "mode": "nftables"})).failed
    volumes = cluster.api.get(f"{path}/kube-proxy")["spec"]["template"]["spec"]["volumes"]
    assert ["kube-proxy", "kube-proxy-"] == [volume["configMap"]["name"][:11] for volume in volumes]
    known = cluster.api.get(f"namespaces/{namespace}/configmaps/kube-proxy-config")["data"]
    assert ["config"] == list(known)
    assert "mode: nftables" in known["config"]


def test_probe_follows_the_health_address(adopted, cluster):
    adopted.up(adopt(config={**CONFIGURATION, "healthzBindAddress": "127.0.0.1:20256"}))
    probe = live(cluster)["template"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]

    assert ("/livez", 20256, "127.0.0.1") == (probe["path"], probe["port"], probe["host"])


def test_retain_is_not_needed_and_protect_refuses(adopted):
    protected = adopt(opts=lambda: pulumi.ResourceOptions(protect=True))
    adopted.up(protected)

    assert adopted.destroy().failed
