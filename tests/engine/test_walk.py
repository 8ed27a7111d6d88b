"""
Steps in the life of a configuration of each kind of workload, in an order that is random and always the same.

In most of a DaemonSet's two things go wrong at once: it takes each step twice, the others once. `make faults STEPS=1000
SEED=7` takes as many of each kind as one likes, others with each seed.
"""

import os

import pytest

from config_rollout.core.kubernetes.workload_kinds import DEPLOYMENT, STATEFUL_SET
from tests.engine.staged_program import StagedProgram, source_of
from tests.engine.walks import NODES, DaemonSetWalk, Walk
from tools.engine import Engine
from tools.local_cluster import LocalCluster
from tools.proxy import Proxy

STEPS, SEED = (int(os.environ.get(name, default)) for name, default in (("WALK_STEPS", "0"), ("FAULT_SEED", "3")))
OF_DAEMON_SETS, OF_OTHERS = STEPS or 18, STEPS or 9
"""Each step twice, and each once."""
READY = {"pod_annotations": {"local-cluster/ready-after": "100ms"}, "waves": None}


@pytest.fixture(scope="module")
def cluster(binaries):
    with LocalCluster(binaries, recorded=True) as cluster:
        cluster.add_nodes(NODES)
        yield cluster


@pytest.fixture
def engine(binaries, cluster):
    with Engine(binaries, cluster.watched_kubeconfig) as engine:
        yield engine


def test_daemon_set(engine, cluster):
    cluster.create_namespace("walk")
    with (
        Proxy(cluster, cluster.watched_kubeconfig) as proxy,
        StagedProgram(engine, "walk", **READY) as program,
    ):
        walk = DaemonSetWalk(cluster, program, SEED, proxy)
        walk.begin()
        for _ in range(OF_DAEMON_SETS):
            walk.step()

    if (STEPS, SEED) == (0, 3):
        assert {*walk.names} == {*walk.taken}
        assert {*walk.mishaps.names} == walk.happened


@pytest.mark.parametrize("kind", [DEPLOYMENT, STATEFUL_SET], ids=lambda kind: kind.word)
def test_other_kinds(engine, cluster, kind):
    cluster.create_namespace(f"walk-{kind.word}")
    with StagedProgram(engine, f"walk-{kind.word}", source_of(kind), **READY) as program:
        walk = Walk(kind, cluster, program, SEED)
        walk.begin()
        for _ in range(OF_OTHERS):
            walk.step()

    if (STEPS, SEED) == (0, 3):
        assert {*walk.names} == {*walk.taken}
