"""The typed reading of a KubeProxyConfiguration: what is in force, what counts as a change, what is refused."""

import json

import pytest

from config_rollout.core.formats.kube_proxy import values as kube_proxy_values
from config_rollout.core.formats.kube_proxy.fields import BY_PATH, FIELDS, render_table
from config_rollout.core.formats.kube_proxy.read import UNSET_MODE, UNSET_ON_WINDOWS, read_kube_proxy
from config_rollout.core.formats.kube_proxy.values import Number

HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"


def reading(text: str = "mode: iptables", head: str = HEAD, platform: str = ""):
    return read_kube_proxy(f"{head}{text}\n".encode(), platform)


def lines(findings) -> list[str]:
    return [str(finding) for finding in findings]


def at(tree, path: str):
    for key in path.split("."):
        tree = tree[key]
    return tree


def restarts(old: str, new: str, platform: str = "") -> bool:
    one, other = (reading(text, platform=platform) for text in (old, new))
    assert [] == lines([*one.findings, *other.findings])
    return one.effective != other.effective


# What a text is


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD, True),
        ('{"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"}', True),
        ("---\n# a comment\n" + HEAD, True),
        (HEAD.replace("v1alpha1", "v1alpha2"), False),
        (HEAD.replace("kind", "Kind"), True),
        (HEAD.replace("kind: Kube", "kind: Cube"), False),
        ("kind: KubeProxyConfiguration", False),
        ("", False),
        ("- a", False),
    ],
)
def test_text_is_told_by_its_api_version_and_kind(text, expected):
    assert expected == (read_kube_proxy(text.encode()) is not None)


def test_json_is_read_like_yaml():
    head = '{"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", '

    assert reading("mode: ipvs\noomScoreAdj: 0") == reading('"mode": "ipvs", "oomScoreAdj": 0}', head)


# Every field is somewhere


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables"])
def test_every_field_is_in_force_or_inactive(mode):
    read = reading(f"mode: {mode}")

    for field in FIELDS:
        live = field.is_read(mode, {"detectLocalMode": "ClusterCIDR", "logging.format": "text"})
        at(read.effective if live else read.inactive, field.path)


# What restarts nothing


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("mode: ipvs\noomScoreAdj: -998", "oomScoreAdj: -998\nmode: 'ipvs' # why", id="order and quotes"),
        pytest.param("mode: ipvs", "mode: ipvs\nconfigSyncPeriod: 15m\noomScoreAdj: -999", id="explicit default"),
        pytest.param("mode: ipvs\nconfigSyncPeriod: 90s", "mode: ipvs\nconfigSyncPeriod: 1.5m", id="durations"),
        pytest.param("mode: iptables\niptables: {minSyncPeriod: 0s}", "mode: iptables", id="zero is the default"),
        pytest.param("mode: ipvs\nipvs: {minSyncPeriod: 0s}", "mode: ipvs\nipvs:", id="zero is the default of ipvs"),
        pytest.param("mode: ipvs\nclientConnection: {qps: null, burst: 0}", "mode: ipvs", id="null and 0"),
        pytest.param("mode: ipvs\nnodePortAddresses: []", "mode: ipvs\nnodePortAddresses: null", id="empty list"),
        pytest.param("mode: nftables\nnodePortAddresses: [primary]", "mode: nftables", id="primary in nftables"),
        pytest.param("mode: ipvs\nconntrack: {min: null}", "mode: ipvs\nconntrack: {min: 131072}", id="null pointer"),
        pytest.param("mode: ipvs\noomScoreAdj: 017", "mode: ipvs\noomScoreAdj: 0xF", id="octal is 15 to Go"),
        pytest.param("mode: ipvs\nenableProfiling: yes", "mode: ipvs\nenableProfiling: true", id="YAML 1.1 boolean"),
        pytest.param("mode: ipvs\nhealthzBindAddress: 10.0.0.1", "mode: ipvs\nhealthzBindAddress: 10.0.0.1:10256",
                     id="the port is appended"),
        pytest.param("mode: ipvs\nbindAddress: '::'", "mode: ipvs\nbindAddress: '::'\nhealthzBindAddress: '[::]:10256'",
                     id="the default follows the family"),
        pytest.param("mode: ipvs\nlogging: {flushFrequency: 7s}", "mode: ipvs\nlogging: {flushFrequency: 7000000000}",
                     id="nanoseconds"),
        pytest.param("mode: nftables\nipvs: {scheduler: rr}", "mode: nftables\nipvs: {scheduler: lc}", id="other mode"),
        pytest.param("mode: nftables\niptables: {masqueradeAll: true}", "mode: nftables", id="nftables has its own"),
        pytest.param("mode: ipvs\niptables: {syncPeriod: 9s}", "mode: ipvs", id="periods of the other section"),
        pytest.param("mode: ipvs\nportRange: 1-2", "mode: ipvs", id="nothing reads it"),
        pytest.param("mode: ipvs\nwinkernel: {enableDSR: true}", "mode: ipvs", id="Windows only"),
        pytest.param("mode: ipvs\ndetectLocalMode: NodeCIDR\nclusterCIDR: 10.0.0.0/8",
                     "mode: ipvs\ndetectLocalMode: NodeCIDR", id="clusterCIDR with NodeCIDR"),
        pytest.param("mode: ipvs\nudpIdleTimeout: 250ms", "mode: ipvs", id="a field of older releases"),
        pytest.param("mode: ipvs\nconntrack: {maxPerCore: 0, min: 1}", "mode: ipvs\nconntrack: {maxPerCore: 0}",
                     id="min where maxPerCore is 0"),
        pytest.param("mode: kernelspace\nconntrack: {min: 1}", "mode: kernelspace", id="Linux only"),
        pytest.param("winkernel: {rootHnsEndpointName: cbr0}", "", id="the default on Windows"),
    ],
)  # fmt: skip
def test_same_meaning_restarts_nothing(old, new):
    assert not restarts(old, new)


# What restarts


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("mode: ipvs", "mode: nftables", id="mode"),
        pytest.param("mode: iptables", "", id="unset mode is not iptables"),
        pytest.param("mode: iptables", "mode: null", id="null mode is not iptables"),
        pytest.param("mode: ipvs\noomScoreAdj: 0", "mode: ipvs", id="zero is not the default of a pointer"),
        pytest.param("mode: ipvs\nconntrack: {tcpCloseWaitTimeout: 0s}", "mode: ipvs", id="nor of a duration's"),
        pytest.param("mode: iptables\niptables: {masqueradeBit: 0}", "mode: iptables", id="nor of the mark bit"),
        pytest.param("mode: ipvs\niptables: {masqueradeAll: true}", "mode: ipvs", id="masqueradeAll in ipvs"),
        pytest.param("mode: ipvs\nipvs: {scheduler: rr}", "mode: ipvs", id="rr by name"),
        pytest.param("mode: ipvs\nipvs: {minSyncPeriod: 1s}", "mode: ipvs", id="1 s is not the default of ipvs"),
        pytest.param("mode: ipvs\nfeatureGates: {AllAlpha: false}", "mode: ipvs", id="a gate at its default"),
        pytest.param("mode: ipvs\nclusterCIDR: 10.0.0.0/8", "mode: ipvs", id="clusterCIDR"),
        pytest.param("mode: ipvs\nhostnameOverride: Node1", "mode: ipvs\nhostnameOverride: node1", id="case of text"),
        pytest.param("mode: ipvs\nbindAddress: 10.0.0.1", "mode: ipvs\nbindAddress: 010.0.0.1", id="spelt address"),
        pytest.param("mode: ipvs\nnodePortAddresses: [10.0.0.0/8, 11.0.0.0/8]",
                     "mode: ipvs\nnodePortAddresses: [11.0.0.0/8, 10.0.0.0/8]", id="order of a list"),
        pytest.param("mode: ipvs\nlogging: {options: {text: {splitStream: true}}}", "mode: ipvs", id="splitStream"),
        pytest.param("mode: ipvs\nclientConnection: {qps: 5.0001}", "mode: ipvs", id="a small change"),
        pytest.param("mode: ipvs\nconntrack: {maxPerCore: 1, min: 1}", "mode: ipvs\nconntrack: {maxPerCore: 1}",
                     id="min where maxPerCore is more than 0"),
        pytest.param("mode: kernelspace\nwinkernel: {enableDSR: true}", "mode: kernelspace", id="kernelspace"),
        pytest.param("winkernel: {enableDSR: true}", "", id="Windows is possible where nobody says"),
        pytest.param("conntrack: {min: 1}", "", id="Linux is possible where nobody says"),
    ],
)  # fmt: skip
def test_other_meaning_restarts(old, new):
    assert restarts(old, new)


@pytest.mark.parametrize(
    ("platform", "changed", "expected"),
    [
        ("linux", "winkernel: {enableDSR: true}", False),
        ("linux", "conntrack: {min: 1}", True),
        ("windows", "winkernel: {enableDSR: true}", True),
        ("windows", "windowsRunAsService: true", True),
        ("windows", "iptables: {syncPeriod: 31s}", True),
        ("windows", "iptables: {masqueradeAll: true}", False),
        ("windows", "conntrack: {min: 1}", False),
        ("windows", "clusterCIDR: 10.0.0.0/8", False),
    ],
)
def test_platform_that_is_known_decides_what_an_unset_mode_reads(platform, changed, expected):
    assert expected == restarts("", changed, platform)


@pytest.mark.parametrize(
    ("platform", "mode", "expected"),
    [
        ("linux", "kernelspace", ["mode: is only valid for kube-proxy on Windows (got 'kernelspace'). "
                                  "Use one of iptables, ipvs, nftables."]),
        ("windows", "ipvs", ["mode: is only valid for kube-proxy on Linux (got 'ipvs'). Use kernelspace, or leave it "
                             "out."]),
        ("windows", "kernelspace", []),
        ("windows", "''", []),
        ("", "kernelspace", []),
        ("", "ipvs", []),
    ],
)  # fmt: skip
def test_mode_of_the_other_platform_is_refused(platform, mode, expected):
    assert expected == lines(reading(f"mode: {mode}", platform=platform).findings)


def test_unset_mode_is_kernelspace_on_windows_and_not_warned_of():
    read = reading("", platform="windows")

    assert (UNSET_ON_WINDOWS, []) == (read.effective["mode"], read.warnings)


def test_unset_mode_is_a_value_of_its_own_and_warned_of():
    read = reading("")

    assert UNSET_MODE == read.effective["mode"]
    assert [
        "mode: is not set: the default is iptables today, and will change in a later release. Set the mode that you "
        "want."
    ] == lines(read.warnings)


@pytest.mark.parametrize(
    ("mode", "expected"), [("iptables", "1s"), ("ipvs", "0s"), ("nftables", "1s")], ids=["iptables", "ipvs", "nftables"]
)
def test_least_period_of_a_mode(mode, expected):
    assert expected == at(reading(f"mode: {mode}").effective, f"{mode}.minSyncPeriod")


def test_inactive_value_is_kept_as_it_would_be_in_force():
    assert "1m0s" == at(reading("mode: nftables\nipvs: {syncPeriod: 60s}").inactive, "ipvs.syncPeriod")


# What kubespray wrote over the years: each says the same in other words


KUBESPRAY_LIKE = [
    "mode: ipvs\nconntrack: {max: null, maxPerCore: 32768}\nresourceContainer: /x\nenableProfiling: False\n"
    "clientConnection: {qps: , burst: 10}\nipvs: {excludeCIDRs: null, minSyncPeriod: 0s}\nportRange: ",
    "mode: ipvs\nconntrack: {maxPerCore: 32768}\nudpIdleTimeout: 250ms\nclientConnection: {qps: 5}\n"
    "ipvs: {excludeCIDRs: [], minSyncPeriod: 0s, tcpTimeout: 0s, strictARP: False}",
    "mode: ipvs\niptables: {minSyncPeriod: 0s, syncPeriod: 30s}\nconfigSyncPeriod: 15m0s",
]


def test_versions_of_kubespray_differ_in_words_only():
    first, *others = [reading(text) for text in KUBESPRAY_LIKE]

    assert [] == first.findings
    assert ["conntrack.max", "resourceContainer"] == [warning.where for warning in first.warnings]
    assert [first.effective] * 2 == [other.effective for other in others]


# What is refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mode: IPVS", "mode: is not valid (got 'IPVS'). Use one of iptables, ipvs, nftables, kernelspace."),
        ("mode: 1", "mode: must be text (got 1). Quote it."),
        ("hostnameOverride: on", "hostnameOverride: must be text (got true). Quote it."),
        ("enableProfiling: 'true'", "enableProfiling: must be true or false (got 'true'). Write it without quotes."),
        ("clientConnection: {burst: '10'}", "clientConnection.burst: must be a whole number from -2147483648 to "
         "2147483647 (got '10'). Write it in digits, without quotes."),
        ("clientConnection: {burst: -1}", "clientConnection.burst: must be from 0 to 2147483647 (got -1). "
         "Use a number in that range."),
        ("configSyncPeriod: 30", "configSyncPeriod: must be a duration (got 30). "
         "Write it like '30s' or '1h30m', with a unit."),
        ("configSyncPeriod: null", "configSyncPeriod: must be a duration (got null). "
         "Write it like '30s' or '1h30m', with a unit."),
        ("configSyncPeriod: -1s", "configSyncPeriod: must be longer than 0 (got '-1s'). Use a duration such as '30s'."),
        ("iptables: {minSyncPeriod: 31s}", "iptables.minSyncPeriod: is longer than syncPeriod (got '31s'). "
         "Use at most '30s'."),
        ("iptables: []", "iptables: must be a mapping (got a list). Nest its fields in it."),
        ("iptables: {masqueradeBit: 32}", "iptables.masqueradeBit: must be from 0 to 31 (got 32). "
         "Use a number in that range."),
        ("oomScoreAdj: 1001", "oomScoreAdj: must be from -1000 to 1000 (got 1001). Use a number in that range."),
        ("conntrack: {udpTimeout: -1s}", "conntrack.udpTimeout: must not be negative (got '-1s'). "
         "Use 0s to keep the kernel's value."),
        ("bindAddress: localhost", "bindAddress: is not a valid IP address (got 'localhost'). Use an IPv4 or IPv6 "
                                   "address."),
        ("healthzBindAddress: ':80'", "healthzBindAddress: must be IP:port, the port from 1 to 65535 (got ':80'). "
         "Write it like '0.0.0.0:10256' or '[::]:10256'."),
        ("nodePortAddresses: [10.0.0.1]", "nodePortAddresses[0]: is not a valid CIDR (got '10.0.0.1'). "
         "Write it like '10.0.0.0/8'."),
        ("nodePortAddresses: [primary, 10.0.0.0/8]", "nodePortAddresses[0]: 'primary' cannot be combined with CIDRs. "
         "Use either 'primary' or CIDRs."),
        ("detectLocalMode: x", "detectLocalMode: is not valid (got 'x'). "
         "Use one of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix."),
        ("detectLocalMode: BridgeInterface", "detectLocal.bridgeInterface: is required with detectLocalMode "
         "BridgeInterface. Set it, or use another mode."),
        ("clusterCIDR: 10.0.0.0/8,11.0.0.0/8", "clusterCIDR: must be one CIDR, or one of IPv4 and one of IPv6 "
         "(got '10.0.0.0/8,11.0.0.0/8'). Write it like '10.244.0.0/16' or '10.244.0.0/16,fd00:10:244::/56', "
         "without spaces."),
        ("logging: {format: xml}", "logging.format: is not valid (got 'xml'). Use 'text' or 'json'."),
        ("logging: {format: json}\nfeatureGates: {AllBeta: false}", "logging.format: json requires the feature gate "
         "LoggingBetaOptions. Enable that gate."),
        ("logging: {options: {text: {infoBufferSize: 1Ki}}}", "logging.options.text.infoBufferSize: requires the "
                                                              "feature "
         "gate LoggingAlphaOptions. Enable that gate, or remove the size."),
        ("featureGates: {AllAlpha: 'true'}", "featureGates: must be true or false (got 'true'). "
         "Write it without quotes."),
        ("showHiddenMetricsForVersion: '1.35.0'", "showHiddenMetricsForVersion: must be a minor release "
         "(got '1.35.0'). Write the release before kube-proxy's own, such as '1.35', in quotes."),
    ],
)  # fmt: skip
def test_refused_as_kube_proxy_refuses_it(text, expected):
    assert [expected] == lines(reading(text).findings)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mode: iptables\nipvs: {excludeCIDRs: [x], tcpTimeout: -1s}", id="a CIDR of ipvs in iptables"),
        pytest.param("mode: iptables\nnftables: {masqueradeBit: 99}", id="a mark bit of nftables in iptables"),
        pytest.param("mode: ipvs\niptables: {syncPeriod: -1s}", id="a period of iptables in ipvs"),
        pytest.param("mode: ipvs\nclusterCIDR: x\ndetectLocalMode: NodeCIDR", id="a clusterCIDR that nothing reads"),
        pytest.param("mode: ipvs\nlogging: {options: {text: {splitStream: true}}}", id="splitStream without its gate"),
        pytest.param("mode: ipvs\nfeatureGates: {NotKnownToUs: true}", id="a gate of some release"),
        pytest.param("mode: ipvs\nclientConnection: {burst: 1e3, qps: -1}", id="a float that is whole"),
        pytest.param("mode: ipvs\nhostnameOverride: 2020-01-01", id="a date is text"),
        pytest.param("mode: ipvs\nhostnameOverride: 1:30", id="base 60 is text"),
    ],
)
def test_accepted_as_kube_proxy_accepts_it(text):
    assert [] == lines(reading(text).findings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mode: ipvs", "Mode: kube-proxy does not know this field and drops it. "
         "Write 'mode', if that was meant."),
        ("clusterCidr: 10.0.0.0/8", "clusterCidr: kube-proxy does not know this field and drops it. "
         "Write 'clusterCIDR', if that was meant."),
        ("scheduler: rr", "scheduler: kube-proxy does not know this field and drops it. "
         "Write 'ipvs.scheduler', if that was meant."),
        ("ipvs: {masqueradeAll: true}", "ipvs.masqueradeAll: kube-proxy does not know this field and drops it. "
         "Write 'iptables.masqueradeAll' or 'nftables.masqueradeAll', if that was meant."),
        ("featureGate: {}", "featureGate: kube-proxy does not know this field and drops it. "
         "Write 'featureGates', if that was meant."),
        ("logging: {vmodule: [{filePattern: a, level: 1}]}", "logging.vmodule[0].level: kube-proxy does not know "
                                                             "this field "
         "and drops it. Write filePattern and verbosity only."),
        ("conntrack.maxPerCore: '0'", "'conntrack.maxPerCore': kube-proxy does not know this field and drops it. "
         "Nest it: conntrack: {maxPerCore: ...}."),
        ("logging: {options.text: {}}", "logging.'options.text': kube-proxy does not know this field and drops it. "
         "Nest it: logging: {options: {text: ...}}."),
        ("logging.options.text.splitStream: true", "'logging.options.text.splitStream': kube-proxy does not know "
                                                   "this field "
         "and drops it. Nest it: logging: {options: {text: {splitStream: ...}}}."),
        ("metadata: {name: config.conf}", "metadata: kube-proxy does not know this field and drops it. "
         "Remove it: a configuration file has no metadata."),
        ("strictARP: true", "strictARP: kube-proxy does not know this field and drops it. "
         "Write 'ipvs.strictARP', if that was meant."),
        ("detectLocal: {detectLocalMode: NodeCIDR}", "detectLocal.detectLocalMode: kube-proxy does not know this "
                                                     "field and "
         "drops it. Write 'detectLocalMode', if that was meant."),
        ("Kind: KubeProxyConfiguration", "Kind: has the wrong case; kube-proxy reads it anyway, but should not be "
                                         "relied on to. Write 'kind'."),
        ("zzz: 1", "zzz: kube-proxy does not know this field and drops it. Remove it."),
    ],
)  # fmt: skip
def test_field_that_kube_proxy_drops_is_warned_about_with_the_nearest(text, expected):
    read = reading(text)

    assert ([], expected) == (lines(read.findings), lines(read.warnings)[0])


@pytest.mark.parametrize("dropped", ["nope: 1", "metadata: {name: a}", "conntrack.maxPerCore: 0", "ipvs: {x: 1}"])
def test_field_that_kube_proxy_drops_restarts_nothing(dropped):
    assert not restarts("mode: ipvs", f"mode: ipvs\n{dropped}")


def test_all_faults_come_at_once():
    text = "mode: x\noomScoreAdj: 9999\nbindAdress: 0.0.0.0\niptables: 1"

    assert ["iptables", "mode", "oomScoreAdj"] == sorted(f.where for f in reading(text).findings)
    assert ["bindAdress"] == [warning.where for warning in reading(text).warnings]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("configSyncPeriod: 30", "configSyncPeriod: 31"),
        ("mode: a", "mode: b"),
        ("mode: a\noomScoreAdj: 1", "mode: a\noomScoreAdj: 2"),
        ("detectLocalMode: a\nclusterCIDR: 10.0.0.0/8", "detectLocalMode: a"),
    ],
)
def test_refused_values_are_not_equal(old, new):
    assert reading(old).effective != reading(new).effective


# The values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", "30s"), ("0m30s", "30s"), ("1.5h", "1h30m0s"), ("90m", "1h30m0s"), (".5s", "500ms"), ("1us", "1µs"),
        ("1500ns", "1.5µs"), ("0", "0s"), ("-0s", "0s"), ("-1.25s", "-1.25s"), ("24h", "24h0m0s"), ("5.s", "5s"),
        ("2562047h47m16.854775807s", "2562047h47m16.854775807s"), ("2562047h47m16.854775808s", None), ("", None),
        ("30", None), ("1d", None), ("1 s", None), ("s", None), (".s", None), ("1m30", None), ("1e3s", None),
    ],
)  # fmt: skip
def test_duration(text, expected):
    value = kube_proxy_values.duration(text)

    assert expected == (None if value is None else kube_proxy_values.show_duration(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("1024", 1024), ("1Ki", 1024), ("1k", 1000), ("1500m", 2), ("0.1", 1), ("-1", -1), ("1e3", 1000),
     ("1E", 10**18), (" 1 ", 1), ("1x", None), ("", None), (".", None), ("16Ei", None)],
)  # fmt: skip
def test_quantity(text, expected):
    assert expected == kube_proxy_values.quantity(text)


@pytest.mark.parametrize(
    ("literal", "expected"),
    [("5", 5.0), ("5.00000000001", 5.0), ("0.1", 0.1), ("1e-50", 0.0), ("16777217", 16777216.0), ("3.5e38", None),
     ("-2.5", -2.5), ("NaN", None), ("1e999999999", None), ("0.30000001192092896", 0.3)],
)  # fmt: skip
def test_float32(literal, expected):
    assert expected == kube_proxy_values.float32(Number(literal))


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        ("on", True), ("N", False), ("~", None), ("Null", None), ("nuLL", "nuLL"), ("yEs", "yEs"), ("a", "a"),
        ("10", Number("10")), ("+10", Number("10")), ("1_0", Number("10")), ("010", Number("8")), ("08", Number("8")),
        ("0o10", Number("8")), ("0x10", Number("16")), ("0b10", Number("2")), ("1.0", Number("1")),
        ("1e3", Number("1000")), (".5", Number("0.5")), ("1e21", Number("1e+21")), (".inf", Number("NaN")),
        ("1e999", "1e999"), ("1:30", "1:30"), ("1.8446744073709552e19", Number("18446744073709552000")),
        ("2020-01-01", "2020-01-01"), ("1.2.3.4", "1.2.3.4"), ("-", "-"), ("_1", "_1"),
        ("18446744073709551616", Number("18446744073709552000")),
    ],
)  # fmt: skip
def test_plain_scalar_is_what_go_takes_it_for(scalar, expected):
    assert expected == kube_proxy_values.resolve(scalar)


# The table


def test_table_has_every_field_once():
    assert len(FIELDS) == len(BY_PATH)
    assert [field.path for field in FIELDS] == [line.split("`")[1] for line in render_table().splitlines()[2:]]


def test_every_field_says_what_its_change_does_and_where_that_is_known_from():
    assert [] == [field.path for field in FIELDS if not field.says or field.says.endswith(".") or not field.source]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.path)
def test_default_written_out_is_the_default(field):
    *sections, leaf = field.path.split(".")
    flow = f"{leaf}: {json.dumps(field.default)}"
    for section in reversed(sections):
        flow = f"{section}: {{{flow}}}"

    assert reading() == reading(flow if leaf == "mode" else f"mode: iptables\n{flow}")
