"""What the component of a Deployment registers, and refuses."""

import re

import pulumi
import pytest

from config_rollout import ConfiguredDeployment, configured
from config_rollout.core.revisions.observation import Observation
from config_rollout.prepare.revisions import Reading
from tests.wiring.conftest import DAEMON_SET, HASH, POD_SPEC
from tools.documents import ROOT

CONFIG_MAP = f"ConfigMapPatch agent-{HASH[:10]}"
ENV_FROM = [{"config_map_ref": {"name": "bundle"}}, {"secret_ref": {"name": "token"}}]
READS = {
    "pod_spec": {**POD_SPEC, "containers": [{**POD_SPEC["containers"][0], "env_from": ENV_FROM}]},
    "external": {"config_maps": ["bundle"]},
    "secrets": {"token": {"string_data": {"TOKEN": "swordfish"}}},
    "hash_key": lambda: pulumi.Output.secret("a hash key of 32 characters, and more"),
}


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


def test_secrets_and_external_are_those_of_a_daemon_set(deployment, register):
    registered, others = deployment(**READS), register(**READS)
    (secret,) = [name for name in registered if name.startswith("SecretPatch agent/token-")]
    metadata, theirs = (of[secret].inputs.pop("metadata") for of in (registered, others))
    workload, daemon_set = registered["Deployment agent"], others[DAEMON_SET]

    assert ("agent", None) == tuple(
        metadata["labels"].get(f"config-rollout/{kind}") for kind in ("deployment", "daemon-set")
    )
    assert (theirs["name"], others[secret].inputs) == (metadata["name"], registered[secret].inputs)
    assert daemon_set.inputs["spec"]["template"] == workload.inputs["spec"]["template"]
    assert {CONFIG_MAP, secret} == {name for name in registered if name.partition(" ")[2] in workload.dependencies}
    recorded = ("external", "secretHashes")
    one, other = (
        of[f"Configured{kind} agent"].inputs for kind, of in (("Deployment", registered), ("DaemonSet", others))
    )
    assert [one[name] for name in recorded] == [other[name] for name in recorded]


def test_data_may_be_outputs(deployment):
    assert CONFIG_MAP in deployment(data=lambda: {"agent.yaml": pulumi.Output.from_input("level: info\n")})


def test_secret_that_a_daemon_set_of_the_name_has_is_refused(refused, monkeypatch):
    secret = {"metadata": {"name": "agent.token-0123456789", "labels": {"config-rollout/daemon-set": "agent"}}}
    observation = Observation(secrets={"agent.token-0123456789": secret}, is_read=True)
    monkeypatch.setattr(configured, "read_before", lambda *_: Reading(observation))

    assert [
        "ConfiguredDeployment 'agent': Deployment monitoring/agent: would share Secret agent.token-0123456789 with "
        "DaemonSet monitoring/agent. Give this component another `name`."
    ] == refused(component=ConfiguredDeployment)


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
         "waves: is for DaemonSets and StatefulSets, whose waves are of nodes and of ordinals; Kubernetes itself "
         "replaces the pods of a Deployment. "
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
