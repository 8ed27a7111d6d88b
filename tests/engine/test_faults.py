"""
What happens to a fleet when the world does not hold still during its waves, judged from all that was written.

30 nodes by default; `make faults NODES=200` runs the same on more.
"""

import os
import time

import pytest

from tests.engine.conftest import hash_of
from tests.engine.fleet import fixtures, readiness, well
from tests.engine.staged_program import ended
from tools.kwok import FATE, READY_AFTER
from tools.proxy import Proxy

NODES = int(os.environ.get("FAULT_NODES", "30"))
BUDGET = NODES // 10
ZONE = "topology.kubernetes.io/zone"
NAMES = ["canary", "zone-a", "zone-b", "zone-c"]
WAVES = {"first": [{"name": "canary", "nodes": 1, "max_unavailable": 1}], "by": ZONE, "max_unavailable": BUDGET,
         "progress_deadline_seconds": 180}  # fmt: skip
IMPATIENT = {**WAVES, "progress_deadline_seconds": 3}
BAD, WORSE = {"agent.yaml": "level: bogus\n"}, {"agent.yaml": "level: worse\n"}
REST = {"waves": WAVES, "refused": "", "pod_annotations": {READY_AFTER: "100ms"}}
"""What a program says besides its data when nothing is wrong."""

cluster, program, fleet = fixtures(NODES, BUDGET, REST, crashing=[BAD])

ONCE_EACH = {f"node-{number + 1}": 1 for number in range(NODES)}


def test_api_server_killed_at_random_moments(fleet, cluster):
    up = fleet.start()
    for moment in fleet.moments(2):
        fleet.when(moment, up)
        cluster.kill("kube-apiserver")
        time.sleep(fleet.random.random())
        cluster.start("kube-apiserver")
        cluster.wait_ready()
    well(up)

    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


def test_slow_api_server(fleet, cluster):
    with Proxy(cluster, cluster.watched_kubeconfig) as proxy:
        proxy.delay_seconds = 0.05
        fleet.up(kubeconfig=proxy.kubeconfig)

    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


@pytest.mark.long
def test_controller_manager_away(fleet, cluster):
    up = fleet.start()
    fleet.when(fleet.moments(1)[0], up)
    cluster.kill("kube-controller-manager")
    time.sleep(20)
    cluster.start("kube-controller-manager")
    well(up)

    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


def test_nodes_not_ready(fleet, cluster):
    down = fleet.random.sample(sorted(ONCE_EACH), BUDGET - 1)
    up = fleet.start()
    fleet.when(fleet.moments(1)[0], up)
    for node in down:
        cluster.take_node_down(node)
    well(up)
    for node in down:
        cluster.bring_node_back(node)

    fleet.up()
    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


def test_pods_that_others_delete(fleet, cluster):
    up = fleet.start()
    for moment in fleet.moments(3):
        fleet.when(moment, up)
        for pod in fleet.still_old()[:BUDGET]:
            cluster.api.delete(f"namespaces/fleet/pods/{pod}")
    well(up)

    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


@pytest.mark.parametrize(
    "bad", [{"data": BAD}, {"data": WORSE, "pod_annotations": {FATE: "never-ready"}}], ids=["crashes", "never-ready"]
)
def test_bad_configuration_reaches_the_first_wave_only(fleet, cluster, bad):
    output = fleet.fails(waves=IMPATIENT, **bad)
    cluster.add_node("joined", {ZONE: "zone-a"})
    (victim, *_) = fleet.still_old()
    cluster.api.delete(f"namespaces/fleet/pods/{victim}")
    cluster.wait("the pods", lambda: len([p for p in fleet.pods() if readiness(p).get("status") == "True"]) > NODES)
    moved = fleet.verdict(budget=1)
    fleet.up(data=fleet.old)

    assert "wave 'canary' failed" in output
    assert 1 == len(moved.reached[hash_of(bad["data"])])
    assert 4 == sum(moved.restarts.values()) == sum(fleet.verdict(budget=1).restarts.values())
    assert {hash_of(fleet.old)} == fleet.hashes()
    cluster.api.delete("nodes/joined")
    for pod in fleet.pods():
        if pod["spec"]["nodeName"] == "joined":
            cluster.api.delete(f"namespaces/fleet/pods/{pod['metadata']['name']}")


def test_gate_that_fails_at_each_wave_halts_there(fleet):
    for name in NAMES:
        output = fleet.fails(refused=name, waves={**WAVES, "on_failure": "halt"})
        assert f"wave '{name}' failed" in output
    fleet.up()

    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


@pytest.mark.parametrize("name", ["canary", "zone-b"])
def test_gate_that_fails_takes_its_wave_and_those_before_back(fleet, cluster, name):
    fleet.fails(refused=name)
    waves = {"canary": set(), "zone-b": {"zone-a", "zone-b"}}[name]
    zones = {node["metadata"]["name"]: node["metadata"]["labels"][ZONE] for node in cluster.api.list("nodes")}
    verdict = fleet.verdict()
    reached = verdict.reached[hash_of(fleet.new)]

    assert len([node for node in reached if zones[node] not in waves]) <= 1  # the canary
    assert dict.fromkeys(reached, 2) == verdict.restarts
    assert fleet.rests(fleet.old)


def test_engine_killed_at_each_wave(fleet, program):
    ends = [1, 1 + NODES // 3, 1 + 2 * NODES // 3, NODES - BUDGET]
    for end in ends:
        up = fleet.start()
        fleet.when(end, up)
        program.kill(up)
    fleet.up()

    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


def test_two_ups_at_once(fleet):
    up = fleet.start()
    fleet.when(2, up)
    output = fleet.fails()
    well(up)

    assert "the stack is currently locked" in output
    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


def test_kubectl_rollout_restart_in_the_middle(fleet, cluster):
    up = fleet.start()
    fleet.when(fleet.moments(1)[0], up)
    annotations = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    cluster.api.patch(
        "namespaces/fleet/daemonsets/agent", {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    )
    good, output = ended(up)
    cluster.wait("the pods", fleet.is_whole)
    before = [pod for pod in fleet.pods() if not annotations.items() <= pod["metadata"]["annotations"].items()]
    moved = {
        p["spec"]["nodeName"] for p in before if p["metadata"]["annotations"]["checksum/config"] == hash_of(fleet.new)
    }
    fleet.up()

    assert (False, True) == (good, "something else changed it during the rollout" in output)
    assert moved
    assert {node: 1 + (node in moved) for node in ONCE_EACH} == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


def test_judge_sees_what_exceeds_the_budget(fleet, cluster):
    cluster.kill("kube-controller-manager")  # nobody replaces a pod before all are deleted
    for pod in fleet.still_old()[: BUDGET + 1]:
        cluster.as_watched().delete(f"namespaces/fleet/pods/{pod}")
    cluster.start("kube-controller-manager")
    cluster.wait("the pods", lambda: fleet.rests(fleet.old))

    verdict = fleet.judged(BUDGET)
    assert (BUDGET + 1, 1) == (verdict.most_by_us, len(verdict.exceeded))
