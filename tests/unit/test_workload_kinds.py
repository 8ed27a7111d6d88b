"""What differs between the kinds of workload: revisions, strategies, and words."""

import pytest

from config_rollout.core.audit.record import AuditRecord, parse_records
from config_rollout.core.audit.writing import history, rollout_of
from config_rollout.core.configuration.content import parse_content
from config_rollout.core.explain.drift_words import explain_gone, explain_made, runs_another
from config_rollout.core.explain.reasons import WorkloadUpdate, explain, explain_replace
from config_rollout.core.kubernetes.objects import kept_by, newest_revision, revision_number, revision_of
from config_rollout.core.kubernetes.pods import Pod
from config_rollout.core.kubernetes.strategies import check_strategy, strategy_of, timeout_seconds
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT, KINDS, STATEFUL_SET, kind_of
from config_rollout.core.kubernetes.workloads import makers_of_pods, name_of, pod_counts
from config_rollout.core.revisions.config_maps import lost, ownerships
from config_rollout.core.revisions.naming import history_name, is_content_name
from config_rollout.core.revisions.ownership import Claim, Owner, check_new, check_owner
from config_rollout.core.workload.asked import workload_of
from config_rollout.core.workload.configuration import Configuration
from config_rollout.core.workload.render import render
from config_rollout.core.workload.source import Source

A, B = "web-aaaaaaaaaa", "web-bbbbbbbbbb"
POD_SPEC = {"volumes": [{"name": "c", "config_map": {"name": "web"}}], "containers": [{"name": "w", "image": "w:1"}]}
OTHERS = pytest.mark.parametrize("kind", [DEPLOYMENT, STATEFUL_SET], ids=lambda kind: kind.kind)


def template(mounts):
    return {"spec": {"volumes": [{"name": "c", "configMap": {"name": mounts}}]}}


def live(kind, mounts=B, **spec):
    metadata = {"name": "web", "namespace": "n", "uid": "w"}
    selector = {"matchLabels": {"app.kubernetes.io/name": "web"}}
    return {
        "kind": kind.kind,
        "metadata": metadata,
        "spec": {"template": template(mounts), "selector": selector, **spec},
    }


def revision(kind, number, mounts):
    metadata = {"name": f"web-{number}", "uid": f"r{number}"}
    if kind is DEPLOYMENT:
        annotations = {"deployment.kubernetes.io/revision": str(number)}
        return {"metadata": {**metadata, "annotations": annotations}, "spec": {"template": template(mounts)}}
    return {"metadata": metadata, "revision": number, "data": {"spec": {"template": template(mounts)}}}


def config_map(name):
    return {"metadata": {"name": name, "uid": f"u-{name}", "resourceVersion": "7"}}


@OTHERS
def test_earlier_config_maps_live_as_long_as_the_kind_s_own_revisions(kind):
    revisions = [revision(kind, 10, B), revision(kind, 9, A)]
    found = ownerships(live(kind), revisions, [config_map(A), config_map(B)], [B])

    assert {A: [(kind.revisions, "r9")], B: [(kind.kind, "w")]} == {
        one.name: [(owner["kind"], owner["uid"]) for owner in one.owners] for one in found
    }
    assert [A] == lost(live(kind), revisions, [config_map(B)])


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.kind)
def test_history_that_has_lost_its_owner_gets_the_workload(kind):
    lost_it, has_it = config_map(history_name("web", kind)), config_map(history_name("web", kind))
    has_it["metadata"]["ownerReferences"] = [{"kind": kind.kind, "uid": "w"}]

    (found,) = ownerships(live(kind), [], [lost_it], [])
    assert [(kind.kind, "w")] == [(owner["kind"], owner["uid"]) for owner in found.owners]
    assert [] == ownerships(live(kind), [], [has_it], [])


@OTHERS
def test_newest_revision_is_that_of_the_highest_number(kind):
    revisions = [revision(kind, 10, B), revision(kind, 9, A)]

    newest = newest_revision(revisions)
    assert (10, template(B)) == (revision_number(newest), kept_by(newest)["spec"]["template"])


HASH = "5d8f7c9b6d"


@pytest.mark.parametrize(
    ("kind", "of_pod", "of_revision"),
    [
        (DAEMON_SET, {"controller-revision-hash": HASH}, {"controller-revision-hash": HASH}),
        (DEPLOYMENT, {"pod-template-hash": HASH}, {"pod-template-hash": HASH}),
        (STATEFUL_SET, {"controller-revision-hash": "web-9"}, {"controller.kubernetes.io/hash": HASH}),
    ],
)
def test_pod_says_which_revision_it_has(kind, of_pod, of_revision):
    known = revision(kind, 9, A)
    known["metadata"]["labels"] = of_revision

    assert revision_of(known, kind) == revision_of({"metadata": {"name": "web-0", "labels": of_pod}}, kind)
    assert "" == revision_of({"metadata": {"name": "web-0"}}, kind)


@pytest.mark.parametrize(("kind", "makers"), [(DAEMON_SET, {"w"}), (DEPLOYMENT, {"r9", "r10"}), (STATEFUL_SET, {"w"})])
def test_pods_are_made_by_the_workload_or_by_its_revisions(kind, makers):
    assert makers == makers_of_pods(live(kind), ["r9", "r10"])


def test_replica_set_that_has_no_number_yet_is_the_oldest():
    assert 0 == revision_number({"metadata": {"name": "web-1"}, "spec": {}})


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.kind)
def test_kind_is_what_the_object_says(kind):
    assert (kind, kind) == (kind_of({"kind": kind.kind}), kind_of({"kind": f"{kind.kind}Patch"}))
    assert f"{kind.kind} n/web" == name_of(live(kind))


def test_what_names_no_kind_is_a_daemon_set():
    assert DAEMON_SET is kind_of({"metadata": {}})


def test_histories_of_kinds_have_names_of_their_own():
    names = {history_name("web", kind) for kind in KINDS.values()}

    assert {"web-rollouts", "web.deployment-rollouts", "web.statefulset-rollouts"} == names
    assert not any(is_content_name(name, "web") for name in names)


@OTHERS
def test_objects_say_their_kind(kind):
    data = {"a.yaml": "x: 1\n"}
    source = Source("web", parse_content(data)[0], data)
    asked = {"namespace": "n", "pod_spec": POD_SPEC, "replicas": 3}
    rendered = render(workload_of(kind, "web", asked), Configuration([source]))

    assert (kind.kind, 3) == (rendered.workload["kind"], rendered.workload["spec"]["replicas"])
    assert {kind.label: "web"}.items() <= rendered.sources["web"]["metadata"]["labels"].items()
    assert history(live(kind), "")["metadata"]["ownerReferences"][0]["kind"] == kind.kind


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.kind)
def test_replicas_that_are_left_out_are_never_written(kind):
    spec = workload_of(kind, "web", {"namespace": "n", "pod_spec": POD_SPEC}).spec

    assert None is spec.get("replicas")


@pytest.mark.parametrize(
    ("kind", "value", "budget"),
    [
        (DEPLOYMENT, None, "at most 25% of its pods unavailable and at most 25% of its pods more at a time"),
        (DEPLOYMENT, {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
         "none unavailable and at most 1 pod more at a time"),
        (DEPLOYMENT, {"type": "Recreate"}, "all pods stop before the first new one starts (Recreate)"),
        (STATEFUL_SET, None, "at most 1 pod at a time, from the highest ordinal down"),
        (STATEFUL_SET, {"rollingUpdate": {"maxUnavailable": 2, "partition": 3}},
         "at most 2 pods at a time, from the highest ordinal down to 3"),
        (STATEFUL_SET, {"type": "OnDelete"}, "each pod when someone deletes it (OnDelete)"),
        (DAEMON_SET, None, "at most 1 pod at a time"),
    ],
)  # fmt: skip
def test_budget_in_words(kind, value, budget):
    assert budget == strategy_of(kind, value).budget()


@pytest.mark.parametrize(
    ("kind", "value", "replicas", "seconds"),
    [
        (DEPLOYMENT, None, 3, 600), (DEPLOYMENT, None, 1000, 600),
        (DEPLOYMENT, {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}, 100, 1500),
        (DEPLOYMENT, {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}, None, 1500),
        (STATEFUL_SET, None, 3, 600), (STATEFUL_SET, {"rollingUpdate": {"maxUnavailable": 50}}, 100, 1500),
        (DAEMON_SET, None, None, 15000),
    ],
)  # fmt: skip
def test_time_for_a_rolling_restart(kind, value, replicas, seconds):
    assert seconds == timeout_seconds(kind, value, None, replicas)


@pytest.mark.parametrize(
    ("kind", "value", "finding"),
    [
        (DEPLOYMENT, {"type": "OnDelete"}, "s.type: is not valid (got 'OnDelete'). Use 'RollingUpdate' or 'Recreate'."),
        (DEPLOYMENT, {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
         "s: max_unavailable and max_surge are both 0, so no pod could ever be replaced. Raise one of them."),
        (DEPLOYMENT, {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}},
         "s.rollingUpdate: is not allowed with type Recreate. Leave it out."),
        (DEPLOYMENT, {"rolling_update": {"partition": 1}},
         "s.rolling_update.partition: is not a known field. Use one of max_unavailable, max_surge."),
        (DEPLOYMENT, [], "s: must be a mapping (got list). Pass a dict."),
        (STATEFUL_SET, [], "s: must be a mapping (got list). Pass a dict."),
        (STATEFUL_SET, {"type": "Recreate"},
         "s.type: is not valid (got 'Recreate'). Use 'RollingUpdate' or 'OnDelete'."),
        (STATEFUL_SET, {"type": "OnDelete", "rollingUpdate": {"partition": 1}},
         "s.rollingUpdate: is not allowed with type OnDelete. Leave it out."),
        (STATEFUL_SET, {"rolling_update": {"max_surge": 1}},
         "s.rolling_update.max_surge: is not a known field. Use one of max_unavailable, partition."),
        (STATEFUL_SET, {"rollingUpdate": {"maxUnavailable": 0}},
         "s.max_unavailable: is 0, so no pod could ever be replaced. Raise it."),
        (STATEFUL_SET, {"rollingUpdate": {"partition": -1}},
         "s.partition: must be a whole number of at least 0 (got -1). Pass an int in that range."),
    ],
)  # fmt: skip
def test_strategy_that_the_api_server_refuses(kind, value, finding):
    assert [finding] == [str(one) for one in check_strategy(kind, "s", value, POD_SPEC)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [(DEPLOYMENT, {}), (DEPLOYMENT, {"type": "Recreate"}),
     (STATEFUL_SET, {}), (STATEFUL_SET, {"rolling_update": {"partition": 2}}), (STATEFUL_SET, {"type": "OnDelete"}),
     (DAEMON_SET, {"type": "OnDelete"})],
)  # fmt: skip
def test_good_strategy(kind, value):
    assert [] == list(check_strategy(kind, "s", value, POD_SPEC))


MINE = Owner("org/p/s", "t:index:ConfiguredDeployment::web")


def claim(kind=DEPLOYMENT):
    return Claim("n", "web", MINE, {"app.kubernetes.io/name": "web"}, kind=kind)


@pytest.mark.parametrize(("shares", "what"), [("config_maps", "ConfigMap"), ("secrets", "Secret")])
def test_object_of_another_kind_of_the_same_name_is_refused(shares, what):
    shared = config_map(A)
    shared["metadata"]["labels"] = {DAEMON_SET.label: "web"}

    assert [f"Deployment n/web: would share {what} {A} with DaemonSet n/web. Give this component another `name`."] == [
        str(one) for one in check_owner(claim(), None, **{shares: [shared]})
    ]
    assert [] == check_owner(claim(DAEMON_SET), None, **{shares: [shared]})


TAKE_OVER = "To take it over, pass take_over=True: preview shows what changes. Or give this component another `name`"


@pytest.mark.parametrize("kind", [DAEMON_SET, DEPLOYMENT, STATEFUL_SET])
def test_workload_of_someone_else_is_refused(kind):
    (finding,) = check_new(claim(kind), live(kind))

    assert (f"{kind.kind} n/web", TAKE_OVER) == (finding.where, finding.fix)


def hashed(kind, full_hash, **spec):
    of = {"metadata": {"annotations": {"checksum/config": full_hash}}, "spec": {}}
    return {"kind": kind.kind, "metadata": {"name": "web", "namespace": "n"}, "spec": {"template": of, **spec}}


@OTHERS
def test_explanations_name_the_kind(kind):
    old, new = hashed(kind, "a" * 64), hashed(kind, "b" * 64)

    assert f"rolling restart of {kind.kind} n/web, " in explain(WorkloadUpdate(old, new)).splitlines()[-1]
    assert runs_another(old, None, "b" * 64).startswith(f"{kind.kind} n/web runs aaaaaaaaaa, but")
    assert explain_gone(name_of(old), changes=False).startswith(f"{kind.kind} n/web was deleted")
    assert f"{kind.kind} n/web is missing: `up` creates it" == explain_made(name_of(old))
    assert f"two {kind.kind}s at first" in explain_replace("n/a", "n/b", kind)


@OTHERS
def test_more_replicas_restart_nothing(kind):
    old, new = hashed(kind, "a" * 64, replicas=2), hashed(kind, "a" * 64, replicas=3)

    assert "replicas: nothing restarts" == explain(WorkloadUpdate(old, new)).splitlines()[0]


def test_pods_are_counted_as_each_kind_does():
    counts = {"updatedReplicas": 2, "availableReplicas": 1}
    daemon_set = {**live(DAEMON_SET), "status": {"desiredNumberScheduled": 4, "updatedNumberScheduled": 3}}

    assert (5, 2, 1) == tuple(vars(pod_counts({**live(DEPLOYMENT, replicas=5), "status": counts})).values())
    assert (1, 2, 1) == tuple(vars(pod_counts({**live(DEPLOYMENT), "status": counts})).values())
    assert (3, 2, 1) == tuple(vars(pod_counts({**live(STATEFUL_SET, replicas=3), "status": counts})).values())
    assert (4, 3, 0) == tuple(vars(pod_counts(daemon_set)).values())


def pod(name, uid, node="n1"):
    return Pod(name, uid, node, "r", available=True)


def record(kind):
    return AuditRecord("n", "web", TIME, "2026-11-28T10:01:00.000Z", "a" * 64, "b" * 64, "done", kind=kind.kind)


TIME = "2026-11-28T10:00:00.000Z"
START = 1795860000.0


@pytest.mark.parametrize(
    ("kind", "before", "restarts", "pods"),
    [
        (DAEMON_SET, {"1": "n1"}, 1, {"n1": (2.0, 3.0)}),
        (DEPLOYMENT, {"1": "web-x-y"}, 1, {"web-0": (2.0, 3.0)}),
        (DEPLOYMENT, {}, 0, {}),
        (STATEFUL_SET, {"1": "web-0"}, 1, {"web-0": (2.0, 3.0)}),
        (STATEFUL_SET, {"1": "web-1"}, 0, {}),
    ],
)
def test_restarts_are_counted_by_what_a_pod_of_the_kind_replaces(kind, before, restarts, pods):
    made = rollout_of(record(kind), before, [pod("web-0", "2")], {"2": (START + 2, START + 3)})

    assert (restarts, pods) == (made.restarts, made.pods)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.kind)
def test_record_of_each_kind_is_read_as_it_was_written(kind):
    line = record(kind).to_json()

    assert ([record(kind)], []) == parse_records(line, "here")
    assert (kind is not DAEMON_SET) == ('"kind"' in line)
