"""How long one write is tried, and what is told."""

import asyncio

import pulumi
import pytest

from config_rollout.core.kubernetes.retry import UNREACHABLE
from config_rollout.hooks import retry


@pytest.fixture
def tried(monkeypatch):
    """Return a function that reports failed writes one after the other; gives the answers, and what was told."""
    monkeypatch.setattr(retry, "delay_seconds", lambda attempt, fraction: 0.01)

    def report(*errors):
        told = []
        monkeypatch.setattr(pulumi.log, "info", lambda message, resource: told.append(message))
        retries = retry.Retries(None)
        answers = []
        for number in range(len(errors)):
            args = pulumi.ErrorHookArgs(
                "urn", "id", "agent", "kubernetes:apps/v1:DaemonSet", {}, {}, {}, "update", errors[number::-1]
            )
            answers.append(asyncio.run(retries.again(args)))
        return answers, told

    return report


def test_each_try_is_told(tried):
    assert (
        [True, True],
        [
            "DaemonSet agent: update failed (etcdserver: leader changed). Try 2 in 0.0 s.",
            "DaemonSet agent: update failed (etcdserver: leader changed). Try 3 in 0.0 s.",
        ],
    ) == tried("etcdserver: leader changed", "etcdserver: leader changed")


def test_tries_end(tried, monkeypatch):
    monkeypatch.setattr(retry, "SECONDS", 0)
    answers, (told,) = tried("etcdserver: leader changed")

    assert [False] == answers
    assert told.endswith("Gave up after 0 s. `pulumi up` continues from here.")


def test_what_would_fail_again_is_not_told_twice(tried):
    assert ([False], []) == tried("Unauthorized")


@pytest.mark.parametrize("error", [f"{UNREACHABLE}: x", 'connection error: desc = "transport: connection refused"'])
def test_provider_that_does_not_come_back_in_this_run_is_told_once(tried, error):
    answers, told = tried(error, error)

    assert ([False, False], 1) == (answers, len(told))
    assert told[0].endswith("Run `pulumi up` again.")
