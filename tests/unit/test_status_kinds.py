"""`status` and `history` of each kind of workload: what its revisions and pods are, and what pods wait for."""

import pytest

from config_rollout.cli.commands.looking import nodes_of, view_of, workloads_at
from config_rollout.cli.commands.naming import Where
from config_rollout.core.kubernetes.workload_kinds import (
    DAEMON_SET,
    DEPLOYMENT,
    KINDS,
    STATEFUL_SET,
    WorkloadName,
    kind_named,
)
from config_rollout.core.status.history import rollouts_of
from config_rollout.core.status.history_words import table
from config_rollout.core.status.state import Part, status_json, status_of
from config_rollout.core.status.words import lines_of
from tests.memory_cluster import MemoryCluster
from tests.objects.workloads import NEW, OLD, objects, pod, revision, workload

EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.kind)


def cluster_of(*things):
    return MemoryCluster([(f"{thing['kind'].lower()}s", thing) for thing in things])


def seen(kind, **given):
    """Return what is seen of the workload in a cluster of these objects."""
    cluster = cluster_of(*objects(kind, **given))
    (thing,) = workloads_at(cluster, Where(WorkloadName(kind, "n", "web"), "n"))
    return view_of(cluster, thing, nodes_of(cluster))


def status(kind, **given):
    return status_of(seen(kind, **given))


def findings(kind, **given):
    return [str(finding) for finding in status(kind, **given).findings]


@EVERY
def test_all_well(kind):
    found = status(kind)

    assert ("done", 3, []) == (found.state, found.through, list(found.findings))
    assert [(2, 3)] == [(one.revision.number, one.pods) for one in found.running]


def test_waves_of_a_stateful_set_are_of_its_pods_from_the_highest_ordinal_down():
    thing = workload(STATEFUL_SET)
    waves = '{"first": [{"name": "canary", "pods": 1}]}'
    thing["metadata"].setdefault("annotations", {})["config-rollout/waves"] = waves
    pods = [pod(STATEFUL_SET, 0, OLD), pod(STATEFUL_SET, 1, OLD), pod(STATEFUL_SET, 2)]
    found = status(STATEFUL_SET, thing=thing, pods=pods)

    assert [Part("canary", 1, 1), Part("rest", 2, 0)] == found.waves


@EVERY
def test_pods_are_counted_by_their_revision(kind):
    found = status(kind, pods=[pod(kind, 0), pod(kind, 1, OLD), pod(kind, 2, OLD)])

    assert ("rolling", 1) == (found.state, found.through)
    assert [(1, 2), (2, 1)] == [(one.revision.number, one.pods) for one in found.running]


PLACES = {DAEMON_SET: "n1", DEPLOYMENT: "web-b1-1", STATEFUL_SET: "web-1"}


@EVERY
def test_pod_that_crashes_is_named_as_its_kind_names_pods(kind):
    pods = [pod(kind, 0), pod(kind, 1, ready=False, why="CrashLoopBackOff"), pod(kind, 2)]
    name = pods[1]["metadata"]["name"]

    assert [
        f"pods: 1 of 3 is not ready: {PLACES[kind]} (CrashLoopBackOff). `kubectl -n n describe pod {name}` says more."
    ] == findings(kind, pods=pods)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (DAEMON_SET, "1 of 3 nodes have no pod. `kubectl -n n describe daemonset web` says more."),
        (DEPLOYMENT, "1 of 3 is missing. `kubectl -n n describe deployment web` says more."),
        (STATEFUL_SET, "1 of 3 is missing. `kubectl -n n describe statefulset web` says more."),
    ],
)
def test_pod_that_is_missing(kind, what):
    found = status(kind, pods=[pod(kind, 0), pod(kind, 1)])

    assert ("rolling", [f"pods: {what}"]) == (found.state, [str(finding) for finding in found.findings])


@EVERY
def test_title_says_the_kind_unless_it_is_a_daemon_set(kind):
    title = "n/web" if kind is DAEMON_SET else f"{kind.kind} n/web"

    assert f"{title}: done, bbbbbbbbbb, revision 2: 3 of 3 pods are ready with it" == lines_of(status(kind))[0]


@EVERY
def test_json_has_a_list_of_each_kind(kind):
    found = status_json([status(kind)])

    assert {of.key: int(of is kind) for of in KINDS.values()} == {key[:-1]: len(of) for key, of in found.items()}


def test_pods_of_a_deployment_are_those_of_its_replica_sets():
    stranger, evicted = pod(DEPLOYMENT, 3), pod(DEPLOYMENT, 4, ready=False, phase="Failed")
    stranger["metadata"]["ownerReferences"] = [{"uid": "other", "controller": True}]
    pods = [pod(DEPLOYMENT, number) for number in range(3)]

    assert 3 == len(seen(DEPLOYMENT, pods=[*pods, stranger, evicted]).pods)


def test_pod_that_is_bound_to_no_node_yet_counts():
    pods = [
        *(pod(DEPLOYMENT, number) for number in range(2)),
        pod(DEPLOYMENT, 2, ready=False, node="", phase="Pending"),
    ]

    assert "pods: 1 of 3 is not ready: web-b1-2 (Pending)." in findings(DEPLOYMENT, pods=pods)[0]


def test_more_pods_than_wanted_are_no_trouble():
    found = status(DEPLOYMENT, pods=[pod(DEPLOYMENT, number) for number in range(4)])

    assert ("done", []) == (found.state, list(found.findings))


FAILED = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
QUOTA = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
BEHIND = [pod(DEPLOYMENT, 0), pod(DEPLOYMENT, 1, OLD), pod(DEPLOYMENT, 2, OLD)]


@pytest.mark.parametrize(
    ("given", "state", "finding"),
    [
        ({"thing": workload(DEPLOYMENT, conditions=[FAILED], progressDeadlineSeconds=90)}, "done",
         "rollout: made no progress for 90 s. Correct the configuration, "),
        ({"thing": workload(DEPLOYMENT, conditions=[QUOTA]), "pods": BEHIND[:1]}, "rolling",
         "pods: 2 of 3 are missing: exceeded quota. "),
        ({"thing": workload(DEPLOYMENT, paused=True), "pods": BEHIND}, "paused",
         "rollout: is paused. `kubectl -n n rollout resume deployment/web` lets Kubernetes continue."),
        ({"thing": workload(DEPLOYMENT, paused=True), "pods": BEHIND}, "paused",
         "pods behind: 2 of 3 have configuration aaaaaaaaaa, not bbbbbbbbbb: web-a1-1, web-a1-2. They are not replaced "
         "while it is paused."),
        ({"pods": BEHIND}, "rolling", "pods behind: 2 of 3 have configuration aaaaaaaaaa, not bbbbbbbbbb: web-a1-1, "
         "web-a1-2. The rollout continues by itself."),
    ],
)  # fmt: skip
def test_what_a_deployment_waits_for(given, state, finding):
    found = status(DEPLOYMENT, **given)

    assert state == found.state
    assert [finding] == [str(one)[: len(finding)] for one in found.findings if str(one).startswith(finding)]


def stateful(strategy=None, **spec):
    return workload(STATEFUL_SET, strategy=strategy, **spec)


PARTITION = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
LOW = [pod(STATEFUL_SET, 0, OLD), pod(STATEFUL_SET, 1, OLD), pod(STATEFUL_SET, 2)]
STUCK = [pod(STATEFUL_SET, 0, OLD), pod(STATEFUL_SET, 1, OLD), pod(STATEFUL_SET, 2, OLD, ready=False)]


@pytest.mark.parametrize(
    ("thing", "pods", "fix"),
    [
        (stateful(), LOW, "The rollout continues by itself"),
        (stateful({"type": "OnDelete"}), LOW, "OnDelete restarts nothing by itself: delete the pods"),
        (stateful(PARTITION), LOW, "Kubernetes leaves pods with an ordinal below `partition` 2 as they are: lower it"),
        (stateful(PARTITION), [*LOW[:2], pod(STATEFUL_SET, 2, OLD)], "The rollout continues by itself"),
        (stateful(), STUCK, "Kubernetes waits until web-2 is ready: if that needs the newest revision, "
         "`kubectl -n n delete pod web-2`"),
        (stateful(podManagementPolicy="Parallel"), STUCK, "The rollout continues by itself"),
    ],
)  # fmt: skip
def test_what_a_stateful_set_waits_for(thing, pods, fix):
    assert [fix] == [one.fix for one in status(STATEFUL_SET, thing=thing, pods=pods).findings if "behind" in one.where]


@EVERY
def test_revisions_differ_by_what_a_user_wrote_alone(kind):
    revisions = [revision(kind, 1, OLD), revision(kind, 2, OLD, image="web:2"), revision(kind, 3, NEW, image="web:2")]
    rollouts = rollouts_of(seen(kind, revisions=revisions))

    assert [[], ["containers[name=web].image"], []] == [[c.path for c in one.template_changes] for one in rollouts]


def test_undone_deployment_has_its_old_replica_set_under_a_new_number():
    revisions = [revision(DEPLOYMENT, 2, NEW), revision(DEPLOYMENT, 3, OLD, created=1, cause="old")]
    thing = workload(DEPLOYMENT, OLD)
    thing["metadata"]["managedFields"][0] |= {"manager": "kubectl", "time": "2026-01-05T00:00:00Z"}

    last = rollouts_of(seen(DEPLOYMENT, thing=thing, revisions=revisions))[-1]
    assert (3, "2026-01-05T00:00:00Z", "kubectl", "") == (last.number, last.when, last.manager, last.change_cause)
    assert ["2", "3"] == [line.split()[0] for line in table(rollouts_of(seen(DEPLOYMENT, revisions=revisions)))[1:]]


@EVERY
def test_config_map_belongs_to_who_mounts_it(kind):
    nobody = [{**one, "metadata": {**one["metadata"], "ownerReferences": []}} for one in objects(kind)[-5:-3]]

    finding = f"is mounted by revision 1 but owned by neither that nor the {kind.kind}, so it may be deleted too early"
    assert [f"ConfigMap web-aaaaaaaaaa: {finding}. The next `pulumi up` repairs it."] == (
        findings(kind, config_maps=nobody)[:1]
    )


def test_all_kinds_of_a_namespace_are_found():
    every = [thing for kind in KINDS.values() for thing in objects(kind)[:1]]
    other = workload(DEPLOYMENT)
    other["metadata"] |= {"namespace": "other", "name": "other", "uid": "o"}
    cluster = cluster_of(*every, other)

    assert ["DaemonSet", "Deployment", "StatefulSet"] == [
        one["kind"] for one in workloads_at(cluster, Where(None, "n"))
    ]
    assert 4 == len(workloads_at(cluster, Where(None, "")))


@EVERY
def test_kind_is_named_as_kubectl_names_it(kind):
    for word in (kind.kind, kind.word, kind.resource, kind.short, f"{kind.word}.apps"):
        assert kind is kind_named(word)
    assert None is kind_named("job")


@pytest.mark.parametrize(
    ("kind", "text", "arguments"),
    [(DAEMON_SET, "n/web", "n/web"), (DEPLOYMENT, "Deployment n/web", "-n n deployment/web")],
)
def test_workload_is_named_in_messages_and_in_commands(kind, text, arguments):
    of = WorkloadName(kind, "n", "web")

    assert (text, arguments) == (str(of), of.arguments)
