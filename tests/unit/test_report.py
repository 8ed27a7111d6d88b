"""What the driver of the waves notes for the audit record."""

import time

import pytest

from config_rollout.driver.report import Report


@pytest.fixture
def clock(monkeypatch):
    """Give a clock that is set by hand: `clock[0]`, for both clocks of the machine."""
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(time, "monotonic", lambda: now[0] - 900)
    return now


def wave(report, clock, name, ends, *nodes):
    """Let a wave restart the pods of some nodes, each ready a second later, and end."""
    report.begins(name, nodes)
    for node in nodes:
        report.deletes(node, f"old-{node}")
    clock[0] = ends
    report.ends("done")
    report.saw({node: ends - 901 for node in nodes}, [f"new-{node}" for node in nodes])


def test_wave_that_is_looked_at_again_keeps_its_end(clock):
    report = Report()
    wave(report, clock, "canary", 1010.0, "a")
    wave(report, clock, "canary", 1020.0)
    wave(report, clock, "rest", 1030.0, "b")
    canary, rest = report.waves()

    assert ("1970-01-01T00:16:50.000Z", 1, "done") == (canary.ended, canary.restarts, canary.result)
    assert ("1970-01-01T00:17:10.000Z", 1, "done") == (rest.ended, rest.restarts, rest.result)
    assert {"a": (0.0, 9.0), "b": (20.0, 29.0)} == report.pods(1000.0)


def test_moment_that_was_seen_is_not_replaced_by_one_that_is_read_later(clock):
    report = Report()
    wave(report, clock, "canary", 1010.0, "a")
    report.begins("rest", ())
    report.saw({"a": 0.0}, ["new-a"])

    assert {"a": (0.0, 9.0)} == report.pods(1000.0)


def test_pod_that_stays_was_not_restarted_whatever_was_asked(clock):
    report = Report()
    report.begins("canary", ("n1", "n2"))
    report.deletes("a", "old-a")
    report.deletes("b", "old-b")
    report.deletes("b", "old-b")
    report.saw({"a": 0.0}, ["old-a"])

    assert 1 == report.restarts
    assert {"b": (0.0, None)} == report.pods(1000.0)


def test_wave_that_nothing_ended_was_stopped(clock):
    report = Report()
    report.begins("canary", ("n1",))
    report.retried()
    clock[0] = 1005.0
    report.saw({}, [])
    (canary,) = report.waves()

    assert ("stopped", 1, "1970-01-01T00:16:45.000Z") == (canary.result, canary.retries, canary.ended)


def test_wave_that_failed_ended_before_it_was_taken_back(clock):
    report = Report()
    report.begins("canary", ("n1",))
    report.deletes("a", "old-a")
    clock[0] = 1010.0
    report.saw({"a": None}, [])
    report.ends("failed", ["a: is not ready"])
    report.deletes("a", "new-a")
    clock[0] = 1020.0
    report.saw({"a": 115.0}, ["back-a"])
    (canary,) = report.waves()

    assert ("1970-01-01T00:16:50.000Z", 2, "failed") == (canary.ended, canary.restarts, canary.result)
    assert {"a": (0.0, None)} == report.pods(1000.0)


def test_revision_is_the_one_that_it_began_with(clock):
    report = Report()
    report.brings(4)
    report.brings(5)

    assert 4 == report.revision
