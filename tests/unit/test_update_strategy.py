"""How many pods may be away at once, and how long a restart of 1,000 nodes takes at that."""

import pytest

from config_rollout.core.kubernetes.update_strategy import UpdateStrategy


@pytest.mark.parametrize(
    ("given", "budget"),
    [
        (None, "at most 1 pod at a time"),
        ({}, "at most 1 pod at a time"),
        ({"type": "RollingUpdate"}, "at most 1 pod at a time"),
        ({"rolling_update": {"max_unavailable": 3}}, "at most 3 pods at a time"),
        ({"rollingUpdate": {"maxUnavailable": "10%"}}, "at most 10% of its pods at a time"),
        ({"rollingUpdate": {"maxUnavailable": 2.0}}, "at most 2 pods at a time"),
        (
            {"rolling_update": {"max_unavailable": 0, "max_surge": 1}},
            "each new pod beside the old one, at most 1 pod at a time",
        ),
        ({"type": "OnDelete"}, "each pod when someone deletes it (OnDelete)"),
        (
            {"rolling_update": {"max_unavailable": object()}},
            "at most as many pods as max_unavailable allows at a time",
        ),
    ],
)
def test_budget_in_words(given, budget):
    assert budget == UpdateStrategy.of(given).budget()


@pytest.mark.parametrize(
    ("given", "min_ready_seconds", "seconds"),
    [
        (None, None, 15_000),
        (None, 10, 25_000),
        ({"rolling_update": {"max_unavailable": "10%"}}, 10, 600),
        ({"rolling_update": {"max_unavailable": "1%"}}, 10, 2_500),
        ({"rolling_update": {"max_unavailable": 20}}, 0, 750),
        ({"rolling_update": {"max_unavailable": 0, "max_surge": "1%"}}, 0, 1_500),
        ({"rolling_update": {"max_unavailable": object()}}, object(), 15_000),
        ({"rolling_update": {"max_unavailable": "100%"}}, 0, 600),
    ],
)
def test_default_timeout_fits_1000_nodes(given, min_ready_seconds, seconds):
    assert seconds == UpdateStrategy.of(given).default_timeout_seconds(min_ready_seconds)
