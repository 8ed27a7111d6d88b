"""What is read of an inventory, and what its templates give, before the real Ansible."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from config_rollout.group_vars import GroupVars
from config_rollout.sources import Trouble
from tests.unit.test_jinja import GIVEN, TEMPLATES, evaluated
from tests.unit.test_kubespray_inventories import LAYOUTS, lay_out

pytestmark = pytest.mark.judge

HOSTS = "[kube_control_plane]\nnode1\n[k8s_cluster:children]\nkube_control_plane\n"
PROGRAMS = Path(sys.executable).parent
AT_ONCE = 2


def ansible(program: str, inventory: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run one of Ansible's programs for the host of an inventory."""
    (inventory / "ansible.cfg").write_text("[defaults]\nforce_valid_group_names = ignore\n")
    return subprocess.run(
        [PROGRAMS / program, "--inventory", inventory / "hosts.ini", *arguments],
        capture_output=True, text=True, timeout=120, cwd=inventory,
        env={"PATH": os.environ["PATH"], "HOME": str(inventory), "LANG": "C.UTF-8",
             "ANSIBLE_CONFIG": str(inventory / "ansible.cfg")},
    )  # fmt: skip


def theirs(inventory: Path) -> object:
    done = ansible("ansible-inventory", inventory, "--host", "node1")
    return json.loads(done.stdout).get("kube_proxy_mode") if done.returncode == 0 else Trouble


def ours(inventory: Path) -> object:
    try:
        return GroupVars([str(inventory)]).values.get("kube_proxy_mode")
    except Trouble:
        return Trouble


def test_files_count_that_ansible_reads(tmp_path):
    inventories = {name: lay_out(tmp_path / str(number), files) for number, (name, (files, _)) in
                   enumerate(LAYOUTS.items())}  # fmt: skip
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


def test_what_ansible_prints_for_a_host_is_converted(tmp_path):
    lay_out(tmp_path, {
        "hosts.ini": f"{HOSTS}[kube_node]\nnode1 kube_proxy_scheduler=lc\n", "group_vars/all.yml": "port: 10249\n",
        "group_vars/kube_node.yml": "kube_proxy_mode: ipvs\nkube_proxy_oom_score_adj: -998\n",
        "host_vars/node1.yml": "kube_proxy_metrics_bind_address: '10.0.0.1:{{ port }}'\n",
    })  # fmt: skip
    printed = ansible("ansible-inventory", tmp_path, "--host", "node1").stdout
    done = subprocess.run(
        [sys.executable, "-m", "config_rollout", "kubespray", "-"], input=printed, capture_output=True, text=True
    )
    tree = yaml.safe_load(done.stdout)

    assert ("10.0.0.1:10249", "lc", -998) == (
        tree["metricsBindAddress"],
        tree["ipvs"]["scheduler"],
        tree["oomScoreAdj"],
    )
