"""The wait for the rest of a Deployment's rollout, where the provider took it for finished."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from config_rollout.cluster.client import ClusterError
from config_rollout.driver import native
from config_rollout.driver.driven import Stopped
from config_rollout.hooks import native as hook
from config_rollout.hooks.audit import Subject
from config_rollout.hooks.deployment_end import wait_for_the_rest
from tests.memory_cluster import MemoryCluster
from tests.objects.deployment import MOVING, deployment
from tests.objects.workloads import NEW
from tests.unit.hooks import run

DONE = deployment()


class Controlled(MemoryCluster):
    """Has one Deployment, which is another one after each time that it was read."""

    def __init__(self, *states):
        super().__init__([("deployments", states[0])])
        self.states, self.read = list(states), 0

    def get(self, resource, name, namespace=""):
        found = super().get(resource, name, namespace)
        if resource == "deployments":
            self.read += 1
            if len(self.states) > 1:
                self.keep(resource, self.states.pop(0) and self.states[0])
        return found


class Audit:
    """Stands for the audit of a component, and remembers how a rollout ended."""

    def __init__(self, cluster):
        self.cluster, self.ends, self.report = cluster, [], SimpleNamespace(result="", retries=0)

    async def find(self):
        if self.cluster is None:
            raise ClusterError("no cluster")
        return self.cluster

    async def ended(self, subject, result, reason=""):
        self.ends.append((subject.name, result, reason.partition("\n")[0]))


@pytest.fixture
def wait(monkeypatch):
    """Return a function that waits for the rest of a rollout on a cluster, and gives how its record ended."""
    monkeypatch.setattr(native, "_LOOK_SECONDS", 0.0)
    voice = SimpleNamespace(say=lambda *_, **__: None, never_silent=lambda _: nullcontext())
    monkeypatch.setattr(hook, "Voice", lambda _: voice)

    def of(cluster, seconds=60.0):
        of.audit = Audit(cluster)
        run(wait_for_the_rest(None, of.audit, Subject("n", "web", "w", NEW), 2, (seconds, f"{seconds:.0f} s")))

    return of


@pytest.mark.parametrize(
    ("states", "read"),
    [
        ((DONE,), 1),
        ((deployment(**MOVING, paused=True),), 1),
        ((deployment(**MOVING), deployment(there=4, updated=2), DONE), 3),
        ((deployment(updated=0), DONE), 2),
    ],
)
def test_it_ends_with_the_rollout(wait, states, read):
    cluster = Controlled(*states)
    wait(cluster)

    assert ([], read) == (wait.audit.ends, cluster.read)


def test_rollout_that_does_not_end_in_time_fails_and_is_recorded(wait):
    first = "the rollout of Deployment n/web did not finish within 0 s: 0 of 3 pods are there"
    with pytest.raises(Stopped, match=first):
        wait(Controlled(deployment(**MOVING)), seconds=0.0)

    assert ([("web", "stopped", first)], "failed") == (wait.audit.ends, wait.audit.report.result)


@pytest.mark.parametrize("cluster", [None, MemoryCluster([])])
def test_cluster_that_cannot_be_read_says_nothing_against_the_provider(wait, cluster):
    wait(cluster)

    assert [] == wait.audit.ends
