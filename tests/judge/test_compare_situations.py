"""The situations of the comparison are what their titles say: kube-proxy is asked what is in force with each text."""

from dataclasses import replace

import pytest

from tools import build
from tools.compare.arena import JUDGE
from tools.compare.in_force import InForce
from tools.compare.situations import SITUATIONS, State

pytestmark = pytest.mark.judge


@pytest.fixture(scope="module")
def in_force():
    return InForce(build.ensure([JUDGE])[JUDGE])


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_configuration_changes_exactly_if_programs_see_it(situation, in_force):
    before = State(bad=situation.name == "mended")
    texts = [state.config for state in (before, *(step.state for step in situation.steps(before)))]
    changes = len({in_force(text) for text in texts}) > 1

    assert changes == (situation.is_seen and situation.name not in ("secret", "reverted", "edited"))


@pytest.mark.parametrize("way", [{"comment": True}, {"explicit": True}, {"reordered": True}])
def test_text_that_means_the_same_is_another_text(way, in_force):
    assert State().config != replace(State(), **way).config


def test_text_that_kube_proxy_refuses_is_no_state(in_force):
    with pytest.raises(ValueError, match="kube-proxy refuses this configuration"):
        in_force("mode: nonsense\n")
