"""What the objects of a DaemonSet say."""

import pytest

from config_rollout.core.kubernetes import daemon_sets as live
from config_rollout.core.kubernetes import objects, workloads
from config_rollout.core.kubernetes.annotations import PAUSED_ANNOTATION, RESTORED_ANNOTATION, WAVES_ANNOTATION
from config_rollout.core.kubernetes.objects import is_down, is_owned_by, revision_of
from config_rollout.core.kubernetes.pods import how_it_exited, node_of, pod_of, ready_since, why_not_ready

WAVES = {WAVES_ANNOTATION: "{}"}


def daemon_set(annotations=None, **status):
    metadata = {"generation": 3, **({"annotations": annotations} if annotations else {})}
    template = {"metadata": {"annotations": {"checksum/config": "abc"}}}
    return {
        "metadata": metadata,
        "spec": {"template": template, "selector": {"matchLabels": {"b": "2", "a": "1"}}},
        "status": status,
    }


def test_what_was_taken_back_is_read_as_it_was_written():
    taken_back = live.Restored("agent-abc", 7)

    assert taken_back == live.restored(daemon_set({RESTORED_ANNOTATION: str(taken_back), **WAVES}))


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"revision": "a", "generation": "x"}'])
def test_what_is_no_note_of_ours_is_none(text):
    assert None is live.restored(daemon_set({RESTORED_ANNOTATION: text, **WAVES}))


def test_note_of_waves_that_are_gone_is_left_over():
    left = daemon_set({RESTORED_ANNOTATION: str(live.Restored("agent-abc", 7))})

    assert (None, [RESTORED_ANNOTATION]) == (live.restored(left), live.leftovers(left))
    assert [] == live.leftovers(daemon_set(WAVES))


@pytest.mark.parametrize(("value", "paused"), [(None, False), ("true", True), ("false", False), ("", True)])
def test_pause(value, paused):
    assert paused == live.is_paused(daemon_set(None if value is None else {PAUSED_ANNOTATION: value}))


@pytest.mark.parametrize(("observed", "seen"), [(None, False), (2, False), (3, True)])
def test_controller_has_seen_it(observed, seen):
    assert seen == workloads.is_observed(daemon_set(observedGeneration=observed))


def test_hash_in_the_template():
    assert "abc" == workloads.config_hash_of(daemon_set())
    assert "" == workloads.config_hash_of({"spec": {"template": {"metadata": None}}})


def test_selector_is_a_query():
    thing = daemon_set()
    thing["spec"]["selector"]["matchExpressions"] = [
        {"key": "c", "operator": "In", "values": ["x", "y"]},
        {"key": "d", "operator": "NotIn", "values": ["z"]},
        {"key": "e", "operator": "Exists"},
        {"key": "f", "operator": "DoesNotExist"},
    ]

    assert "a=1,b=2,c in (x,y),d notin (z),e,!f" == workloads.selector_of(thing)


def revision(name, number):
    return {"metadata": {"name": name, "labels": {"controller-revision-hash": name}}, "revision": number}


REVISIONS = [revision("a", 4), revision("b", 3), revision("c", 5)]


def test_newest_revision_has_the_highest_number():
    assert "c" == revision_of(objects.newest_revision(REVISIONS))
    assert None is objects.newest_revision([])


def test_node_of_a_pod_that_is_not_bound_yet():
    field = {"key": "metadata.name", "operator": "In", "values": ["n1"]}
    required = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}

    assert "n1" == node_of({"spec": {"affinity": affinity}})
    assert "n2" == node_of({"spec": {"affinity": affinity, "nodeName": "n2"}})
    assert "" == node_of({"spec": {}})


def pod(ready, state=None, phase="Running"):
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    containers = [{"ready": ready == "True", "state": state or {"running": {}}}]
    return {"status": {"phase": phase, "conditions": [condition], "containerStatuses": containers}}


def test_ready_since():
    assert "2026-01-01T00:00:00Z" == ready_since(pod("True"))
    assert "" == ready_since(pod("False")) == ready_since({})


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        (pod("False", {"waiting": {"reason": "CrashLoopBackOff"}}), "CrashLoopBackOff"),
        (pod("False", {"terminated": {"reason": "OOMKilled"}}), "OOMKilled"),
        (pod("False"), ""),
        (pod("False", phase="Pending"), "Pending"),
        ({}, ""),
    ],
)
def test_why_a_pod_is_not_ready(thing, why):
    assert why == why_not_ready(thing)


CRASHED = {"terminated": {"exitCode": 1, "reason": "Error"}}
CRASHING = {
    "it has ended": {"state": CRASHED},
    "it waits": {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": CRASHED},
    "it runs again": {"state": {"running": {}}, "lastState": CRASHED},
}


def crashing(turn, **more):
    metadata = {"name": "p", "uid": "u", "labels": {"controller-revision-hash": "r"}}
    statuses = [{"name": "agent", "ready": False, **turn, **more}]
    return {
        "metadata": metadata,
        "spec": {"nodeName": "n"},
        "status": {"phase": "Running", "containerStatuses": statuses},
    }


@pytest.mark.parametrize("turn", CRASHING.values(), ids=CRASHING)
def test_container_that_crashes_is_named_alike_whatever_the_kubelet_does_with_it(turn):
    assert " (container 'agent' exited with 1)" == pod_of(crashing(turn)).because


@pytest.mark.parametrize(
    ("statuses", "how"),
    [
        (
            {"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}},
            "container 'agent' exited with 137, OOMKilled",
        ),
        ({"state": {"running": {}}, "lastState": CRASHED, "ready": True}, ""),
        ({"state": {"waiting": {"reason": "ContainerCreating"}}}, ""),
    ],
    ids=["out of memory", "ready again", "never started"],
)
def test_how_a_container_exited_is_said_only_while_it_is_not_ready(statuses, how):
    assert how == how_it_exited(crashing(statuses))


@pytest.mark.parametrize(("status", "down"), [("True", False), ("False", True), ("Unknown", True)])
def test_node_that_is_not_ready_is_down(status, down):
    assert down == is_down({"status": {"conditions": [{"type": "Ready", "status": status}]}})
    assert is_down({})


def test_only_the_controller_owns():
    owner = {"uid": "u", "controller": True}

    assert is_owned_by({"metadata": {"ownerReferences": [owner]}}, "u")
    assert not is_owned_by({"metadata": {"ownerReferences": [{"uid": "u"}]}}, "u")
    assert not is_owned_by({"metadata": {}}, "u")
