"""kubespray's variables become the configuration that kubespray renders, or are refused by name."""

import sys

import pytest
import yaml

from config_rollout.core.formats.kube_proxy.read import read_kube_proxy
from config_rollout.core.kubespray.template import convert
from config_rollout.core.kubespray.values import Unreadable
from config_rollout.core.kubespray.variables import VARIABLES
from tests.objects.kubespray import HOST, OWN
from tools.kubespray import releases

ON_AWS = (
    "{%- if cloud_provider is defined and cloud_provider in [ 'aws' ] -%} {%- else -%} "
    "{{ inventory_hostname }} {%- endif -%}"
)


def field(given: dict[str, object], path: str) -> object:
    """Return a field as the converted text has it, or `absent`."""
    tree = yaml.safe_load(convert(HOST | given).text)
    for key in path.split("."):
        if key not in tree:
            return "absent"
        tree = tree[key]
    return tree


def findings(**given: object) -> list[str]:
    return [str(finding) for finding in convert(HOST | given).findings]


def warnings(**given: object) -> list[str]:
    return [str(warning) for warning in convert(given).warnings]


@pytest.mark.parametrize(("release", "text"), releases(), ids=lambda given: given[:10])
def test_defaults_mean_what_the_release_rendered(release, text):
    theirs = read_kube_proxy(text.encode())
    ours = read_kube_proxy(convert(HOST | OWN.get(release, {})).text.encode())

    assert (theirs.effective, theirs.inactive) == (ours.effective, ours.inactive)
    assert [] == ours.findings


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_variable_reaches_its_fields(variable):
    given = {
        "kube_override_hostname": "n2",
        "kube_proxy_bind_address": "10.0.0.1",
        "kube_proxy_mode": "nftables",
        "kube_pods_subnet": "10.1.0.0/16",
        "kube_proxy_healthz_bind_address": "10.0.0.1:1",
        "kube_proxy_metrics_bind_address": "10.0.0.1:2",
        "kube_proxy_client_content_type": "application/json",
        "kube_proxy_feature_gates": ["A=true"],
        "kube_proxy_exclude_cidrs": ["10.2.0.0/16"],
        "kube_proxy_nodeport_addresses": ["10.3.0.0/16"],
    }
    default = variable.default
    other = not default if isinstance(default, bool) else default + 1 if isinstance(default, int) else "7s"
    value = given.get(variable.name, other)
    before, after = ({path: field(change, path) for path in variable.paths} for change in ({}, {variable.name: value}))

    assert all(before[path] != after[path] for path in variable.paths)
    assert {str({"A": True} if value == ["A=true"] else value)} == {str(shown) for shown in after.values()}


@pytest.mark.parametrize(
    ("given", "path", "expected"),
    [
        pytest.param({"kube_proxy_client_qps": "7"}, "clientConnection.qps", 7, id="a quoted number is one unquoted"),
        pytest.param({"kube_proxy_strict_arp": "yes"}, "ipvs.strictARP", True, id="a quoted yes is true unquoted"),
        pytest.param({"kube_proxy_port_range": None}, "portRange", "", id="null is nothing"),
        pytest.param({"ipv6_stack": True}, "clusterCIDR", "10.233.64.0/18,fd85:ee78:d8a6:8607::1:0000/112", id="two"),
        pytest.param({"enable_dual_stack_networks": True, "kube_pods_subnet_ipv6": "fd00::/64"}, "clusterCIDR",
                     "10.233.64.0/18,fd00::/64", id="two subnets by the older name"),
        pytest.param({"ipv4_stack": False, "ipv6_stack": True}, "clusterCIDR", "fd85:ee78:d8a6:8607::1:0000/112",
                     id="IPv6 alone"),
        pytest.param({"kube_network_plugin": "kube-ovn"}, "clusterCIDR", "absent", id="kube-ovn gets no subnet"),
        pytest.param({"kube_proxy_nodeport_addresses_cidr": "10.0.0.0/8"}, "nodePortAddresses", ["10.0.0.0/8"],
                     id="the older variable of NodePorts"),
        pytest.param({"kube_proxy_nodeport_addresses_cidr": "10.0.0.0/8, 11.0.0.0/8"}, "nodePortAddresses",
                     ["10.0.0.0/8", "11.0.0.0/8"], id="the older variable with several"),
        pytest.param({"kube_proxy_nodeport_addresses": "['10.0.0.0/8']"}, "nodePortAddresses", ["10.0.0.0/8"],
                     id="a list as text"),
        pytest.param({"kube_proxy_nodeport_addresses": "{%- if kube_proxy_nodeport_addresses_cidr is defined -%} "
                      "[{{ kube_proxy_nodeport_addresses_cidr }}] {%- else -%} [] {%- endif -%}",
                      "kube_proxy_nodeport_addresses_cidr": "10.0.0.0/8"}, "nodePortAddresses", ["10.0.0.0/8"],
                     id="the expression of the sample inventory"),
        pytest.param({"kube_feature_gates": ["A=true"]}, "featureGates", {"A": True}, id="gates of all programs"),
        pytest.param({"kube_feature_gates": ["A=true"], "kube_proxy_feature_gates": ["B=False"]}, "featureGates",
                     {"B": False}, id="gates of kube-proxy go before those of all programs"),
        pytest.param({}, "featureGates", "absent", id="no gates"),
        pytest.param({"kube_proxy_metrics_bind_address": "{{ host }}:1", "host": "10.0.0.1"}, "metricsBindAddress",
                     "10.0.0.1:1", id="a reference"),
        pytest.param({"kube_proxy_strict_arp": "{{ vip }}", "vip": True}, "ipvs.strictARP", True,
                     id="a reference keeps its type"),
        pytest.param({"kube_proxy_exclude_cidrs": ["{{ kube_pods_subnet }}"]}, "ipvs.excludeCIDRs", ["10.233.64.0/18"],
                     id="a reference to a default, in a list"),
        pytest.param({"kube_override_hostname": "{{ inventory_hostname }}"}, "hostnameOverride", "absent",
                     id="the host's own name"),
        pytest.param({"kube_override_hostname": "{{ ansible_hostname }}"}, "hostnameOverride", "absent",
                     id="the host's own name as the oldest releases had it"),
        pytest.param({"kube_override_hostname": ON_AWS}, "hostnameOverride", "absent", id="... as later ones had it"),
        pytest.param({"kube_override_hostname": ON_AWS.replace("inventory_", "ansible_")}, "hostnameOverride", "absent",
                     id="... and earlier ones"),
        pytest.param({"kube_override_hostname": ON_AWS, "cloud_provider": "aws"}, "hostnameOverride", "",
                     id="... which gives none on AWS"),
        pytest.param({"enable_dual_stack_networks": True,
                      "ipv6_stack": "{{ enable_dual_stack_networks | default(false) }}",
                      "kube_pods_subnet_ipv6": "fd00::/64"},
                     "clusterCIDR", "10.233.64.0/18,fd00::/64", id="the expression of two subnets"),
        pytest.param({"kube_proxy_nodeport_addresses": "{{ kube_proxy_nodeport_addresses_cidr | default([]) }}"},
                     "nodePortAddresses", [], id="a default"),
        pytest.param({"kube_proxy_nodeport_addresses": False}, "nodePortAddresses", [], id="the default of 2.7"),
        pytest.param({"kube_proxy_mode": "{{ our_mode | default('iptables') }}"}, "mode", "iptables", id="texts"),
        pytest.param({"kube_proxy_exclude_cidrs": "{{ kube_proxy_vips }}", "kube_proxy_vips": ["10.0.0.1/32"]},
                     "ipvs.excludeCIDRs", ["10.0.0.1/32"], id="a helper of the inventory's own"),
        pytest.param({"kube_proxy_strict_arp": "{{ kube_proxy_mode == 'ipvs' }}"}, "ipvs.strictARP", True,
                     id="a condition"),
    ],
)  # fmt: skip
def test_field(given, path, expected):
    assert expected == field(given, path)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"kube_proxy_scheduler": "{{ 'lc' if big else 'rr' }}"},
            "kube_proxy_scheduler: is a Jinja template that only Ansible can evaluate: 'big' is undefined (got \"{{ "
            "'lc' if big else 'rr' }}\"). Write the value that Ansible gives it: docs/kubespray.md has the command.",
            id="an expression",
        ),
        pytest.param(
            {"kube_proxy_mode": "{{ mode_of_ours }}"},
            "kube_proxy_mode: is a Jinja template that only Ansible can evaluate: 'mode_of_ours' is undefined (got "
            "'{{ mode_of_ours }}'). Write the value that Ansible gives it: docs/kubespray.md has the command.",
            id="a reference that leads nowhere",
        ),
        pytest.param(
            {"kube_proxy_mod": "ipvs"},
            "kube_proxy_mod: kubespray does not know this variable. Write 'kube_proxy_mode', if that was meant.",
            id="an unknown variable",
        ),
        pytest.param(
            {"kube_proxy_pod_size_of_ours": "1"},
            "kube_proxy_pod_size_of_ours: kubespray does not know this variable. Remove it.",
            id="an unknown variable that is like no other",
        ),
        pytest.param(
            {"kube_proxy_sync_period": 30},
            "kube_proxy_sync_period: must be a duration (got 30). Write it like '30s' or '1h30m', with a unit.",
            id="a value that kube-proxy refuses, named once though it goes to two fields",
        ),
        pytest.param(
            {"kube_pods_subnets": "10.0.0.0/8"},
            "kube_pods_subnets: is set by a role of kubespray, which overrides the inventory. Set kube_pods_subnet, "
            "kube_pods_subnet_ipv6, ipv4_stack and ipv6_stack.",
            id="a variable of a role",
        ),
        pytest.param(
            {"ipv6_stack": "false"},
            "ipv6_stack: must be true or false (got 'false'). Write it without quotes.",
            id="text that Jinja takes for true",
        ),
        pytest.param(
            {"kube_proxy_feature_gates": ["A"]},
            "kube_proxy_feature_gates: must list GATE=true or GATE=false (got 'A'). Write '- Gate=true'.",
            id="a gate without value",
        ),
        pytest.param(
            {"kube_proxy_feature_gates": "A=true"},
            "kube_proxy_feature_gates: must list GATE=true or GATE=false (got 'A=true'). Write '- Gate=true'.",
            id="gates that are no list",
        ),
        pytest.param(
            {"kube_feature_gates": ["SupportIPVSProxyMode=true"], "kube_version": "v1.36.2"},
            "kube_feature_gates: SupportIPVSProxyMode: kube-proxy 1.36 does not have this feature gate and would exit. "
            "Remove it.",
            id="a gate that the release of the inventory does not have",
        ),
        pytest.param(
            {"kube_proxy_nodeport_addresses_cidr": "10.0.0.0/80"},
            "kube_proxy_nodeport_addresses_cidr: is not a valid CIDR (got '10.0.0.0/80'). Write it like '10.0.0.0/8'.",
            id="a bad value, by the variable that has it",
        ),
        pytest.param(
            {"kube_proxy_scheduler": "rr\nmode: x"},
            "kube_proxy_scheduler: breaks the YAML that kubespray renders (got 'rr\\nmode: x'). Use a plain value.",
            id="a value that would be more than one field",
        ),
        pytest.param(
            {"kube_proxy_nodeport_addresses": False, "kube_proxy_nodeport_addresses_cidr": "10.0.0.0/8"},
            "kube_proxy_nodeport_addresses: must be a list (got false). Put '-' before each item.",
            id="the default of 2.7, which hid the other variable, and today breaks the configuration",
        ),
        pytest.param(
            {"kube_proxy_scheduler": "r\u00a0r"},
            "kube_proxy_scheduler: breaks the YAML that kubespray renders (got 'r\\xa0r'). Use a plain value.",
            id="a no-break space",
        ),
        pytest.param(
            {"kube_proxy_scheduler": Unreadable("has the tag '!vault', which only Ansible can read")},
            "kube_proxy_scheduler: has the tag '!vault', which only Ansible can read. Write the value itself.",
            id="an encrypted value",
        ),
    ],
)
def test_refused(given, expected):
    assert [expected] == findings(**given)


def test_reference_to_what_each_host_has_its_own_of_is_refused():
    given = {"kube_proxy_client_kubeconfig": "/etc/{{ kube_override_hostname }}"}

    assert ["kube_proxy_client_kubeconfig"] == [finding.where for finding in convert(given).findings]


@pytest.mark.parametrize("name", ["memory_limit", "udp_idle_timeout", "cert_list"])
def test_variable_of_an_older_release_is_not_taken_for_another_one(name):
    (line,) = warnings(**HOST, **{f"kube_proxy_{name}": "1"})

    assert line.startswith(f"kube_proxy_{name}: is a variable of older releases: ")
    assert line.endswith(". Remove it.")


def test_without_jinja_a_template_is_refused_and_kubesprays_own_is_not(monkeypatch):
    monkeypatch.delitem(sys.modules, "config_rollout.core.kubespray.jinja", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    own = {
        "kube_proxy_nodeport_addresses": "{%- if kube_proxy_nodeport_addresses_cidr is defined -%} "
        "[{{ kube_proxy_nodeport_addresses_cidr }}] {%- else -%} [] {%- endif -%}"
    }

    assert [] == findings(**own)
    assert [
        "kube_proxy_mode: is a Jinja template, but Jinja2 is not installed (got '{{ a }}'). "
        "Run: pip install 'pulumi-config-rollout[kubespray]'."
    ] == findings(kube_proxy_mode="{{ a }}", a="ipvs")


def test_references_in_a_circle_are_refused():
    assert 1 == len(findings(kube_proxy_mode="{{ a }}", a="{{ b }}", b="{{ a }}"))


def test_everything_wrong_is_found_at_once():
    assert 3 == len(findings(kube_proxy_mod="x", kube_proxy_mode="{{ x }}", kube_proxy_client_burst="many"))


@pytest.mark.parametrize(
    ("given", "where"),
    [
        pytest.param({}, ["kube_override_hostname"], id="no host name"),
        pytest.param(HOST | {"kube_proxy_udp_idle_timeout": "1s"}, ["kube_proxy_udp_idle_timeout"], id="a removed one"),
        pytest.param(HOST | {"kube_proxy_memory_limit": "512M", "kube_proxy_cpu_requests": "10m"},
                     ["kube_proxy_cpu_requests", "kube_proxy_memory_limit"], id="what set no field"),
        pytest.param(HOST | {"kube_feature_gates": ["IPv6DualStack=true"]}, ["kube_feature_gates"],
                     id="a gate that no supported release has"),
        pytest.param(HOST | {"kube_feature_gates": ["IPv6DualStack=true"], "kube_version": "1.23.7"},
                     ["kube_feature_gates"], id="... for a release whose gates are not known"),
        pytest.param(HOST | {"kube_feature_gates": ["ContextualLogging=true"], "kube_version": "1.36.0"}, [],
                     id="a gate that is there"),
        pytest.param(HOST | {"kube_proxy_remove": True}, ["kube_proxy_remove"], id="no kube-proxy"),
        pytest.param(HOST | {"kube_proxy_remove": "{{ kube_network_plugin == 'calico' }}"}, ["kube_proxy_remove"],
                     id="no kube-proxy, as a template"),
        pytest.param(HOST | {"kube_proxy_remove": "{{ ansible_os == 'x' }}"}, ["kube_proxy_remove"],
                     id="perhaps no kube-proxy"),
        pytest.param(HOST | {"kube_proxy_mode": "{{ our_mode | default('iptables') }}"}, ["kube_proxy_mode"],
                     id="a default of a template"),
        pytest.param(HOST | {"kubeadm_init_phases_skip": ["addon/kube-proxy"]}, ["kubeadm_init_phases_skip"],
                     id="no addon"),
        pytest.param(HOST | {"kube_network_plugin": "cilium", "cilium_kube_proxy_replacement": True},
                     ["cilium_kube_proxy_replacement"], id="cilium does its work"),
        pytest.param(HOST | {"calico_bpf_enabled": True}, ["calico_bpf_enabled"], id="calico does its work"),
        pytest.param(HOST | {"kube_proxy_nodeport_addresses": [], "kube_proxy_nodeport_addresses_cidr": "10.0.0.0/8"},
                     ["kube_proxy_nodeport_addresses_cidr"], id="a variable that another one hides"),
        pytest.param(HOST | {"kube_proxy_image_repo": "r", "kube_proxy_ipvs_modules": []}, [], id="others of its name"),
    ],
)  # fmt: skip
def test_warned_of(given, where):
    assert where == [line.split(":")[0] for line in warnings(**given)]


@pytest.mark.parametrize("text", ["true", "0o17", "1:20", "~", "a: b", "# c", "null", "é", "𐀀", "-"])
def test_text_that_looks_like_something_else_is_printed_as_text(text):
    assert text == field({"kube_proxy_client_kubeconfig": f"'{text}'"}, "clientConnection.kubeconfig")
