"""What a KubeProxy cannot do is said in preview, all of it, before the first write and without a stack trace."""

import json

import pytest
import yaml
from pulumi import automation

from config_rollout import KubeProxy
from config_rollout.core.kube_proxy.layout import Layout
from config_rollout.core.rbac.kube_proxy import all_rights
from config_rollout.core.rbac.rights import role
from config_rollout.prepare import waiting as patience
from tests.engine.conftest import NODES
from tests.engine.kube_system import DAEMON_SET, OF, adopt, own, settle
from tests.engine.observed import written
from tools.kubeadm import CONFIGURATION

HEAD = "KubeProxy 'kube-proxy': "


def refused(project, cluster, program):
    """Return what a preview and an `up` say, the same; check that they fail, write nothing and have no stack trace."""
    said = []

    def both():
        for run in (project.preview, project.up):
            outcome = run(program)
            assert outcome.failed
            assert "Traceback" not in outcome.output
            lines = [line.partition(HEAD)[2] for line in outcome.output.splitlines() if f"error: {HEAD}" in line]
            said.append(sorted(set(lines)))

    controllers = ("pods", "controllerrevisions")
    assert [] == [key for key in written(cluster, both) if key.split(" ")[1] not in controllers]
    assert said[0] == said[1]
    return said[0]


@pytest.mark.parametrize(
    ("program", "wrong"),
    [
        pytest.param(own(config="kind: ConfigMap"), "config: line 1: kube-proxy cannot read it: its kind is "
                     "'ConfigMap', and kube-proxy reads only KubeProxyConfiguration", id="kind"),
        pytest.param(own(config={**CONFIGURATION, "apiVersion": "kubeproxy.config.k8s.io/v1alpha2"}),
                     "config: line 1: kube-proxy cannot read it: its apiVersion is 'kubeproxy.config.k8s.io/v1alpha2'",
                     id="v1alpha2"),
        pytest.param(own(config={**CONFIGURATION, "mode": "userspace"}), "config: mode: is not valid (got 'userspace')",
                     id="refused by kube-proxy"),
        pytest.param(own(config={**CONFIGURATION, "featureGates": {"IPv6DualStack": True}}),
                     "config: featureGates.IPv6DualStack: kube-proxy 1.36 does not have this feature gate", id="gate"),
        pytest.param(own(api_server="10.0.0.1"), "api_server: is not the URL of a server (got '10.0.0.1')", id=
            "address"),
        pytest.param(adopt(), "DaemonSet kube-system/kube-proxy: does not exist (found nothing)", id="no kube-proxy"),
        pytest.param(adopt(layout="gke"), "layout: is not a known layout (got 'gke')", id="layout"),
    ],
)  # fmt: skip
def test_bad_input(project, kubeadm, cluster, program, wrong):
    (line,) = refused(project, cluster, program)

    assert line.startswith(wrong)


@pytest.fixture
def daemon_set(cluster, kubeadm):
    """Return a function that makes a DaemonSet in kube-system, gone after the test."""
    made = []

    def make(name, container="kube-proxy"):
        labels = {"app": name}
        pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": container, "image": "x"}]}}
        spec = {"selector": {"matchLabels": labels}, "template": pods}
        cluster.api.create(f"{OF}/daemonsets", {"metadata": {"name": name}, "spec": spec})
        made.append(name)

    yield make
    for name in made:
        cluster.api.delete(f"{OF}/daemonsets/{name}")


def test_replacement_of_kube_proxy_is_named(project, cluster, daemon_set):
    daemon_set("cilium", "cilium-agent")

    assert [
        "DaemonSet kube-system/kube-proxy: does not exist; cilium seems to replace it. There is nothing to adopt."
    ] == (refused(project, cluster, adopt()))


def test_two_that_fit_are_named(project, cluster, kubeadm, daemon_set):
    kubeadm.addon()
    daemon_set("kube-proxy-b")

    assert [
        "DaemonSet kube-system/kube-proxy: kube-proxy-b runs kube-proxy on the same nodes. Remove one of them, or "
        "name the right one in `layout`."
    ] == refused(project, cluster, adopt())


def test_static_pods_are_named(project, cluster, kubeadm):
    mirror = {"name": "kube-proxy-node-1", "annotations": {"kubernetes.io/config.mirror": "x"}}
    spec = {"nodeName": "node-1", "containers": [{"name": "kube-proxy", "image": "x"}]}
    cluster.api.create(f"{OF}/pods", {"metadata": mirror, "spec": spec})
    try:
        (adopting,) = refused(project, cluster, adopt())
        (owning,) = refused(project, cluster, own())
    finally:
        cluster.api.delete(f"{OF}/pods/kube-proxy-node-1")

    assert "kube-proxy runs in static pods (kube-proxy-node-1), which the kubelet of each node owns" in adopting
    assert "kube-proxy already runs in static pods (kube-proxy-node-1)" in owning


@pytest.fixture
def limited(cluster, project, kubeadm, tmp_path):
    """Return a function that gives the stack a user with these rights only, in `kube-system`."""
    user = "namespaces/kube-system/serviceaccounts/limited"
    cluster.api.create(f"{OF}/serviceaccounts", {"metadata": {"name": "limited"}})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = cluster.api.create(f"{user}/token", request)["status"]["token"]
    kubeconfig = json.loads(cluster.kubeconfig.read_text())
    kubeconfig["users"] = [{"name": "admin", "user": {"token": token}}]
    (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig))
    subject = {"kind": "ServiceAccount", "name": "limited", "namespace": "kube-system"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "config-rollout"}
    binding = {"metadata": {"name": "limited"}, "roleRef": reference, "subjects": [subject]}
    cluster.api.create(f"{OF}/rolebindings", binding)

    def give(rights):
        cluster.api.create(f"{OF}/roles", yaml.safe_load(role(rights)))
        value = automation.ConfigValue(str(tmp_path / "kubeconfig"))
        project.stack(adopt()).set_config("kubernetes:kubeconfig", value)

    yield give
    for path in (user, f"{OF}/rolebindings/limited", f"{OF}/roles/config-rollout"):
        cluster.api.delete(path)


def test_smallest_role_is_enough(project, cluster, kubeadm, limited):
    kubeadm.addon()
    limited(all_rights(Layout()))
    outcome = project.up(adopt(config=CONFIGURATION))

    assert not outcome.failed, outcome.output
    assert not project.up(adopt(config={**CONFIGURATION, "mode": "nftables"}), refresh=True).failed
    assert NODES == cluster.api.get(DAEMON_SET)["status"]["numberReady"]


def test_right_to_patch_that_is_missing_is_named_with_the_smallest_role(project, cluster, kubeadm, limited):
    kubeadm.addon()
    limited([right for right in all_rights(Layout()) if right.verb != "patch"])
    outcomes = []
    wrote = written(cluster, lambda: outcomes.extend([project.preview(adopt()), project.up(adopt())]))
    preview, up = outcomes

    assert {} == wrote
    assert (False, True) == (preview.failed, up.failed)
    assert "may not patch daemonsets 'kube-proxy' in namespace kube-system, patch configmaps 'kube-proxy'" in up.output
    assert "resources: [daemonsets], resourceNames: [kube-proxy], verbs: [get, patch]" in up.output
    assert preview.messages[-1].startswith("adopts DaemonSet kube-system/kube-proxy")


def test_right_to_read_that_is_missing_makes_the_preview_shorter_and_up_an_error(project, cluster, kubeadm, limited):
    kubeadm.addon()
    settle(cluster)
    limited([right for right in all_rights(Layout()) if right.verb != "get"])
    preview, up = project.preview(adopt()), project.up(adopt())

    assert (False, True) == (preview.failed, up.failed)
    assert "the cluster cannot be read, so this preview does not show what it has" in preview.output
    for outcome in (preview, up):
        assert "may not get daemonsets 'kube-proxy' in namespace kube-system" in outcome.output
        assert "resources: [daemonsets], resourceNames: [kube-proxy], verbs: [get]" in outcome.output


def test_cluster_that_does_not_answer_makes_the_preview_shorter_and_up_an_error(project, cluster, kubeadm, monkeypatch):
    monkeypatch.setattr(patience, "WAIT_SECONDS", 1)
    kubeadm.addon()
    project.up(adopt())
    kubeconfig = json.loads(cluster.kubeconfig.read_text())
    kubeconfig["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    project.stack(adopt()).set_config("kubernetes:kubeconfig", automation.ConfigValue(json.dumps(kubeconfig)))
    preview, up = project.preview(adopt()), project.up(adopt())

    assert (False, True) == (preview.failed, up.failed)
    assert [True] == [
        "the cluster cannot be read, so this preview does not show what it has" in said for said in preview.messages
    ]
    assert f"error: {HEAD}https://127.0.0.1:1: does not answer (" in up.output


def test_other_cluster_than_the_provider_s_is_warned_about(project, cluster, kubeadm, namespace):
    kubeadm.addon()
    project.up(adopt())
    cluster.api.delete(DAEMON_SET)
    kubeadm.addon()
    outcome = project.preview(adopt())

    assert "name a different cluster from the provider's" in outcome.output


def test_deprecated_mode_is_warned_about(project, kubeadm):
    kubeadm.addon({"mode": "ipvs"})
    preview = project.preview(adopt())

    assert not preview.failed
    assert "ConfigMap kube-system/kube-proxy: data['config.conf']: mode: ipvs is deprecated since" in preview.output


def test_name_of_the_component_is_free(project, kubeadm, cluster):
    kubeadm.addon()

    assert not project.up(lambda: KubeProxy("proxy-of-mine", {"manage": "adopt", "min_ready_seconds": 0})).failed
