"""How long a ConfigMap lives, and that `kubectl rollout undo` finds it."""

import pulumi
import pytest

from tests.engine.conftest import BETTER, GOOD, NODES, name_of
from tests.engine.kube_system import OF, adopt, mounted, settle
from tests.engine.observed import FAST, ONE, SAME, config_maps, undo, written
from tools.adoption import NFTABLES
from tools.kept import orphans, strays
from tools.pods import Pod


def mounted_by_pods(cluster, namespace):
    pods = [Pod.of(pod) for pod in cluster.api.list(f"namespaces/{namespace}/pods")]
    return sorted({name for pod in pods for name in pod.config_maps})


def none_is_missing_or_left(cluster, namespace, name="agent"):
    """Check that every ConfigMap that a pod or a kept revision mounts is there, and in time no other one."""
    assert [] == orphans(cluster.api, namespace, name)
    cluster.wait("no ConfigMap without a revision", lambda: not strays(cluster.api, namespace, name))


def owners(cluster, namespace, config_map):
    metadata = cluster.api.get(f"namespaces/{namespace}/configmaps/{config_map}")["metadata"]
    return sorted(owner["kind"] for owner in metadata.get("ownerReferences", []))


def data_of(number):
    return {"agent.yaml": f"level: info\nnumber: {number}\n"}


def test_undo_brings_back_the_configuration_and_the_next_up_says_so(project, agent, cluster, namespace, record):
    project.up(agent(**FAST))
    project.up(agent(BETTER, **FAST))
    undo(cluster, namespace)

    assert [name_of(GOOD)] == mounted_by_pods(cluster, namespace)
    (message,) = project.preview(agent(BETTER, **FAST)).messages
    (
        first,
        *_,
    ) = message.splitlines()
    assert first.startswith(f"DaemonSet {namespace}/agent runs {name_of(GOOD)[6:]}, created 20")
    assert first.endswith(f", but this program wants {name_of(BETTER)[6:]}")
    with record() as recorder:
        outcome = project.up(agent(BETTER, **FAST))
    assert not outcome.failed
    assert {} == recorder.replaced()


def test_undone_change_is_made_again_by_a_refresh_and_explained_by_field(project, agent, cluster, namespace, record):
    project.up(agent(**FAST))
    project.up(agent(BETTER, **FAST))
    undo(cluster, namespace)
    with record() as recorder:
        outcome = project.up(agent(BETTER, **FAST), refresh=True)

    assert [1] * NODES == list(recorder.replaced().values())
    first, *_, last = outcome.messages[0].splitlines()
    assert "agent.yaml: level info => debug: rolling restart" == first
    assert f"runs {name_of(GOOD)[6:]}, created 20" in last
    assert ": changed by kubectl on 20" in last


def test_undo_to_any_kept_revision(project, agent, cluster, namespace):
    for number in range(4):
        project.up(agent(data_of(number), **FAST))
    undo(cluster, namespace, "--to-revision=1")

    assert [name_of(data_of(0))] == mounted_by_pods(cluster, namespace)
    none_is_missing_or_left(cluster, namespace)


def test_program_that_takes_over_what_was_undone_restarts_nothing(project, agent, cluster, namespace, record):
    project.up(agent(**FAST))
    project.up(agent(BETTER, **FAST))
    undo(cluster, namespace)
    with record() as recorder:
        assert not project.up(agent(**FAST)).failed

    assert {} == recorder.replaced()
    none_is_missing_or_left(cluster, namespace)


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_history_limit_is_the_limit_of_config_maps(project, agent, cluster, namespace, limit):
    for number in range(limit + 3):
        assert not project.up(agent(data_of(number), revision_history_limit=limit, **FAST)).failed
        assert [] == orphans(cluster.api, namespace, "agent")

    cluster.wait("old ConfigMaps to go", lambda: len(config_maps(cluster, namespace)) == limit + 1)
    none_is_missing_or_left(cluster, namespace)


def test_there_and_back_in_other_bytes(project, agent, cluster, namespace):
    for data in (ONE, BETTER, SAME):
        assert not project.up(agent(data, **FAST)).failed
    assert [name_of(ONE)] == mounted_by_pods(cluster, namespace)
    assert ONE == cluster.api.get(f"namespaces/{namespace}/configmaps/{name_of(ONE)}")["data"]
    assert {} == written(cluster, lambda: project.up(agent(SAME, **FAST)))


def test_current_one_is_the_daemon_set_s_and_earlier_ones_their_revisions(project, agent, cluster, namespace):
    project.up(agent(**FAST))
    project.up(agent(image="agent:2", **FAST))
    assert ["DaemonSet"] == owners(cluster, namespace, name_of(GOOD))
    project.up(agent(BETTER, image="agent:2", **FAST))

    assert ["ControllerRevision", "ControllerRevision"] == owners(cluster, namespace, name_of(GOOD))
    assert ["DaemonSet"] == owners(cluster, namespace, name_of(BETTER))


def test_restarts_that_nobody_tells_us_of_never_take_the_config_map_away(project, agent, cluster, namespace):
    project.up(agent(revision_history_limit=1, **FAST))
    for number in range(3):
        restarted = {"kubectl.kubernetes.io/restartedAt": str(number)}
        body = {"spec": {"template": {"metadata": {"annotations": restarted}}}}
        cluster.api.patch(f"namespaces/{namespace}/daemonsets/agent", body)
        cluster.wait_at_rest(namespace, "agent")
    revisions = f"namespaces/{namespace}/controllerrevisions"
    cluster.wait("old revisions to go", lambda: len(cluster.api.list(revisions)) == 2)

    assert [name_of(GOOD)] == config_maps(cluster, namespace)


def test_owners_that_a_stopped_up_left_out_are_written_by_the_next(project, agent, cluster, namespace, record):
    project.up(agent(**FAST))
    path = f"namespaces/{namespace}/configmaps/{name_of(GOOD)}"
    cluster.api.patch(path, {"metadata": {"ownerReferences": None}})
    with record() as recorder:
        changes = written(cluster, lambda: project.up(agent(**FAST)))

    assert {"PATCH configmaps": 1} == changes
    assert {} == recorder.replaced()
    assert ["DaemonSet"] == owners(cluster, namespace, name_of(GOOD))


def test_config_map_of_an_up_that_never_reached_the_daemon_set_goes(project, agent, cluster, namespace):
    project.up(agent(**FAST))
    labels = {"config-rollout/daemon-set": "agent"}
    left = {"metadata": {"name": name_of(BETTER), "labels": labels}, "data": BETTER, "immutable": True}
    cluster.api.create(f"namespaces/{namespace}/configmaps", left)
    project.up(agent(**FAST))

    assert [name_of(GOOD)] == config_maps(cluster, namespace)


@pytest.mark.parametrize("refresh", [False, True])
def test_deleted_config_map_is_put_back_and_nothing_restarts(project, agent, cluster, namespace, record, refresh):
    project.up(agent(**FAST))
    path = f"namespaces/{namespace}/configmaps/{name_of(GOOD)}"
    cluster.api.delete(path)
    assert f"ConfigMap {namespace}/{name_of(GOOD)}, which the pods mount, is missing: `up` restores it" in (
        project.preview(agent(**FAST)).output
    )
    with record() as recorder:
        assert not project.up(agent(**FAST), refresh=refresh).failed

    assert {} == recorder.replaced()
    assert GOOD == cluster.api.get(path)["data"]
    none_is_missing_or_left(cluster, namespace)


@pytest.mark.parametrize("command", ["preview", "up"])
def test_config_map_with_another_content_under_its_name_is_refused(project, agent, cluster, namespace, command):
    project.up(agent(**FAST))
    path = f"namespaces/{namespace}/configmaps"
    cluster.api.delete(f"{path}/{name_of(GOOD)}")
    cluster.api.create(path, {"metadata": {"name": name_of(GOOD)}, "data": BETTER, "immutable": True})
    outcome = getattr(project, command)(agent(**FAST))

    assert outcome.failed
    assert f"ConfigMap {namespace}/{name_of(GOOD)}: already exists, with a different configuration" in (outcome.output)


def test_new_stack_takes_over_what_an_earlier_one_left(project, agent, cluster, namespace, record, engine):
    def retained():
        return pulumi.ResourceOptions(retain_on_delete=True)

    project.up(agent(ONE, opts=retained, **FAST))
    project.up(agent(BETTER, opts=retained, **FAST))
    assert not project.destroy().failed
    with record() as recorder:
        assert not project.up(agent(BETTER, opts=retained, **FAST)).failed
    assert {} == recorder.replaced()
    assert not project.up(agent(SAME, **FAST)).failed
    none_is_missing_or_left(cluster, namespace)


def test_namespace_that_is_an_output_is_looked_after_too(project, agent, cluster, namespace):
    def program(data):
        return agent(data, namespace=pulumi.Output.from_input(namespace), **FAST)

    for data in (ONE, BETTER, SAME):
        assert not project.up(program(data)).failed
    assert [name_of(ONE)] == mounted_by_pods(cluster, namespace)
    none_is_missing_or_left(cluster, namespace)


def test_refresh_finds_no_drift_in_the_owners(project, agent, cluster):
    project.up(agent(**FAST))

    assert {"refresh"} == set(project.up(agent(**FAST), refresh=True).steps.values())


def test_waves_keep_the_config_maps_of_all_revisions(project, agent, cluster, namespace):
    for number in range(4):
        waves = {"max_unavailable": "100%"}
        assert not project.up(agent(data_of(number), waves=waves, revision_history_limit=1)).failed

    cluster.wait("old ConfigMaps to go", lambda: len(config_maps(cluster, namespace)) == 2)
    none_is_missing_or_left(cluster, namespace)


def test_undo_of_an_adopted_kube_proxy(project, kubeadm, cluster):
    kubeadm.addon()
    project.up(adopt())
    first = mounted(cluster)
    project.up(adopt(config=NFTABLES))
    cluster.kubectl("--namespace=kube-system", "rollout", "undo", "daemonset/kube-proxy")
    settle(cluster)

    assert first == mounted(cluster)
    assert cluster.api.exists(f"{OF}/configmaps/{first}")
    assert [] == orphans(cluster.api, "kube-system", "kube-proxy")
    said = project.preview(adopt(config=NFTABLES)).messages
    assert any("changed by kubectl on 20" in message for message in said)


def test_config_maps_of_an_adopted_kube_proxy_do_not_pile_up(project, kubeadm, cluster):
    kubeadm.addon()
    cluster.api.patch(f"{OF}/daemonsets/kube-proxy", {"spec": {"revisionHistoryLimit": 1}})
    for config in (
        None,
        NFTABLES,
        {**NFTABLES, "clusterCIDR": "10.1.0.0/16"},
        {**NFTABLES, "clusterCIDR": "10.2.0.0/16"},
    ):
        assert not project.up(adopt(config=config)).failed

    cluster.wait("no ConfigMap without a revision", lambda: not strays(cluster.api, "kube-system", "kube-proxy"))
    assert [] == orphans(cluster.api, "kube-system", "kube-proxy")


def test_namespace_that_is_not_there_is_said_in_preview(project, agent):
    outcome = project.preview(agent(namespace="nowhere"))
    what = "namespace 'nowhere' does not exist: unless this program creates it, correct the name"

    assert not outcome.failed
    assert any(what in message for message in outcome.messages)
