"""What the engine does about a change: nothing, or one rolling restart. Each on the real engine and cluster."""

import pulumi
import pytest

from tests.engine.conftest import BAD, BETTER, GOOD, NODES, hash_of, name_of
from tests.engine.observed import config_maps, daemon_set, written

AGENT = "DaemonSet agent"


def test_create_starts_a_pod_on_every_node(project, agent, cluster, namespace, record):
    with record() as recorder:
        outcome = project.up(agent())

    assert ["create"] * 3 == [
        outcome.steps[f"{kind} {name}"]
        for kind, name in (("ConfiguredDaemonSet", "agent"), ("ConfigMapPatch", name_of(GOOD)), ("DaemonSet", "agent"))
    ]
    assert [1] * NODES == list(recorder.replaced().values())
    assert (
        hash_of(GOOD)
        == daemon_set(cluster, namespace)["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
    )
    live = cluster.api.get(f"namespaces/{namespace}/configmaps/{name_of(GOOD)}")
    assert (GOOD, True) == (live["data"], live["immutable"])


def test_no_op_writes_nothing(project, agent, cluster):
    project.up(agent())

    assert {} == written(cluster, lambda: project.up(agent()))


def test_key_order_writes_nothing(project, agent, cluster):
    project.up(agent({"a": "1", "b": "2"}))

    assert {} == written(cluster, lambda: project.up(agent({"b": "2", "a": "1"})))


def test_preview_shows_annotation_volume_and_reason_and_nothing_else(project, agent, cluster):
    project.up(agent())
    outcome = project.preview(agent(BETTER))

    assert {
        "ConfiguredDaemonSet agent": "update",
        f"ConfigMapPatch {name_of(BETTER)}": "create",
        AGENT: "update",
        f"ConfigMapPatch {name_of(GOOD)}": "delete",
    } == outcome.steps
    assert [
        "spec.template.metadata.annotations.checksum/config",
        "spec.template.spec.volumes[0].configMap.name",
    ] == outcome.diffs[AGENT]
    assert [
        "agent.yaml: level info => debug: rolling restart\n"
        "  ~ agent.yaml\n"
        "      ~ level: info => debug\n"
        f"  {hash_of(GOOD)[:10]} => {hash_of(BETTER)[:10]}: rolling restart of DaemonSet {project.namespace}/agent, "
        "at most 1 pod at a time\n"
        f"  delete[retain]: ConfigMap {name_of(GOOD)} stays in the cluster as long as a kept revision mounts it"
    ] == outcome.messages


def test_preview_writes_nothing(project, agent, cluster):
    project.up(agent())

    assert {} == written(cluster, lambda: project.preview(agent(BETTER)))


@pytest.mark.parametrize("budget", [1, 2])
def test_change_replaces_each_pod_once_within_the_budget(project, agent, record, budget):
    strategy = {"rolling_update": {"max_unavailable": budget}}
    project.up(agent(update_strategy=strategy))
    with record() as recorder:
        outcome = project.up(agent(BETTER, update_strategy=strategy))

    assert not outcome.failed
    assert [1] * NODES == list(recorder.replaced().values())
    assert budget == max(len(nodes) for nodes in recorder.unavailable())


def test_up_says_the_same_as_preview(project, agent):
    project.up(agent())

    assert project.preview(agent(BETTER)).messages == project.up(agent(BETTER)).messages


def test_config_map_comes_before_the_first_pod_that_mounts_it(project, agent, cluster, namespace, record):
    path = f"namespaces/{namespace}/configmaps"
    project.up(agent())
    version = cluster.api.resource_version(path)
    with record() as recorder:
        assert not project.up(agent(BETTER)).failed
    events = ((event["type"], event["object"]["metadata"]) for event in cluster.api.watch(path, version))
    made = next(int(of["resourceVersion"]) for kind, of in events if (kind, of["name"]) == ("ADDED", name_of(BETTER)))

    assert made < min(pod.version for kind, pod in recorder.events if kind == "ADDED")


def test_crashing_change_stops_and_only_the_moved_pod_goes_back(project, agent, cluster, namespace, record):
    project.up(agent())
    with record() as recorder:
        failed = project.up(agent(BAD, rollout_timeout_seconds=5))
    assert failed.failed
    assert 1 == sum(recorder.replaced().values())
    assert sorted([name_of(BAD), name_of(GOOD)]) == config_maps(cluster, namespace)

    with record() as recorder:
        again = project.up(agent(BAD, rollout_timeout_seconds=5))
    assert again.failed
    assert {} == recorder.replaced()
    assert [
        "no new restart: the last rollout did not finish, so `up` keeps waiting for it",
        f"the rollout of DaemonSet {namespace}/agent did not finish within 5 s",
    ] == [message.splitlines()[0] for message in again.messages]

    with record() as recorder:
        back = project.up(agent())
    assert not back.failed
    assert 1 == sum(recorder.replaced().values())


def test_failed_change_can_be_followed_by_a_better_one(project, agent, cluster, namespace):
    project.up(agent())
    project.up(agent(BAD, rollout_timeout_seconds=5))
    outcome = project.up(agent(BETTER))

    assert not outcome.failed
    assert f"  {hash_of(BAD)[:10]} => {hash_of(BETTER)[:10]}: rolling restart" in outcome.messages[0]


def test_back_and_forth_between_two_configurations(project, agent, cluster, namespace, record):
    for data in (GOOD, BETTER, GOOD, BETTER, GOOD):
        with record() as recorder:
            assert not project.up(agent(data)).failed
        assert [1] * NODES == list(recorder.replaced().values())
        assert {name_of(data)} == {pod.config_maps[0] for kind, pod in recorder.events if kind == "ADDED"}


def test_image_change_is_named_and_keeps_the_config_map(project, agent, cluster, namespace, record):
    project.up(agent())
    with record() as recorder:
        outcome = project.up(agent(image="agent:2"))

    assert {AGENT: "update"} == outcome.steps
    assert [
        "containers[name=agent].image: rolling restart\n"
        "  ~ containers[name=agent].image: agent:1 => agent:2\n"
        f"  rolling restart of DaemonSet {namespace}/agent, at most 1 pod at a time"
    ] == outcome.messages
    assert [1] * NODES == list(recorder.replaced().values())


def test_image_that_preview_cannot_know_leaves_the_hash_visible(project, agent):
    def image() -> pulumi.Output[str]:
        return pulumi.Output.from_input("agent:2").apply(lambda i: pulumi.UNKNOWN if pulumi.runtime.is_dry_run() else i)

    project.up(agent(image="agent:1"))
    outcome = project.preview(agent(BETTER, image=image))

    assert [
        "spec.template.metadata.annotations.checksum/config",
        "spec.template.spec.containers[0].image",
        "spec.template.spec.volumes[0].configMap.name",
    ] == outcome.diffs[AGENT]
    assert "  ~ containers[name=agent].image: agent:1 => not known before `up`" in outcome.messages[0].splitlines()
    assert not project.up(agent(BETTER, image=image)).failed


def test_secret_in_the_pod_spec_is_not_told(project, agent):
    project.up(agent(image=lambda: pulumi.Output.secret("agent:hush")))
    outcome = project.up(agent(BETTER, image=lambda: pulumi.Output.secret("agent:hush2")))

    assert not outcome.failed
    assert "hush" not in outcome.output + "".join(outcome.messages)
    assert "  ~ containers[name=agent].image: [secret] => [secret]" in outcome.messages[0].splitlines()


def test_renamed_key_is_one_restart(project, agent, record):
    project.up(agent())
    with record() as recorder:
        outcome = project.up(agent({"renamed.yaml": GOOD["agent.yaml"]}))

    assert [1] * NODES == list(recorder.replaced().values())
    assert "agent.yaml renamed to renamed.yaml: rolling restart" == outcome.messages[0].splitlines()[0]


def test_labels_restart_nothing(project, agent, cluster, namespace, record):
    project.up(agent())
    with record() as recorder:
        outcome = project.up(agent(labels={"team": "net"}))

    assert {} == recorder.replaced()
    assert "metadata.labels.team: nothing restarts" == outcome.messages[0].splitlines()[0]
    assert "net" == daemon_set(cluster, namespace)["metadata"]["labels"]["team"]
    assert "team" not in daemon_set(cluster, namespace)["spec"]["template"]["metadata"]["labels"]


def test_budget_restarts_nothing(project, agent, record):
    project.up(agent())
    with record() as recorder:
        outcome = project.up(agent(update_strategy={"rolling_update": {"max_unavailable": "50%"}}))

    assert {} == recorder.replaced()
    assert {AGENT: "update"} == outcome.steps


def test_quantity_that_the_api_server_rewrites_is_no_change(project, agent):
    container = {
        "name": "agent",
        "image": "agent:1",
        "resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}},
        "env_from": [{"config_map_ref": {"name": "agent"}}],
    }
    project.up(agent(pod_spec={"containers": [container]}))
    outcome = project.preview(agent(BETTER, pod_spec={"containers": [container]}))

    assert "agent.yaml: level info => debug: rolling restart" == outcome.messages[0].splitlines()[0]


def test_on_delete_waits_and_keeps_what_the_old_pods_read(project, agent, cluster, namespace, record):
    by_hand = {"update_strategy": {"type": "OnDelete"}, "rollout_timeout_seconds": 5}
    project.up(agent(**by_hand))
    with record() as recorder:
        outcome = project.up(agent(BETTER, **by_hand))

    assert outcome.failed
    assert {} == recorder.replaced()
    assert sorted([name_of(BETTER), name_of(GOOD)]) == config_maps(cluster, namespace)
    assert "each pod when someone deletes it (OnDelete)\n" in outcome.messages[0]


def test_destroy_leaves_nothing(project, agent, cluster, namespace):
    project.up(agent())
    project.up(agent(BETTER))

    assert not project.destroy().failed
    cluster.wait("the ConfigMaps to be gone", lambda: not config_maps(cluster, namespace))
    assert [] == cluster.api.list(f"namespaces/{namespace}/daemonsets")
