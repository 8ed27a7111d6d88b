"""What a component registers with Pulumi: names, parents, dependencies and options."""

import base64

import pulumi
import pulumi_kubernetes as k8s
import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash
from tests.wiring.conftest import DAEMON_SET, GOOD, HASH, POD_SPEC

CONFIG_MAP = f"ConfigMapPatch agent-{HASH[:10]}"


def test_component_registers_two_children(register):
    registered = register()

    assert {"ConfiguredDaemonSet agent", CONFIG_MAP, DAEMON_SET} == set(registered)
    assert ["agent", "agent"] == [registered[child].parent for child in (CONFIG_MAP, DAEMON_SET)]


def test_no_property_of_the_daemon_set_depends_on_a_resource(register):
    assert [] == [urn for urns in register()[DAEMON_SET].property_dependencies.values() for urn in urns]


def test_writes_of_all_children_may_be_tried_again(register):
    registered = register()

    assert [1, 1] == [len(registered[child].request.hooks.on_error) for child in (CONFIG_MAP, DAEMON_SET)]


def test_hooks_have_the_same_names_in_each_run(register):
    one, other = ([*register()[DAEMON_SET].request.hooks.on_error] for _ in range(2))

    assert ["config-rollout:failed"] == one == other


def test_daemon_set_waits_for_the_config_map(register):
    assert [f"agent-{HASH[:10]}"] == register()[DAEMON_SET].dependencies


def test_config_map_is_immutable_and_named_after_its_content(register):
    inputs = register()[CONFIG_MAP].inputs

    assert (GOOD, True) == (inputs["data"], inputs["immutable"])
    assert (f"agent-{HASH[:10]}", "monitoring") == (inputs["metadata"]["name"], inputs["metadata"]["namespace"])


def test_what_is_stated_to_do_nothing_is_not_in_the_name(register):
    effects = {"agent.yaml:level": "none"}
    names = [set(register(data={"agent.yaml": text}, effects=effects)) for text in ("level: info", "level: debug")]

    assert names[0] == names[1] != {"ConfiguredDaemonSet agent", CONFIG_MAP, DAEMON_SET}


def test_hash_is_the_only_annotation(register):
    template = register()[DAEMON_SET].inputs["spec"]["template"]

    assert {"checksum/config": HASH} == template["metadata"]["annotations"]


def test_pod_spec_passes_through_but_for_the_reference(register):
    assert {
        "containers": [
            {"name": "agent", "image": "agent:1", "volumeMounts": [{"name": "c", "mountPath": "/etc/agent"}]}
        ],
        "volumes": [{"name": "c", "configMap": {"name": f"agent-{HASH[:10]}"}}],
    } == register()[DAEMON_SET].inputs["spec"]["template"]["spec"]


def test_argument_classes_are_looked_into(register):
    container = k8s.core.v1.ContainerArgs(
        name="agent",
        image="agent:1",
        env_from=[k8s.core.v1.EnvFromSourceArgs(config_map_ref=k8s.core.v1.ConfigMapEnvSourceArgs(name="agent"))],
    )
    template = register(pod_spec=k8s.core.v1.PodSpecArgs(containers=[container]))[DAEMON_SET].inputs["spec"]["template"]

    assert [{"configMapRef": {"name": f"agent-{HASH[:10]}"}}] == template["spec"]["containers"][0]["envFrom"]


def test_caller_s_arguments_are_left_as_they_were(register):
    before = repr(POD_SPEC)
    register()

    assert before == repr(POD_SPEC)


def test_hash_stays_visible_when_the_image_is_unknown(register):
    image = pulumi.Output.from_input(pulumi.UNKNOWN)
    pod_spec = {**POD_SPEC, "containers": [{**POD_SPEC["containers"][0], "image": image}]}
    spec = register(preview=True, pod_spec=pod_spec)[DAEMON_SET].inputs["spec"]

    assert HASH == spec["template"]["metadata"]["annotations"]["checksum/config"]
    assert pulumi.runtime.rpc.UNKNOWN == spec["template"]["spec"]["containers"][0]["image"]


def test_binary_data_is_hashed_decoded(register):
    digest = config_hash(Content({}, {"k": b"\x00"}))

    assert f"ConfigMapPatch agent-{digest[:10]}" in register(
        data={}, binary_data={"k": base64.b64encode(b"\x00").decode()}
    )


def test_labels_are_on_both_objects_and_not_on_the_pods(register):
    registered = register(labels={"team": "net"})
    labels = {"app.kubernetes.io/name": "agent", "team": "net"}

    assert [{**labels, "config-rollout/daemon-set": "agent"}, labels] == [
        registered[child].inputs["metadata"]["labels"] for child in (CONFIG_MAP, DAEMON_SET)
    ]
    assert {"app.kubernetes.io/name": "agent"} == registered[DAEMON_SET].inputs["spec"]["template"]["metadata"][
        "labels"
    ]


def test_pod_labels_are_on_the_pods_alone_beside_the_selectors(register):
    daemon_set = register(pod_labels={"team": "net"})[DAEMON_SET].inputs

    assert {"app.kubernetes.io/name": "agent", "team": "net"} == daemon_set["spec"]["template"]["metadata"]["labels"]
    assert {"app.kubernetes.io/name": "agent"} == daemon_set["metadata"]["labels"]
    assert {"matchLabels": {"app.kubernetes.io/name": "agent"}} == daemon_set["spec"]["selector"]


def test_selector_is_what_the_pods_have_and_no_more(register):
    spec = register(selector={"app": "agent"})[DAEMON_SET].inputs["spec"]

    assert [{"app": "agent"}] * 2 == [spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"]]


def test_config_map_leaves_the_state_and_stays_in_the_cluster(register):
    assert register()[CONFIG_MAP].request.retainOnDelete


def test_config_map_of_an_older_release_is_the_same_resource(register):
    assert ["kubernetes:core/v1:ConfigMap"] == [alias.spec.type for alias in register()[CONFIG_MAP].request.aliases]


@pytest.mark.parametrize(
    "given", [{"kubeconfig": "x"}, {"context": "x"}, {"kubeconfig": pulumi.Output.from_input("x")}]
)
def test_provider_of_the_program_s_own_needs_its_cluster(register, given):
    def opts():
        return pulumi.ResourceOptions(provider=k8s.Provider("mine", kubeconfig="x"))

    assert DAEMON_SET in register(opts=opts, **given)
    with pytest.raises(ValueError, match="kubeconfig: is required with a provider of your own"):
        register(opts=opts)


def test_kubernetes_name_of_its_own(register):
    registered = register("component", name_="agent")

    assert {"ConfiguredDaemonSet component", f"ConfigMapPatch component-{HASH[:10]}", "DaemonSet component"} == set(
        registered
    )
    assert "agent" == registered["DaemonSet component"].inputs["metadata"]["name"]


@pytest.mark.parametrize(
    ("argument", "field", "value"),
    [
        ("min_ready_seconds", "minReadySeconds", 7),
        ("revision_history_limit", "revisionHistoryLimit", 3),
        ("update_strategy", "updateStrategy", {"type": "OnDelete"}),
    ],
)
def test_field_is_passed_on(register, argument, field, value):
    assert value == register(**{argument: value})[DAEMON_SET].inputs["spec"][field]


@pytest.mark.parametrize(
    ("changes", "opts", "timeout"),
    [
        ({}, None, "15000s"),
        ({"update_strategy": {"rolling_update": {"max_unavailable": "10%"}}}, None, "600s"),
        ({"rollout_timeout_seconds": 77}, None, "77s"),
        (
            {"rollout_timeout_seconds": 77},
            pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="5m", update="5m")),
            "5m",
        ),
    ],
)
def test_time_limit_of_the_rollout(register, changes, opts, timeout):
    given = register(opts=opts, **changes)[DAEMON_SET].request.customTimeouts

    assert (timeout, timeout) == (given.create, given.update)


def test_config_map_is_never_protected(register):
    registered = register(opts=pulumi.ResourceOptions(protect=True))

    assert [False, True] == [registered[child].request.protect for child in (CONFIG_MAP, DAEMON_SET)]


def test_ignored_changes_are_the_daemon_set_s(register):
    registered = register(opts=pulumi.ResourceOptions(ignore_changes=["pod_spec.containers[0].image"]))

    assert [["spec.template.spec.containers[0].image"], []] == [
        list(registered[child].request.ignoreChanges) for child in (DAEMON_SET, "ConfiguredDaemonSet agent")
    ]


def test_caller_s_options_are_left_as_they_were(register):
    opts = pulumi.ResourceOptions(protect=True, ignore_changes=["labels"])
    register(opts=opts)

    assert (True, ["labels"], None) == (opts.protect, opts.ignore_changes, opts.hooks)
