"""What the component of a Deployment registers, and refuses."""

import re

import pulumi
import pytest

from config_rollout import ConfiguredDeployment
from tests.wiring.conftest import HASH
from tools.documents import ROOT

CONFIG_MAP = f"ConfigMapPatch agent-{HASH[:10]}"


@pytest.fixture
def deployment(register):
    return lambda **changes: register(component=ConfiguredDeployment, **changes)


def test_component_registers_a_deployment_and_a_config_map_of_its_kind(deployment):
    registered = deployment(replicas=3)
    workload = registered["Deployment agent"]

    assert {"ConfiguredDeployment agent", "Deployment agent", CONFIG_MAP} == set(registered)
    assert "agent" == registered[CONFIG_MAP].inputs["metadata"]["labels"]["config-rollout/deployment"]
    assert (3, {"checksum/config": HASH}) == (
        workload.inputs["spec"]["replicas"],
        workload.inputs["spec"]["template"]["metadata"]["annotations"],
    )
    assert [] == [urn for urns in workload.property_dependencies.values() for urn in urns]


def test_replicas_that_are_left_out_are_an_autoscaler_s(deployment):
    assert "replicas" not in deployment()["Deployment agent"].inputs["spec"]


def test_strategy_is_kubernetes_own_field(deployment):
    strategy = deployment(strategy={"rolling_update": {"max_surge": 0}})["Deployment agent"].inputs["spec"]["strategy"]

    assert {"rollingUpdate": {"maxSurge": 0}} == strategy


def test_replicas_can_be_ignored(deployment):
    registered = deployment(opts=pulumi.ResourceOptions(ignore_changes=["replicas"]), replicas=3)

    assert ["spec.replicas"] == list(registered["Deployment agent"].request.ignoreChanges)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"waves": {}},
         "waves: is for DaemonSets, whose nodes make the waves; Kubernetes itself replaces the pods of a Deployment. "
         "Use its native `strategy`, for example with max_unavailable 1 and max_surge 0."),
        ({"replicas": -1}, "replicas: must be a whole number of at least 0 (got -1). Pass an int in that range."),
        ({"strategy": {"type": "OnDelete"}},
         "strategy.type: is not valid (got 'OnDelete'). Use 'RollingUpdate' or 'Recreate'."),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused(refused, changes, line):
    assert [f"ConfiguredDeployment 'agent': {line}"] == refused(component=ConfiguredDeployment, **changes)


def test_example_of_the_document_runs(register):
    (example,) = re.findall(r"(?s)```python\n(.*?)```", (ROOT / "docs" / "deployments.md").read_text())

    assert "Deployment web" in register(component=lambda *_: exec(example, {}))
