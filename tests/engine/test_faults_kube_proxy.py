"""What happens to a kube-proxy on a fleet under faults, adopted and our own, judged from all that was written."""

import pytest

from tests.engine.fleet import Fleet
from tests.engine.kube_system import CRASHING, SERVER, VERSION
from tests.engine.staged_program import KUBE_PROXY, StagedProgram, ended
from tools import build, demo
from tools.adoption import NFTABLES
from tools.engine import Engine
from tools.history import History
from tools.kubeadm import CONFIGURATION, Kubeadm
from tools.local_cluster import LocalCluster

NODES, BUDGET = 30, 3
BAD = {**CONFIGURATION, "mode": "ipvs"}
"""The configuration whose pods crash here."""

WAVES = {
    "first": [{"name": "canary", "nodes": 1, "max_unavailable": 1}],
    "by": "topology.kubernetes.io/zone",
    "max_unavailable": BUDGET,
}
OWN = {"manage": "own", "api_server": SERVER, "version": f"v{VERSION}"}
ONCE_EACH = {f"node-{number + 1}": 1 for number in range(NODES)}


@pytest.fixture(scope="module")
def cluster(binaries):
    with LocalCluster(binaries, crashing_config_maps=[CRASHING], recorded=True) as cluster:
        cluster.add_nodes(NODES)
        yield cluster


@pytest.fixture(scope="module")
def kubeadm(cluster):
    return Kubeadm(build.ensure(["kubeadm"])["kubeadm"], cluster, VERSION)


@pytest.fixture(scope="module", params=["adopt", "own"])
def program(request, binaries, cluster, kubeadm):
    if request.param == "adopt":
        kubeadm.addon()
        cluster.wait_at_rest("kube-system", "kube-proxy")
    more = {"min_ready_seconds": 0, **({"manage": "adopt"} if request.param == "adopt" else OWN)}
    with Engine(binaries, cluster.watched_kubeconfig) as engine:
        with StagedProgram(engine, "kube-system", KUBE_PROXY, more=more) as program:
            good, output = program.up(data=CONFIGURATION, waves=WAVES)
            assert good, output
            yield program
        cluster.remove_kube_proxy()


@pytest.fixture
def fleet(cluster, program):
    def hash_of(configuration):
        return demo.hash_of(f"mode: {configuration['mode']}")

    with History(cluster) as history:
        cluster.wait_at_rest("kube-system", "kube-proxy")
        yield Fleet(cluster, program, history, NODES, BUDGET, (CONFIGURATION, NFTABLES), hash_of, {"waves": WAVES})


def test_engine_killed_in_a_wave_and_the_next_up(fleet, program):
    up = fleet.start()
    fleet.when(fleet.moments(1)[0], up)
    program.kill(up)
    fleet.up()

    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


def test_kubeadm_s_overwrite_in_the_middle_and_an_up_with_a_refresh(fleet, kubeadm):
    up = fleet.start()
    fleet.when(fleet.moments(1)[0], up)
    kubeadm.addon()
    good, output = ended(up)
    fleet.up("--refresh")

    assert (False, True) == (good, "something else changed it during the rollout" in output)
    assert {*ONCE_EACH} == {*fleet.verdict().restarts}
    assert fleet.rests(fleet.new)


def test_bad_configuration_reaches_the_budget_of_the_first_wave_only(fleet):
    output = fleet.fails(data=BAD, waves={**WAVES, "progress_deadline_seconds": 3})
    moved = fleet.verdict(budget=1)

    assert "wave 'canary' failed" in output
    assert 1 == len(moved.reached[fleet.hash_of(BAD)])
    assert 2 == sum(moved.restarts.values())
    assert fleet.rests(fleet.old)
