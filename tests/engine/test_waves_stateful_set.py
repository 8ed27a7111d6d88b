"""Waves of a StatefulSet on the real engine and cluster: its partition goes down wave by wave, and nothing remains."""

import time
from collections import Counter

import pytest

from config_rollout import ConfiguredStatefulSet
from config_rollout.core.audit.record import parse_records
from config_rollout.core.kubernetes.workload_kinds import STATEFUL_SET, WorkloadName
from config_rollout.core.rbac.waves import rollout_rights, rollout_roles
from config_rollout.core.revisions.naming import HISTORY_KEY, history_name
from tests.engine.conftest import BAD, BETTER, GOOD, grant, hash_of, kubeconfig_of
from tests.engine.observed import during, most_unavailable, order_of_pods, records, written
from tests.engine.staged_program import StagedProgram, ended, source_of
from tests.engine.story import Story
from tools.pods import Pod

pytestmark = pytest.mark.usefixtures("kubeconfig")

REPLICAS = 4
WAVES = {"first": [{"name": "canary", "pods": 1}, {"name": "half", "pods": "50%"}], "progress_deadline_seconds": 60}
QUICK = {**WAVES, "progress_deadline_seconds": 4}
NAMES = ["canary", "half", "rest"]
FROM_THE_TOP = [f"agent-{ordinal}" for ordinal in reversed(range(REPLICAS))]
OTHER = {"agent.yaml": "level: warn\n"}
NOTED = {"agent.yaml": "# a note\nlevel: debug\n"}


@pytest.fixture
def program(agent):
    """Return a maker of programs with a StatefulSet in waves."""

    def maker(data=GOOD, **arguments):
        more = {"replicas": REPLICAS, "waves": WAVES, "ready_after": "200ms", **arguments}
        return agent(data, component=ConfiguredStatefulSet, **more)

    return maker


@pytest.fixture
def live(cluster, namespace):
    return lambda: cluster.api.get(f"namespaces/{namespace}/statefulsets/agent")


@pytest.fixture
def runs(cluster, namespace):
    """Return a function that gives the config hashes of the pods, by ordinal; nothing for one that is not ready."""

    def hashes():
        pods = [Pod.of(pod) for pod in cluster.api.list(f"namespaces/{namespace}/pods")]
        return [pod.config_hash if pod.ready else "" for pod in sorted(pods, key=lambda pod: pod.name)]

    return hashes


def partition(stateful_set):
    return stateful_set["spec"]["updateStrategy"]["rollingUpdate"]["partition"]


def drivers(stateful_set):
    """Return what of the spec is the driver's."""
    fields = [one["fieldsV1"] for one in stateful_set["metadata"]["managedFields"]
              if one["manager"] == "config-rollout-driver"]  # fmt: skip
    return [one["f:spec"] for one in fields if "f:spec" in one]


def kept(cluster, namespace):
    where = f"namespaces/{namespace}/configmaps/{history_name('agent', STATEFUL_SET)}"
    return parse_records(cluster.api.get(where)["data"][HISTORY_KEY], where)[0]


def test_life_in_waves(project, program, cluster, namespace, record, live, runs):
    where, asked = f"StatefulSet {namespace}/agent", []
    outcome = project.up(program())
    assert not outcome.failed, outcome.output
    assert dict.fromkeys(NAMES, "create") == records(outcome)
    assert ([hash_of(GOOD)] * REPLICAS, 0, []) == (runs(), partition(live()), drivers(live()))
    assert {} == written(cluster, lambda: project.up(program()))

    # a change, in the order of its ordinals, one pod at a time, each wave after its gate
    def gate(wave, pods):
        asked.append((wave, pods, Counter(runs())[hash_of(BETTER)], partition(live())))

    gated = {**WAVES, "gates": [gate]}
    (message,) = project.preview(program(BETTER, waves=gated)).messages
    _, _, plan = message.partition(f"rolling restart of {where}, wave by wave\n")
    assert ["canary  1 pod, 1 at a time; gate gate", "half    2 pods, 1 at a time; gate gate",
            "rest    1 pod, 1 at a time; gate gate"] == [line.strip() for line in plan.splitlines()[:3]]  # fmt: skip
    with record() as recorder:
        outcome = project.up(program(BETTER, waves=gated))
    assert not outcome.failed, outcome.output
    assert (FROM_THE_TOP, 1) == (order_of_pods(recorder), most_unavailable(recorder))
    assert [
        ("before", FROM_THE_TOP, 0, 0), ("canary", FROM_THE_TOP[:1], 1, 3), ("half", FROM_THE_TOP[1:3], 3, 1),
        ("rest", FROM_THE_TOP[3:], 4, 0),
    ] == asked  # fmt: skip
    assert ([hash_of(BETTER)] * REPLICAS, 0, []) == (runs(), partition(live()), drivers(live()))

    # nothing, another text, other waves, and a refresh
    for again in (program(BETTER, waves=gated), program(NOTED, waves=gated)):
        assert {} == written(cluster, lambda: project.up(again))  # noqa: B023
    with record() as recorder:
        assert not project.up(program(BETTER)).failed
    assert [] == order_of_pods(recorder)
    assert {"refresh"} == {*project.preview(program(BETTER), refresh=True).steps.values()}

    # a gate that says no, and a configuration that crashes
    waves = {**QUICK, "gates": [lambda wave, pods: "no" if wave == "half" else None]}
    with record() as recorder:
        outcome = project.up(program(OTHER, waves=waves))
    assert outcome.failed
    assert "Taking its pods back to revision" in outcome.output
    assert [*FROM_THE_TOP[:3], *FROM_THE_TOP[:3]] == order_of_pods(recorder)
    assert ([hash_of(BETTER)] * REPLICAS, 0, []) == (runs(), partition(live()), drivers(live()))
    project.up(program(BETTER, waves=QUICK))
    for _ in range(2):  # the same again ends the same
        with record() as recorder:
            outcome = project.up(program(BAD, waves=QUICK))
        assert outcome.failed
        assert f"pod {FROM_THE_TOP[0]} is not ready (CrashLoopBackOff)" in outcome.output
        assert "taken back: 1 restarted with the previous revision" in outcome.output
        assert [FROM_THE_TOP[0]] * 2 == order_of_pods(recorder)
        assert ([hash_of(BETTER)] * REPLICAS, 0, []) == (runs(), partition(live()), drivers(live()))
    done, _, _, last = rollouts = kept(cluster, namespace)
    assert ["done", "restored", "restored", "restored"] == [one.result for one in rollouts]
    assert [("canary", 1, 1), ("half", 2, 2), ("rest", 1, 1)] == [(of.name, of.nodes, of.restarts) for of in done.waves]
    assert ("StatefulSet", ["canary"], sorted(FROM_THE_TOP)) == (
        last.kind, [wave.name for wave in last.waves], sorted(done.pods)
    )  # fmt: skip
    with record() as recorder:
        outcome = project.up(program(BETTER, waves=QUICK))
    assert ([], False) == (order_of_pods(recorder), outcome.failed)

    # undone by kubectl, which Kubernetes itself rolls out: nothing holds it back; and made again, wave by wave
    to = Story(STATEFUL_SET, project, cluster, namespace).revision_of(GOOD)
    cluster.kubectl(f"--namespace={namespace}", "rollout", "undo", "statefulset/agent", f"--to-revision={to}")
    cluster.wait("the pods of before", lambda: [hash_of(GOOD)] * REPLICAS == runs())
    with record() as recorder:
        outcome = project.up(program(BETTER), refresh=True)
    assert not outcome.failed, outcome.output
    assert FROM_THE_TOP == order_of_pods(recorder)

    # a part, another number of pods meanwhile, and the rest without waves
    assert not project.up(program(OTHER, waves={**WAVES, "through": "canary"})).failed
    assert [hash_of(BETTER)] * 3 + [hash_of(OTHER)] == runs()
    assert 3 == partition(live())
    lowest = f"namespaces/{namespace}/pods/{FROM_THE_TOP[-1]}"
    before = cluster.api.get(lowest)["metadata"]["uid"]
    cluster.api.delete(lowest)
    there = lambda: cluster.api.exists(lowest) and cluster.api.get(lowest)["metadata"]["uid"] != before  # noqa: E731
    cluster.wait("another pod", lambda: there() and Pod.of(cluster.api.get(lowest)).ready)
    assert hash_of(BETTER) == runs()[0]
    with record() as recorder:
        outcome = project.up(program(OTHER, waves=None))
    assert not outcome.failed, outcome.output
    assert FROM_THE_TOP[1:] == order_of_pods(recorder)
    assert ([hash_of(OTHER)] * REPLICAS, 0, []) == (runs(), partition(live()), drivers(live()))

    assert not project.destroy().failed


def test_waves_need_no_more_rights_than_rbac_prints_and_can_be_paused(
    project, program, cluster, namespace, record, runs
):
    user = f"waves-{namespace}"
    of = WorkloadName(STATEFUL_SET, namespace, "agent")
    grant(cluster, user, rollout_roles(of, rollout_rights(of, waves=True)))
    rights = {"kubeconfig": kubeconfig_of(cluster, user), "pod_management_policy": "Parallel"}
    path = f"namespaces/{namespace}/statefulsets/agent"

    def pause(value):
        cluster.api.patch(path, {"metadata": {"annotations": {"config-rollout/paused": value}}})

    assert not project.up(program(**rights)).failed
    taken_back = project.up(program(BAD, **{**rights, "waves": QUICK}))
    assert "taken back: 1 restarted" in taken_back.output
    slow = {**rights, "ready_after": "1s"}
    with record() as recorder:
        thread = during(recorder, lambda pods: len(pods) == 2, lambda: pause("true"))
        outcome = project.up(program(BETTER, **slow))
        thread.join(10)
    assert outcome.failed
    assert f"config-rollout resume -n {namespace} statefulset/agent" in outcome.output
    assert FROM_THE_TOP[:2] == order_of_pods(recorder)

    # resumed, and scaled in the middle
    pause(None)
    with record() as recorder:
        thread = during(
            recorder, lambda pods: len(pods) == 1, lambda: cluster.api.patch(path, {"spec": {"replicas": REPLICAS + 1}})
        )
        outcome = project.up(program(BETTER, **slow))
        thread.join(10)
    assert not outcome.failed, outcome.output
    assert {FROM_THE_TOP[2]: 1, FROM_THE_TOP[3]: 1, f"agent-{REPLICAS}": 1} == Counter(order_of_pods(recorder))
    assert [hash_of(BETTER)] * (REPLICAS + 1) == runs()


def test_up_killed_in_the_middle_goes_on(engine, cluster, namespace, record, runs, live):
    said = {"waves": WAVES, "more": {"replicas": REPLICAS}, "pod_annotations": {"local-cluster/ready-after": "1s"}}
    with StagedProgram(engine, namespace, source_of(STATEFUL_SET), data=GOOD, **said) as staged:
        assert staged.up()[0]
        with record() as recorder:
            process = staged.start(data=BETTER)
            while len(order_of_pods(recorder)) < 2:
                assert process.poll() is None, process.communicate()[0]
                time.sleep(0.02)
            staged.kill(process)
            staged.end_what_is_left()
            assert len(order_of_pods(recorder)) < REPLICAS
            good, output = ended(staged.start())

        assert good, output
        assert (FROM_THE_TOP, 1) == (order_of_pods(recorder), most_unavailable(recorder))
        assert ([hash_of(BETTER)] * REPLICAS, 0, []) == (runs(), partition(live()), drivers(live()))
