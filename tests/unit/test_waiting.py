"""Waiting for an API server that does not answer, before anything is registered."""

import pytest

from config_rollout.cluster.client import ClusterError
from config_rollout.prepare import waiting
from config_rollout.prepare.waiting import wait_for_server
from tests.objects.failing_requests import failing


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr(waiting.pulumi.log, "info", lines.append)
    return lines


@pytest.mark.parametrize("statuses", [(), (0,), (429, 500, 503)])
def test_server_that_comes_back_is_waited_for_and_that_is_said_once(clock, said, statuses):
    assert "answer" == wait_for_server(failing(*statuses))
    assert ["https://h: is busy. Waiting for it, at most 60 s"][: len(statuses)] == said


@pytest.mark.parametrize("status", [-1, 401, 403, 404])
def test_what_waiting_does_not_change_is_not_waited_for(clock, said, status):
    began = clock.now
    with pytest.raises(ClusterError):
        wait_for_server(failing(status))
    assert began == clock.now


def test_it_ends_after_a_minute(clock, said):
    began = clock.now
    with pytest.raises(ClusterError):
        wait_for_server(failing(*[0] * 1000))
    assert 60 < clock.now - began <= 70


def test_waiting_is_said_again_before_half_a_minute_is_over(clock, monkeypatch):
    said = []
    monkeypatch.setattr(waiting.pulumi.log, "info", lambda line: said.append((clock.now, line)))
    with pytest.raises(ClusterError):
        wait_for_server(failing(*[0] * 1000))
    moments = [moment for moment, _ in said]

    assert all(later - earlier < 30 for earlier, later in zip(moments, [*moments[1:], clock.now], strict=True))
    assert said[1][1].startswith("https://h: is busy. Still waiting, at most ")
