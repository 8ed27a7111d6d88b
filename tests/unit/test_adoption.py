"""What adopting a kube-proxy changes, and the words for it."""

import pytest

from config_rollout.core.configuration.content import parse_content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.kube_proxy.adoption import Adoption, applied_for, has_other_probe
from config_rollout.core.kube_proxy.layout import LAYOUTS, Layout
from config_rollout.core.kube_proxy.workload import adopted as adopted_workload
from config_rollout.core.revisions.naming import content_name
from config_rollout.core.waves.words import WavePlan
from config_rollout.core.workload.render import render_workload
from tests.objects.kubeadm import CONFIG, config_map, daemon_set

STRATEGY = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}
PROBE = {"httpGet": {"path": "/livez", "port": 10256}, "periodSeconds": 5}
FORMATS = {"config.conf": "kube-proxy", "kubeconfig.conf": "yaml"}


def content(**changes):
    return parse_content(config_map(**changes)["data"], None, FORMATS)[0]


def adoption(live=None, wanted=None, read=None, layout=None, **arguments):
    wanted, layout = wanted or content(), layout or Layout()
    full = config_hash(wanted)
    names = {layout.daemon_set: content_name(layout.daemon_set, full)}
    wish = {"spec": render_workload(adopted_workload(layout, STRATEGY, 0, PROBE), full, names)["spec"]}
    stable = arguments.pop("stable", content())
    return Adoption(layout, live or daemon_set(), stable, read or stable, wanted, wish, **arguments)


def adopted(wanted=None):
    """Return a DaemonSet that has all that the patch wants."""
    full = config_hash(wanted or content())
    live = daemon_set(mounts=content_name("kube-proxy", full))
    live["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] = "10%"
    template = live["spec"]["template"]
    template["metadata"]["annotations"] = {"checksum/config": full, "kubectl.kubernetes.io/restartedAt": "now"}
    template["spec"]["containers"][0]["readinessProbe"] = {**PROBE, "timeoutSeconds": 1}
    return live


NFTABLES = content(config_conf=CONFIG.replace("iptables", "nftables"))


def test_adopting_restarts_what_kubeadm_made():
    assert adoption().restarts()


def test_adopting_again_restarts_nothing_and_leaves_others_fields_alone():
    again = adoption(live=adopted())

    assert ([], False) == (again.changes(), again.restarts())
    assert again.explain().splitlines()[0].endswith("layout kubeadm): it is already as wanted, nothing restarts")


def test_budget_alone_restarts_nothing():
    live = adopted()
    live["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] = 1

    assert (["spec.updateStrategy.rollingUpdate.maxUnavailable"], False) == (
        [change.path for change in adoption(live=live).changes()],
        adoption(live=live).restarts(),
    )


@pytest.mark.parametrize(("live", "expected"), [(daemon_set(), False), (adopted(), True)])
def test_managed_is_what_reads_a_config_map_of_its_own(live, expected):
    assert expected == adoption(live=live).is_managed()


def test_explanation_has_the_fields_that_differ():
    assert "      ~ mode: iptables => nftables (data plane: " in adoption(wanted=NFTABLES).explain()


def test_overwritten_is_told_with_the_way_back():
    text = adoption(wanted=NFTABLES).explain_left(put_back=False)

    assert text.startswith(
        "DaemonSet kube-system/kube-proxy was overwritten since the last `up` and is not managed now"
    )
    assert "  its pods read ConfigMap kube-proxy as it is when they start" in text.splitlines()
    assert text.endswith(
        "`pulumi up --refresh` takes it back with one rolling restart; without --refresh it stays as it is"
    )


def test_who_changed_it_is_told():
    live = adopted()
    live["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] = 1
    budget = {"f:spec": {"f:updateStrategy": {"f:rollingUpdate": {"f:maxUnavailable": {}}}}}
    live["metadata"]["managedFields"] = [
        {
            "manager": "config-rollout",
            "time": "2026-11-28T21:00:00Z",
            "fieldsV1": {"f:spec": {"f:minReadySeconds": {}}},
        },
        {"manager": "kubectl-edit", "time": "2026-11-28T22:10:00Z", "fieldsV1": budget},
    ]
    lines = adoption(live=live).explain_left(put_back=False).splitlines()

    assert [
        "DaemonSet kube-system/kube-proxy was changed by someone else since the last `up`",
        "  changed by kubectl-edit on 2026-11-28 22:10 UTC",
    ] == lines[:2]


def test_nothing_is_told_of_what_is_as_it_was_left():
    assert "" == adoption(live=adopted()).explain_left(put_back=False)


@pytest.mark.parametrize(
    ("put_back", "end"),
    [
        (True, "  `up` restores it and restarts nothing"),
        (False, "  `pulumi up --refresh` restores it and restarts nothing; without --refresh it stays as it is"),
    ],
)
def test_config_map_that_someone_edited_is_told(put_back, end):
    edited = adoption(live=adopted(), stable=NFTABLES, read=content(), own_keys=["config.conf"])

    assert [
        "ConfigMap kube-system/kube-proxy was changed by someone else since the last `up`; the pods do not read it",
        "  ~ config.conf",
    ] == edited.explain_left(put_back).splitlines()[:2]
    assert end == edited.explain_left(put_back).splitlines()[-1]


def test_mode_written_out_is_nobody_s_edit():
    unset = content(config_conf=CONFIG.replace("mode: iptables", "mode: ''"))
    edited = content(config_conf=CONFIG.replace("mode: iptables", "oomScoreAdj: 1"))
    kept = {"live": adopted(unset), "wanted": unset, "known": content(), "own_keys": ["config.conf"]}

    assert [] == adoption(stable=unset, **kept).drifted()
    assert [] == adoption(stable=content(), **kept).drifted()
    assert ["config.conf"] == [key.key for key in adoption(stable=edited, **kept).drifted()]


def test_config_map_that_nobody_here_says_is_not_drift():
    assert [] == adoption(live=adopted(), stable=NFTABLES, own_keys=[]).drifted()


def test_other_layout_is_told_by_its_name():
    layout = LAYOUTS["eks"]
    text = adoption(live=daemon_set(volume="config", mounts="kube-proxy-config"), layout=layout).explain()

    assert "(registry.k8s.io/kube-proxy:v1.36.3, layout eks)" in text


@pytest.mark.parametrize(
    ("probe", "expected"),
    [(None, False), ({"httpGet": {"path": "/livez", "port": 1}}, False), ({"httpGet": {"path": "/healthz"}}, True),
     ({"exec": {"command": ["x"]}}, True)],
)  # fmt: skip
def test_probe_of_someone_else_is_known(probe, expected):
    live = daemon_set()
    if probe:
        live["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = probe

    assert expected == has_other_probe(live, Layout())


PLAN = WavePlan(["canary  1 node, 1 at a time", "about 25 s"], 1)


def test_plan_of_the_waves_stands_where_the_budget_would():
    lines = adoption(plan=PLAN).explain().splitlines()

    head = "  rolling restart of DaemonSet kube-system/kube-proxy, wave by wave"
    assert [head, *(f"    {line}" for line in PLAN.lines)] == lines[-3:]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, "DaemonSet and ConfigMap"),
        ({"under_way": True}, "DaemonSet"),
        ({"under_way": True, "taken_back": True}, ""),
    ],
)
def test_what_a_rollout_in_waves_leaves_is_not_told_as_someone_else_s(state, told):
    given = {"live": adopted(), "wanted": NFTABLES, "stable": content(), "own_keys": ["config.conf"]}
    text = adoption(**given, **state).explain_left(put_back=False)
    kinds = [line.split(" ")[0] for line in text.splitlines() if " was changed by someone else " in line]

    assert told == " and ".join(kinds)


APPLIED = {
    "kind": "DaemonSet", "metadata": {"name": "kube-proxy"},
    "spec": {"minReadySeconds": 0, "template": {
        "metadata": {"annotations": {"checksum/config": "new"}},
        "spec": {"containers": [{"name": "kube-proxy", "readinessProbe": PROBE}],
                 "volumes": [{"name": "kube-proxy", "configMap": {"name": "kube-proxy-new"}}]}}},
}  # fmt: skip


def test_for_a_revision_of_ours_its_own_hash_probe_and_config_map_are_applied_and_nothing_else():
    template = adopted()["spec"]["template"]
    applied = applied_for(APPLIED, template, Layout())

    assert {
        "metadata": {"annotations": {"checksum/config": config_hash(content())}},
        "spec": {
            "containers": [{"name": "kube-proxy", "readinessProbe": {**PROBE, "timeoutSeconds": 1}}],
            "volumes": [
                {"name": "kube-proxy", "configMap": {"name": content_name("kube-proxy", config_hash(content()))}}
            ],
        },
    } == applied["spec"].pop("template")
    assert {"kind": "DaemonSet", "metadata": {"name": "kube-proxy"}, "spec": {"minReadySeconds": 0}} == applied


def test_for_kubeadm_s_revision_only_the_config_map_is_applied():
    template = daemon_set()["spec"]["template"]

    assert {"spec": {"volumes": [{"name": "kube-proxy", "configMap": {"name": "kube-proxy"}}]}} == applied_for(
        APPLIED, template, Layout()
    )["spec"]["template"]


def test_probe_that_is_not_ours_to_apply_is_left_to_its_owner():
    applied = {**APPLIED, "spec": {"template": {"spec": {}}}}

    assert "containers" not in applied_for(applied, adopted()["spec"]["template"], Layout())["spec"]["template"]["spec"]
