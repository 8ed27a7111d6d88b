"""
A text that a fleet reads again while some of it refuses, does not look or is away, and what that costs the API server.

30 nodes by default; `make faults NODES=200` runs the same on more.
"""

import os
import random
from collections import Counter

import pytest

from tests.engine.conftest import Project
from tests.engine.fleet import SEED
from tests.engine.observed import FAST
from tests.engine.reloading import NEW, OLD, PORT, REFUSED, RELOAD, Programs
from tools.engine import Engine
from tools.kwok import condition
from tools.local_cluster import LocalCluster
from tools.pod_server import PodServer

NODES = int(os.environ.get("FAULT_NODES", "30"))


@pytest.fixture(scope="module")
def cluster(binaries):
    with LocalCluster(binaries) as cluster:
        cluster.add_nodes(NODES)
        yield cluster


@pytest.fixture(scope="module")
def engine(binaries, cluster):
    with Engine(binaries, cluster.watched_kubeconfig) as engine:
        yield engine


@pytest.fixture
def fleet(engine, cluster, namespace, monkeypatch):
    """Give the project whose requests are counted."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.watched_kubeconfig))
    return Project(engine, namespace)


def test_fleet_reloads_with_four_requests_a_node_and_names_each_that_does_not(fleet, agent, cluster, namespace):
    def pods():
        return {
            pod["spec"]["nodeName"]: pod["metadata"]["uid"] for pod in cluster.api.list(f"namespaces/{namespace}/pods")
        }

    def not_ready(node):
        """Say of the pods of a node what the node controller says after a while."""
        for pod in cluster.api.list(f"namespaces/{namespace}/pods?fieldSelector=spec.nodeName%3D{node}"):
            path = f"namespaces/{namespace}/pods/{pod['metadata']['name']}/status"
            cluster.api.patch(path, {"status": {"conditions": [condition("Ready", "False")]}}, "strategic-merge")

    programs = Programs(cluster, namespace)
    with PodServer(cluster.pods_socket, programs.answer):
        made = fleet.up(agent(OLD, **FAST, **RELOAD))
        assert not made.failed, made.output
        before, earlier = pods(), cluster.asked_bytes()
        assert NODES == len(before)

        changed = fleet.up(agent(NEW, **FAST, **RELOAD))
        assert not changed.failed, changed.output
        of_pods = [(verb, name) for verb, what, name in cluster.requests_of("", earlier) if what == "pods" and name]
        asked = Counter(name for verb, name in of_pods if name.endswith(f":{PORT}"))
        woken = Counter(name for verb, name in of_pods if verb == "patch")
        assert f"reloaded: {NODES} pods read it again" in changed.output
        assert ["deny"] * NODES == programs.now()
        assert [(NODES, {3}), (NODES, {1})] == [(len(of), set(of.values())) for of in (asked, woken)]
        assert len(of_pods) == asked.total() + woken.total()

        *rejecting, deaf, away, also_away = random.Random(SEED).sample(sorted(before), 6)
        programs.rejects, programs.deaf = set(rejecting), {deaf}
        for node in (away, also_away):
            cluster.take_node_down(node)
            not_ready(node)
        refused = fleet.up(agent(REFUSED, **FAST, **RELOAD))
        lines = [line.strip() for line in refused.output.splitlines()]
        assert refused.failed
        assert f"reload failed: {len(rejecting) + 1} of {NODES - 2} pods did not read it again" in refused.output
        assert sorted(
            [
                *(f"{node}: rejected it (rules_failed_total 0 => 1)" for node in rejecting),
                f"{deaf}: has not read it yet: rules_version is as before",
            ]
        ) == sorted({line for line in lines if line.startswith("node-")})
        assert "the old text is back, and nothing restarted" in refused.output
        assert ("deny", ["deny"] * NODES, before) == (programs.text(), programs.now(), pods())

        programs.rejects, programs.deaf = set(), set()
        lasting = fleet.up(agent(REFUSED, **FAST, **RELOAD))
        assert not lasting.failed, lasting.output
        assert f"reloaded: {NODES - 2} pods read it again" in lasting.output
        assert all(node in lasting.output.partition("not asked:")[2] for node in (away, also_away))
        assert before == pods()
