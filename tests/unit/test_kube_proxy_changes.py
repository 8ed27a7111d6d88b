"""What a change of a KubeProxyConfiguration is told to do; how it is read, test_kube_proxy.py tests."""

import pytest

from config_rollout.core.configuration.content import Content, parse_content, warnings
from config_rollout.core.configuration.diff import KeyChange, diff_contents
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.explain.reasons import explain_keys
from config_rollout.core.words.changes import key_lines

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
            ["~ clusterCIDR: 10.0.0.0/8 => 10.1.0.0/16 (dangerous: what counts as local decides what is masqueraded)"],
            id="a dangerous field",
        ),
    ],
)
def test_field_says_what_its_change_does(old, new, lines):
    assert lines == [line.strip() for line in key_lines(change(old, new))[1:]]


def test_change_of_nothing_in_force_says_so():
    message = explain_keys(
        [change("mode: iptables\n", "mode: iptables\nipvs: {scheduler: lc}\n")], "kube-system/kube-proxy"
    )

    assert "config.conf: no effective value changes, so nothing restarts" == message.splitlines()[0]


def test_what_kube_proxy_refuses_is_a_finding_of_its_key():
    _, findings = parse_content({"config.conf": HEAD + "mode: nftable\n"})

    assert [
        "data['config.conf']: mode: is not valid (got 'nftable'). Use one of iptables, ipvs, nftables, kernelspace."
    ] == [str(finding) for finding in findings]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "mode: iptables\n", "~ mode: unset (iptables) => iptables (same rules: iptables is the default of 1.34 to "
         "1.37 on Linux; written out, it stays when a later release changes the default)"),
        ("mode: iptables\n", "mode: ''\n", "~ mode: iptables => unset (iptables) (same rules: iptables is the default "
         "of 1.34 to 1.37 on Linux; written out, it stays when a later release changes the default)"),
        ("", "mode: nftables\n", "~ mode: unset (iptables) => nftables (data plane: all rules are recreated by a "
                                 "different "
         "mechanism, and iptables and ipvs leave each other's rules behind)"),
    ],
)  # fmt: skip
def test_mode_that_is_written_out_changes_no_rules(old, new, expected):
    assert expected in [line.strip() for line in key_lines(change(old, new))]


@pytest.mark.parametrize("field", ["nope: 1", "metadata: {name: a}", "ipvs.strictARP: true", "strictARP: true"])
def test_sides_with_a_field_that_kube_proxy_drops_are_compared(field):
    old, new = content(f"mode: iptables\n{field}\n"), content("mode: iptables\noomScoreAdj: 1\n")

    assert [["oomScoreAdj"]] == [[one.path for one in key.fields] for key in diff_contents(old, new)]
    assert ([], 1) == (parse_content({"config.conf": old.data["config.conf"].decode()})[1], len(warnings(old)))


@pytest.mark.parametrize(
    ("declared", "old", "new", "expected"),
    [
        ("kube-proxy", "", "winkernel: {enableDSR: true}\n", "~ winkernel.enableDSR: false => true"),
        ("kube-proxy-windows", "", "conntrack: {min: 1}\n",
         "~ conntrack.min: 131072 => 1 (nothing: kube-proxy on Windows never reads it)"),
        ("kube-proxy-linux", "", "winkernel: {enableDSR: true}\n",
         "~ winkernel.enableDSR: false => true (nothing: kube-proxy on Linux never reads it)"),
        ("kube-proxy", "mode: ipvs\nconntrack: {maxPerCore: 0}\n", "mode: ipvs\nconntrack: {maxPerCore: 0, min: 1}\n",
         "~ conntrack.min: 131072 => 1 (nothing: it is not read if conntrack.maxPerCore is 0)"),
    ],
)  # fmt: skip
def test_field_that_is_not_read_there_says_why(declared, old, new, expected):
    sides = (Content({"c": (HEAD + text).encode()}, formats={"c": declared}) for text in (old, new))
    (found,) = diff_contents(*sides)

    assert expected in [line.strip() for line in key_lines(found)]
    assert ("nothing" in expected) != found.restarts


def test_platform_changes_no_hash_but_by_what_is_read():
    hashes = {
        config_hash(Content({"c": (HEAD + text).encode()}, formats={"c": form}))
        for form in ("kube-proxy", "kube-proxy-linux", "kube-proxy-windows")
        for text in ("", "mode: ''\n", "iptables: {syncPeriod: 30s}\nwinkernel: {enableDSR: false}\n")
    }

    assert 1 == len(hashes)


def test_unset_mode_is_a_warning():
    assert ["data['config.conf']: mode"] == [finding.where for finding in warnings(content(""))]
