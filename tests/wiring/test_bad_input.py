"""Everything wrong with the arguments is said at once, before anything is registered."""

from importlib.metadata import version

import pulumi
import pytest

from config_rollout import ConfiguredDaemonSet
from tests.wiring.conftest import POD_SPEC


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"data": {"a b": ""}}, "data['a b']: the key contains a space. Use letters, digits, '-', '_' or '.'."),
        ({"data": {}}, "data: has no keys, so there is no configuration. Add at least one key."),
        ({"data": None}, "data: is required. Pass it."),
        ({"data": {"k": 5}}, "data['k']: must be text (got int). Pass a plain str, quoted or written out."),
        ({"binary_data": {"agent.yaml": ""}},
         "binary_data['agent.yaml']: the key is in data too. Keep it in one of the two."),
        ({"effects": {"agent.yaml:levels": "none"}},
         "effects['agent.yaml:levels']: is not a known field. Write 'level', if that was meant."),
        ({"effects": {"agent.yml": "none"}},
         "effects['agent.yml']: there is no such key. Write 'agent.yaml', if that was meant."),
        ({"effects": {"agent.yaml:level": "reload"}},
         "effects['agent.yaml:level']: is reload, but other fields of the key restart, and a file is in one ConfigMap. "
         "Put what reloads into a key of its own, which the program includes, or pass 'agent.yaml': 'reload'."),
        ({"gates": []}, "gates: is not a known argument. Put `gates` inside `waves`."),
        ({"namespaces": "x"}, "namespaces: is not a known argument. Write 'namespace', if that was meant."),
        ({"namespace": "Kube_System"},
         "namespace: is not a valid DNS label (got 'Kube_System'). Use lowercase letters, digits and '-', and begin "
         "and end "
         "with a letter or digit."),
        ({"min_ready_seconds": -1},
         "min_ready_seconds: must be a whole number of at least 0 (got -1). Pass an int in that range."),
        ({"rollout_timeout_seconds": 0},
         "rollout_timeout_seconds: must be a whole number of at least 1 (got 0). Pass an int in that range."),
        ({"pod_labels": {"app.kubernetes.io/name": "other"}},
         "pod_labels['app.kubernetes.io/name']: differs from the selector's 'agent'. Leave it out, or "
         "change `selector`."),
        ({"labels": {"a b": "c"}},
         "labels['a b']: is not a valid key of a label. Use at most 63 letters, digits, '-', '_' and '.', a letter or "
         "digit first and last; a domain and '/' may come first."),
        ({"selector": {"app": pulumi.Output.from_input("x")}},
         "selector['app']: must be known in preview. Pass a plain str."),
        ({"pod_spec": {**POD_SPEC, "containers": [{**POD_SPEC["containers"][0], "imagePullPolcy": "Always"}]}},
         f"pod_spec.containers[0].imagePullPolcy: pulumi-kubernetes {version('pulumi-kubernetes')} does not know "
         f"this field. "
         "Write 'imagePullPolicy', if that was meant."),
        ({"pod_annotations": {"a": 1}}, "pod_annotations['a']: must be text (got 1). Quote it."),
        ({"update_strategy": {"rolling_update": {"max_unavailable": 0}}},
         "update_strategy: max_unavailable and max_surge are both 0, so no pod could ever be replaced. "
         "Raise one of them."),
    ],
)  # fmt: skip
def test_bad_argument_is_refused(refused, changes, line):
    assert [f"ConfiguredDaemonSet 'agent': {line}"] == refused(**changes)


def test_key_that_was_renamed_under_fixed_items_is_refused(refused):
    items = [{"key": "agent.yaml", "path": "agent.yaml"}]
    mounted = POD_SPEC["volumes"][0]
    volume = {**mounted, "config_map": {**mounted["config_map"], "items": items}}
    pod_spec = {**POD_SPEC, "volumes": [volume]}

    assert [
        "ConfiguredDaemonSet 'agent': pod_spec.volumes[0].config_map.items[0].key: refers to key 'agent.yaml', which "
        "ConfigMap 'agent' does not have: a new pod would wait for it forever. Write 'agent.yml', if that was meant."
    ] == refused(pod_spec=pod_spec, data={"agent.yml": "level: info\n"})


def test_component_name_that_is_no_kubernetes_name_is_refused(refused):
    (line,) = refused("Agent", pod_spec={**POD_SPEC, "volumes": [{"name": "c", "config_map": {"name": "Agent"}}]})

    assert (
        "the component's name, which is also the DaemonSet's (or pass `name`): is not a valid DNS label (got 'Agent')"
        in line
    )


def test_kubernetes_name_too_long_for_the_hash_is_refused(refused):
    name = "x" * 53
    (line,) = refused(name, pod_spec={**POD_SPEC, "volumes": [{"name": "c", "config_map": {"name": name}}]})

    assert "has 53 characters. Use at most 52, since the ConfigMap's name adds 11 for the hash." in line


def test_ignored_configuration_is_refused(refused):
    (line,) = refused(opts=pulumi.ResourceOptions(ignore_changes=["data"]))

    assert "ignore_changes: 'data': cannot be ignored" in line


def test_every_fault_is_said_at_once(refused):
    lines = refused(
        "Agent",
        namspace="x",
        data={"a b": 1, "c": pulumi.Output.secret("x")},
        labels={"l": True},
        update_strategy={"rolling_update": {"max_surge": 1}},
    )

    assert [
        "namspace",
        "the component's name, which is also the DaemonSet's (or pass `name`)",
        "pod_spec",
        "labels['l']",
        "update_strategy",
        "data['c']",
        "data['a b']",
        "data['a b']",
    ] == [line.removeprefix("ConfiguredDaemonSet 'Agent': ").split(": ")[0] for line in lines]


def test_arguments_that_are_no_mapping_are_refused():
    with pytest.raises(ValueError, match=r"^ConfiguredDaemonSet 'agent': args: must be a mapping \(got list\)"):
        ConfiguredDaemonSet("agent", [])
