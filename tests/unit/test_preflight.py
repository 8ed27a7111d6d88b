"""What is refused before a rollout writes anything, as a table over small clusters."""

import dataclasses

import pytest

from config_rollout.core.waves import preflight
from config_rollout.core.waves.gates import FunctionGate, HttpGate, NewServiceGate
from config_rollout.core.waves.order import divide, parse_waves
from config_rollout.core.waves.preflight import State
from tests.objects.pods import fleet

HTTP, FUNCTION, SERVICE = HttpGate(1, "/"), FunctionGate(print), NewServiceGate()
ZONES = {f"n{number}": {"zone": "ab"[number % 2]} for number in range(6)}


def state(states, down="", hashes=None, waves=None, **more):
    """
    Return a state whose pods are as in test_restarts: `o`ld and `n`ew of the live rollout, upper case unready.

    Their hashes are `now` for the live one, `was` for the one before, unless they are given by node.
    """
    pods = fleet(states, down)
    of = {pod.node: "now" if pod.revision == pods.revision else "was" for pod in pods.pods} | (hashes or {})
    parsed, findings = parse_waves(waves or {})
    assert [] == findings
    wanted = more.pop("wanted", "next")
    given = {"live": "now", **more}
    divisions = divide(parsed, ZONES, wanted, of)
    return State("n/agent", parsed, divisions, ZONES, pods, wanted, hashes=of, **given)


def told(findings):
    return [str(finding) for finding in findings]


@pytest.mark.parametrize(
    ("states", "down", "more", "refused"),
    [
        ("nnnnnn", "", {}, False),
        ("nnnnnn", "1", {}, True),  # a node that is down uses the budget of 1 up
        ("nNNnnn", "", {}, False),  # broken pods are what the change restarts first
        ("nNnnnn", "", {"wanted": "now"}, True),  # and not if they have what is wanted already
        ("oNnnnn", "", {"wanted": "was"}, False),  # going back restarts the broken one
        ("oNnnnO", "", {"wanted": "was"}, True),  # and stands still where the earlier one is broken too
        ("nNnnnn", "", {"wanted": "now", "waves": {"max_unavailable": 2}}, False),
    ],
)
def test_what_a_change_does_not_repair_counts_against_the_budget(states, down, more, refused):
    assert refused == bool(told(preflight.check_capacity(state(states, down, **more))))


def test_what_does_not_fit_into_the_budget_is_named():
    assert [
        "waves: 1 node is NotReady (n1) and 2 pods that already have this configuration are unavailable (n2, n3), but "
        "in wave 'rest' at most 2 may be unavailable, so it could not begin. Fix what is unavailable, or raise its "
        "max_unavailable above 3."
    ] == told(preflight.check_capacity(state("nnNNnn", "1", wanted="now", waves={"max_unavailable": 2})))


@pytest.mark.parametrize(
    ("states", "down", "more", "refused"),
    [
        ("nnnnnn", "", {}, False),
        ("nnnnno", "", {}, True),
        ("nnNnnn", "", {}, False),  # unready, but moved
        ("nnnnno", "5", {}, False),  # it changes when its node is back
        ("nnnnno", "", {"wanted": "was"}, False),  # going back is always free
        ("nnnnno", "", {"live": ""}, False),  # nobody's rollout
        ("nnnnno", "", {"waves": {"over_unhealthy": True}}, False),
    ],
)
def test_rollout_that_is_not_through(states, down, more, refused):
    wrong = [
        "waves: the rollout of now has not finished: 1 node has a different configuration (n5). Let `pulumi up` "
        "finish it "
        "with that configuration, restore the previous one, or set waves.over_unhealthy."
    ]

    assert (wrong if refused else []) == told(preflight.check_finished(state(states, down, **more)))


@pytest.mark.parametrize(("through", "refused"), [("", True), ("a", False), ("b", True)])
def test_rollout_is_through_where_through_ends_it(through, refused):
    states = "".join("n" if zone["zone"] == "a" else "o" for zone in ZONES.values())
    waves = {"by": "zone", "through": through or None}

    assert refused == bool(told(preflight.check_finished(state(states, waves=waves))))


@pytest.mark.parametrize("through", ["canary", None])
def test_corrected_configuration_after_a_rollout_that_ended_well_at_its_canary(through):
    waves = {"first": [{"name": "canary", "nodes": 1}], "through": through}

    assert [] == told(preflight.check_finished(state("nooooo", waves=waves, ended_well=True)))


EVERYWHERE = {f"n{number}": "500 x" for number in range(6)}


@pytest.mark.parametrize(
    ("before", "more", "refused"),
    [
        ({}, {}, False),
        ({HTTP: EVERYWHERE}, {}, True),
        ({HTTP: {**EVERYWHERE, "n7": "500 x"}}, {}, True),
        ({HTTP: {"n0": "500 x"}}, {}, False),
        ({SERVICE: EVERYWHERE}, {}, True),
        ({SERVICE: {"n0": "x"}}, {}, False),
        ({FUNCTION: {"": "returned false"}}, {}, True),
        ({FUNCTION: {"": "returned false"}}, {"waves": {"over_unhealthy": True}}, False),
        ({FUNCTION: {"": "returned false"}}, {"wanted": "was"}, False),
    ],
)
def test_gate_that_nothing_passes_before(before, more, refused):
    assert refused == bool(told(preflight.check_gates(state("nnnnno", answers=before, **more))))


STRICT = HttpGate(1, "/", strict=True)


@pytest.mark.parametrize(
    ("before", "more", "refused"),
    [
        ({STRICT: {"n0": "500 x"}}, {}, True),
        ({STRICT: {"n0": "500 x"}}, {"begins": False}, True),
        ({HTTP: {"n0": "500 x"}, FUNCTION: {"": "returned false"}}, {"begins": False}, False),
        ({STRICT: {"n0": "500 x"}}, {"waves": {"over_unhealthy": True}}, False),
        ({STRICT: {"n0": "500 x"}}, {"wanted": "was"}, False),
    ],
)
def test_strict_gate_that_one_pod_does_not_pass_before_refuses(before, more, refused):
    begins = more.pop("begins", True)

    assert refused == bool(told(preflight.check_gates(state("nnnnno", answers=before, **more), begins)))


def test_strict_gate_is_told_with_an_answer_and_excuses_nothing():
    found = state("nnnnnn", answers={STRICT: {"n0": "500 x", "n1": "500 x"}, HTTP: {"n0": "500 x"}})

    assert [
        "waves: gate :1/ is strict, and fails before anything has changed (n0: 500 x, and 1 more). Fix it "
        "first, or set waves.over_unhealthy if this change fixes it."
    ] == told(preflight.check_gates(found))
    assert {HTTP: {"n0": "500 x"}} == preflight.excused(found)


def test_gate_that_nothing_passes_is_told_with_an_answer():
    assert [
        "waves: no pod passes gate :1/ before anything has changed (n0: 500 x). Correct the gate or what it checks, "
        "or set waves.over_unhealthy if this change fixes it.",
        "waves: gate print fails before anything has changed (says no). Correct the gate or what it checks, "
        "or set waves.over_unhealthy if this change fixes it.",
    ] == told(preflight.check_gates(state("nnnnnn", answers={HTTP: EVERYWHERE, FUNCTION: {"": "says no"}})))


def test_nodes_that_are_down_are_not_asked():
    assert ["n0", "n1", "n3"] == sorted(state("nnnnx.", "2").asked)


def test_nodes_of_the_first_wave_are_asked_first():
    waves = {"first": [{"name": "canary", "match_labels": {"zone": "b"}}]}

    assert {"n1", "n3", "n5"} == set(state("nnnnnn", waves=waves).asked[:3])


def test_only_pods_of_another_configuration_are_excused():
    seen = state("nnnnno", wanted="now", answers={HTTP: {"n0": "500 x", "n5": "500 y"}, FUNCTION: {"": "no"}})

    assert {HTTP: {"n5": "500 y"}, FUNCTION: {"": "no"}} == preflight.excused(seen)
    assert {} == preflight.excused(dataclasses.replace(seen, answers={HTTP: {"n0": "500 x"}}))


def test_cluster_of_one_node_is_told():
    assert [] == told(preflight.check_size(ZONES))
    assert ["waves: the cluster has only one node, so waves have no effect. Ignore this in a test cluster."] == told(
        preflight.check_size({"n0": {}})
    )
