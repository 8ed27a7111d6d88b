"""What a workload that someone else made becomes when it is taken over, as plain values."""

import base64

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.keyed import HashKey
from config_rollout.core.configuration.secret_content import parse_secret
from config_rollout.core.explain.taking_over import (
    ReadNow,
    TakeOver,
    holds_unknown,
    left_alone,
    replacing,
    restarts_once,
    with_live,
)
from config_rollout.core.kubernetes.field_managers import handed_over, others, ours_alone
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT
from config_rollout.core.markers import UNKNOWN
from config_rollout.core.waves.words import WavePlan
from config_rollout.core.workload.configuration import Configuration
from config_rollout.core.workload.render import render
from config_rollout.core.workload.secret import Secret, SecretKey, SecretSource
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


OURS = "pulumi-kubernetes-1a2b"


def test_what_we_applied_is_nobody_elses_and_what_others_alone_wrote_stays_theirs():
    ours = entry(OURS, {"f:metadata": {"f:labels": {"f:a": {}}}, "f:rules": {}}, "Apply")
    metadata = {"f:labels": {".": {}, "f:a": {}}, "f:annotations": {"f:release": {}}}
    helm = entry("helm", {"f:metadata": metadata, "f:rules": {}})
    same = entry("kubectl", {"f:metadata": {"f:labels": {".": {}, "f:a": {}}}})

    assert [ours, {**helm, "fieldsV1": {"f:metadata": {"f:annotations": {"f:release": {}}}}}, STATUS] == ours_alone(
        thing(ours, helm, same, STATUS), OURS
    )


@pytest.mark.parametrize(
    ("manager", "operation"),
    [("pulumi-kubernetes-9f8e", "Apply"), (f"{OURS}-second", "Apply"), (OURS, "Update"), ("helm", "Apply")],
)
def test_whoever_else_applied_the_same_is_not_us_whatever_its_name_begins_with(manager, operation):
    ours, other = entry(OURS, {"f:data": {"f:a": {}}}, "Apply"), entry(manager, {"f:data": {"f:a": {}}}, operation)

    assert [ours] == ours_alone(thing(other, ours), OURS)


def test_all_fields_stay_whose_they_are_where_we_applied_nothing():
    written = [entry("helm", {"f:data": {"f:a": {}}}), entry(OURS, {"f:data": {"f:a": {}}}), STATUS]

    assert written == ours_alone(thing(*written), OURS)


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
    return TakeOver(of, to, CONFIGURATION, ReadNow(given), **{"result": {**to, "metadata": {**to["metadata"]}}, **more})


COSTS = [
    restarts_once(),
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
    take_over = TakeOver(
        live(), wanted(), Configuration(sources), ReadNow({**config_map(), **config_map("ca")}), wanted()
    )

    assert [] == take_over.keys


@pytest.mark.parametrize(("read", "keys"), [("tls", []), ("other", ["external Secret tls: tls.key"])])
def test_secret_that_others_own_is_compared_with_itself_where_pods_read_it(read, keys):
    of = live()
    of["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": read}}]
    tls = Secret("tls", "0" * 64, "key", keys={"tls.key": SecretKey(1, "text", "means")}, external=True)
    take_over = TakeOver(of, wanted(), Configuration(CONFIGURATION.sources, [tls]), ReadNow(config_map()), wanted())

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


DEPLOYED = {"replicas": 3, "strategy": {"type": "RollingUpdate"}}
AUTOSCALER = entry("hpa", {"f:spec": {"f:replicas": {}}}, subresource="scale")


def test_deployment_says_its_own_name_number_of_pods_and_strategy():
    of = live(spec=DEPLOYED, managers=[entry(KUBECTL, {})])
    lines = taken(of, wanted(**DEPLOYED), kind=DEPLOYMENT).explain().splitlines()

    assert "takes over Deployment n/agent, created by `kubectl apply`: one rolling restart of 3 pods" == lines[0]
    assert "  nothing else of the Deployment changes" in lines
    assert lines[-1].startswith("  rolling restart of Deployment n/agent, at most 25% of its pods unavailable")


def test_number_of_pods_that_the_program_leaves_out_stays_as_it_is():
    spec, *_ = replacing(live(spec=DEPLOYED), wanted())
    whole, *_ = replacing(live(spec=DEPLOYED), wanted(replicas=5))
    theirs = entry(KUBECTL, {"f:spec": {"f:replicas": {}, "f:template": {}}})
    (mine,) = handed_over(thing(theirs), left_alone(wanted()))
    (all_of_it,) = handed_over(thing(theirs), left_alone(wanted(replicas=5)))

    assert (3, 5) == (spec["value"]["replicas"], whole["value"]["replicas"])
    assert ({"f:template"}, {"f:replicas", "f:template"}) == (
        set(mine["fieldsV1"]["f:spec"]),
        set(all_of_it["fieldsV1"]["f:spec"]),
    )


@pytest.mark.parametrize(("replicas", "told"), [(5, True), (3, False)])
def test_whoever_scales_it_is_named_where_the_number_would_change(replicas, told):
    of = live(spec=DEPLOYED, managers=[AUTOSCALER])
    text = taken(of, wanted(**{**DEPLOYED, "replicas": replicas}), kind=DEPLOYMENT).explain()

    assert told == ("  hpa scales it: leave `replicas` out, and their number stays as it is" in text.splitlines())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("spec", "replicas"), {"spec": {"replicas": 7, "items": [{"a": 1}, {"a": 2}]}}),
        (("spec", "items", 0, "a"), {"spec": {"replicas": 3, "items": [{"a": 8}, {"a": 2}]}}),
        (("spec", "items", "*", "a"), {"spec": {"replicas": 3, "items": [{"a": 8}, {"a": 9}]}}),
        (("spec", "none"), {"spec": {"replicas": 3, "items": [{"a": 1}, {"a": 2}]}}),
        (("spec", "mine"), {"spec": {"replicas": 3, "items": [{"a": 1}, {"a": 2}], "mine": 1}}),
        (("spec", "*"), {"spec": {"replicas": 7, "items": [{"a": 8}, {"a": 9}], "mine": 1}}),
    ],
)
def test_what_the_engine_ignores_is_as_it_is(path, expected):
    of = {"spec": {"replicas": 7, "items": [{"a": 8}, {"a": 9}], "mine": 1}}

    assert expected == with_live({"spec": {"replicas": 3, "items": [{"a": 1}, {"a": 2}]}}, of, path)


PIN, LONGER = "swordfish", "swordfish and more"


def secret_source(text=PIN, name="agent-token", unknown=()):
    content, _ = parse_secret({"string_data": {"token": text}})
    return SecretSource(name, content, HashKey(b"a hash key of the stack, 32 letters"), "agent", unknown)


def with_secret(of, name):
    """Return a workload whose pods read a Secret too."""
    spec = of["spec"]["template"]["spec"]
    volume = {"name": "token", "secret": {"secretName": name}}
    template = {**of["spec"]["template"], "spec": {**spec, "volumes": [*spec["volumes"], volume]}}
    return {**of, "spec": {**of["spec"], "template": template}}


def taken_with_secret(source, now=LONGER, called="token-of-helm", **more):
    """Return the take-over of pods that read a Secret of that name and token by a program with the source."""
    there = {called: {"data": {"token": base64.b64encode(now.encode()).decode()}}} if now else {}
    configuration = Configuration(CONFIGURATION.sources, [source.public])
    names = configuration.secret_names("agent")
    to = with_secret(wanted(configuration), names.get("agent-token", "unknown"))
    now = ReadNow(config_map(), there, **more)
    return TakeOver(with_secret(live(), called), to, configuration, now, to, secrets=[source])


def test_secret_is_compared_by_its_keys_and_no_value_is_told():
    take_over = taken_with_secret(secret_source())
    lines = take_over.explain().splitlines()

    assert "  ~ Secret agent-token: token: 18 => 9 bytes changed" in lines
    assert f"  ~ the pods' Secret: token-of-helm => {secret_source().public.object_name('agent')}" in lines
    assert restarts_once(["ConfigMap", "Secret"]) in lines
    stays = "stays; no new pod reads it, but `kubectl rollout undo` needs it"
    assert f"  Secret n/token-of-helm {stays}" in lines
    assert [] == [text for text in (repr(take_over), take_over.explain()) if PIN in text]


def test_secret_that_means_the_same_is_no_change():
    assert [] == taken_with_secret(secret_source(), PIN).keys


def test_secret_that_may_not_be_read_is_not_compared_and_the_permission_is_named():
    right = "get secrets 'token-of-helm' in namespace n"
    take_over = taken_with_secret(secret_source(), None, hidden={"token-of-helm": right})

    assert [] == take_over.keys
    assert f"  ? Secret agent-token: not compared, since this user may not {right}" in take_over.explain().splitlines()


def test_secret_that_is_not_known_yet_is_not_compared():
    assert [] == taken_with_secret(secret_source(unknown=["token"])).keys


def test_secret_that_is_not_there_is_new():
    (change,) = taken_with_secret(secret_source(), None).keys

    assert ("+", (9,)) == (change.op, change.sizes)


def test_one_that_others_own_stands_for_none_of_ours():
    of = live("ca")
    sources = [*CONFIGURATION.sources, Source("ca", Content({"agent.yaml": b"level: info\n"}), external=True)]
    take_over = TakeOver(of, wanted(), Configuration(sources), ReadNow(config_map("ca")), wanted())

    assert ["+"] == [change.op for change in take_over.keys]


def test_pods_that_read_nothing_of_ours_restart_to_say_what_they_read():
    sources = [Source("agent-config", Content({"agent.yaml": b"level: info\n"}), external=True)]
    to = wanted(Configuration(sources), pod_spec("agent-config"))
    text = TakeOver(live(), to, Configuration(sources), ReadNow(config_map()), to).explain()

    assert restarts_once([]) in text.splitlines()
    assert "say which configuration they read" in text
    assert "the pods' ConfigMap" not in text
