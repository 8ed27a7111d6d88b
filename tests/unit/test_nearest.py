"""The known name that was probably meant."""

import pytest

from config_rollout.core.arguments.nearest import did_you_mean, nearest

KNOWN = ("max_unavailable", "soak_seconds")


@pytest.mark.parametrize(
    ("given", "known", "name"),
    [
        ("max_unavailble", KNOWN, "max_unavailable"),
        ("gates", KNOWN, ""),
        ("gates", (), ""),
        (1, ("10", "2"), "10"),
    ],
)
def test_nearest_of_the_known_names(given, known, name):
    assert name == nearest(given, known)


def test_fix_names_what_was_meant_or_says_the_other_thing():
    assert "Write 'soak_seconds', if that was meant" == did_you_mean("soak_second", KNOWN, "Leave it out")
    assert "Leave it out" == did_you_mean("gates", KNOWN, "Leave it out")
