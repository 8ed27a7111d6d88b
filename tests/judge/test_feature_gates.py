"""The table of feature gates against the real kube-proxies."""

import pytest

from config_rollout.core.formats.kube_proxy.gate_table import GATES, NEEDS, RELEASES
from tools import build, feature_gates

pytestmark = pytest.mark.judge


def test_table_is_what_the_kube_proxies_say(judge):
    release = judge.release.removeprefix("kube-proxy-")
    program = build.ensure([judge.release])[judge.release]
    of = {name: states[release] for name, states in GATES.items() if release in states}

    assert feature_gates.states(program, of) == of
    assert feature_gates.needs(program, of) == NEEDS[release]


def test_table_has_every_release_that_is_built():
    assert build.RELEASES == RELEASES
