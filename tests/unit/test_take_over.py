"""What a workload that someone else made becomes when it is taken over, as plain values."""

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.explain.taking_over import RESTARTS_ONCE, TakeOver, holds_unknown, replacing
from config_rollout.core.kubernetes.field_managers import handed_over, others
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.markers import UNKNOWN
from config_rollout.core.waves.words import WavePlan
from config_rollout.core.workload.configuration import Configuration
from config_rollout.core.workload.render import render
from config_rollout.core.workload.secret import Secret, SecretKey
from config_rollout.core.workload.source import Source
from config_rollout.core.workload.workload import Workload

TIME = "2026-11-28T22:10:00Z"
KUBECTL = "kubectl-client-side-apply"


def entry(manager, fields, operation="Update", time=TIME, **more):
    return {"manager": manager, "operation": operation, "time": time, "fieldsV1": fields, **more}


STATUS = entry("kube-controller-manager", {"f:status": {}}, subresource="status")
SCALED = entry("autoscaler", {"f:spec": {"f:replicas": {}}}, subresource="scale")


def thing(*entries):
    return {"metadata": {"name": "agent", "managedFields": list(entries)}}


@pytest.mark.parametrize(
    ("manager", "operation", "goes"),
    [
        (KUBECTL, "Update", True),
        ("helm", "Update", True),
        ("kubectl", "Apply", True),
        ("kubectl-rollout", "Update", True),
        ("pulumi-kubernetes-1234", "Apply", True),
        ("config-rollout", "Apply", True),  # an adopted kube-proxy's
        ("config-rollout-own", "Update", True),
        ("config-rollout-own", "Apply", False),
        ("config-rollout", "Update", False),
        ("config-rollout-audit", "Update", False),  # the change cause
        ("config-rollout-driver", "Update", False),
    ],
)
def test_fields_of_whoever_wrote_the_workload_go_to_us(manager, operation, goes):
    one = entry(manager, {"f:spec": {"f:a": {}}}, operation)

    assert ([one] if goes else []) == others(thing(one, STATUS, SCALED))
    assert ("config-rollout-own" in {of["manager"] for of in handed_over(thing(one, STATUS, SCALED))}) == (
        goes or manager == "config-rollout-own"
    )


def test_nothing_is_handed_over_where_nobody_else_wrote():
    mine = entry("config-rollout-own", {"f:spec": {}}, "Apply")

    assert [mine, STATUS] == handed_over(thing(mine, STATUS))


def test_fields_of_all_are_united_and_say_where_one_of_them_has_a_whole_field():
    ours = entry("config-rollout-own", {"f:spec": {"f:a": {}, "f:m": {"f:x": {}}}}, "Apply", "2026-11-28T22:00:00Z")
    theirs = entry(KUBECTL, {"f:spec": {"f:b": {}, "f:m": {}}, "f:metadata": {"f:finalizers": {}, "f:labels": {}}})
    late = entry("kubectl-edit", {"f:spec": {"f:m": {".": {}, "f:y": {}}}}, time="2026-11-28T23:00:00Z")

    assert [
        {
            "manager": "config-rollout-own",
            "operation": "Apply",
            "time": "2026-11-28T23:00:00Z",
            "fieldsV1": {
                "f:spec": {"f:a": {}, "f:b": {}, "f:m": {".": {}, "f:x": {}, "f:y": {}}},
                "f:metadata": {"f:labels": {}},
            },
        },
        STATUS,
    ] == handed_over(thing(ours, theirs, STATUS, late))


CONFIGURATION = Configuration.of({"agent": Content({"agent.yaml": b"level: info\n"})})
OBJECT = CONFIGURATION.object_names("agent")["agent"]


def pod_spec(config_map="agent", volume="config", **more):
    containers = [{"name": "agent", "image": "agent:1", "volumeMounts": [{"name": volume, "mountPath": "/etc"}]}]
    return {"containers": containers, "volumes": [{"name": volume, "configMap": {"name": config_map}}], **more}


def live(config_map="agent-config", annotations=None, managers=None, spec=None, **more):
    return {
        "metadata": {
            "name": "agent",
            "namespace": "n",
            "labels": {"app.kubernetes.io/name": "agent"},
            "annotations": annotations or {},
            "managedFields": [*([entry(KUBECTL, {})] if managers is None else managers), STATUS],
        },
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": {
                "metadata": {"labels": {"app": "agent"}, "annotations": {}},
                "spec": pod_spec(config_map, **more),
            },
            **(spec or {}),
        },
        "status": {"desiredNumberScheduled": 1},
    }


def wanted(configuration=CONFIGURATION, of=None, **more):
    workload = Workload(
        DAEMON_SET,
        "agent",
        "n",
        of or pod_spec(),
        selector={"app": "agent"},
        labels={"app.kubernetes.io/name": "agent"},
        pod_labels={"app": "agent"},
        spec=more,
    )
    return render(workload, configuration).workload


def config_map(name="agent-config", text="level: info\n"):
    return {name: {"metadata": {"name": name, "namespace": "n"}, "data": {"agent.yaml": text}}}


def taken(of=None, to=None, config_maps=None, **more):
    of, to = of or live(), to or wanted()
    given = config_map() if config_maps is None else config_maps
    return TakeOver(of, to, CONFIGURATION, given, **{"result": {**to, "metadata": {**to["metadata"]}}, **more})


COSTS = [
    RESTARTS_ONCE,
    f"  {KUBECTL} (2026-11-28 22:10 UTC) wrote it: what this program leaves out of that goes",
    "  ConfigMap n/agent-config stays; no new pod reads it, but `kubectl rollout undo` needs it",
    "  `kubectl apply` of its old manifest would overwrite it: take it out of there",
    "  rolling restart of DaemonSet n/agent, at most 1 pod at a time",
]


def test_same_configuration_under_another_name_costs_one_restart():
    assert [
        "takes over DaemonSet n/agent, created by `kubectl apply`: one rolling restart of 1 pod",
        "  = configuration: unchanged",
        f"  ~ the pods' ConfigMap: agent-config => {OBJECT}",
        "  nothing else of the DaemonSet changes",
        *COSTS,
    ] == taken().explain().splitlines()


def test_configuration_is_compared_by_meaning_and_the_rest_field_by_field():
    of = live(hostNetwork=True, spec={"minReadySeconds": 5})
    lines = taken(of, config_maps=config_map(text="# a comment\nlevel: warn\n")).explain().splitlines()

    assert [
        "  ~ agent.yaml",
        "      ~ level: warn => info",
        "  - minReadySeconds: 5: restarts nothing",
        "  - hostNetwork: true",
        f"  ~ the pods' ConfigMap: agent-config => {OBJECT}",
        "  nothing else of the DaemonSet changes",
        *COSTS,
    ] == lines[1:]


def test_what_its_maker_keeps_on_it_for_itself_is_counted_and_not_shown():
    annotations = {
        "kubectl.kubernetes.io/last-applied-configuration": '{"env": "hunter2"}',
        "meta.helm.sh/release-name": "agent",
        "meta.helm.sh/release-namespace": "n",
    }
    text = taken(live(annotations=annotations)).explain()

    assert "  - annotations and labels of its maker's own (3): restarts nothing" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("annotations", "manager", "advice"),
    [
        (
            {"meta.helm.sh/release-name": "fluent", "meta.helm.sh/release-namespace": "log"},
            "helm",
            "    kubectl -n log delete secret -l owner=helm,name=fluent",
        ),
        (
            {"config-rollout/stack": "o/p/theirs", "config-rollout/component": "T::a"},
            "config-rollout-own",
            "    pulumi state delete --target-dependents 'urn:pulumi:theirs::p::T::a'",
        ),
        (
            {},
            "pulumi-kubernetes-12",
            "  is in a resource of another name; there, run `pulumi state delete` with its URN",
        ),
        ({}, "kubectl-edit", "  `kubectl apply` of its old manifest would overwrite it: take it out of there"),
    ],
)
def test_whoever_made_it_is_kept_from_writing_it_again(annotations, manager, advice):
    assert advice in taken(live(annotations=annotations, managers=[entry(manager, {})])).explain().splitlines()


def test_workload_that_is_already_as_wanted_restarts_nothing():
    to = wanted()
    of = live()
    of["spec"] = to["spec"]

    text = taken(of, to, config_map(OBJECT)).explain()

    assert "nothing restarts\n  = configuration: unchanged\n  nothing else of the DaemonSet changes\n" in text
    assert "one rolling restart" not in text
    assert "stays" not in text


def test_without_the_api_server_s_word_what_the_program_leaves_out_is_not_shown():
    take_over = taken(live(hostNetwork=True), result=None, why="some of it is not known yet")

    assert "hostNetwork" not in take_over.explain()
    assert "  not shown is what this program leaves out: some of it is not known yet" in take_over.explain()
    assert take_over.restarts


def test_waves_say_how_the_restart_goes():
    plan = WavePlan(["canary  1 node"], 1)

    assert taken(plan=plan).explain().endswith("DaemonSet n/agent, wave by wave\n    canary  1 node")


@pytest.mark.parametrize(
    ("names", "then", "pairs"),
    [
        ({"agent": "agent"}, "config", "agent"),  # by its name
        ({"agent-config": "config"}, "config", "agent-config"),  # by the volume
        ({"agent-config": "other"}, "config", "agent-config"),  # it is the only one
        ({"a": "one", "b": "two"}, "config", None),
        ({"a": "one", "b": "config"}, "config", "b"),
    ],
)
def test_config_map_that_the_pods_read_until_now(names, then, pairs):
    of, there = live(), {}
    volumes = [{"name": volume, "configMap": {"name": name}} for name, volume in names.items()]
    of["spec"]["template"]["spec"]["volumes"] = volumes
    for name in names:
        there |= config_map(name, "level: warn\n")
    (key,) = taken(of, wanted(of=pod_spec(volume=then)), there).keys

    assert ("+" if pairs is None else "~") == key.op


def test_object_that_others_own_is_compared_with_itself():
    sources = [*CONFIGURATION.sources, Source("ca", Content({"agent.yaml": b"level: info\n"}), external=True)]
    take_over = TakeOver(live(), wanted(), Configuration(sources), {**config_map(), **config_map("ca")}, wanted())

    assert [] == take_over.keys


@pytest.mark.parametrize(("read", "keys"), [("tls", []), ("other", ["external Secret tls: tls.key"])])
def test_secret_that_others_own_is_compared_with_itself_where_pods_read_it(read, keys):
    of = live()
    of["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": read}}]
    tls = Secret("tls", "0" * 64, "key", keys={"tls.key": SecretKey(1, "text", "means")}, external=True)
    take_over = TakeOver(of, wanted(), Configuration(CONFIGURATION.sources, [tls]), config_map(), wanted())

    assert keys == [change.name for change in take_over.keys]


def test_dry_run_replaces_what_others_wrote_and_leaves_what_they_did_not():
    of = live(
        annotations={"theirs": "1", "controller": "2"},
        managers=[entry(KUBECTL, {"f:metadata": {"f:annotations": {".": {}, "f:theirs": {}}}})],
    )
    spec, labels, annotations = replacing(of, {"metadata": {"annotations": {"ours": "3"}}, "spec": {"a": None, "b": 1}})

    assert {"op": "replace", "path": "/spec", "value": {"b": 1}} == spec
    assert {"controller": "2", "ours": "3"} == annotations["value"]
    assert ("add", "/metadata/labels") == (labels["op"], labels["path"])


@pytest.mark.parametrize(("value", "unknown"), [({"a": [{"b": 1}]}, False), ({"a": [{"b": UNKNOWN}]}, True)])
def test_value_that_is_not_known_yet_is_found_anywhere(value, unknown):
    assert unknown == holds_unknown(value)
