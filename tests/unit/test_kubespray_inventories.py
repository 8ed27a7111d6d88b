"""An inventory's files are read as Ansible reads them, or refused; `tests/judge/test_kubespray_ansible.py` asks it."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from config_rollout.cli.errors import Trouble
from config_rollout.cli.inputs.group_vars import GroupVars
from tests.objects.inventories import FOLDER, K8S, LAYOUTS, lay_out, mode
from tools.command_line import run_text

NOTHING = "it sets no variable of kube-proxy's configuration."
INVENTORY = "is an inventory, not a file of variables."


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name, tmp_path):
    files, expected = LAYOUTS[name]
    lay_out(tmp_path, files)
    if expected is Trouble:
        with pytest.raises(Trouble):
            GroupVars([str(tmp_path)])
        return

    assert expected == GroupVars([str(tmp_path)]).values.get("kube_proxy_mode")


def command(*paths: object, stdin: str = "") -> subprocess.CompletedProcess:
    return run_text("kubespray", *paths, stdin=stdin)


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


def test_group_whose_hosts_are_not_known_is_left_out_and_told(write, tmp_path):
    write("all.yml", "kube_proxy_mode: iptables")
    write("zone_a.yml", "kube_proxy_mode: nftables\nother: 1")
    done = command(tmp_path)

    assert "iptables" == yaml.safe_load(done.stdout)["mode"]
    assert "group 'zone_a' sets kube_proxy_mode and is skipped" in done.stderr


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
    assert "vault.yml: is encrypted, so its variables are unknown." in done.stderr


def test_variable_that_is_set_twice_is_told(write):
    done = command(write("a.yml", "kube_proxy_mode: iptables\nkube_proxy_mode: nftables"))

    assert "nftables" == yaml.safe_load(done.stdout)["mode"]
    assert "sets kube_proxy_mode twice" in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "must map variables to values (got list). Write NAME: VALUE."),
        ("hello", "must map variables to values (got str). Write NAME: VALUE."),
        ("b: c\na: [", "a.yml:3: is not YAML that Ansible reads"),
        ("a: " + "[" * 5000, "is not YAML that Ansible reads"),
        ("a: b\nkube_proxy_mod: a", "a.yml:2: kube_proxy_mod: kubespray does not know this variable."),
    ],
)
def test_trouble_is_told_and_nothing_is_printed(write, text, message):
    done = command(write("a.yml", text))

    assert (2, "") == (done.returncode, done.stdout)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_file_that_is_not_there_is_trouble():
    assert (
        "/nowhere: no such file or directory. Pass a file, a folder, a manifest or '-'." in command("/nowhere").stderr
    )


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        pytest.param({"prod/group_vars/all.yml": mode("a"), "test/group_vars/all.yml": mode("b")}, "",
                     "is not an inventory, but contains {0}/prod, {0}/test. Pass one of them.", id="above inventories"),
        pytest.param({"inventory/prod/group_vars/all.yml": mode("a")}, "",
                     "is not an inventory, but contains {0}/inventory/prod. Pass one of them.", id="two above"),
        pytest.param({"empty": FOLDER}, "empty", "contains no file of variables that Ansible reads.", id="empty"),
        pytest.param({"group_vars": FOLDER}, "group_vars", NOTHING,
                     id="empty group_vars"),
        pytest.param({"group_vars/all": FOLDER}, "", NOTHING,
                     id="empty group"),
        pytest.param({"group_vars/zone_a.yml": mode("a")}, "", NOTHING,
                     id="only groups that nobody knows"),
        pytest.param({"group_vars": "a: b"}, "group_vars", NOTHING,
                     id="a file"),
        pytest.param({"docs/a.txt": "a"}, "docs", "contains no file of variables that Ansible reads.", id="no YAML"),
        pytest.param({"src/a.yml": "a: b"}, "src", NOTHING,
                     id="other YAML"),
        pytest.param({"hosts.yaml": "all:\n  hosts:\n    node1:\n      ip: 10.0.0.1\n  children:\n    etcd: {}\n"},
                     "hosts.yaml", INVENTORY, id="an inventory as YAML"),
        pytest.param({"hosts.ini": "node1 ip=10.0.0.1\n[kube_control_plane]\nnode1\n"}, "hosts.ini",
                     INVENTORY, id="an inventory as INI"),
        pytest.param({"hosts": "# here\n[all:vars]\nkube_proxy_mode=iptables\n"}, "hosts",
                     INVENTORY, id="an inventory without suffix"),
        pytest.param({"all.json": '{"_meta": {"hostvars": {"node1": {"kube_proxy_mode": "ipvs"}}}}'}, "all.json",
                     INVENTORY, id="what ansible-inventory --list prints"),
        pytest.param({"a.yml": ""}, "a.yml", NOTHING, id="an empty file"),
    ],
)  # fmt: skip
def test_defaults_are_no_answer_to(files, path, message, tmp_path):
    lay_out(tmp_path, files)
    done = command(tmp_path / path)

    assert (2, "") == (done.returncode, done.stdout)
    assert message.format(tmp_path) in done.stderr


def test_groups_that_set_nothing_of_kube_proxy_give_defaults_and_a_warning(tmp_path):
    done = command(lay_out(tmp_path, {"group_vars/k8s_cluster/k8s.yml": "kube_version: 1.36.0\n"}))

    assert "ipvs" == yaml.safe_load(done.stdout)["mode"]
    assert "sets no variable of kube-proxy's configuration: these are kubespray's defaults." in done.stderr


@pytest.mark.parametrize("path", ["", "group_vars", "group_vars/../group_vars"])
def test_inventory_and_its_group_vars_are_the_same(path, tmp_path):
    lay_out(tmp_path, {"group_vars/all/all.yml": mode("iptables"), "hosts.ini": "[all]\nnode1\n"})

    assert "iptables" == printed_mode(tmp_path / path)


def test_folder_of_a_group_is_read_whole_whatever_its_files_are_called(tmp_path):
    lay_out(tmp_path, {"group_vars/all/all.yml": mode("ipvs"), "group_vars/all/etcd.yml": mode("iptables")})

    assert "iptables" == printed_mode(tmp_path / "group_vars/all")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({f"{K8S}/b.yml": "a: b", f"{K8S}.yml": mode("nftables")},
                     "k8s_cluster.yml: sets kube_proxy_mode and is not read: k8s_cluster exists, and Ansible reads "
                     "only the first of GROUP, GROUP.yml, GROUP.yaml and GROUP.json. Merge them.", id="a hidden file"),
        pytest.param({f"{K8S}/b.d/c.yml": mode("nftables"), f"{K8S}/b.yml": "a: b"},
                     "b.d: sets kube_proxy_mode and is not read: Ansible reads no folder with a dot in its name.",
                     id="a folder with a dot"),
        pytest.param({"group_vars/k8s-cluster.yml": mode("nftables"), f"{K8S}.yml": "a: b"},
                     "group 'k8s-cluster' sets kube_proxy_mode and is skipped", id="an older name too"),
        pytest.param({"group_vars/kube_node.yml": mode("nftables")},
                     "group 'kube_node' sets kube_proxy_mode and is skipped", id="a group of some hosts"),
        pytest.param({"group_vars/zone_a/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
                      "group_vars/zone_a/x.yml": "a: [", "group_vars/zone_a/y.yml": mode("nftables")},
                     "group 'zone_a' sets kube_proxy_mode and is skipped", id="a group with bad files"),
        pytest.param({"host_vars/node1.yml": mode("nftables"), "host_vars/node2/a.yml": "kube_proxy_port_range: 1-2"},
                     "host_vars: sets kube_proxy_mode, kube_proxy_port_range and is skipped: it is about single "
                     "hosts.", id="hosts"),
        pytest.param({"hosts.ini": "[kube_control_plane:vars]\nkube_proxy_mode=nftables\n"},
                     "hosts.ini: sets kube_proxy_mode and is skipped.", id="INI"),
        pytest.param({"hosts.yaml": "all: {vars: {kube_proxy_mode: nftables}}\n"},
                     "hosts.yaml: sets kube_proxy_mode and is skipped.", id="an inventory as YAML"),
        pytest.param({"host_vars/node1.yml": "vip: 10.0.0.1\n", "group_vars/all/x.yml":
                      "kube_proxy_exclude_cidrs: ['{{ vip | default(\"10.0.0.2\") }}/32']"},
                     "host_vars: sets vip and is skipped: it is about single hosts.", id="what a template asks for"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_told(files, message, tmp_path):
    done = command(lay_out(tmp_path, {"group_vars/all/a.yml": mode("iptables")} | files))

    assert "iptables" == yaml.safe_load(done.stdout)["mode"]
    assert message in done.stderr


def test_older_name_of_a_group_is_told(tmp_path):
    done = command(lay_out(tmp_path, {"group_vars/k8s-cluster/a.yml": mode("iptables")}))

    assert "iptables" == yaml.safe_load(done.stdout)["mode"]
    assert (
        "k8s-cluster: sets kube_proxy_mode and applies only if the inventory has the group 'k8s-cluster', which "
        "kubespray now calls 'k8s_cluster'."
    ) in done.stderr


def test_nothing_is_told_of_what_does_not_matter(tmp_path):
    lay_out(
        tmp_path,
        {
            f"{K8S}/a.yml": mode("iptables") + "kube_override_hostname: node1\n",
            f"{K8S}.yml": "a: b",
            f"{K8S}/x.d/a.yml": "a: b",
            "group_vars/etcd.yml": "a: b",
            "group_vars/README.md": mode("a"),
            "README.md": mode("a"),
            "credentials/a.yml": mode("a"),
            "host_vars/node1.yml": "ip: 10.0.0.1",
            "hosts.ini": "# kube_proxy_mode=ipvs\nnode1 ip=10.0.0.1\n",
        },
    )

    assert "" == command(tmp_path).stderr


def test_what_ansible_prints_for_a_host_is_read_from_standard_input():
    printed = {
        "kube_proxy_mode": "iptables",
        "kube_proxy_port_range": {"__ansible_unsafe": "{{ x }}"},
        "password": {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256"},
    }
    told = command("-", stdin=json.dumps(printed))
    del printed["kube_proxy_port_range"]
    done = command("-", stdin=json.dumps(printed))

    assert "standard input: kube_proxy_port_range: breaks the YAML that kubespray renders" in told.stderr
    assert "iptables" == yaml.safe_load(done.stdout)["mode"]


def test_values_that_cannot_be_read_are_told_with_their_place(write):
    file = write("a.yml", "a: b\nkube_proxy_exclude_cidrs:\n- !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n")

    assert f"{file}:2: kube_proxy_exclude_cidrs: is encrypted. Write the value itself." in command(file).stderr


@pytest.mark.parametrize(
    "text",
    ["&a [*a]", "[2024-01-05]", "!!binary YQ==", "!!set {a}", "[[a]]", "[{a: b}]", "{a: b}", "!!omap [a: b]", "[null]"],
)
def test_value_that_makes_no_field_is_refused(text, write):
    done = command(write("a.yml", f"kube_proxy_exclude_cidrs: {text}\n"))

    assert 2 == done.returncode
    assert "kube_proxy_exclude_cidrs: must be a plain value or a list of them" in done.stderr
    assert "Traceback" not in done.stderr
