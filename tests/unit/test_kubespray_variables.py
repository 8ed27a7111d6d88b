"""kubespray's variables become the configuration that kubespray renders, or are refused by name."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from config_rollout.core.formats.kube_proxy import read_kube_proxy
from config_rollout.core.kubespray import VARIABLES, Unreadable, convert
from tools.kubespray import releases

HOST = {"kube_override_hostname": "node1"}
"""What the data was rendered with beside the defaults."""

GONE = {"kube_proxy_exclude_cidrs": None, "kube_proxy_conntrack_max": "null", "kube_proxy_udp_idle_timeout": "250ms",
        "kube_proxy_resource_container": "/kube-proxy"}  # fmt: skip
OWN = {"v2.9.0": GONE | {"kube_proxy_client_qps": None}, "v2.10.0": GONE, "v2.10.3": GONE, "v2.10.4": GONE}
"""Release -> those of its defaults that are no longer kubespray's."""


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
    given = {"kube_override_hostname": "n2", "kube_proxy_bind_address": "10.0.0.1", "kube_proxy_mode": "nftables",
             "kube_pods_subnet": "10.1.0.0/16", "kube_proxy_healthz_bind_address": "10.0.0.1:1",
             "kube_proxy_metrics_bind_address": "10.0.0.1:2", "kube_proxy_client_content_type": "application/json",
             "kube_proxy_feature_gates": ["A=true"], "kube_proxy_exclude_cidrs": ["10.2.0.0/16"],
             "kube_proxy_nodeport_addresses": ["10.3.0.0/16"]}  # fmt: skip
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
    ],
)  # fmt: skip
def test_field(given, path, expected):
    assert expected == field(given, path)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"kube_proxy_scheduler": "{{ 'lc' if big else 'rr' }}"},
            "kube_proxy_scheduler: is a Jinja expression that only Ansible can work out (got \"{{ 'lc' if big else "
            "'rr' }}\"). Write the value that `ansible HOST -m debug -a var=kube_proxy_scheduler` prints for a control "
            "plane host.",
            id="an expression",
        ),
        pytest.param(
            {"kube_proxy_mode": "{{ mode_of_ours }}"},
            "kube_proxy_mode: is a Jinja expression that only Ansible can work out (got '{{ mode_of_ours }}'). Write "
            "the value that `ansible HOST -m debug -a var=kube_proxy_mode` prints for a control plane host.",
            id="a reference that leads nowhere",
        ),
        pytest.param(
            {"kube_proxy_mod": "ipvs"},
            "kube_proxy_mod: kubespray has no such variable. Write 'kube_proxy_mode', if that was meant.",
            id="an unknown variable",
        ),
        pytest.param(
            {"kube_proxy_sync_period": 30},
            "kube_proxy_sync_period: must be a duration (got 30). Write it like '30s' or '1h30m', with a unit.",
            id="a value that kube-proxy refuses, named once though it goes to two fields",
        ),
        pytest.param(
            {"kube_pods_subnets": "10.0.0.0/8"},
            "kube_pods_subnets: is worked out by kubespray, whatever an inventory says. Set kube_pods_subnet, "
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
            {"kube_proxy_nodeport_addresses_cidr": "10.0.0.0/80"},
            "kube_proxy_nodeport_addresses_cidr: is no CIDR (got '10.0.0.0/80'). Write it like '10.0.0.0/8'.",
            id="a bad value, by the variable that has it",
        ),
        pytest.param(
            {"kube_proxy_scheduler": "rr\nmode: x"},
            "kube_proxy_scheduler: breaks the YAML that kubespray makes of it (got 'rr\\nmode: x'). Write a plain "
            "value.",
            id="a value that would be more than one field",
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


def test_references_in_a_circle_are_refused():
    assert 1 == len(findings(kube_proxy_mode="{{ a }}", a="{{ b }}", b="{{ a }}"))


def test_everything_wrong_is_found_at_once():
    assert 3 == len(findings(kube_proxy_mod="x", kube_proxy_mode="{{ x }}", kube_proxy_client_burst="many"))


@pytest.mark.parametrize(
    ("given", "where"),
    [
        pytest.param({}, ["kube_override_hostname"], id="no host name"),
        pytest.param(HOST | {"kube_proxy_udp_idle_timeout": "1s"}, ["kube_proxy_udp_idle_timeout"], id="a removed one"),
        pytest.param(HOST | {"kube_proxy_remove": True}, ["kube_proxy_remove"], id="no kube-proxy"),
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


def command(*paths: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "config_rollout", "kubespray", *map(str, paths)], capture_output=True, text=True
    )


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file of variables."""

    def write(path: str, text: str) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return write


def printed_mode(*paths: object) -> str:
    return yaml.safe_load(command(*paths).stdout)["mode"]


def test_later_files_win(write):
    one, other = write("a.yml", "kube_proxy_mode: iptables"), write("b.yml", "kube_proxy_mode: nftables")

    assert ["nftables", "iptables"] == [printed_mode(one, other), printed_mode(other, one)]


def test_folder_of_groups_is_read_as_ansible_lets_groups_win(write, tmp_path):
    write("kube_control_plane.yml", "kube_proxy_mode: nftables")
    write("k8s_cluster/k8s.yml", "kube_proxy_mode: iptables")
    write("all/all.yml", "kube_proxy_mode: ipvs")
    done = command(tmp_path)

    assert "nftables" == yaml.safe_load(done.stdout)["mode"]


def test_group_whose_hosts_are_not_known_is_left_out_and_told(write, tmp_path):
    write("all.yml", "kube_proxy_mode: iptables")
    write("zone_a.yml", "kube_proxy_mode: nftables\nother: 1")
    done = command(tmp_path)

    assert "iptables" == yaml.safe_load(done.stdout)["mode"]
    assert "group 'zone_a' sets kube_proxy_mode and is left out" in done.stderr


def test_folder_of_one_group_is_read_in_order_without_what_ansible_leaves_out(write, tmp_path):
    write("k8s/10.yml", "kube_proxy_mode: nftables")
    write("k8s/20/x.yaml", "kube_proxy_mode: iptables")
    for name in ("30.yml~", ".40.yml", "50.txt"):
        write(f"k8s/{name}", "kube_proxy_mode: ipvs")

    assert "iptables" == printed_mode(tmp_path / "k8s")


def test_encrypted_parts_do_not_stand_in_the_way(write, tmp_path):
    write("k8s/a.yml", "kube_proxy_mode: iptables\npassword: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n")
    write("k8s/vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    done = command(tmp_path / "k8s")

    assert "iptables" == yaml.safe_load(done.stdout)["mode"]
    assert "vault.yml: is encrypted, and what it sets is not known here." in done.stderr


def test_variable_that_is_set_twice_is_told(write):
    done = command(write("a.yml", "kube_proxy_mode: iptables\nkube_proxy_mode: nftables"))

    assert "nftables" == yaml.safe_load(done.stdout)["mode"]
    assert "sets kube_proxy_mode twice" in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "must map variables to values (got list). Write NAME: VALUE."),
        ("1: a", "must map variables to values (got dict). Write NAME: VALUE."),
        ("a: [", "is no YAML that Ansible reads"),
        ("a: " + "[" * 5000, "is no YAML that Ansible reads"),
        ("kube_proxy_mod: a", "kubespray: kube_proxy_mod: kubespray has no such variable."),
    ],
)
def test_trouble_is_told_and_nothing_is_printed(write, text, message):
    done = command(write("a.yml", text))

    assert (2, "") == (done.returncode, done.stdout)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_file_that_is_not_there_is_trouble():
    assert "/nowhere: no such file or directory. Name a file or a folder." in command("/nowhere").stderr


@pytest.mark.parametrize("text", ["true", "0o17", "1:20", "~", "a: b", "# c", "null", "é", "-"])
def test_text_that_looks_like_something_else_is_printed_as_text(text):
    assert text == field({"kube_proxy_client_kubeconfig": f"'{text}'"}, "clientConnection.kubeconfig")
