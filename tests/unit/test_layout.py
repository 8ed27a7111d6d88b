"""Layouts: which there are, whether one fits what is there, and what is said where it does not."""

import pytest

from config_rollout.core.kube_proxy.discovery import ExistingKubeProxy, check_adoptable, check_ownable, version
from config_rollout.core.kube_proxy.layout import LAYOUTS, Layout, parse_layout
from config_rollout.core.rbac.rights import Right, role
from config_rollout.core.revisions.naming import content_name, is_content_name
from tests.objects.kubeadm import config_map, daemon_set

KUBEADM, BOTH = Layout(), ["config.conf", "kubeconfig.conf"]


def lines(findings) -> list[str]:
    return [str(finding) for finding in findings]


def pod(name, static=True):
    annotations = {"kubernetes.io/config.mirror": "x"} if static else {}
    return {"metadata": {"name": name, "annotations": annotations}}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout_is_known_by_name(name):
    assert (LAYOUTS[name], []) == parse_layout(name)


def test_other_layout_is_kubeadm_s_but_for_what_is_named():
    assert (Layout(daemon_set="proxy", kubeconfig_key=""), []) == parse_layout(
        {"daemon_set": "proxy", "kubeconfig_key": ""}
    )


def test_none_in_a_layout_is_kubeadm_s_name():
    assert (Layout(daemon_set="proxy"), []) == parse_layout({"daemon_set": "proxy", "volume": None})


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ("aks", "layout: is not a known layout (got 'aks'). Use 'kubeadm', 'eks', or a mapping."),
        (7, "layout: must be a name or a mapping (got int). Pass a dict."),
        ({"deamon_set": "x"},
         "layout['deamon_set']: is not a known part of a layout. Write 'daemon_set', if that was meant."),
        ({"volume": ""}, "layout['volume']: must be a name (got ''). Pass a str."),
        ({"daemon_set": "x" * 53}, "layout['daemon_set']: has 53 characters. "
         "Use at most 52, since the ConfigMap's name adds 11 for the hash."),
        ({"volume": 7}, "layout['volume']: must be a name (got 7). Pass a str."),
        ({"volume": 7.0}, "layout['volume']: must be a name (got 7). Pass a str."),
    ],
)  # fmt: skip
def test_wrong_layout_is_refused(given, wrong):
    assert [wrong] == lines(parse_layout(given)[1])


def test_what_kubeadm_made_fits():
    assert [] == lines(check_adoptable(KUBEADM, ExistingKubeProxy(daemon_set(), config_map()), BOTH))


def test_what_was_adopted_before_fits():
    assert [] == lines(
        check_adoptable(KUBEADM, ExistingKubeProxy(daemon_set(mounts="kube-proxy-48c0a26724"), config_map()), BOTH)
    )


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (ExistingKubeProxy(daemon_set(container="proxy"), config_map()),
         "DaemonSet kube-system/kube-proxy: there is no container 'kube-proxy' (found proxy). "
         "Name the right one in `layout`."),
        (ExistingKubeProxy(daemon_set(volume="config"), config_map()),
         "DaemonSet kube-system/kube-proxy: there is no volume of a ConfigMap 'kube-proxy' (found config). "
         "Name the right one in `layout`."),
        (ExistingKubeProxy(daemon_set(mounts="other"), config_map()),
         "DaemonSet kube-system/kube-proxy: volume 'kube-proxy' mounts ConfigMap 'other', not 'kube-proxy'. "
         "Name it in `layout`."),
        (ExistingKubeProxy(daemon_set(), {"data": {"config": "x", "kubeconfig.conf": "x"}}),
         "ConfigMap kube-system/kube-proxy: there is no key 'config.conf' (found config, kubeconfig.conf). "
         "Name the right one in `layout`."),
        (ExistingKubeProxy(daemon_set(), None),
         "ConfigMap kube-system/kube-proxy: does not exist, so there is no configuration to take over. "
         "Pass `config` and `api_server`, or name the right one in `layout`."),
        (ExistingKubeProxy(daemon_set(), config_map(), None, [daemon_set(), daemon_set("kube-proxy-2")]),
         "DaemonSet kube-system/kube-proxy: kube-proxy-2 runs kube-proxy on the same nodes. "
         "Remove one of them, or name the right one in `layout`."),
    ],
    ids=["container", "volume", "config map", "key", "no config map", "two"],
)  # fmt: skip
def test_layout_that_does_not_fit_is_refused_with_what_was_found(found, wrong):
    assert [wrong] == lines(check_adoptable(KUBEADM, found, BOTH))


def test_layout_that_would_fit_is_named():
    found = ExistingKubeProxy(daemon_set(volume="config", mounts="kube-proxy-config"), config_map())

    assert (
        "DaemonSet kube-system/kube-proxy: it looks like layout 'eks'. Pass layout='eks'."
        == lines(check_adoptable(KUBEADM, found, BOTH))[-1]
    )


def test_keys_that_the_program_says_need_not_be_there():
    assert [] == lines(check_adoptable(KUBEADM, ExistingKubeProxy(daemon_set(), None), []))


def test_kube_proxy_of_windows_is_no_twin():
    windows = daemon_set("kube-proxy-windows", node_selector={"kubernetes.io/os": "windows"})

    assert [] == lines(
        check_adoptable(KUBEADM, ExistingKubeProxy(daemon_set(), config_map(), None, [daemon_set(), windows]), BOTH)
    )


@pytest.mark.parametrize(
    ("daemon_sets", "pods", "wrong"),
    [
        (["cilium", "x"], [], "does not exist; cilium seems to replace it. There is nothing to adopt."),
        (["kube-router"], [], "does not exist; kube-router seems to replace it. There is nothing to adopt."),
        ([], ["kube-proxy-node-1"],
         "does not exist; kube-proxy runs in static pods (kube-proxy-node-1), which the kubelet of each node owns. "
         "Change their manifests on the nodes, or remove them and use manage='own'."),
        (["x"], [], "does not exist (found x). If kube-proxy runs as a service on the nodes, or not at all, use "
         "manage='own'."),
    ],
)  # fmt: skip
def test_cluster_without_the_daemon_set_is_told_with_what_it_has(daemon_sets, pods, wrong):
    others = [daemon_set(name, container="agent") for name in daemon_sets]
    found = ExistingKubeProxy(None, None, None, others, [pod(name) for name in pods])

    assert [f"DaemonSet kube-system/kube-proxy: {wrong}"] == lines(check_adoptable(KUBEADM, found, BOTH))


def test_daemon_set_of_another_name_is_named():
    found = ExistingKubeProxy(None, None, None, [daemon_set("proxy")])

    assert [
        "DaemonSet kube-system/kube-proxy: does not exist (found proxy). Name the right one in `layout`: proxy."
    ] == lines(check_adoptable(KUBEADM, found, BOTH))


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (ExistingKubeProxy(daemon_set()), "already exists (registry.k8s.io/kube-proxy:v1.36.3). "
         "Use manage='adopt', or remove it first."),
        (ExistingKubeProxy(None, None, None, [daemon_set("proxy")]), "kube-proxy already runs in DaemonSet proxy. "
         "Use manage='adopt', or remove it first."),
        (ExistingKubeProxy(None, None, None, [], [pod("kube-proxy-n")]),
         "kube-proxy already runs in static pods (kube-proxy-n). Remove them first."),
    ],
)  # fmt: skip
def test_kube_proxy_that_is_there_is_not_owned(found, wrong):
    assert [f"DaemonSet kube-system/kube-proxy: {wrong}"] == lines(check_ownable(KUBEADM, found))


@pytest.mark.parametrize("manager", ["config-rollout", "config-rollout-own"])
def test_what_was_adopted_or_owned_before_can_be_owned(manager):
    assert [] == lines(check_ownable(KUBEADM, ExistingKubeProxy(daemon_set(manager=manager))))


def test_empty_cluster_can_be_owned():
    assert [] == lines(
        check_ownable(KUBEADM, ExistingKubeProxy(None, None, None, [daemon_set("agent", container="agent")]))
    )


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("registry.k8s.io/kube-proxy:v1.36.3", "v1.36.3"),
        ("127.0.0.1:5000/kube-proxy:v1.35.0@sha256:00", "v1.35.0"),
        ("127.0.0.1:5000/kube-proxy", ""),
    ],
)
def test_version_is_the_image_s_tag(image, expected):
    assert expected == version(image)


@pytest.mark.parametrize(
    ("name", "expected"),
    [(content_name("kube-proxy", "0123456789abcdef"), True), ("kube-proxy", False), ("kube-proxy-2", False),
     ("other-0123456789", False), ("kube-proxy-012345678X", False)],
)  # fmt: skip
def test_content_name_is_known_as_one(name, expected):
    assert expected == is_content_name(name, "kube-proxy")


def test_role_groups_verbs_and_says_names():
    rights = [
        Right("get", "apps", "daemonsets", "n", "d"),
        Right("patch", "apps", "daemonsets", "n", "d"),
        Right("create", "", "configmaps", "n"),
    ]

    assert [
        "  - {apiGroups: ['apps'], resources: [daemonsets], resourceNames: [d], verbs: [get, patch]}",
        "  - {apiGroups: [''], resources: [configmaps], verbs: [create]}",
    ] == role(rights).splitlines()[-2:]


def test_right_in_the_whole_cluster_takes_a_cluster_role():
    assert "kind: ClusterRole" in role([Right("list", "", "nodes")])


@pytest.mark.parametrize(("strategy", "expected"), [("OnDelete", ["a", "b"]), ("RollingUpdate", [])])
def test_holders_of_on_delete_are_those_that_have_the_field(strategy, expected):
    live = daemon_set(manager="kubeadm")
    held = {"f:spec": {"f:updateStrategy": {"f:type": {}}}}
    live["metadata"]["managedFields"] += [{"manager": name, "fieldsV1": held} for name in "ba"]
    live["metadata"]["managedFields"] += [{"manager": "c", "fieldsV1": {"f:spec": {"f:template": {}}}}]
    live["spec"]["updateStrategy"] = {"type": strategy}

    assert expected == ExistingKubeProxy(live).holders_of_on_delete()
