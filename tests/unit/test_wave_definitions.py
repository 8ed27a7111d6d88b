"""Wave definitions: what they say, what is wrong with them, and which node is in which wave."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config_rollout.core.kubernetes.workload_kinds import STATEFUL_SET
from config_rollout.core.waves.gates import HttpGate
from config_rollout.core.waves.order import Wave, check_beside_waves, check_names, divide, empty_selectors, parse_waves

ZONE = "topology.kubernetes.io/zone"
NODES = {
    f"n{number}": {ZONE: f"zone-{'abc'[number % 3]}", "disk": "ssd" if number < 4 else "hdd"} for number in range(9)
}


def parsed(**given):
    waves, findings = parse_waves(given)
    assert [] == findings
    return waves


def members(waves, labels=NODES, seed="s", covered=None):
    return {division.wave.name: list(division.nodes) for division in divide(waves, labels, seed, covered)}


def sizes(waves, **more):
    return {name: len(nodes) for name, nodes in members(waves, **more).items()}


def test_without_any_wave_all_nodes_are_the_rest():
    assert {"rest": 9} == sizes(parsed())


def test_by_makes_a_wave_of_each_value_in_their_order_and_unlabelled_nodes_come_last():
    labels = {**NODES, "bare": {}}
    waves = members(parsed(by=ZONE), labels)

    assert ["zone-a", "zone-b", "zone-c", "rest"] == list(waves)
    assert ["bare"] == waves["rest"]
    assert {"n0", "n3", "n6"} == set(waves["zone-a"])


@pytest.mark.parametrize(
    ("wave", "taken"),
    [
        ({"match_labels": {"disk": "ssd"}}, {"n0", "n1", "n2", "n3"}),
        ({"matchLabels": {"disk": "ssd", ZONE: "zone-a"}}, {"n0", "n3"}),
        (
            {"match_expressions": [{"key": ZONE, "operator": "NotIn", "values": ["zone-a", "zone-b"]}]},
            {"n2", "n5", "n8"},
        ),
        ({"match_expressions": [{"key": "gpu", "operator": "DoesNotExist"}]}, set(NODES)),
        ({"match_expressions": [{"key": "gpu", "operator": "Exists"}]}, set()),
        ({"match_expressions": [{"key": "gpu", "operator": "NotIn", "values": ["x"]}]}, set(NODES)),
    ],
)
def test_selector_takes_what_fits(wave, taken):
    assert taken == set(members(parsed(first=[{"name": "w", **wave}]))["w"])


@pytest.mark.parametrize(
    ("wave", "size"),
    [
        ({"nodes": 2}, 2),
        ({"nodes": 20}, 9),
        ({"nodes": "10%"}, 1),
        ({"nodes": "50%"}, 5),
        ({"nodes": 2.0}, 2),
        ({"nodes": 1, "each": ZONE}, 3),
        ({"nodes": "50%", "match_labels": {"disk": "ssd"}}, 2),
    ],
)
def test_number_of_nodes(wave, size):
    assert size == sizes(parsed(first=[{"name": "w", **wave}]))["w"]


def test_one_of_each_zone_is_one_of_each_zone():
    taken = members(parsed(first=[{"name": "w", "nodes": 1, "each": ZONE}]))["w"]

    assert {"zone-a", "zone-b", "zone-c"} == {NODES[node][ZONE] for node in taken}


def test_what_a_wave_took_is_in_no_later_one():
    waves = parsed(
        first=[{"name": "one", "nodes": 1, "each": ZONE}, {"name": "ssd", "match_labels": {"disk": "ssd"}}], by=ZONE
    )
    taken = [node for nodes in members(waves).values() for node in nodes]

    assert sorted(NODES) == sorted(taken)


def test_canary_is_another_node_for_another_configuration_and_the_same_for_the_same():
    waves = parsed(first=[{"name": "canary", "nodes": 1}])
    canaries = {members(waves, seed=f"hash-{number}")["canary"][0] for number in range(40)}

    assert len(canaries) > 4
    assert members(waves, seed="x") == members(waves, dict(reversed(NODES.items())), seed="x")


def test_nodes_without_a_pod_are_in_no_wave_and_keep_their_wave_s_name():
    assert {"zone-a": 1, "zone-b": 0, "zone-c": 0, "rest": 0} == sizes(parsed(by=ZONE), covered=["n0"])


SELECTORS = st.fixed_dictionaries({}, optional={
    "match_labels": st.dictionaries(st.sampled_from([ZONE, "disk", "gpu"]), st.sampled_from(["a", "b"]), max_size=2),
    "match_expressions": st.lists(st.fixed_dictionaries({
        "key": st.sampled_from([ZONE, "disk", "gpu"]), "operator": st.sampled_from(["In", "NotIn"]),
        "values": st.lists(st.sampled_from(["a", "b", "c"]), min_size=1)}), max_size=2),
    "each": st.sampled_from([ZONE, "gpu"]),
})  # fmt: skip
LABELS = st.dictionaries(
    st.text("abcdef", min_size=1),
    st.dictionaries(st.sampled_from([ZONE, "disk", "gpu"]), st.sampled_from(["a", "b", "c"])),
    max_size=30,
)
AMOUNTS = st.integers(1, 5) | st.integers(1, 100).map("{}%".format)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(SELECTORS, AMOUNTS), max_size=4), st.sampled_from([None, ZONE, "gpu"]), LABELS, st.text())
def test_every_node_is_in_exactly_one_wave(first, by, labels, seed):
    """Of any waves over any cluster, in whatever order its nodes are listed."""
    listed = [{"name": f"w{number}", "nodes": amount, **of} for number, (of, amount) in enumerate(first)]
    waves = parsed(first=listed, by=by)
    divisions = divide(waves, labels, seed)

    assert sorted(labels) == sorted(node for division in divisions for node in division.nodes)
    assert "rest" == divisions[-1].wave.name
    assert divisions == divide(waves, dict(sorted(labels.items(), reverse=True)), seed)
    assert all(1 <= division.budget <= max(1, len(division.nodes), 5) for division in divisions)


def test_settings_of_all_are_those_of_each_wave_that_has_none():
    waves = parsed(
        first=[{"name": "a", "nodes": 1, "max_unavailable": 2}, {"name": "b", "nodes": 1}],
        by=ZONE,
        max_unavailable="50%",
        soak_seconds=7,
        gates=[{"http": {"port": 80, "path": "/x"}}],
    )
    gate = (HttpGate(80, "/x"),)

    assert [("a", 2), ("b", "50%"), ("zone-a", "50%"), ("zone-b", "50%"), ("zone-c", "50%"), ("rest", "50%")] == [
        (wave.name, wave.max_unavailable) for wave in waves.in_order(NODES)
    ]
    assert {(7, gate)} == {(wave.soak_seconds, wave.gates) for wave in waves.in_order(NODES)}


@pytest.mark.parametrize(
    ("budget", "nodes", "pods"),
    [(1, 100, 1), (7, 3, 7), ("10%", 100, 10), ("10%", 3, 1), ("1%", 101, 2), ("100%", 3, 3)],
)
def test_budget_rounds_up(budget, nodes, pods):
    assert pods == Wave("w", max_unavailable=budget).budget(nodes)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ([], "waves: must be a mapping (got list). Pass a dict."),
        ({"bye": ZONE}, "waves.bye: is not a known field. Write 'by', if that was meant."),
        ({"first": {}}, "waves.first: must be a list (got dict). Pass a list."),
        ({"first": [{"name": "w"}]},
         "waves.first[0]: would take every node. Give it match_labels, match_expressions or nodes."),
        ({"first": [{"nodes": 1}]}, "waves.first[0].name: is required. Give the wave a name."),
        ({"first": [{"name": "w", "nodes": 0}]},
         "waves.first[0].nodes: must be a number or percentage of nodes above 0 (got 0). Pass an int of at least 1, "
         "or '1%' to "
         "'100%'."),
        ({"first": [{"name": "w", "nodes": "110%"}]},
         "waves.first[0].nodes: must be a number or percentage of nodes above 0 (got '110%'). Pass an int of at "
         "least 1, or "
         "'1%' to '100%'."),
        ({"max_unavailable": "0%"},
         "waves.max_unavailable: must be a number or percentage of pods above 0 (got '0%'). Pass an int of at least "
         "1, or '1%' "
         "to '100%'."),
        ({"max_unavailable": -1},
         "waves.max_unavailable: must be a number or percentage of pods above 0 (got -1). Pass an int of at least 1, "
         "or '1%' to "
         "'100%'."),
        ({"first": [{"name": "w", "nodes": 1}, {"name": "w", "nodes": 1}]},
         "waves.first[1].name: is used twice (got 'w'). Give each wave its own name."),
        ({"first": [{"name": "rest", "nodes": 1}]},
         "waves.first[0].name: is reserved for the last wave (got 'rest'). Give each wave its own name."),
        ({"first": [{"name": "w", "match_labels": {"a": 1}}]},
         "waves.first[0].match_labels['a']: must be text (got 1). Quote it."),
        ({"first": [{"name": "w", "match_expressions": [{"key": "a", "operator": "Is", "values": ["b"]}]}]},
         "waves.first[0].match_expressions[0].operator: is not valid (got 'Is'). Use In, NotIn, Exists, DoesNotExist."),
        ({"first": [{"name": "w", "match_expressions": [{"key": "a", "operator": "In"}]}]},
         "waves.first[0].match_expressions[0].values: must be present with In. Correct one of them."),
        ({"on_failure": "undo"}, "waves.on_failure: is not valid (got 'undo'). Use 'restore' or 'halt'."),
        ({"soak_seconds": 1.5},
         "waves.soak_seconds: must be a whole number of at least 0 (got 1.5). Pass an int in that range."),
        ({"gates": {}}, "waves.gates: must be a list (got dict). Pass a list."),
        ({"over_unhealthy": "yes"},
         "waves.over_unhealthy: must be true or false (got 'yes'). Write it without quotes."),
        ({"by": 1}, "waves.by: must be a label (got 1). Pass a plain str."),
        ({"by": 10299.0}, "waves.by: must be a label (got 10299). Pass a plain str."),
        ({"by": 1e300}, "waves.by: must be a label (got 1e+300). Pass a plain str."),
        ({"progress_deadline_seconds": -600.0}, "waves.progress_deadline_seconds: must be a whole number of at least "
         "1 (got -600). Pass an int in that range."),
        ({"first": [{"name": "w", "match_labels": {"a": 1.0}}]},
         "waves.first[0].match_labels['a']: must be text (got 1). Quote it."),
        ({"first": [{"name": "w", "match_expressions": [{"key": "a"}]}]},
         "waves.first[0].match_expressions[0].operator: is required. Use In, NotIn, Exists, DoesNotExist."),
        ({"min_ready_seconds": 5},
         "waves.min_ready_seconds: is not a known field. Put `min_ready_seconds` beside `waves`."),
        ({"nodes": 1}, "waves.nodes: is not a known field. Put `nodes` inside one of the waves in `first`."),
        ({"matchLabels": {"a": "b"}},
         "waves.match_labels: is not a known field. Put `match_labels` inside one of the waves in `first`."),
        ({"http": {}}, "waves.http: is not a known field. Put `http` inside one of the `gates`."),
        ({"strict": True}, "waves.strict: is not a known field. Put `strict` inside one of the `gates`."),
        ({"first": [{"name": "w", "nodes": 1, "through": "w"}]},
         "waves.first[0].through: is not a known field. Put `through` inside `waves`, beside `first`."),
        ({"first": [{"name": "w", "nodes": 1, "url": "http://a"}]},
         "waves.first[0].url: is not a known field. Put `url` inside one of the `gates`."),
        ({"first": [{"name": "w", "nodes": 1, "audit": {}}]},
         "waves.first[0].audit: is not a known field. Put `audit` beside `waves`."),
        ({"first": [{"name": "w", "each": ZONE, "match_labels": {"a": "b"}}]},
         "waves.first[0].each: requires `nodes`. Set `nodes` to how many nodes of each value."),
    ],
)  # fmt: skip
def test_bad_waves_are_refused(given, wrong):
    assert [wrong] == [str(finding) for finding in parse_waves(given)[1]]


def test_everything_wrong_is_found_at_once():
    given = {"by": 1, "max_unavailable": 0, "first": [{"name": "w", "nodes": "x", "gates": 1}], "on_failure": "x"}

    assert [
        "waves.max_unavailable",
        "waves.first[0].nodes",
        "waves.first[0].gates",
        "waves.by",
        "waves.on_failure",
    ] == [finding.where for finding in parse_waves(given)[1]]


def test_name_that_a_zone_has_too_is_refused():
    waves = parsed(first=[{"name": "zone-a", "nodes": 1}], by=ZONE)

    assert ["waves: two waves are named 'zone-a'. Rename the one in `first`."] == [
        str(finding) for finding in check_names(waves, NODES)
    ]


def test_through_a_wave_that_is_none_is_refused():
    waves = parsed(by=ZONE, through="zone-d")

    assert ["waves.through: there is no wave 'zone-d'. Write 'zone-c', if that was meant."] == [
        str(finding) for finding in check_names(waves, NODES)
    ]


def test_selector_that_nothing_fits_is_told_with_what_there_is():
    waves = parsed(first=[{"name": "w", "match_labels": {"disk": "nvme", "gpu": "yes"}}], by="rack")

    assert [
        "waves.first[0] ('w'): its selector matches no node. The nodes have disk: hdd, ssd; gpu: on no node.",
        f"waves.by: no node has the label 'rack'. Use one of disk, {ZONE}.",
    ] == [str(finding) for finding in empty_selectors(waves, NODES)]


@pytest.mark.parametrize(
    ("beside", "wrong"),
    [
        ({"update_strategy": {}}, "update_strategy: cannot be combined with `waves`. Use waves.max_unavailable."),
        (
            {"rollout_timeout_seconds": 5},
            "rollout_timeout_seconds: cannot be combined with `waves`. Use waves.progress_deadline_seconds.",
        ),
        (
            {"min_ready_seconds": 600},
            "waves.progress_deadline_seconds: is 600 and min_ready_seconds 600, so no pod could become available in "
            "time. Raise it above min_ready_seconds.",
        ),
    ],
)
def test_argument_that_contradicts_waves_is_refused(beside, wrong):
    assert [wrong] == [str(finding) for finding in check_beside_waves({"waves": {}, **beside}, [])]


def test_definition_holds_what_a_record_keeps():
    def checked(wave, nodes):
        return True

    window = {"window": {"not_between": ["18:00", "08:00"], "time_zone": "UTC"}}
    waves = parsed(first=[{"name": "w", "nodes": 1, "match_labels": {"a": "b"}, "gates": [checked, window]}])

    assert {
        "name": "w",
        "maxUnavailable": 1,
        "nodes": 1,
        "selector": ["a In b"],
        "gates": ["checked"],
        "windows": ["not between 18:00 and 08:00 UTC"],
    } == waves.first[0].definition()


PODS = {f"db-{ordinal}": {} for ordinal in (0, 1, 10, 2, 9)}


def of_pods(**given):
    waves, findings = parse_waves(given, kind=STATEFUL_SET)
    assert [] == findings
    return waves


@pytest.mark.parametrize(
    ("first", "divided"),
    [
        ([], {"rest": ["db-10", "db-9", "db-2", "db-1", "db-0"]}),
        ([{"name": "w", "pods": 1}], {"w": ["db-10"], "rest": ["db-9", "db-2", "db-1", "db-0"]}),
        ([{"name": "w", "pods": "50%"}], {"w": ["db-10", "db-9", "db-2"], "rest": ["db-1", "db-0"]}),
        ([{"name": "a", "pods": 1}, {"name": "b", "pods": "50%"}],
         {"a": ["db-10"], "b": ["db-9", "db-2"], "rest": ["db-1", "db-0"]}),
        ([{"name": "w", "pods": 9}], {"w": ["db-10", "db-9", "db-2", "db-1", "db-0"], "rest": []}),
    ],
)  # fmt: skip
def test_pods_of_a_stateful_set_are_divided_from_the_highest_ordinal_down(first, divided):
    waves = of_pods(first=first)

    assert divided == members(waves, PODS, "x") == members(waves, dict(reversed(PODS.items())), "y")


def test_definition_of_a_stateful_set_s_wave_counts_pods():
    waves = of_pods(first=[{"name": "w", "pods": "50%"}])

    assert {"name": "w", "maxUnavailable": 1, "pods": "50%"} == waves.first[0].definition()
    assert (waves, []) == parse_waves(waves.membership(), kind=STATEFUL_SET)
    assert [] == list(empty_selectors(waves, {}))


OF_NODES = "is of nodes, and the waves of a StatefulSet are of its pods, from the highest ordinal down. Use `pods` of a"
AT_A_TIME = "is for DaemonSets: the pods of a StatefulSet follow one at a time, as in Kubernetes. Leave it out."


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"by": ZONE}, f"waves.by: {OF_NODES} wave in `first`."),
        ({"max_unavailable": 2}, f"waves.max_unavailable: {AT_A_TIME}"),
        ({"first": [{"name": "w"}]}, "waves.first[0]: would take every pod. Give it `pods`."),
        ({"first": [{"name": "w", "nodes": 1}]}, f"waves.first[0].nodes: {OF_NODES} wave in `first`."),
        ({"first": [{"name": "w", "matchLabels": {"a": "b"}}]},
         f"waves.first[0].match_labels: {OF_NODES} wave in `first`."),
        ({"first": [{"name": "w", "pods": 1, "each": ZONE}]}, f"waves.first[0].each: {OF_NODES} wave in `first`."),
        ({"first": [{"name": "w", "pods": 1, "max_unavailable": 1}]}, f"waves.first[0].max_unavailable: {AT_A_TIME}"),
        ({"first": [{"name": "w", "pods": 0}]}, "waves.first[0].pods: must be a number or percentage of pods above 0 "
         "(got 0). Pass an int of at least 1, or '1%' to '100%'."),
        ({"gates": [{"new_service": {}}]}, "waves.gates: gate new Service asks about nodes, and the waves of a "
         "StatefulSet are of its pods. Leave it out, or use `http`."),
        ({"gates": [{"kube_proxy": {}}]}, "waves.gates: gate kube-proxy asks about nodes, and the waves of a "
         "StatefulSet are of its pods. Leave it out, or use `http`."),
    ],
)  # fmt: skip
def test_what_is_of_nodes_is_refused_for_a_stateful_set(given, wrong):
    assert [wrong] == [str(finding) for finding in parse_waves(given, kind=STATEFUL_SET)[1]]


def test_what_is_of_pods_is_refused_for_a_daemon_set():
    assert ["waves.first[0].pods: is for StatefulSets, whose pods have an order. Use `nodes`."] == [
        str(finding) for finding in parse_waves({"first": [{"name": "w", "pods": 1}]})[1]
    ]


def test_strategy_of_a_stateful_set_s_own_contradicts_waves():
    """Both would be the same field, and after a rollout nothing could tell whose partition it is."""
    own = {"update_strategy": {"rolling_update": {"partition": 2}}}

    assert ["update_strategy: cannot be combined with `waves`. Leave it out: the waves lower its `partition` "
            "themselves, and nothing remains of it after a rollout."] == [
        str(finding) for finding in check_beside_waves({"waves": {}, **own}, [], STATEFUL_SET)
    ]  # fmt: skip
