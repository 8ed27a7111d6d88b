"""Which references of a pod spec follow the content-named ConfigMap."""

import copy

import pytest

from config_rollout.core.kubernetes.pod_spec import follow, references, show_path

REFERENCES = [
    pytest.param({"volumes": [{"name": "v", "config_map": {"name": "agent"}}]}, id="volume"),
    pytest.param({"volumes": [{"name": "v", "configMap": {"name": "agent"}}]}, id="volume, camelCase"),
    pytest.param(
        {"volumes": [{"projected": {"sources": [{"secret": {"name": "agent"}}, {"config_map": {"name": "agent"}}]}}]},
        id="projected source",
    ),
    pytest.param({"containers": [{"env_from": [{"config_map_ref": {"name": "agent"}}]}]}, id="envFrom"),
    pytest.param({"containers": [{"envFrom": [{"configMapRef": {"name": "agent"}}]}]}, id="envFrom, camelCase"),
    pytest.param(
        {"containers": [{"env": [{"name": "A", "value_from": {"config_map_key_ref": {"name": "agent", "key": "a"}}}]}]},
        id="env",
    ),
    pytest.param(
        {"containers": [{"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "agent", "key": "a"}}}]}]},
        id="env, camelCase",
    ),
    pytest.param({"init_containers": [{"env_from": [{"config_map_ref": {"name": "agent"}}]}]}, id="init container"),
    pytest.param({"initContainers": [{"env_from": [{"configMapRef": {"name": "agent"}}]}]}, id="mixed spelling"),
]


@pytest.mark.parametrize("pod_spec", REFERENCES)
def test_reference_follows_the_name(pod_spec):
    before = copy.deepcopy(pod_spec)
    followed = follow(pod_spec, {"agent": "agent-0123456789"})

    assert ["agent-0123456789"] == [reference.name for reference in references(followed)]
    assert before == pod_spec
    assert pod_spec == follow(followed, {"agent-0123456789": "agent"})


@pytest.mark.parametrize(
    "pod_spec",
    [
        pytest.param({"volumes": [{"name": "agent", "config_map": {"name": "other"}}]}, id="another ConfigMap"),
        pytest.param({"volumes": [{"name": "agent", "secret": {"secret_name": "agent"}}]}, id="a Secret of that name"),
        pytest.param({"service_account_name": "agent", "containers": [{"name": "agent"}]}, id="other names"),
        pytest.param({"containers": [{"env_from": [{"secret_ref": {"name": "agent"}}]}]}, id="envFrom a Secret"),
        pytest.param({"containers": object(), "volumes": [object()]}, id="values that are not known yet"),
    ],
)
def test_everything_else_stays_the_same(pod_spec):
    assert pod_spec == follow(pod_spec, {"agent": "agent-0123456789"})


def test_several_references_follow_together():
    pod_spec = {
        "volumes": [
            {"configMap": {"name": "agent"}},
            {"configMap": {"name": "other"}},
            {"configMap": {"name": "agent"}},
        ]
    }

    assert ["x", "other", "x"] == [reference.name for reference in references(follow(pod_spec, {"agent": "x"}))]


def test_path_is_shown_as_it_was_written():
    (reference,) = references({"volumes": [{}, {"config_map": {"name": "agent"}}]})

    assert "volumes[1].config_map.name" == show_path(reference.path)
