"""What is imported at the start: of a program, and of the rules, with which the policy pack starts at every preview."""

import subprocess
import sys
from pathlib import Path

import pytest

from config_rollout.core.kube_proxy.layout import LAYOUTS

ROOT = Path(__file__).parents[2]

HEAVY = ("formats", "configuration", "kube_proxy", "waves", "arguments.checks", "kubernetes.manifest_text")
"""Parts of the core that read configurations or arguments."""

CHECK = """
import sys
from config_rollout.core.rules.checking import check
from config_rollout.core.rules.objects import KubernetesObject
from config_rollout.core.rules.settings import Settings

config_map = {"metadata": {"name": "agent"}, "data": {"agent.yaml": "level: info"}}
template = {"spec": {"containers": [{"name": "agent"}], "volumes": [{"name": "c", "configMap": {"name": "agent"}}]}}
daemon_set = {"metadata": {"name": "agent"}, "spec": {"template": template}}
objects = [KubernetesObject("ConfigMap", config_map), KubernetesObject("DaemonSet", daemon_set)]
violations, _ = check(objects, Settings())
assert violations
print(*sys.modules)
"""


def test_rules_on_a_plain_program_import_nothing_that_reads_configurations():
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=True)

    heavy = tuple(f"config_rollout.core.{part}" for part in HEAVY)
    assert [] == [name for name in done.stdout.split() if name.startswith(heavy)]


BESIDE_PULUMI = """
import sys
import pulumi, pulumi_kubernetes.apps.v1, pulumi_kubernetes.core.v1
before = set(sys.modules)
from config_rollout import ConfiguredDaemonSet
print(*{name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)
"""


@pytest.mark.slow
def test_program_with_the_component_imports_no_other_library_than_one_without():
    done = subprocess.run([sys.executable, "-c", BESIDE_PULUMI], capture_output=True, text=True, check=True)

    assert {"config_rollout", "pulumi_kubernetes"} == set(done.stdout.split())


HASH = """
import sys
from config_rollout.cli.main import main
sys.argv = ["config-rollout", "hash", "Pulumi.yaml"]
main()
print(*sys.modules)
"""


def test_command_imports_what_its_text_needs():
    done = subprocess.run([sys.executable, "-c", HASH], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = set(done.stdout.splitlines()[1].split())
    put_off = {"ast"} if sys.version_info < (3, 12) else set()  # it comes with inspect, which later dataclasses need

    assert set() == modules & {"shutil", "pathlib", "difflib", "importlib.metadata", "tomllib", "subprocess", *put_off}
    assert [] == [name for name in modules if "kube_proxy" in name or name.endswith(("json_text", "manifest_text"))]
    assert "yaml" in modules


def test_every_layout_has_a_config_map_that_is_called_after_kube_proxy():
    assert all("kube-proxy" in layout.config_map for layout in LAYOUTS.values())
