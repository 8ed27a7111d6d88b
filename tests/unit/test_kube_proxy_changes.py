"""What a change of a KubeProxyConfiguration is told to do; how it is read, test_kube_proxy.py tests."""

import pytest

from config_rollout.core.change_words import key_lines
from config_rollout.core.content import Content, parse_content, warnings
from config_rollout.core.diff import KeyChange, diff_contents
from config_rollout.core.digest import config_hash
from config_rollout.core.explain import explain_keys

HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"


def content(text: str) -> Content:
    return Content({"config.conf": (HEAD + text).encode()})


def change(old: str, new: str) -> KeyChange:
    (found,) = diff_contents(content(old), content(new))
    return found


def test_format_is_told_by_what_the_key_holds():
    assert "kube-proxy" == content("mode: iptables\n").meanings["config.conf"].format


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("mode: iptables\n", "mode: iptables\niptables: {syncPeriod: 30s}\n", id="an explicit default"),
        pytest.param("mode: iptables\n", "mode: iptables\nnodePortAddresses: null\n", id="null"),
        pytest.param("mode: ipvs\nipvs: {syncPeriod: 60s}\n", "ipvs: {syncPeriod: 1m}\nmode: ipvs\n", id="a spelling"),
        pytest.param("mode: iptables\n", "mode: iptables\nipvs: {scheduler: lc}\n", id="what the mode never reads"),
    ],
)
def test_hash_is_that_of_what_is_in_force(old, new):
    assert config_hash(content(old)) == config_hash(content(new))


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        pytest.param(
            "mode: iptables\n",
            "mode: iptables\nipvs: {scheduler: lc}\n",
            ['~ ipvs.scheduler: "" => lc (nothing: mode iptables never reads it)'],
            id="inactive section",
        ),
        pytest.param(
            "mode: iptables\niptables: {syncPeriod: 1m}\n",
            "mode: iptables\niptables: {syncPeriod: 2m}\n",
            ["~ iptables.syncPeriod: 1m0s => 2m0s"],
            id="a plain restart",
        ),
        pytest.param(
            "mode: iptables\nclusterCIDR: 10.0.0.0/8\n",
            "mode: iptables\nclusterCIDR: 10.1.0.0/16\n",
            ["~ clusterCIDR: 10.0.0.0/8 => 10.1.0.0/16 "
             "(dangerous: what counts as local decides what is masqueraded)"],
            id="a dangerous field",
        ),
    ],
)  # fmt: skip
def test_field_says_what_its_change_does(old, new, lines):
    assert lines == [line.strip() for line in key_lines(change(old, new))[1:]]


def test_change_of_nothing_in_force_says_so():
    message = explain_keys(
        [change("mode: iptables\n", "mode: iptables\nipvs: {scheduler: lc}\n")], "kube-system/kube-proxy"
    )

    assert "config.conf: nothing that is in force changes, nothing restarts" == message.splitlines()[0]


def test_what_kube_proxy_refuses_is_a_finding_of_its_key():
    _, findings = parse_content({"config.conf": HEAD + "mode: nftable\n"})

    assert ["data['config.conf']: mode: is unknown (got 'nftable'). Use one of iptables, ipvs, nftables."] == [
        str(finding) for finding in findings
    ]


def test_unset_mode_is_a_warning():
    assert ["data['config.conf']: mode"] == [finding.where for finding in warnings(content(""))]
