"""The one loop that tries a request again: which failures, how often, for how long, and what ends it."""

import threading

import pytest

from config_rollout.cluster.client import ClusterError
from config_rollout.cluster.retrying import Backoff
from tests.objects.failing_requests import failing


@pytest.mark.parametrize(
    ("statuses", "options", "answered"),
    [
        ([], {}, True),
        ([0, 429, 500, 503], {}, True),
        ([409], {}, False),
        ([409, 0, 409], {"passing": (409,)}, True),
        ([0] * 4, {"tries": 5}, True),
        ([0] * 5, {"tries": 5}, False),
        ([0], {"seconds": 0}, False),
    ],
)
def test_request_is_tried_again(clock, statuses, options, answered):
    retries = []
    backoff = Backoff(**options, retries=lambda error: retries.append(error.status))
    try:
        answer = backoff.run(failing(*statuses))
    except ClusterError as error:
        answer = error.status

    assert ("answer" if answered else statuses[-1]) == answer
    assert (statuses if answered else statuses[:-1]) == retries


def test_it_ends_when_its_time_is_over(clock):
    began = clock.now
    with pytest.raises(ClusterError):
        Backoff(60).run(failing(*[0] * 1000))

    assert 60 <= clock.now - began <= 70


def test_waits_grow_and_begin_again_after_a_success(clock):
    backoff, waits = Backoff(), []
    for _ in range(3):
        began = clock.now
        backoff.wait()
        waits.append(clock.now - began)
    backoff.reset()
    began = clock.now
    backoff.wait()

    assert waits[0] < waits[1] < waits[2]
    assert (1, True) == (backoff.failures, clock.now - began <= 0.2)


def test_nothing_is_tried_again_once_all_is_over(clock):
    over, asked = threading.Event(), []

    def request():
        asked.append(1)
        raise ClusterError("https://h: is busy.", 0)

    over.set()
    with pytest.raises(ClusterError):
        Backoff(over=over).run(request)

    assert [1] == asked


def test_wait_ends_at_once_when_all_is_over(clock):
    over, began = threading.Event(), clock.now
    clock.after(0.01, over.set)

    assert Backoff(over=over).wait()
    assert clock.now - began < 0.1
