"""What becomes of manifests that others wrote: what is registered as it is, what prevents it, and what is noted."""

import json
from types import MappingProxyType

import pytest

from config_rollout.core.manifests.asked import parse_asked
from config_rollout.core.manifests.items import check_items, items_of_objects, items_of_text
from config_rollout.core.manifests.plan import plan
from config_rollout.core.manifests.render_errors import cause_of_rendering
from config_rollout.core.manifests.scope import is_namespaced, scopes
from config_rollout.core.markers import UNKNOWN
from config_rollout.core.replay.other_tools import kustomize_suffix
from tests.objects.manifests import source, workload

READS = (
    'metadata: {labels: {app: agent%s}, annotations: {%s}}, spec: {containers: [{name: agent, image: "agent:1", '
    "volumeMounts: [{name: c, mountPath: /etc/agent}]}], volumes: [{name: c, configMap: {name: %s}}]}"
)


def reads(name="agent", annotations="", labels="", **of):
    return workload(READS % (labels, annotations, name), **of)


def planned(text, asked=MappingProxyType({}), **options):
    """Return the plan and the findings, as text, of manifests in the namespace `default`."""
    items, findings = items_of_text("m.yaml", text.encode())
    findings = [*findings, *check_items(items)]
    said, wrong = parse_asked(asked)
    if findings or wrong:
        return None, [str(one) for one in [*findings, *wrong]]
    made, findings = plan([item.within("default") for item in items], said, **options)
    return made, [str(one) for one in findings]


def kept(text, **options):
    """Return kind and name of what is registered as it is."""
    return [f"{item.of.kind} {item.of.name}" for item in planned(text, **options)[0].objects]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a: {{ b }}", "m.yaml:1: has template syntax. Render it first."),
        ("a: [", "m.yaml:1: cannot be read"),
        ("- 1", "m.yaml:1: is not a Kubernetes object. Pass rendered manifests."),
        ("a: b", "m.yaml:1: is not a Kubernetes object: it has no apiVersion and kind. Pass manifests."),
        ("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}",
         "m.yaml:1: Pod: has generateName and no name, so each `up` would make another one. Give it a name."),
        ("apiVersion: v1\nkind: Pod", "m.yaml:1: Pod: has no metadata.name. Give it a name."),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: '{{ a }}'}", "m.yaml:1: Pod: metadata.name: has template syntax"),
        (source() + source(), "m.yaml:6: ConfigMap default/agent: is also in m.yaml:1. Keep one of them."),
        (reads(), "m.yaml:1: DaemonSet default/agent: reads ConfigMap 'agent', which is not among the manifests"),
        (workload().replace("template: {spec: {}}, ", ""),
         "m.yaml:1: DaemonSet default/agent: has no spec.template.spec. Correct it."),
        (reads().replace("matchLabels: {app: agent}", "matchExpressions: [{key: app, operator: Exists}]") + source(),
         "m.yaml:1: DaemonSet default/agent: has a selector with matchExpressions (app)"),
        (reads().replace("selector: {matchLabels: {app: agent}}, ", "") + source(),
         "m.yaml:1: DaemonSet default/agent: has no spec.selector.matchLabels. Add the labels of its pods."),
        (reads() + source(data="{a: 7}"), "m.yaml:7: ConfigMap default/agent: data['a']: must be text"),
        (source(more="annotations: {config.kubernetes.io/depends-on: /Pod/a}"), "which is not among the manifests"),
        (source("a", more="annotations: {config.kubernetes.io/depends-on: /namespaces/default/ConfigMap/b}")
         + source("b", more="annotations: {config.kubernetes.io/depends-on: /namespaces/default/ConfigMap/a}"),
         "makes objects wait for each other"),
    ],
)  # fmt: skip
def test_what_cannot_be_registered_is_said(text, wrong):
    assert wrong in "\n".join(planned(text)[1])


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ([], "workloads: must map KIND/NAME to a mapping (got list). Pass {'DaemonSet/agent': {...}}."),
        ({"agent": {}}, "workloads['agent']: must be KIND/NAME or KIND/NAMESPACE/NAME"),
        ({"Job/agent": {}}, "and KIND one of DaemonSet, Deployment"),
        ({"DaemonSet/agnt": {}}, "workloads['DaemonSet/agnt']: is not among the manifests. Write 'DaemonSet/agent'"),
        ({"DaemonSet/agent": {"wave": {}}}, "workloads['DaemonSet/agent'].wave: is not a known field"),
        ({"DaemonSet/agent": {"exclude": "yes"}}, "workloads['DaemonSet/agent'].exclude: must be True or False"),
        ({"DaemonSet/agent": {"formats": {"b": "yaml"}}}, "is about 'b', which none of what its pods read has"),
        ({"DaemonSet/agent": {"effects": {"other/a.yaml": "none"}}}, "is about 'other/a.yaml'"),
    ],
)
def test_what_is_said_of_no_workload_is_refused(asked, wrong):
    assert wrong in "\n".join(planned(reads() + source(), asked)[1])


@pytest.mark.parametrize(
    ("more", "whole"),
    [
        ("", []),
        (source("other"), ["ConfigMap other"]),
        (reads(kind="ReplicaSet"), ["ConfigMap agent", "ReplicaSet agent"]),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: agent, labels: {app: agent}}\n", ["Service agent"]),
        ("apiVersion: example.com/v1\nkind: Proxy\nmetadata: {name: p}\nspec: {configMap: agent}\n",
         ["ConfigMap agent", "Proxy p"]),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, args: [--map=x/agent]}]}\n",
         ["ConfigMap agent", "Pod p"]),
    ],
    ids=["nothing", "unread", "another kind", "chance", "custom resource", "argument of a program"],
)  # fmt: skip
def test_what_only_configured_workloads_read_has_no_other_name(more, whole):
    assert whole == sorted(kept(reads() + source() + more))


def test_config_map_that_one_workload_rereads_and_another_mounts_keeps_its_name_too():
    prometheus = (
        "spec: {containers: [{name: p, image: prom/prometheus, args: [--config.file=/c/a.yaml, --web.enable-lifecycle]"
        ", volumeMounts: [{name: c, mountPath: /c}]}, {name: r, image: 'jimmidyson/configmap-reload:v1', args: "
        "[--volume-dir=/c, --webhook-url=http://localhost:9090/-/reload], volumeMounts: [{name: c, mountPath: /c}]}], "
        "volumes: [{name: c, configMap: {name: agent}}]}"
    )
    rereading = workload(prometheus, kind="Deployment").replace("name: agent,", "name: p,", 1)

    assert ["ConfigMap agent"] == kept(reads() + rereading + source())


def test_suffix_of_kustomize_is_no_part_of_the_name():
    suffix = kustomize_suffix({"a.yaml": b"x"}, {})
    (part,) = planned(reads(f"agent-{suffix}") + source(f"agent-{suffix}"))[0].parts

    assert ["agent"] == [*part.arguments["config_maps"]]
    assert "agent" == part.arguments["pod_spec"]["volumes"][0]["configMap"]["name"]


@pytest.mark.parametrize(
    ("annotation", "note"),
    [
        ("checksum/config: " + "a" * 64, "annotations['checksum/config'] is taken out: it is of the text of ConfigMap"),
        ("checksum/secret: " + "a" * 64, "annotations['checksum/secret'] stays, so its changes restart the pods"),
        ("deployed-at: '2026-03-01T12:00:00Z'", "so every deployment restarts every pod; `leave_out` takes it out"),
    ],
)
def test_note_says_what_is_taken_out_and_what_stays(annotation, note):
    assert note in "\n".join(planned(reads(annotations=annotation) + source())[0].notes["DaemonSet default/agent"])


def test_label_that_changes_with_each_release_is_noted_until_it_is_left_out():
    text = reads(labels=", helm.sh/chart: agent-1.2.3") + source()

    assert [True, False] == [
        "is the chart's version" in str(planned(text, leave_out=keys)[0].notes) for keys in ([], ["helm.sh/chart"])
    ]


def test_label_that_a_selector_needs_is_not_left_out():
    assert "cannot be left out: spec.selector needs it" in planned(reads() + source(), leave_out=["app"])[1][0]


def test_lists_are_taken_apart():
    objects = {"kind": "List", "apiVersion": "v1", "items": [{"kind": "Pod"}, {"kind": "Job"}]}

    assert ["Pod", "Job"] == [item.of.kind for item in items_of_objects("manifests", objects, objects)[0]]
    assert ["Pod", "Job"] == [item.of.kind for item in items_of_text("m", json.dumps(objects).encode())[0]]


def test_name_that_is_not_known_is_refused():
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": UNKNOWN}}
    items, _ = items_of_objects("manifests[0]", pod, pod)

    assert ["manifests[0]: metadata.name must be known in preview, since they name it. Pass plain text."] == [
        str(one) for one in check_items(items)
    ]


def test_scope_of_a_kind_is_kubernetes_own_or_that_of_its_definition():
    text = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n---\n"
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\n"
        "apiVersion: a.io/v1\nkind: A\nmetadata: {name: a}\n---\n"
        "apiVersion: a.io/v1\nkind: B\nmetadata: {name: a}\n---\n"
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n"
        "spec: {group: a.io, scope: Cluster, names: {kind: A}}\n"
    )
    objects = [item.of for item in items_of_text("m", text.encode())[0]]

    assert [False, True, False, None, False] == [is_namespaced(o, scopes(objects)) for o in objects]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "spec", "chosen"),
    [
        ("Service", {}, ["spec.clusterIP", "spec.clusterIPs"]),
        ("Service", {"clusterIP": "None"}, ["spec.clusterIPs"]),
        ("PersistentVolumeClaim", {"storageClassName": "fast"}, ["spec.volumeName", "spec.volumeMode"]),
        ("Secret", {}, []),
    ],
)
def test_what_the_cluster_chooses_is_what_the_manifest_leaves_out(kind, spec, chosen):
    value = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    (item,), _ = items_of_objects("manifests", value, value)

    assert chosen == item.chosen_by_the_cluster


@pytest.mark.slow
def test_ten_thousand_objects_are_planned():
    text = "".join(source(f"c-{number}") for number in range(9_998)) + reads() + source()

    assert 9_998 == len(kept(text))


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("Exception: invoke of kubernetes:helm:template failed: invocation of kubernetes:helm:template returned an "
         "error: failed to generate YAML for specified Helm chart: failed to create chart from template: template: "
         'agent/templates/a.yaml:7:20: executing "agent/templates/a.yaml" at <include "x" .>: error calling include: '
         'template: agent/templates/_helpers.tpl:3:5: executing "x" at <.Values.a.b>: nil pointer evaluating '
         "interface {}.b",
         "agent/templates/_helpers.tpl:3:5: <.Values.a.b>: nil pointer evaluating interface {}.b"),
        ("failed to create chart from template: execution error at (agent/templates/a.yaml:3:4): level is required",
         "agent/templates/a.yaml:3:4: level is required"),
        ("failed to pull chart: chart not found.", "failed to pull chart: chart not found"),
    ],
)  # fmt: skip
def test_why_a_chart_is_not_rendered_is_said_with_template_and_line(message, cause):
    assert cause == cause_of_rendering(message)


@pytest.mark.parametrize(("kind", "waited"), [("ConfigMap", True), ("PersistentVolumeClaim", False)])
def test_only_a_claim_is_taken_over_without_being_waited_for(kind, waited):
    of = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "data"}}
    ((item,), _) = items_of_objects("manifests", of, of)

    assert waited == ("pulumi.com/skipAwait" not in item.taken_over_with)
