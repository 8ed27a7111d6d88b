"""The hook that waits for a rollout which the provider cannot wait for."""

from contextlib import nullcontext
from types import SimpleNamespace

import pulumi
import pytest

from config_rollout.core.kubernetes.workload_kinds import STATEFUL_SET
from config_rollout.driver.driven import Stopped
from config_rollout.hooks import native as module
from config_rollout.hooks.native import _Waiting
from tests.memory_cluster import MemoryCluster
from tests.objects.stateful_set import CONFIG_HASH, NEW, OLD, stateful_pod, stateful_set
from tests.unit.hooks import run

MOVING = stateful_set(updated=0, available=2, current=OLD)
INPUT = {"name": "db", "namespace": "n", "uid": "u", "generation": 2, "configHash": CONFIG_HASH}


class Heard:
    """Stands for the explainer and the audit of a component, and remembers what they are told."""

    def __init__(self, cluster):
        self.audit, self.report, self.told, self._cluster = self, SimpleNamespace(result="", retries=0), [], cluster

    async def goes_on(self, subject=None):
        self.told.append("goes on" if subject else "would go on")

    async def find(self):
        return self._cluster

    async def ended(self, subject, result, reason=""):
        self.told.append((subject.name, result, reason.partition("\n")[0]))


@pytest.fixture
def wait(monkeypatch):
    """Return a function that runs the hook on a StatefulSet and gives what was told."""
    monkeypatch.setattr(
        module, "Voice", lambda _: SimpleNamespace(say=lambda *_, **__: None, never_silent=lambda _: nullcontext())
    )
    limits = []

    def limit(is_first):
        limits.append(is_first)
        return 0.0, "0 s"

    def of(stateful, old_inputs=None, preview=False, pods=(), is_others=False):
        monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)
        heard = Heard(MemoryCluster([("statefulsets", stateful), *(("pods", pod) for pod in pods)]))
        heard.limit = limit
        args = SimpleNamespace(new_inputs={"input": INPUT}, old_inputs=old_inputs)
        try:
            run(_Waiting(None, STATEFUL_SET, heard, is_others).before(args))
        finally:
            of.told, of.limits, of.cluster = heard.told, limits, heard._cluster
        return heard.told

    return of


def test_rollout_that_has_ended_is_recorded(wait):
    assert ["goes on", ("db", "done", "")] == wait(stateful_set())


def test_preview_waits_for_nothing(wait):
    assert ["would go on"] == wait(stateful_set(updated=0), preview=True)


def test_rollout_that_does_not_end_in_time_fails_and_is_recorded(wait):
    crashing = stateful_pod(2, NEW, ready=False, why="CrashLoopBackOff")
    with pytest.raises(Stopped, match=r"pod db-2 is not ready \(CrashLoopBackOff\)"):
        wait(stateful_set(updated=1, available=2), pods=[crashing])

    reason = "the rollout of StatefulSet n/db did not finish within 0 s: pod db-2 is not ready (CrashLoopBackOff)"
    assert ["goes on", ("db", "stopped", reason)] == wait.told


@pytest.mark.parametrize(
    ("old_inputs", "is_others", "is_first"),
    [(None, False, True), ({"input": INPUT}, False, False), (None, True, False)],
)
def test_first_rollout_has_a_time_limit_of_its_own(wait, old_inputs, is_others, is_first):
    wait(stateful_set(), old_inputs, is_others=is_others)

    assert [is_first] == wait.limits


@pytest.mark.parametrize(("is_others", "kept"), [(False, False), (True, True)])
def test_pod_of_the_revision_before_may_only_be_slow_where_somebody_else_rolled_it_out(wait, is_others, kept):
    with pytest.raises(Stopped):
        wait(MOVING, pods=[stateful_pod(2, OLD, ready=False)], is_others=is_others)

    assert kept == bool(wait.cluster.list("pods", "n"))
