"""A random walk is planned as data, the same for a seed, and shrinks to the part of it that fails."""

import itertools

import pytest

from tests.engine.shrinking import shrunk
from tests.engine.walk_plan import Chosen, Plan, Step, planned

STEPS = {"change": True, "nothing": True, "undo": False}
MISHAPS = {"api_killed": "api", "api_slow": "api", "evicted": "", "deleted": ""}
TEXT = "daemonset change:17+api_killed:4+evicted:9 nothing:2"
PLAN = Plan(
    "daemonset",
    (
        Step(Chosen("change", 17), (Chosen("api_killed", 4), Chosen("evicted", 9))),
        Step(Chosen("nothing", 2)),
    ),
)


def plan(count=60, seed=1):
    return planned("daemonset", STEPS, MISHAPS, count, seed)


def test_plan_is_the_same_for_a_seed_and_another_for_another():
    assert plan() == plan()
    assert plan(seed=2) != plan()


def test_longer_plan_of_a_seed_begins_with_the_shorter():
    assert plan(20).steps == plan(60).steps[:20]


def test_each_step_comes_once_before_one_comes_again():
    names = [step.does.name for step in plan().steps]
    assert [{*STEPS}] * 20 == [{*names[at : at + 3]} for at in range(0, 60, 3)]


def test_each_mishap_comes_before_one_comes_for_the_third_time():
    seen: list[str] = []
    for name in itertools.chain.from_iterable(step.wrong for step in plan().steps):
        seen.append(name)
        assert max(map(seen.count, MISHAPS)) - min(map(seen.count, MISHAPS)) <= 2


def test_two_things_go_wrong_at_once_and_never_two_with_the_same_part():
    wrong = [step.wrong for step in plan().steps if STEPS[step.does.name]]
    assert {2} == {len({*names}) for names in wrong}
    assert [] == [names for names in wrong if {*names} == {"api_killed", "api_slow"}]


def test_nothing_goes_wrong_in_steps_without_mishaps():
    assert [()] * 20 == [step.wrong for step in plan().steps if step.does.name == "undo"]


def test_plan_is_a_line_of_text_and_back():
    assert TEXT == str(PLAN)
    assert Plan.of(TEXT) == PLAN
    assert plan() == Plan.of(str(plan()))


@pytest.mark.parametrize("text", ["change", "change:", ":1", "change:x", "change:1+", "change:-1"])
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(ValueError, match="walk: is not NAME:NUMBER"):
        Plan.of(f"daemonset {text}")


def test_what_a_step_leaves_to_chance_is_the_same_wherever_it_stands():
    assert Chosen("change", 17).chance.random() == Chosen("change", 17).chance.random()
    assert Chosen("change", 17).chance.random() != Chosen("change", 18).chance.random()


def having(*texts):
    """Return what tells whether a plan has all of these, each a step with or without a mishap."""
    wanted = [Step.of(text) for text in texts]

    def fails(plan):
        left = iter(plan.steps)
        return all(any(s.does == w.does and {*w.mishaps} <= {*s.mishaps} for s in left) for w in wanted)

    return fails


@pytest.mark.parametrize(
    "causes",
    [
        ["nothing:59"],
        ["nothing:58+a:1", "nothing:59"],
        ["nothing:3+b:1", "nothing:30", "nothing:59+a:1"],
        ["nothing:0", "nothing:1+a:1+b:1", "nothing:2", "nothing:40", "nothing:59"],
    ],
    ids=len,
)
def test_failing_walk_shrinks_to_what_makes_it_fail(causes):
    whole = Plan.of("daemonset " + " ".join(f"nothing:{number}+a:1+b:1" for number in range(60)))
    assert Plan.of(f"daemonset {' '.join(causes)}") == shrunk(whole, having(*causes), tries=200)


def test_walk_that_does_not_fail_again_is_none():
    assert shrunk(plan(), lambda plan: False, tries=20) is None


def test_shrinking_ends_after_so_many_tries():
    tried = []

    def fails(plan):
        tried.append(plan)
        return len(plan.steps) > 30

    assert 60 >= len(shrunk(plan(), fails, tries=9).steps) > 30
    assert 9 == len(tried) == len({*tried})
