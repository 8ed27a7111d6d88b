"""How long to wait before a request is tried again, and which are worth it."""

import pytest

from config_rollout.core.retry import delay_seconds, is_passing


def test_waits_double_up_to_ten_seconds():
    assert [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0] == [round(delay_seconds(n, 1.0), 3) for n in range(1, 9)]
    assert 10.0 == delay_seconds(10_000, 1.0)


def test_waits_are_spread_over_their_upper_half():
    assert (0.1, 0.15, 0.2) == tuple(round(delay_seconds(1, fraction), 3) for fraction in (0.0, 0.5, 1.0))


@pytest.mark.parametrize(
    ("status", "passing"),
    [(0, True), (429, True), (500, True), (503, True), (-1, False), (401, False), (403, False), (404, False),
     (409, False), (422, False)],
)  # fmt: skip
def test_what_is_tried_again(status, passing):
    assert passing == is_passing(status)
