"""How a DaemonSet is, from objects as the API server sends them."""

import json
from dataclasses import replace

import jsonschema
import pytest

from config_rollout.core.arguments.finding import Finding
from config_rollout.core.kubernetes.annotations import WAVES_ANNOTATION
from config_rollout.core.revisions.observation import Observation
from config_rollout.core.status.observation import WorkloadView, config_map_of, external_names, is_ours
from config_rollout.core.status.state import Part, status_json, status_of
from config_rollout.core.status.words import change_of_state, line_of, lines_of, newest_problem
from config_rollout.core.waves.order import parse_waves
from config_rollout.core.workload.external import external_source
from tests.objects.daemon_set import (
    CONFIG_MAPS,
    NEW,
    NEW_NAME,
    NODES,
    OLD,
    OLD_NAME,
    PODS,
    REVISIONS,
    config_map,
    daemon_set,
    pod,
    record,
    restored_from,
    revision,
    seen,
)
from tools.documents import ROOT

MOVING = [pod("n1"), pod("n2", OLD), pod("n3", OLD)]
BROKEN = [pod("n1", ready=False, why="CrashLoopBackOff"), *PODS[1:]]
LEFT_OVER = {key: text for key, text in restored_from().items() if key != WAVES_ANNOTATION}
PAUSED = {"config-rollout/paused": "true"}
HELM = {"config_hash": NEW, "config_map": "agent"}


def state(*arguments, **more):
    return status_of(seen(*arguments, **more)).state


def findings(*arguments, **more):
    return [f"{finding.where}: {finding.what}" for finding in status_of(seen(*arguments, **more)).findings]


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        pytest.param("done", {}, id="all well"),
        pytest.param("done", {"records": [record()]}, id="all well, and recorded"),
        pytest.param("rolling", {"pods": MOVING}, id="pods to move"),
        pytest.param("rolling", {"pods": MOVING, "records": [record(new_hash="c" * 64)]}, id="record of another"),
        pytest.param("rolling", {"pods": MOVING, "records": [record()]}, id="a part of the waves was asked for"),
        pytest.param("rolling", {"pods": PODS[:2]}, id="a node without a pod"),
        pytest.param("rolling", {"thing": daemon_set(observed=1)}, id="not seen by its controller"),
        pytest.param("rolling", {"revisions": []}, id="no revision yet"),
        pytest.param("rolling", {"pods": BROKEN}, id="last pod not ready yet"),
        pytest.param("done", {"pods": BROKEN, "records": [record()]}, id="pod not ready after the rollout"),
        pytest.param("halted", {"pods": MOVING, "records": [record("halted")]}, id="halted"),
        pytest.param("halted", {"pods": MOVING, "records": [record("stopped")]}, id="stopped by a person"),
        pytest.param("halted", {"pods": BROKEN, "records": [record("failed")]}, id="not through in time"),
        pytest.param("done", {"records": [record("failed")]}, id="through after its time limit"),
        pytest.param("restored", {"thing": daemon_set(annotations=restored_from())}, id="taken back"),
        pytest.param("done", {"thing": daemon_set(annotations=LEFT_OVER)}, id="taken back, and the waves are gone"),
        pytest.param("done", {"pods": [*PODS, pod("gone", OLD)]}, id="a pod whose node is gone"),
        pytest.param("rolling", {"pods": [*PODS, pod("gone", OLD)], "labels": {}}, id="nodes that nobody looked at"),
        pytest.param("paused", {"thing": daemon_set(annotations=PAUSED), "pods": MOVING}, id="paused"),
        pytest.param("paused", {"thing": daemon_set(annotations=PAUSED | restored_from())}, id="paused goes first"),
    ],
)
def test_state(expected, given):
    assert expected == state(**given)


def test_all_well_has_no_findings():
    status = status_of(seen(records=[record()]))

    assert ([], True, 3) == (list(status.findings), status.is_as_wanted, status.through)


UNDONE = daemon_set(OLD, OLD_NAME, by=("kubectl", "2026-01-03T00:00:00Z"))
BACK_PODS = [pod(node, OLD) for node in ("n1", "n2", "n3")]
BACK = [revision(2, NEW), revision(3, OLD)]


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (
            "pods behind: 2 of 3 have configuration aaaaaaaaaa, not bbbbbbbbbb: n2, n3",
            {"pods": MOVING},
        ),
        (
            "pods behind: 1 of 3 has no config hash, not bbbbbbbbbb: n3",
            {"pods": [*PODS[:2], pod("n3", "", "agent")]},
        ),
        (
            "pods behind: 1 of 3 has this configuration in an older pod template: n3",
            {"pods": [*PODS[:2], pod("n3", revision="x")]},
        ),
        ("pods: 1 of 3 is not ready: n1 (CrashLoopBackOff)", {"pods": BROKEN}),
        ("pods: 1 of 3 nodes have no pod", {"pods": PODS[:2]}),
        ("rollout: is paused", {"thing": daemon_set(annotations=PAUSED)}),
        (
            "rollout: halted at 2026-01-02T00:00:30Z: wave 'canary' failed",
            {"pods": MOVING, "records": [record("halted")]},
        ),
        (
            "rollout: revision 2, configuration bbbbbbbbbb, was taken back at 2026-01-02T00:00:30Z: "
            "wave 'canary' failed",
            {"thing": daemon_set(OLD, OLD_NAME, restored_from()), "records": [record("restored")]},
        ),
        ("rollout: agent-x was taken back", {"thing": daemon_set(annotations=restored_from("agent-x"))}),
        ("rollout: no controller has seen the latest DaemonSet", {"thing": daemon_set(observed=1)}),
        (
            f"pod template: says bbbbbbbbbb and mounts ConfigMap {OLD_NAME}",
            {"thing": daemon_set(NEW, OLD_NAME)},
        ),
        (
            f"pods: 1 of 3 says bbbbbbbbbb and mounts ConfigMap {OLD_NAME}: n3",
            {"pods": [*PODS[:2], pod("n3", NEW, OLD_NAME)]},
        ),
        (
            "ConfigMap agent: was written at 2026-01-03T00:00:00Z, after the pod template (2026-01-02T00:00:00Z): a "
            "pod that starts now may not read what bbbbbbbbbb stands for",
            {"thing": daemon_set(**HELM), "config_maps": [config_map("agent", written="2026-01-03T00:00:00Z")]},
        ),
        (
            "pod template: has configuration aaaaaaaaaa, written by kubectl at 2026-01-03T00:00:00Z, which is not "
            "known "
            "to come from any program: the last recorded rollout was to bbbbbbbbbb, from o/p/s",
            {"thing": UNDONE, "revisions": BACK, "records": [record()]},
        ),
        (
            f"ConfigMap {NEW_NAME}: is missing, but needed by revision 2 and 3 pods",
            {"config_maps": CONFIG_MAPS[:1]},
        ),
        (f"ConfigMap {OLD_NAME}: is missing, but needed by revision 1", {"config_maps": CONFIG_MAPS[1:]}),
        (
            f"ConfigMap agent-{'c' * 10}: is not mounted by any revision",
            {"config_maps": [*CONFIG_MAPS, config_map(f"agent-{'c' * 10}")]},
        ),
        (
            f"ConfigMap {OLD_NAME}: is mounted by revision 1 but owned by neither that nor the DaemonSet, so it may be "
            "deleted too early",
            {"config_maps": [config_map(OLD_NAME), CONFIG_MAPS[1]]},
        ),
    ],
)
def test_finding(expected, given):
    assert expected in findings(**given)


@pytest.mark.parametrize(("owner", "count"), [("agent-a", 0), ("ds", 0), ("agent-b", 1), ("stranger", 1)])
def test_config_map_is_owned_by_who_mounts_it_or_by_the_daemon_set(owner, count):
    assert count == len(findings(config_maps=[config_map(OLD_NAME, owner), CONFIG_MAPS[1]]))
    moving = findings(config_maps=[config_map(OLD_NAME, owner), CONFIG_MAPS[1]], pods=MOVING)
    assert [] == [finding for finding in moving if "owned" in finding]  # owners are written once a rollout is through


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"thing": daemon_set(NEW), "records": [record()]}, id="the record's configuration"),
        pytest.param(
            {"thing": daemon_set(OLD, OLD_NAME), "pods": MOVING, "revisions": BACK, "records": [record()]},
            id="a program rolls out what is not recorded yet",
        ),
        pytest.param(
            {"thing": daemon_set(OLD, OLD_NAME, restored_from()), "records": [record("restored")]}, id="taken back"
        ),
        pytest.param(
            {"thing": daemon_set(OLD, OLD_NAME), "pods": BACK_PODS, "revisions": BACK, "records": [record()]},
            id="a program rolled out what was never recorded, since its `up` was killed or may not write records",
        ),
        pytest.param({"thing": UNDONE, "revisions": BACK}, id="no record says what a program wants"),
    ],
)
def test_configuration_that_a_program_has_is_no_finding(given):
    assert [] == [one for one in findings(**given) if "in no program" in one]


@pytest.mark.parametrize("written", ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", ""])
def test_config_map_that_was_written_before_the_template_is_not_armed(written):
    assert [] == findings(
        daemon_set(**HELM),
        [revision(2, NEW, "agent")],
        [pod(node, NEW, "agent") for node in ("n1", "n2", "n3")],
        [config_map("agent", written=written)],
    )


@pytest.mark.parametrize(
    ("thing", "fix"),
    [
        (daemon_set(), "The rollout continues by itself"),
        (daemon_set(strategy="OnDelete"), "OnDelete restarts nothing by itself: delete the pods"),
        (
            daemon_set(strategy="OnDelete", annotations={WAVES_ANNOTATION: "{}"}),
            "OnDelete restarts nothing by itself: run `pulumi up`",
        ),
    ],
)
def test_what_to_do_about_pods_that_are_behind(thing, fix):
    assert [fix] == [finding.fix for finding in status_of(seen(thing, pods=MOVING)).findings]


def test_kinds_of_records_that_could_not_be_read_are_findings():
    unread = Finding("ConfigMap n/agent-rollouts: line 1", "is no JSON", "Leave it")

    assert [unread] == status_of(seen(unread=[unread])).findings


def test_many_nodes_are_counted_not_listed():
    pods = [pod(f"n{number:02}", OLD) for number in range(50)]

    (finding,) = findings(pods=pods, labels={one["spec"]["nodeName"]: {} for one in pods})
    assert finding.endswith(": n00, n01, n02, n03, n04 and 45 more")


WAVES = {
    "first": [{"name": "canary", "nodes": 1}, {"name": "labelled", "match_labels": {"x": "y"}}],
    "by": "topology.kubernetes.io/zone",
}


def test_waves_are_those_of_the_annotation():
    labels = NODES | {"n4": {"x": "y"}, "n5": {}}
    text = json.dumps(parse_waves(WAVES)[0].membership())
    pods = [*PODS, pod("n4", OLD), pod("n5", OLD)]
    status = status_of(seen(daemon_set(annotations={WAVES_ANNOTATION: text}), pods=pods, labels=labels))
    sizes = {part.name: part.nodes for part in status.waves}

    assert (["canary", 5, 3], True) == (
        [next(iter(sizes)), sum(sizes.values()), sum(part.through for part in status.waves)],
        sizes.keys() <= {"canary", "labelled", "a", "b", "rest"},
    )
    assert ([Part("a", 2, 2), Part("b", 1, 1)]) == list(status.zones)


@pytest.mark.parametrize("given", [WAVES, {}, {"first": [{"name": "x", "match_expressions": [
    {"key": "k", "operator": "NotIn", "values": ["v"]}, {"key": "l", "operator": "Exists"}]}]}])  # fmt: skip
def test_membership_is_what_it_was_made_of(given):
    waves, _ = parse_waves(given)

    assert (waves, []) == parse_waves(json.loads(json.dumps(waves.membership())))


@pytest.mark.parametrize("text", ["", "[]", '{"first": [{}]}', "{"])
def test_annotation_that_describes_no_waves_is_a_finding(text):
    thing = daemon_set(annotations={WAVES_ANNOTATION: text})

    assert ["annotation config-rollout/waves: does not describe waves"] == findings(thing)


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (daemon_set(), True),
        (daemon_set("", "agent"), False),
        (daemon_set("", "agent", restored_from()), True),
    ],
)
def test_daemon_set_that_is_ours_or_follows_the_convention(thing, expected):
    assert expected == is_ours(thing)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ""),
        (["kube-root-ca.crt"], ""),
        (["kube-root-ca.crt", "other", NEW_NAME], NEW_NAME),
        (["agent", "other"], "agent"),
    ],
)
def test_config_map_that_a_pod_reads(names, expected):
    assert expected == config_map_of({"volumes": [{"configMap": {"name": name}} for name in names]}, "agent")


def test_pod_of_another_owner_is_none_of_ours():
    stranger = pod("n4")
    stranger["metadata"]["ownerReferences"] = [{"uid": "other", "controller": True}]

    assert ["n1", "n2", "n3"] == [one.node for one in seen(pods=[*PODS, stranger]).pods]
    one = seen().pods[0]

    assert ("agent-n1", "n1", NEW, NEW_NAME, True, "b") == (
        one.name,
        one.node,
        one.config_hash,
        one.config_map,
        one.available,
        one.revision,
    )


@pytest.mark.parametrize(
    "given",
    [
        {"records": [record()]},
        {"pods": MOVING, "records": [record("halted")]},
        {"thing": daemon_set("", "agent", PAUSED), "revisions": [], "pods": []},
    ],
)
def test_json_is_as_its_schema_says(given):
    schema = json.loads((ROOT / "docs" / "schemas" / "status.json").read_text())

    jsonschema.validate(json.loads(json.dumps(status_json([status_of(seen(**given))]))), schema)


def test_json_has_the_state_and_every_pod():
    (one,) = status_json([status_of(seen(pods=MOVING))])["daemon_sets"]

    assert ("rolling", NEW, 2) == (one["state"], one["config_hash"], one["revision"])
    assert {"name": "agent-n2", "node": "n2", "config_hash": OLD, "config_map": OLD_NAME, "ready": True} == (
        one["pods"][1]
    )


def test_lines_say_what_runs_where():
    assert [
        "n/agent: rolling, bbbbbbbbbb, revision 2: 1 of 3 pods are ready with it",
        f"  revision  2  bbbbbbbbbb  1 of 3 pods  ConfigMap {NEW_NAME}",
        f"  revision  1  aaaaaaaaaa  2 of 3 pods  ConfigMap {OLD_NAME}",
        "  zone  a  1 of 2 nodes",
        "  zone  b  0 of 1 nodes",
        "  ! pods behind: 2 of 3 have configuration aaaaaaaaaa, not bbbbbbbbbb: n2, n3. The rollout continues by "
        "itself.",
    ] == lines_of(status_of(seen(pods=MOVING)))


ROLLING, WORSE, DONE = (
    status_of(seen(pods=pods)) for pods in (MOVING, [pod("n1", ready=False, why="OOMKilled"), *MOVING[1:]], PODS)
)
PROBLEM = "pods: 1 of 3 is not ready: n1 (OOMKilled). `kubectl -n n describe pod agent-n1` says more."


@pytest.mark.parametrize(
    ("before", "now", "known", "expected"),
    [
        (None, ROLLING, "", ""),  # that a rollout is not through yet is no problem
        (ROLLING, WORSE, "", PROBLEM),
        (WORSE, WORSE, PROBLEM, PROBLEM),
        (WORSE, DONE, PROBLEM, ""),
    ],
)
def test_newest_problem(before, now, known, expected):
    assert expected == newest_problem(before, now, known)


def test_single_pod_is_no_change_of_state_and_a_zone_is():
    two, zone = (status_of(seen(pods=pods)) for pods in ([MOVING[0], *MOVING[1:]], [*PODS[:2], MOVING[2]]))

    assert change_of_state(ROLLING, "") == change_of_state(two, "")
    assert change_of_state(ROLLING, "") != change_of_state(zone, "")
    assert change_of_state(ROLLING, "") != change_of_state(ROLLING, PROBLEM)
    assert f"n/agent: rolling, bbbbbbbbbb, revision 2: 1 of 3 pods are ready with it. {PROBLEM}" == (
        line_of(ROLLING, PROBLEM)
    )


def test_revisions_that_nobody_has_are_left_out_but_for_the_newest():
    assert [2] == [one.revision.number for one in status_of(seen()).running]
    assert [2] == [one.revision.number for one in status_of(seen(pods=[])).running]
    assert 2 == len(REVISIONS)


def test_pods_with_an_older_content_of_what_someone_else_owns():
    view = seen()
    pods = [
        replace(pod, external=json.dumps({"ca": of})) for pod, of in zip(view.pods, ("old", "new", "old"), strict=True)
    ]
    finding = Finding(
        "external ConfigMap ca",
        "2 of 3 have an older one: n1, n3",
        "Run `pulumi up`, which restarts them: nothing does so by itself",
    )

    assert [finding] == status_of(replace(view, pods=pods, external={"ca": "new"})).findings
    assert [] == status_of(replace(view, pods=view.pods, external={"ca": "new"})).findings


@pytest.mark.parametrize(("noted", "count"), [(None, 2), ('{"Secret tls": "x"}', 0)])
def test_hash_is_named_by_the_only_config_map_alone(noted, count):
    thing = daemon_set(config_map=OLD_NAME)
    template = thing["spec"]["template"]
    template["metadata"]["annotations"] |= {"config-rollout/external": noted} if noted else {}
    pods = [replace(one, config_map=OLD_NAME, external=noted or "") for one in seen().pods]
    findings = status_of(replace(seen(), pods=pods, workload=thing)).findings

    assert count == len([finding for finding in findings if OLD_NAME in finding.what])


def test_secret_of_someone_else_is_not_compared():
    thing = daemon_set()
    thing["spec"]["template"]["metadata"]["annotations"]["config-rollout/external"] = '{"Secret tls": "x", "ca": "y"}'

    assert ["ca"] == external_names(thing)


def test_hash_of_what_someone_else_owns_is_of_what_pods_read_now():
    thing = daemon_set()
    template = thing["spec"]["template"]
    template["metadata"]["annotations"]["config-rollout/external"] = '{"ca": "x"}'
    template["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "ca"}}]
    of = config_map("ca", data={"ca.crt": "one"})
    view = WorkloadView.of(Observation("n", "agent", workload=thing, config_maps={"ca": of}))

    assert {"ca": external_source(template["spec"], "ca", of).hash} == view.external
    assert view.external != WorkloadView.of(Observation("n", "agent", workload=thing)).external


class Walked(dict):
    """Labels of nodes that count how often they are gone through."""

    walks = 0

    def __iter__(self):
        self.walks += 1
        return super().__iter__()


def test_nodes_are_gone_through_as_often_for_many_pods_as_for_few():
    def walks(nodes):
        labels = Walked({f"n{number}": {} for number in range(nodes)})
        status_of(replace(seen(pods=[pod(node) for node in labels]), labels=labels))
        return labels.walks

    assert walks(3) == walks(300)
