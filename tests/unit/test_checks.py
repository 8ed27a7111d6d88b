"""The rules on arguments: what each finds, in words, and what it lets pass."""

import pytest

from config_rollout.args.configured_daemon_set import ConfiguredDaemonSetArgs
from config_rollout.args.kube_proxy import KubeProxyArgs
from config_rollout.core.arguments.fields import (
    as_written,
    check_argument_names,
    check_name,
    check_text_map,
    check_whole_number,
)
from config_rollout.core.kubernetes.update_strategy import check_update_strategy
from config_rollout.core.revisions import references as checks
from config_rollout.core.revisions.naming import MAX_NAME_LENGTH
from config_rollout.core.waves.places import from_the_top

MOUNTED = {"containers": [{"name": "a", "volume_mounts": [{"name": "c"}]}]}
GOOD = {**MOUNTED, "volumes": [{"name": "c", "config_map": {"name": "agent"}}]}
PORT = {"containers": [{"ports": [{"container_port": 80, "host_port": 80}]}]}
HOST_NETWORK = {"hostNetwork": True, "containers": [{"ports": [{"containerPort": 80}]}]}


def lines(findings) -> list[str]:
    return [str(finding) for finding in findings]


@pytest.mark.parametrize("name", ["a", "kube-proxy", "0a", "x" * MAX_NAME_LENGTH])
def test_name_is_accepted(name):
    assert [] == lines(check_name("name", name, MAX_NAME_LENGTH))


@pytest.mark.parametrize("name", ["", "Agent", "a_b", "a.b", "-a", "a-", "a b", "é", 7])
def test_name_is_refused(name):
    assert 1 == len(lines(check_name("name", name)))


def test_name_too_long_for_the_hash_is_refused():
    assert ["name: has 53 characters. Use at most 52, since the ConfigMap's name adds 11 for the hash."] == lines(
        check_name("name", "x" * 53, MAX_NAME_LENGTH)
    )


def test_misspelt_argument_is_named_with_the_nearest():
    assert ["min_ready_second: is not a known argument. Write 'min_ready_seconds', if that was meant."] == lines(
        check_argument_names(["min_ready_second"], ["data", "min_ready_seconds"], [])
    )


@pytest.mark.parametrize(
    ("arguments", "name", "place"),
    [
        (ConfiguredDaemonSetArgs, "gates", "inside `waves`"),
        (ConfiguredDaemonSetArgs, "first", "inside `waves`"),
        (ConfiguredDaemonSetArgs, "by", "inside `waves`"),
        (ConfiguredDaemonSetArgs, "through", "inside `waves`"),
        (ConfiguredDaemonSetArgs, "onFailure", "inside `waves`"),
        (ConfiguredDaemonSetArgs, "match_labels", "inside one of the waves in `first` of `waves`"),
        (ConfiguredDaemonSetArgs, "http", "inside one of the `gates` of `waves`"),
        (ConfiguredDaemonSetArgs, "stdout", "inside `audit`"),
        (ConfiguredDaemonSetArgs, "rolling_update", "inside `update_strategy`"),
        (ConfiguredDaemonSetArgs, "max_unavailable",
         "inside `waves`, or inside `rolling_update` of `update_strategy`"),
        (KubeProxyArgs, "gates", "inside `waves`"),
        (KubeProxyArgs, "daemon_set", "inside `layout`"),
    ],
)  # fmt: skip
def test_misplaced_argument_is_sent_to_its_place(arguments, name, place):
    known = arguments.__annotations__

    assert [f"{name}: is not a known argument. Put `{name}` {place}."] == lines(
        check_argument_names([name], known, [], from_the_top(known))
    )


@pytest.mark.parametrize(
    ("arguments", "name", "fix"),
    [
        (KubeProxyArgs, "max_surge", "Use one of"),
        (KubeProxyArgs, 7, "Use one of"),
        (ConfiguredDaemonSetArgs, "command", "Use one of"),
        (ConfiguredDaemonSetArgs, "timeout_seconds", "Write 'rollout_timeout_seconds', if that was meant"),
        (ConfiguredDaemonSetArgs, "daemon_set", "Use one of"),
    ],
)
def test_argument_without_a_place_gets_the_nearest_name(arguments, name, fix):
    known = arguments.__annotations__
    (line,) = lines(check_argument_names([name], known, [], from_the_top(known)))

    assert fix == line.split(". ")[1][: len(fix)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10299.0, "10299"), (10299, "10299"), (0.5, "0.5"), (-1.0, "-1"), (True, "True"), ("1.0", "'1.0'"),
        ([1.0, "a"], "[1, 'a']"), ({"a": {"b": 2.0}}, "{'a': {'b': 2}}"), (float("inf"), "inf"),
        (float("nan"), "nan"), (2.0**60, "1.152921504606847e+18"), (None, "None"),
    ],
)  # fmt: skip
def test_value_is_shown_as_written(value, text):
    assert text == as_written(value)


def test_missing_argument_is_named():
    assert ["data: is required. Pass it."] == lines(check_argument_names([], ["data"], ["data"]))


@pytest.mark.parametrize(
    "pod_spec",
    [
        pytest.param(GOOD, id="volume"),
        pytest.param({"containers": [{"env_from": [{"config_map_ref": {"name": "agent"}}]}]}, id="envFrom"),
        pytest.param(
            {**GOOD, "init_containers": [{"env_from": [{"config_map_ref": {"name": "agent-ca"}}]}]},
            id="another ConfigMap of a longer name",
        ),
        pytest.param({**GOOD, "containers": [{"volumeMounts": [{"name": "c", "subPath": "a"}]}]}, id="subPath"),
        pytest.param(
            {**GOOD, "containers": [{"volume_mounts": [{"name": object()}, {"name": "c"}]}]}, id="a mount not known yet"
        ),
    ],
)
def test_pod_spec_reads_the_config_map(pod_spec):
    assert [] == lines(checks.check_references(["agent"], pod_spec))


@pytest.mark.parametrize(
    ("pod_spec", "finding"),
    [
        pytest.param(
            {"containers": []},
            "pod_spec: no volume or env reads ConfigMap 'agent', so no pod would see this data. "
            "Add a config_map volume with the name 'agent', or an env_from.",
            id="no reference",
        ),
        pytest.param(
            {"volumes": [{"config_map": {"name": "agnet"}}]},
            "pod_spec: no volume or env reads ConfigMap 'agent', so no pod would see this data. "
            "Write 'agent' where it says 'agnet'.",
            id="a typo",
        ),
        pytest.param(
            {**GOOD, "init_containers": [{"env_from": [{"config_map_ref": {"name": "Agent"}}]}]},
            "pod_spec.init_containers[0].env_from[0].config_map_ref.name: names ConfigMap 'Agent', not "
            "'agent'. Write 'agent': the component points it at the right revision.",
            id="other case beside a good one",
        ),
        pytest.param(
            {**GOOD, "initContainers": [{"envFrom": [{"configMapRef": {"name": "agent-0123456789"}}]}]},
            "pod_spec.initContainers[0].envFrom[0].configMapRef.name: names ConfigMap 'agent-0123456789', "
            "not 'agent'. Write 'agent': the component points it at the right revision.",
            id="an old hash",
        ),
        pytest.param(
            {"containers": [{"name": "a"}], "volumes": [{"name": "c", "config_map": {"name": "agent"}}]},
            "pod_spec: volume 'c' holds ConfigMap 'agent', but no container mounts it. "
            "Add a volume mount with that name.",
            id="a volume that nobody mounts",
        ),
        pytest.param(
            "spec", "pod_spec: must be a plain mapping (got str). Pass a dict; its leaves may be Outputs.", id="text"
        ),
    ],
)
def test_pod_spec_does_not_read_the_config_map(pod_spec, finding):
    assert [finding] == lines(checks.check_references(["agent"], pod_spec))


@pytest.mark.parametrize(
    ("given", "pod_spec"),
    [
        ({}, {}),
        ({"type": "OnDelete"}, PORT),
        ({"rolling_update": {"max_unavailable": "10%"}}, PORT),
        ({"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}, {}),
        ({"rollingUpdate": {"maxUnavailable": object(), "maxSurge": object()}}, PORT),
        ({"type": object()}, {}),
    ],
)
def test_update_strategy_is_accepted(given, pod_spec):
    assert [] == lines(check_update_strategy(given, pod_spec))


@pytest.mark.parametrize(
    ("given", "pod_spec", "where"),
    [
        ("OnDelete", {}, ["update_strategy"]),
        ({"type": "Recreate"}, {}, ["update_strategy.type"]),
        ({"max_unavailable": 1}, {}, ["update_strategy.max_unavailable"]),
        ({"rolling_update": {"max_unavailble": 1}}, {}, ["update_strategy.rolling_update.max_unavailble"]),
        ({"rolling_update": {"max_unavailable": 0}}, {}, ["update_strategy"]),
        ({"rolling_update": {"max_unavailable": "0%", "max_surge": "0%"}}, {}, ["update_strategy"]),
        ({"rolling_update": {"max_surge": 1}}, {}, ["update_strategy"]),
        ({"rolling_update": {"max_unavailable": -1}}, {}, ["update_strategy.max_unavailable"]),
        ({"rolling_update": {"max_unavailable": "101%"}}, {}, ["update_strategy.max_unavailable"]),
        ({"rolling_update": {"max_unavailable": True}}, {}, ["update_strategy.max_unavailable"]),
        ({"rolling_update": {"max_unavailable": "1"}}, {}, ["update_strategy.max_unavailable"]),
        ({"rolling_update": {"max_unavailable": 0, "max_surge": 1}}, PORT, ["update_strategy.max_surge"]),
        ({"rolling_update": {"max_unavailable": 0, "max_surge": 1}}, HOST_NETWORK, ["update_strategy.max_surge"]),
    ],
)
def test_update_strategy_is_refused(given, pod_spec, where):
    assert where == [finding.where for finding in check_update_strategy(given, pod_spec)]


@pytest.mark.parametrize("value", [True, 7, None, 1.5, ["x"]])
def test_label_that_is_no_text_is_refused(value):
    assert [f"labels['a']: must be text (got {value!r}). Quote it."] == lines(check_text_map("labels", {"a": value}))


def test_label_that_is_not_known_yet_is_accepted():
    assert [] == lines(check_text_map("labels", {"a": object()}))


@pytest.mark.parametrize("value", [-1, 1.5, "1", True, None, [1]])
def test_number_of_seconds_is_refused(value):
    assert 1 == len(lines(check_whole_number("min_ready_seconds", value)))


@pytest.mark.parametrize("value", [0, 1, 2.0, object()])
def test_number_of_seconds_is_accepted(value):
    assert [] == lines(check_whole_number("min_ready_seconds", value))


@pytest.mark.parametrize(
    "path",
    [
        "pod_spec.containers[0].image",
        "labels",
        'pod_annotations["a"]',
        "update_strategy",
        "podSpec.containers[*].image",
    ],
)
def test_path_can_be_ignored(path):
    assert [] == lines(checks.check_ignore_changes([path], ["agent"], GOOD))


@pytest.mark.parametrize(
    "path",
    ["data", "data['a']", "name", "namespace", "spec", "pod_spec", "pod_spec.volumes", "pod_spec.volumes[0]",
     "pod_spec.volumes[*].config_map.name", "podSpec.volumes[0].configMap", "pod_annotations", "%"],
)  # fmt: skip
def test_path_cannot_be_ignored(path):
    assert 1 == len(lines(checks.check_ignore_changes([path], ["agent"], GOOD)))
