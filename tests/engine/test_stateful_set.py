"""The life of a configuration in a StatefulSet, its Secret with it, whose rollout only the component can wait for."""

import pulumi
import pytest

from config_rollout.core.kubernetes.workload_kinds import STATEFUL_SET
from tests.engine.conftest import BAD, BETTER, GOOD, name_of
from tests.engine.observed import config_maps, written
from tests.engine.staged_program import StagedProgram, source_of
from tests.engine.story import LONGER, REPLICAS, Story
from tools.kept import strays

LAST = f"agent-{REPLICAS - 1}"
"""The pod that restarts first."""


@pytest.fixture
def story(project, cluster, namespace):
    return Story(STATEFUL_SET, project, cluster, namespace)


def test_life_of_a_configuration(story, project, cluster, namespace):
    where = f"StatefulSet {namespace}/agent"
    assert not story.up(GOOD).failed
    assert [name_of(GOOD)] == story.mounted() == config_maps(cluster, namespace)
    assert (REPLICAS, ["StatefulSet"], True) == (
        len(story.pods()), story.owners(GOOD), all(pod.ready for pod in story.pods())
    )  # fmt: skip
    good, (secret,) = story.hash(), story.secrets()

    story.is_left_alone_where_no_meaning_changes()

    # a change, whose `up` ends too early and goes on
    slow = {"min_ready_seconds": 5}
    first, _, _, consequence, *_ = story.preview(BETTER).messages[0].splitlines()
    assert "ConfigMap agent: agent.yaml: level info => debug: rolling restart" == first
    assert consequence.endswith(f"rolling restart of {where}, at most 1 pod at a time, from the highest ordinal down")

    def in_two() -> None:
        assert story.up(BETTER, rollout_timeout_seconds=1, **slow).failed
        (message,) = story.up(BETTER, **slow).messages
        assert message.startswith("no new restart: the last rollout did not finish")

    assert REPLICAS == story.made_during(in_two)
    assert ([name_of(BETTER)], True) == (story.mounted(), all(pod.ready for pod in story.pods()))
    assert (["StatefulSet"], ["ControllerRevision"]) == (story.owners(BETTER), story.owners(GOOD))

    # a configuration that crashes, once more, and back
    kept = {pod.uid for pod in story.pods() if pod.name != LAST}
    outcome = story.up(BAD)
    bad = story.hash()
    assert (True, {name_of(BETTER), name_of(BAD)}) == (outcome.failed, {*story.mounted()})
    assert f"the rollout of {where} did not finish within 15 s: pod {LAST} is not ready (" in outcome.output
    assert [f"no new restart: the last rollout did not finish, so `up` keeps waiting for it\n  {where}: config hash "
            f"{bad[:10]}"] == story.preview(BAD).messages  # fmt: skip
    outcome = story.up(BETTER)
    assert (False, True) == (outcome.failed, any(f"pod {LAST} of an earlier rev" in one for one in outcome.messages))
    assert kept == {pod.uid for pod in story.pods() if pod.name != LAST}
    assert ([name_of(BETTER)], REPLICAS) == (story.mounted(), len(story.pods()))

    story.is_undone_by_kubectl_and_made_again(good)

    # another Secret, and some pods alone
    part = {"update_strategy": {"rolling_update": {"partition": REPLICAS - 1}}}
    assert 1 == story.made_during(lambda: story.up(BETTER, token=LONGER, **part))
    (longer,) = story.secrets().keys() - {secret}
    assert {secret, longer} == story.secrets_mounted()
    assert REPLICAS - 1 == story.made_during(lambda: story.up(BETTER, token=LONGER))
    assert {longer} == story.secrets_mounted()

    # fewer revisions are kept, and with them fewer ConfigMaps and Secrets
    fewer = {"token": LONGER, "revision_history_limit": 0}
    outcome = story.preview(BETTER, **fewer)
    assert (True, True) == (outcome.failed, "revision_history_limit: differs from " in outcome.output)
    cluster.kubectl(f"--namespace={namespace}", "delete", "statefulset", "agent", "--cascade=orphan")
    assert 0 == story.made_during(lambda: story.up(BETTER, refresh=True, **fewer))
    cluster.wait("old ConfigMaps to go", lambda: config_maps(cluster, namespace) == [name_of(BETTER)])
    cluster.wait("old Secrets to go", lambda: {longer: ["StatefulSet"]} == story.secrets())
    assert [] == strays(cluster.api, namespace, "agent")

    results = {record.new_hash: (record.result, record.kind) for record in story.records()}
    assert ("failed", "StatefulSet") == results.pop(bad)
    assert {("done", "StatefulSet")} == {*results.values()}

    assert not project.destroy().failed
    cluster.wait("everything to go", lambda: not story.pods() and not story.left())


def test_field_that_cannot_be_changed_is_refused_where_the_namespace_is_an_output_too(story, cluster, namespace):
    def later():
        return pulumi.Output.from_input(namespace)

    assert not story.up(GOOD, namespace=later, service_name="one").failed
    outcome = []
    assert {} == written(cluster, lambda: outcome.append(story.up(GOOD, namespace=later, service_name="two")))
    assert f"service_name: differs from StatefulSet {namespace}/agent, which" in outcome[0].output
    assert not story.up(GOOD, namespace=later, service_name="one").failed


def test_rollout_goes_on_where_a_killed_engine_left_it_and_no_pod_restarts_twice(engine, cluster, namespace, record):
    slow = {"min_ready_seconds": 3, "replicas": REPLICAS}
    ready = {"pod_annotations": {"local-cluster/ready-after": "100ms"}, "waves": None}
    with StagedProgram(engine, namespace, source_of(STATEFUL_SET), **ready) as program:
        assert program.up(data=GOOD, more=slow)[0]
        with record() as recorder:
            process = program.start(data=BETTER)
            cluster.wait("the first pod", lambda: any(kind == "ADDED" for kind, _ in recorder.events))
            program.kill(process)
            program.end_what_is_left()
            process.stdout.close()
            begun = [pod.name for kind, pod in recorder.events if kind == "ADDED"]
            well, output = program.up()

    assert (True, True) == (well, len(begun) < REPLICAS), output
    every = [pod.name for kind, pod in recorder.events if kind == "ADDED"]
    assert [f"agent-{number}" for number in reversed(range(REPLICAS))] == every
