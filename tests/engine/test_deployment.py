"""The life of a configuration in a Deployment, its Secret with it: as in a DaemonSet, by its own revisions."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config_rollout.core.kubernetes.workload_kinds import DEPLOYMENT
from tests.engine.conftest import BAD, BETTER, GOOD, name_of
from tests.engine.observed import config_maps
from tests.engine.story import LONGER, REPLICAS, Story
from tools.kept import strays

AWAY_SECONDS = 3
"""How long the controller stands still once the provider may take a rollout for finished, in seconds."""


@pytest.fixture
def story(project, cluster, namespace):
    return Story(DEPLOYMENT, project, cluster, namespace)


def test_life_of_a_configuration(story, project, cluster, namespace):
    kind, where = story.kind, f"{story.kind.kind} {namespace}/agent"
    assert not story.up(GOOD).failed
    assert [name_of(GOOD)] == story.mounted() == config_maps(cluster, namespace)
    assert (REPLICAS, [kind.kind]) == (len(story.pods()), story.owners(GOOD))
    good, (secret,) = story.hash(), story.secrets()
    assert {secret} == story.secrets_mounted()

    story.is_left_alone_where_no_meaning_changes()

    # a change
    first, _, _, consequence, *_ = story.preview(BETTER).messages[0].splitlines()
    assert "ConfigMap agent: agent.yaml: level info => debug: rolling restart" == first
    assert f"rolling restart of {where}, " in consequence
    assert REPLICAS == story.made_during(lambda: story.up(BETTER))
    assert ([name_of(BETTER)], [kind.kind]) == (story.mounted(), story.owners(BETTER))
    assert [kind.revisions] == story.owners(GOOD)

    # a configuration that crashes, and back
    outcome = story.up(BAD)
    assert outcome.failed
    bad = story.hash()
    assert f"the rollout of {where} did not finish within 15 s" in outcome.output
    kept = {pod.uid for pod in story.pods() if pod.config_maps == (name_of(BETTER),)}
    assert not story.up(BETTER).failed
    assert (kept, True) == (kept & {pod.uid for pod in story.pods()}, bool(kept))
    assert ([name_of(BETTER)], REPLICAS) == (story.mounted(), len(story.pods()))

    story.is_undone_by_kubectl_and_made_again(good)

    # another Secret, undone by kubectl and made again
    first, *_ = story.preview(BETTER, token=LONGER).messages[0].splitlines()
    assert "Secret agent-token: token: 9 => 18 bytes changed: rolling restart" == first
    assert REPLICAS == story.made_during(lambda: story.up(BETTER, token=LONGER))
    (longer,) = story.secrets().keys() - {secret}
    assert {secret: [kind.revisions] * 3, longer: [kind.kind]} == story.secrets()
    story.undo()
    assert {secret} == story.secrets_mounted()
    assert REPLICAS == story.made_during(lambda: story.up(BETTER, token=LONGER, refresh=True))
    assert {longer} == story.secrets_mounted()

    # fewer revisions are kept, and with them fewer ConfigMaps and Secrets
    assert not story.up(GOOD, token=LONGER, revision_history_limit=0).failed
    cluster.wait("old ConfigMaps to go", lambda: config_maps(cluster, namespace) == [name_of(GOOD)])
    cluster.wait("old Secrets to go", lambda: {longer: [kind.kind]} == story.secrets())
    assert [] == strays(cluster.api, namespace, "agent")
    assert {("done", kind.kind)} == {
        (record.result, record.kind) for record in story.records() if record.new_hash != bad
    }

    assert not project.destroy().failed
    cluster.wait("everything to go", lambda: not story.pods() and not story.left())


@contextmanager
def slow_controller(cluster, story, data) -> Iterator[None]:
    """
    Let the controller stand still after what it writes first when an earlier template comes back, and then go on.

    It is played up to there: the ReplicaSet has the newest number, and the Deployment says nothing new but that it was
    seen.
    """
    web, over = f"namespaces/{story.namespace}/deployments/agent", threading.Event()

    def patch(kind, name, body, *arguments):
        cluster.kubectl(f"--namespace={story.namespace}", "patch", kind, name, "--type=merge", "-p", body, *arguments)

    def play():
        while (live := cluster.api.get(web))["metadata"]["generation"] == live["status"]["observedGeneration"]:
            if over.wait(0.05):
                return
        number = int(live["metadata"]["annotations"]["deployment.kubernetes.io/revision"]) + 1
        newest = json.dumps({"metadata": {"annotations": {"deployment.kubernetes.io/revision": str(number)}}})
        seen = {"observedGeneration": live["metadata"]["generation"], "updatedReplicas": 0}
        patch("replicaset", story.revision_with(data)["metadata"]["name"], newest)
        patch("deployment", "agent", newest)
        patch("deployment", "agent", json.dumps({"status": seen}), "--subresource=status")
        time.sleep(AWAY_SECONDS)
        cluster.stand_still("kube-controller-manager", still=False)

    cluster.stand_still("kube-controller-manager")
    playing = threading.Thread(target=play, daemon=True)
    playing.start()
    try:
        yield
    finally:
        over.set()
        playing.join()
        cluster.stand_still("kube-controller-manager", still=False)


def test_rollout_that_the_provider_takes_for_finished_is_waited_for(story, cluster):
    story.up(GOOD)
    story.up(BETTER)
    with slow_controller(cluster, story, GOOD):
        assert REPLICAS == story.made_during(lambda: story.up(GOOD))

    assert [name_of(GOOD)] == story.mounted()
    assert ("done", REPLICAS) == (story.records()[-1].result, story.records()[-1].restarts)


def test_rollout_that_the_provider_takes_for_finished_and_that_does_not_end_fails(story, cluster, namespace):
    story.up(GOOD)
    story.up(BETTER)
    cluster.stand_still("kwok")  # no pod becomes ready
    try:
        with slow_controller(cluster, story, GOOD):
            outcome = story.up(GOOD, rollout_timeout_seconds=15)
    finally:
        cluster.stand_still("kwok", still=False)

    assert outcome.failed
    assert f"the rollout of Deployment {namespace}/agent did not finish within 15 s: pod agent-" in outcome.output
    assert "failed" == story.records()[-1].result
    cluster.wait("the rollout", lambda: [name_of(GOOD)] == story.mounted())
    assert not story.up(GOOD).failed
