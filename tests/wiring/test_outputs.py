"""What a ConfigMap holds may be Outputs: the component waits for them, and depends on what they come from."""

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap

from tests.wiring.conftest import DAEMON_SET, GOOD, HASH, POD_SPEC

OTHER = "ConfigMap other"
OWN = f"ConfigMapPatch agent-{HASH[:10]}"
NOT_YET = "ConfigMapPatch agent-unknown"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands for an unknown value. Source: pulumi 3.272 runtime/rpc.py `UNKNOWN`."""


def known(text=GOOD["agent.yaml"]):
    return pulumi.Output.from_input(text)


def secret():
    return pulumi.Output.secret("level: info\n")


def unknown():
    return pulumi.Output.from_input(pulumi.UNKNOWN)


def of_resource():
    return ConfigMap("other", metadata={"name": "other"}, data={"x": "level: info\n"}).data["x"]


@pytest.mark.parametrize("output", [known, of_resource])
def test_output_is_named_after_its_value(register, output):
    registered = register(data=lambda: {"agent.yaml": output()})

    assert {"agent.yaml": "level: info\n"} == registered[OWN].inputs["data"]
    assert {"checksum/config": HASH} == registered[DAEMON_SET].inputs["spec"]["template"]["metadata"]["annotations"]


def test_whole_mapping_may_be_an_output(register):
    assert OWN in register(data=lambda: known(GOOD))


def test_objects_come_after_the_resource_and_no_property_depends_on_it(register):
    registered = register(data=lambda: {"agent.yaml": of_resource()})

    assert ["other"] == registered[OWN].dependencies
    assert [OWN.split()[-1]] == registered[DAEMON_SET].dependencies
    every = [*registered[OWN].property_dependencies.values(), *registered[DAEMON_SET].property_dependencies.values()]
    assert [] == [urn for urns in every for urn in urns]


def test_component_records_the_value(register):
    inputs = register(data=lambda: {"agent.yaml": known()})["ConfiguredDaemonSet agent"].inputs

    assert GOOD == inputs["data"]


def test_preview_that_does_not_know_a_value_registers_unknown_leaves(register):
    registered = register(preview=True, data=lambda: {"agent.yaml": unknown(), "b.txt": "x"})

    assert {"ConfiguredDaemonSet agent", NOT_YET, DAEMON_SET} == set(registered)
    assert {"agent.yaml": UNKNOWN, "b.txt": "x"} == registered["ConfiguredDaemonSet agent"].inputs["data"]
    template = registered[DAEMON_SET].inputs["spec"]["template"]
    assert {"checksum/config": UNKNOWN} == template["metadata"]["annotations"]
    assert [{"name": "c", "configMap": {"name": UNKNOWN}}] == template["spec"]["volumes"]


def test_what_is_known_beside_it_has_its_name_in_preview(register):
    spec = {
        **POD_SPEC,
        "containers": [{**POD_SPEC["containers"][0], "env_from": [{"config_map_ref": {"name": "rules"}}]}],
    }
    registered = register(preview=True, config_maps=lambda: {"rules": {"data": {"a": unknown()}}}, pod_spec=spec)

    assert {"ConfiguredDaemonSet agent", OWN, "ConfigMapPatch agent/rules-unknown", DAEMON_SET} == set(registered)


SECRET = "is secret, but everyone who may read the ConfigMap, or a preview, would see it. Pass it in `secrets`, and let"
FAILED = (
    "is not known, although this is not a preview: what it comes from failed, or was left out. Run `pulumi up` again "
    "once that is there."
)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"config_maps": lambda: {"agent": {"binaryData": {"a": unknown()}}}, "data": lambda: None},
         [f"config_maps['agent'].binaryData['a']: {FAILED}"]),
        ({"data": lambda: {"agent.yaml": secret()}}, [f"data['agent.yaml']: {SECRET} pod_spec read that Secret."]),
        ({"data": lambda: {"agent.yaml": unknown()}}, [f"data['agent.yaml']: {FAILED}"]),
        ({"data": lambda: {"agent.yaml": secret(), "a b": known(), "c": 1}},
         [f"data['agent.yaml']: {SECRET} pod_spec read that Secret.",
          "data['a b']: the key contains a space. Use letters, digits, '-', '_' or '.'.",
          "data['c']: must be text (got int). Pass a plain str, quoted or written out."]),
        ({"config_maps": lambda: {"rules": {"binary_data": {"a": secret()}}}},
         ["pod_spec: no volume or env reads ConfigMap 'rules', so no pod would see this data. Add a config_map volume "
          "with the name 'rules', or an env_from.",
          f"config_maps['rules'].binary_data['a']: {SECRET} pod_spec read that Secret."]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_is(refused, changes, lines):
    assert [f"ConfiguredDaemonSet 'agent': {line}" for line in lines] == refused(**changes)
