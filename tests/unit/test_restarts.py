"""What may restart next, as a table, and in simulated clusters whose pods fail, vanish and come back as they like."""

import random
from dataclasses import replace

import pytest

from config_rollout.core.kubernetes.pods import Pod
from config_rollout.core.waves.restarts import WorkloadPods, blocking, next_restarts
from tests.objects.pods import fleet, pods

NODES = [f"n{number}" for number in range(6)]


def restarted(states: str, budget: int, nodes=NODES, down: str = "") -> list[str]:
    return [pod.node for pod in next_restarts(fleet(states, down), nodes, budget)]


@pytest.mark.parametrize(
    ("states", "budget", "nodes"),
    [
        ("oooooo", 1, ["n0"]),
        ("oooooo", 2, ["n0", "n1"]),
        ("nooooo", 1, ["n1"]),
        ("Nooooo", 1, []),  # the new one is not ready yet
        ("xooooo", 1, []),  # the old one is still stopping
        (".ooooo", 1, []),  # the new one does not exist yet
        ("Nooooo", 2, ["n1"]),
        ("oOoooo", 1, ["n1"]),  # what is unready already goes first, and nothing becomes less available
        ("oOOooo", 1, ["n1"]),  # but never more than the budget are in flight
        ("NOOooo", 1, []),
        ("NOOooo", 2, ["n1"]),
        ("oOoooo", 2, ["n1", "n0"]),
        ("nnnnnn", 3, []),
    ],
)
def test_next_restarts(states, budget, nodes):
    assert nodes == restarted(states, budget)


def test_unavailable_pods_outside_the_wave_count():
    assert [] == restarted("ooooNo", 1, nodes=["n0", "n1"])
    assert ["n0"] == restarted("ooooNo", 2, nodes=["n0", "n1"])


def test_outdated_pods_outside_the_wave_that_use_the_budget_up_go_before():
    assert ["n4"] == restarted("ooooOo", 1, nodes=["n0", "n1"])
    assert ["n3"] == restarted("oooOOo", 1, nodes=["n0", "n1"])
    assert ["n0"] == restarted("ooooOo", 2, nodes=["n0", "n1"])
    assert [] == restarted("oooNOo", 1, nodes=["n0", "n1"])
    assert [] == restarted("nnooOo", 1, nodes=["n0", "n1"])


def test_pods_come_in_the_wave_s_order():
    assert ["n3", "n1"] == restarted("oooooo", 2, nodes=["n3", "n1", "n0"])


def test_pods_of_a_node_that_is_down_change_when_it_is_back_and_count_until_then():
    assert ["n2"] == restarted("oooooo", 1, down="2")
    assert ["n2", "n0"] == restarted("oooooo", 2, down="2")


def test_node_that_is_down_counts_also_when_its_pod_is_gone_and_nobody_makes_another():
    gone = WorkloadPods(pods("oooooo")[:5], "new", 5, frozenset({"n5"}))

    assert [] == next_restarts(gone, NODES, 1)
    assert ["n0"] == [pod.node for pod in next_restarts(gone, NODES, 2)]
    assert WorkloadPods(pods("nnnnn."), "new", 5, frozenset({"n5"})).is_through(NODES)


@pytest.mark.parametrize(
    ("states", "down", "through"),
    [("nnnnnn", "", True), ("nnnnno", "", False), ("nnnnnN", "", False), ("nnnnn.", "", False), ("nnnnnx", "", False),
     ("nnnnnx", "5", True), ("nnnnno", "5", False)],
)  # fmt: skip
def test_wave_is_through_when_every_node_has_an_available_new_pod(states, down, through):
    assert through == fleet(states, down).is_through(NODES)


def test_node_that_needs_a_pod_no_more_holds_nothing_up():
    assert WorkloadPods(pods("nnnnn."), "new", 5).is_through(NODES)


@pytest.mark.parametrize(
    ("states", "down", "budget", "nodes", "blockers"),
    [
        ("oooooo", "", 1, NODES, []),
        ("oooooo", "5", 1, NODES, ["n5"]),
        ("oooooo", "5", 2, NODES, []),
        ("oooooo", "5", 1, ["n5"], []),  # there is nothing to wait for
        ("oooooO", "", 1, NODES[:1], []),  # what is only unavailable is restarted first
    ],
)
def test_what_keeps_a_wave_from_beginning(states, down, budget, nodes, blockers):
    assert blockers == blocking(fleet(states, down), nodes, budget)


class Simulated:
    """A cluster that does what clusters do between two looks of the driver."""

    def __init__(self, seed: int, size: int) -> None:
        self.random = random.Random(seed)
        self.nodes = [f"n{number}" for number in range(size)]
        self.pods = {node: Pod(f"old-{node}", f"old-{node}", node, "old", True) for node in self.nodes}
        self.count = 0

    def fleet(self) -> WorkloadPods:
        return WorkloadPods([pod for pod in self.pods.values() if pod], "new", len(self.nodes))

    def step(self, trouble: float) -> None:
        for node, pod in list(self.pods.items()):
            chance = self.random.random()
            if pod is None or (pod.leaving and chance < 0.5):
                self.count += 1
                self.pods[node] = (
                    None if pod and chance < 0.25 else Pod(f"p{self.count}", f"p{self.count}", node, "new", False)
                )
            elif not pod.available and not pod.leaving and chance < 0.3:
                self.pods[node] = Pod(pod.name, pod.uid, node, pod.revision, True)
            elif pod.available and chance < trouble / 2:
                self.pods[node] = Pod(pod.name, pod.uid, node, pod.revision, False)
            elif chance > 1 - trouble / 2:
                self.delete(node)  # someone else does

    def delete(self, node: str) -> None:
        pod = self.pods[node]
        if pod:
            self.pods[node] = Pod(pod.name, pod.uid, node, pod.revision, False, leaving=True)


@pytest.mark.parametrize("seed", range(60))
def test_budget_is_never_exceeded_by_our_doing_and_the_rollout_ends(seed):
    """A pod that is available is only deleted while, with it, no more than the budget are unavailable."""
    chance = random.Random(seed)
    cluster = Simulated(seed, chance.randint(1, 30))
    budget = chance.randint(1, 5)
    cut = chance.randint(0, len(cluster.nodes))
    waves = [nodes for nodes in (cluster.nodes[:cut], cluster.nodes[cut:]) if nodes]
    steps = 0
    for nodes in waves:
        while not cluster.fleet().is_through(nodes):
            trouble = 0.05 if steps < 300 else 0.0
            for pod in next_restarts(cluster.fleet(), nodes, budget)[:1]:
                was = cluster.fleet()
                cluster.delete(pod.node)
                now = cluster.fleet()
                assert "old" == pod.revision
                if pod.available:
                    assert len(now.unavailable()) + now.missing() <= budget
                else:
                    assert len(now.unavailable()) == len(was.unavailable())
                    assert now.in_flight() <= max(budget, was.in_flight())
            cluster.step(trouble)
            steps += 1
            assert steps < 5000
    assert {"new"} == {pod.revision for pod in cluster.pods.values() if pod}


TURNS = [f"n{number}" for number in range(6)]
"""The pods of a StatefulSet in their order; here `n0` is that of the highest ordinal."""


def ordered(states: str, held: str = "old", **revisions: str) -> WorkloadPods:
    """Return the pods of a StatefulSet; `revisions` are those of single pods."""
    every = [replace(pod, revision=revisions.get(pod.node, pod.revision)) for pod in pods(states)]
    return WorkloadPods(every, "new", len(states), ordered=True, held=held)


@pytest.mark.parametrize(
    ("states", "nodes"),
    [
        ("oooooo", ["n0"]),
        ("nnoooo", ["n2"]),
        ("nNoooo", []),  # the new one is not ready yet
        ("nxoooo", []),  # the old one is still stopping
        ("n.oooo", []),  # the new one does not exist yet
        ("Oooooo", ["n0"]),  # the next one is unready already, and Kubernetes waits for it
        ("oOoooo", []),  # one that comes later is not out of turn
        ("nnnnnn", []),
    ],
)
def test_pods_with_an_order_restart_in_no_other(states, nodes):
    assert nodes == [pod.node for pod in next_restarts(ordered(states), TURNS, 1)]


def test_pod_that_an_earlier_rollout_broke_goes_back_before_its_turn():
    broken = ordered("ooOooo", n2="failed")

    assert ["n2"] == [pod.node for pod in next_restarts(broken, TURNS[:1], 1)]
    assert [] == next_restarts(ordered("ooOxoo", n2="failed"), TURNS[:1], 1)  # but one at a time


@pytest.mark.parametrize(
    ("pods_now", "stuck"),
    [
        (ordered("oooooo"), []),
        (ordered("Oooooo"), []),  # it is the first to restart
        (ordered("oOoooo"), ["n1"]),  # Kubernetes would wait for it
        (ordered("oOoooo", n1="failed"), []),  # it goes back first
    ],
)
def test_unavailable_pod_that_does_not_restart_first_blocks_those_with_an_order(pods_now, stuck):
    assert stuck == blocking(pods_now, TURNS[:1], 1)
