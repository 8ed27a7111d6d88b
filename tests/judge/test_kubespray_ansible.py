"""What is read of an inventory, and what its templates give, before the real Ansible."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from config_rollout.cli.errors import Trouble
from config_rollout.cli.inputs.group_vars import GroupVars
from tests.objects.inventories import LAYOUTS, lay_out
from tests.objects.templates import GIVEN, TEMPLATES, evaluated

pytestmark = pytest.mark.judge

HOSTS = "[kube_control_plane]\nnode1\n[k8s_cluster:children]\nkube_control_plane\n"
PROGRAMS = Path(sys.executable).parent
AT_ONCE = 2
DOCUMENT = (Path(__file__).parents[2] / "docs" / "kubespray.md").read_text()


def ansible(program: str, inventory: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run one of Ansible's programs for the host of an inventory."""
    (inventory / "ansible.cfg").write_text("[defaults]\nforce_valid_group_names = ignore\n")
    return subprocess.run(
        [PROGRAMS / program, "--inventory", inventory / "hosts.ini", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=inventory,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(inventory),
            "LANG": "C.UTF-8",
            "ANSIBLE_CONFIG": str(inventory / "ansible.cfg"),
        },
    )


def theirs(inventory: Path) -> object:
    done = ansible("ansible-inventory", inventory, "--host", "node1")
    return json.loads(done.stdout).get("kube_proxy_mode") if done.returncode == 0 else Trouble


def ours(inventory: Path) -> object:
    try:
        return GroupVars([str(inventory)]).values.get("kube_proxy_mode")
    except Trouble:
        return Trouble


def test_files_count_that_ansible_reads(tmp_path):
    inventories = {
        name: lay_out(tmp_path / str(number), files) for number, (name, (files, _)) in enumerate(LAYOUTS.items())
    }
    for inventory in inventories.values():
        (inventory / "hosts.ini").write_text(HOSTS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(zip(inventories, pool.map(theirs, inventories.values()), strict=True))

    assert answers == {name: ours(inventory) for name, inventory in inventories.items()}
    assert answers == {name: expected for name, (_, expected) in LAYOUTS.items()}


def test_templates_give_what_ansible_makes_of_them(tmp_path):
    cases = {f"case_{number}": template for number, template in enumerate(TEMPLATES)}
    lay_out(tmp_path, {"hosts.ini": HOSTS, "group_vars/all.json": json.dumps(GIVEN | cases)})
    message = f"msg={{{{ [{', '.join(cases)}] | to_json }}}}"
    done = ansible("ansible", tmp_path, "node1", "--connection", "local", "--module-name", "debug", "--args", message)
    answers = json.loads(json.loads(done.stdout[done.stdout.index("{") :])["msg"])

    assert dict(zip(cases.values(), answers, strict=True)) == {template: evaluated(template) for template in TEMPLATES}


@pytest.mark.parametrize("groups", ["", "[k8s_cluster:children]\nkube_control_plane\nkube_node\n"])
def test_commands_of_the_document_let_ansible_merge_everything(groups, tmp_path):
    prod = "inventory/prod"
    lay_out(
        tmp_path,
        {
            f"{prod}/inventory.ini": "[kube_control_plane]\nnode1 kube_proxy_scheduler=lc\n[kube_node]\nnode1\n"
            + groups,
            f"{prod}/group_vars/all.yml": "port: 10249\nkube_proxy_mode: ipvs\n",
            f"{prod}/group_vars/k8s_cluster.yml": "kube_proxy_mode: \"{{ 'ip' ~ 'tables' }}\"\n",
            f"{prod}/group_vars/kube_node.yml": "kube_proxy_oom_score_adj: -998\n",
            f"{prod}/host_vars/node1.yml": "kube_proxy_metrics_bind_address: '10.0.0.1:{{ port }}'\n",
        },
    )
    commands = re.findall(r"(?m)^\$ (.*(?:k8s_cluster.ini|node1.json).*)$", DOCUMENT)
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(commands)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": str(tmp_path), "LANG": "C.UTF-8"},
    )
    tree = yaml.safe_load((tmp_path / "config.conf").read_text())

    assert 4 == len(commands)
    assert '"kube_proxy_mode": "iptables"' in done.stdout
    assert {"metricsBindAddress": "10.0.0.1:10249", "mode": "iptables", "oomScoreAdj": -998} == {
        key: tree[key] for key in ("metricsBindAddress", "mode", "oomScoreAdj")
    }
    assert "lc" == tree["ipvs"]["scheduler"]
