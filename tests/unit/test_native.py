"""The wait for a StatefulSet that Kubernetes rolls out by itself."""

import pytest

from config_rollout.core.kubernetes.workload_kinds import STATEFUL_SET
from config_rollout.driver import native
from config_rollout.driver.driven import Stopped, Target
from config_rollout.driver.native import NativeRollout
from tests.memory_cluster import MemoryCluster
from tests.objects.stateful_set import CONFIG_HASH, NEW, OLD, stateful_pod, stateful_set

FAILED = "db-cccccccccc"


class Controlled(MemoryCluster):
    """Has one StatefulSet, whose status is another one after each time that it was read."""

    def __init__(self, *states, pods=(), **faults):
        super().__init__([("statefulsets", states[0]), *(("pods", pod) for pod in pods)], **faults)
        self.states, self.deleted = list(states), []

    def get(self, resource, name, namespace=""):
        found = super().get(resource, name, namespace)
        if resource == "statefulsets" and len(self.states) > 1:
            self.keep(resource, self.states.pop(0) and self.states[0])
        return found

    def delete(self, resource, name, namespace, uid):
        self.deleted.append(name)
        return super().delete(resource, name, namespace, uid)


@pytest.fixture
def wait(monkeypatch):
    """Return a function that waits for a rollout on a cluster, and gives what was said."""
    monkeypatch.setattr(native, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(native, "_PODS_SECONDS", 0.0)

    def run(cluster, seconds=60, has_finished=True, config_hash=CONFIG_HASH):
        said = []
        target = Target("n", "db", "u", 2, config_hash, kind=STATEFUL_SET)
        rollout = NativeRollout(
            cluster, target, seconds, f"{seconds} s", has_finished, lambda line, **_: said.append(line)
        )
        rollout.run()
        return said

    return run


def test_it_ends_when_the_rollout_has(wait):
    cluster = Controlled(stateful_set(seen=1), stateful_set(updated=1, available=2, current=OLD), stateful_set())

    assert ([], 1) == (wait(cluster), len(cluster.states))


def test_pods_that_never_became_ready_are_deleted_on_the_way_back(wait):
    bad = stateful_pod(2, FAILED, ready=False, why="CrashLoopBackOff")
    cluster = Controlled(
        stateful_set(updated=2, available=2), stateful_set(updated=2, available=2), stateful_set(),
        pods=[stateful_pod(0), stateful_pod(1), bad],
    )  # fmt: skip

    assert [
        "pod db-2 of an earlier revision is not ready (CrashLoopBackOff), and Kubernetes would wait until it is: "
        "deleting it"
    ] == wait(cluster)[:1]
    assert {"db-2"} == {*cluster.deleted}


def test_rollout_that_takes_too_long_names_the_pod(wait):
    cluster = Controlled(
        stateful_set(updated=1, available=2, current=OLD),
        pods=[stateful_pod(0, OLD), stateful_pod(1, OLD), stateful_pod(2, NEW, ready=False, why="CrashLoopBackOff")],
    )

    with pytest.raises(Stopped) as stopped:
        wait(cluster, seconds=0)

    first, *advice = str(stopped.value).splitlines()
    assert (
        "the rollout of StatefulSet n/db did not finish within 0 s: pod db-2 is not ready (CrashLoopBackOff)" == first
    )
    assert advice
    assert [] == cluster.deleted


def test_another_configuration_in_the_cluster_is_not_waited_for(wait):
    with pytest.raises(Stopped, match="StatefulSet n/db runs bbbbbbbbbb, but this program wants cccccccccc"):
        wait(Controlled(stateful_set(updated=0)), config_hash="c" * 64)


def test_stateful_set_that_was_made_again_is_not_waited_for(wait):
    another = stateful_set()
    another["metadata"]["uid"] = "v"

    with pytest.raises(Stopped, match="it was deleted or recreated"):
        wait(Controlled(another))


def test_missing_permission_to_delete_is_said(wait):
    cluster = Controlled(
        stateful_set(updated=2, available=2), pods=[stateful_pod(2, FAILED, ready=False)],
        may_not=lambda right: right.verb == "delete",
    )  # fmt: skip

    with pytest.raises(Stopped, match="delete pods"):
        wait(cluster)


def test_it_ends_when_it_is_stopped(wait):
    target = Target("n", "db", "u", 2, CONFIG_HASH, kind=STATEFUL_SET)
    rollout = NativeRollout(Controlled(stateful_set(updated=0)), target, 60, "60 s", True, lambda line, **_: None)
    rollout.stop("the engine has ended")

    with pytest.raises(Stopped, match="StatefulSet n/db: the engine has ended"):
        rollout.run()


def test_progress_counts_pods(wait):
    cluster = Controlled(stateful_set(updated=1, available=2))
    target = Target("n", "db", "u", 2, CONFIG_HASH, kind=STATEFUL_SET)
    rollout = NativeRollout(cluster, target, 0, "0 s", True, lambda line, **_: None)
    before = rollout.now()
    with pytest.raises(Stopped):
        rollout.run()

    assert before.startswith("StatefulSet n/db: waiting for its pods (")
    assert rollout.now().startswith("1/3 pods of n/db updated, 2 available")
