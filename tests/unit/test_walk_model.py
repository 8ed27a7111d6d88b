"""What a walk is judged by: what the program says after each step, and which rules hold while something goes wrong."""

from pathlib import Path

import pytest

from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT, STATEFUL_SET
from tests.engine.mishaps.begin import doing
from tests.engine.verdict import Order
from tests.engine.walk_model import MISHAPS, STEPS, WALKED, Model, Said, walk
from tests.engine.walk_plan import Plan

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"


def expected(text, kind=DAEMON_SET):
    """Return what is expected of each step of a plan."""
    model = Model(kind)
    return [model.take(step) for step in Plan.of(f"{kind.word} {text}").steps]


def last(text, kind=DAEMON_SET):
    return expected(text, kind)[-1]


def test_every_mishap_has_something_that_does_it():
    assert [] == [name for name in MISHAPS if not callable(doing(name))]


@pytest.mark.parametrize("name", MISHAPS)
def test_every_mishap_is_in_the_document(name):
    assert f"| `{name}` | {MISHAPS[name].words} |" in DOCUMENT.read_text()


def test_make_test_takes_every_step_of_each_kind_and_every_mishap_once():
    plans = {kind: walk(kind) for kind in WALKED}
    only = {DAEMON_SET: "waves", DEPLOYMENT: "scale", STATEFUL_SET: "scale"}
    taken = {kind: {step.does.name for step in plan.steps} for kind, plan in plans.items()}
    assert {kind: {*STEPS, name} for kind, name in only.items()} == taken
    assert {*MISHAPS} == {name for plan in plans.values() for step in plan.steps for name in step.wrong}


def test_change_says_other_data_and_revert_what_was_said_before():
    first, changed, back = (step.said for step in expected("nothing:1 change:2 revert:3"))
    assert Said() == first == back
    assert first.data != changed.data


def test_rewrite_says_the_same_data_in_another_text():
    said = last("rewrite:1").said
    assert (True, Said().data) == (said.rewritten, said.data)
    assert said.arguments["data"] != Said().arguments["data"]


def test_image_is_another():
    assert last("image:1").said.image != Said().image


def test_what_is_refused_is_not_said_afterwards():
    refused, after = expected("limit:1 nothing:1", STATEFUL_SET)
    assert (True, False) == (refused.refused, after.refused)
    assert refused.said != after.said == Said()


@pytest.mark.parametrize(
    ("text", "tidy"),
    [("change:1", True), ("crash:1", False), ("crash:1 undo:1", False), ("crash:1 nothing:1", True), ("undo:1", True)],
)
def test_what_nothing_mounts_may_be_left_until_an_up_has_ended(text, tidy):
    assert tidy == last(text).tidy


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("change:1", {"exact", "budget", "told"}),
        ("change:1+api_killed:1", {"budget", "told"}),
        ("change:1+strategy_set:1", {"told"}),
        ("change:1+pod_unready:1", {"budget", "back", "told"}),
        ("change:1+engine_killed:1", {"budget"}),
        ("change:1+provider_killed:1+strategy_set:1", set()),
        ("crash:1", {"budget"}),
    ],
)
def test_rules_that_hold_while_something_goes_wrong(text, rules):
    found = last(text)
    assert rules == {name for name in ("exact", "budget", "back", "told") if getattr(found, name)}


def test_order_is_that_of_the_waves_and_of_none_where_others_restart_pods():
    by_zone = next(number for number in range(100) if last(f"waves:{number}").said.waves == 3)
    assert Order(by="topology.kubernetes.io/zone") == last(f"waves:{by_zone} change:1").order
    assert Order(by="topology.kubernetes.io/zone") == last(f"waves:{by_zone} change:1+api_killed:1").order
    assert last(f"waves:{by_zone} change:1+strategy_set:1").order is None
