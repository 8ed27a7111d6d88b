"""What of a DaemonSet is not as it was written, and who wrote it when."""

import json

import pytest

from config_rollout.core.explain.drift import drifted, without
from config_rollout.core.kubernetes.camel import camel
from config_rollout.core.markers import UNKNOWN

OURS, WHEN, EARLIER = "config-rollout-own", "2026-11-28T22:10:05Z", "2026-11-28T21:00:00Z"
HASH, MOUNTED = "a" * 64, "agent-aaaaaaaaaa"

WANTED = {
    "metadata": {"name": "agent", "namespace": "n", "labels": {"team_name": "x"}},
    "spec": {
        "update_strategy": {"rolling_update": {"max_unavailable": "10%"}},
        "min_ready_seconds": 0,
        "template": {
            "metadata": {"annotations": {"checksum/config": HASH}},
            "spec": {
                "containers": [
                    {
                        "name": "agent",
                        "image": "agent:1",
                        "args": ["--level", "info"],
                        "ports": [{"container_port": 80, "name": "web"}],
                        "env": [{"name": "A", "value": "1"}, {"name": "EMPTY", "value": ""}],
                        "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}},
                    }
                ],
                "volumes": [{"name": "c", "config_map": {"name": MOUNTED}}],
            },
        },
    },
}


def fields(value: object) -> dict:
    """Return the tree in which the API server keeps who set a value as `WANTED` and `live` have it."""
    if isinstance(value, dict):
        return {f"f:{key}": fields(item) for key, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        keys = [
            {"containerPort": item["containerPort"], "protocol": "TCP"}
            if "containerPort" in item
            else {"name": item["name"]}
            for item in value
        ]
        return {"k:" + json.dumps(key): {".": {}, **fields(item)} for key, item in zip(keys, value, strict=True)}
    return {}


def live(**sets: dict) -> dict:
    """Return the DaemonSet as the API server has it: spelled in its own way, with defaults, and all of it ours."""
    wanted = json.loads(json.dumps(camel(WANTED)))
    tree = fields(wanted)
    (container,) = wanted["spec"]["template"]["spec"]["containers"]
    container["resources"]["limits"] = {"cpu": "1", "memory": "1Gi"}
    container["ports"][0]["protocol"] = "TCP"
    container["env"][1] = {"name": "EMPTY"}
    container["terminationMessagePath"] = "/dev/termination-log"
    del wanted["spec"]["minReadySeconds"]
    wanted["spec"]["updateStrategy"] |= {"type": "RollingUpdate"}
    wanted["metadata"]["managedFields"] = [{"manager": OURS, "time": EARLIER, "fieldsV1": tree}]
    wanted["metadata"]["managedFields"] += [
        {"manager": manager, "time": WHEN, "fieldsV1": of} for manager, of in sets.items()
    ]
    return wanted


def take(daemon_set: dict, *steps: str) -> None:
    """Take a field away from us, as when someone else sets or removes it."""
    tree = daemon_set["metadata"]["managedFields"][0]["fieldsV1"]
    *above, last = steps
    for step in above:
        tree = tree[step]
    del tree[last]


AGENT = ("f:spec", "f:template", "f:spec", "f:containers", 'k:{"name": "agent"}')


def tree_of(*steps: str) -> dict:
    tree: dict = {}
    for step in reversed(steps):
        tree = {step: tree}
    return tree


def told(daemon_set: dict, wanted: dict = WANTED) -> list[tuple]:
    return [(d.path, d.change.old, d.change.new, d.who()) for d in drifted(wanted, daemon_set, [OURS])]


def test_what_the_api_server_fills_in_or_spells_in_its_own_way_is_no_drift():
    assert [] == told(live())


def test_field_that_someone_else_set_is_told_with_who_and_when():
    given = live(**{"kubectl-set": tree_of(*AGENT, "f:image")})
    take(given, *AGENT, "f:image")
    given["spec"]["template"]["spec"]["containers"][0]["image"] = "agent:9"

    assert [("containers[name=agent].image", "agent:1", "agent:9", "kubectl-set on 2026-11-28 22:10 UTC")] == told(
        given
    )


def test_field_that_someone_else_set_to_the_same_is_no_drift():
    given = live(**{"kubectl-set": tree_of(*AGENT, "f:image")})
    take(given, *AGENT, "f:image")

    assert [] == told(given)


def test_field_that_someone_removed_has_no_writer():
    given = live()
    take(given, *AGENT, "f:resources")
    del given["spec"]["template"]["spec"]["containers"][0]["resources"]
    ((path, old, new, who),) = told(given)

    assert ("containers[name=agent].resources", {"limits": {"cpu": "1000m", "memory": "1024Mi"}}, "nothing", "") == (
        path,
        old,
        repr(new),
        who,
    )


def test_item_of_a_list_as_a_whole_is_told():
    given = live(**{"kubectl-edit": tree_of(*AGENT, "f:args")})
    take(given, *AGENT, "f:args")
    given["spec"]["template"]["spec"]["containers"][0]["args"] = ["--level", "debug"]

    assert [("containers[name=agent].args[1]", "info", "debug", "kubectl-edit on 2026-11-28 22:10 UTC")] == told(given)


def test_strategy_and_label_are_outside_of_the_template():
    given = live(
        **{
            "kubectl-patch": {
                "f:spec": {"f:updateStrategy": {"f:rollingUpdate": {"f:maxUnavailable": {}}}},
                "f:metadata": {"f:labels": {"f:team_name": {}}},
            }
        }
    )
    take(given, "f:spec", "f:updateStrategy", "f:rollingUpdate", "f:maxUnavailable")
    take(given, "f:metadata", "f:labels", "f:team_name")
    given["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] = 1
    given["metadata"]["labels"]["team_name"] = "y"
    found = drifted(WANTED, given, [OURS])

    assert ["metadata.labels.team_name", "updateStrategy.rollingUpdate.maxUnavailable"] == [one.path for one in found]
    assert [False, False] == [one.restarts for one in found]


def test_undone_configuration_is_its_hash_and_not_the_name_that_follows_it():
    given = live(**{"kubectl-rollout": tree_of("f:spec", "f:template")})
    take(given, "f:spec", "f:template")
    template = given["spec"]["template"]
    template["metadata"]["annotations"]["checksum/config"] = "b" * 64
    template["spec"]["volumes"][0]["configMap"]["name"] = "agent-bbbbbbbbbb"
    (one,) = drifted(WANTED, given, [OURS])

    assert (True, "kubectl-rollout", False) == (one.is_hash, one.by, one.ours)


def test_what_another_up_wrote_is_ours():
    given = live()
    given["spec"]["template"]["spec"]["containers"][0]["image"] = "agent:2"
    (one,) = drifted(WANTED, given, [OURS])

    assert (True, "config-rollout-own on 2026-11-28 21:00 UTC") == (one.ours, one.who())


def test_what_is_not_known_yet_is_not_compared():
    wanted = json.loads(json.dumps(WANTED))
    wanted["spec"]["template"]["spec"]["containers"][0]["image"] = UNKNOWN
    given = live()
    take(given, *AGENT, "f:image")

    assert [] == told(given, wanted)


def test_daemon_set_that_is_none_of_ours_has_not_drifted():
    given = live()
    given["metadata"]["managedFields"][0]["manager"] = "helm"
    given["spec"]["template"]["spec"]["containers"][0]["image"] = "agent:9"

    assert [] == told(given)


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (("spec", "a"), {"spec": {"b": [{"c": 1}, {"c": 2}]}}),
        (("spec", "b", 1, "c"), {"spec": {"a": 1, "b": [{"c": 1}, {}]}}),
        (("spec", "b", "*", "c"), {"spec": {"a": 1, "b": [{}, {}]}}),
        (("spec",), {}),
        (("other",), {"spec": {"a": 1, "b": [{"c": 1}, {"c": 2}]}}),
    ],
)
def test_what_the_engine_ignores_is_left_out(path, left):
    assert left == without({"spec": {"a": 1, "b": [{"c": 1}, {"c": 2}]}}, path)
