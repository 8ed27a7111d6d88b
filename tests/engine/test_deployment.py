"""The life of a configuration in a Deployment, its Secret with it: as in a DaemonSet, by its own revisions."""

import pytest

from config_rollout.core.kubernetes.workload_kinds import DEPLOYMENT
from tests.engine.conftest import BAD, BETTER, GOOD, name_of
from tests.engine.observed import config_maps, written
from tests.engine.story import LONGER, NOTED, REPLICAS, Story
from tools.kept import orphans, strays


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

    # nothing, and another text
    told = []
    assert {} == written(cluster, lambda: told.extend(story.up(GOOD).messages + story.up(NOTED).messages))
    assert ["ConfigMap agent: agent.yaml is written differently but means the same: nothing restarts"] == [
        message.splitlines()[0] for message in told
    ]

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

    # undone by kubectl, and made again
    story.undo(f"--to-revision={story.revision_of(GOOD)}")
    assert [name_of(GOOD)] == story.mounted()
    (message,) = story.preview(BETTER).messages
    assert message.startswith(f"{where} runs {good[:10]}, created 20")
    assert 0 == story.made_during(lambda: story.up(BETTER))
    assert REPLICAS == story.made_during(lambda: story.up(BETTER, refresh=True))
    assert [name_of(BETTER)] == story.mounted()
    assert [] == orphans(cluster.api, namespace, "agent")

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
