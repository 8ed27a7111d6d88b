"""The cluster in memory keeps the contract that tests/engine asks of the real API server."""

import pytest

from config_rollout.cluster.client import Forbidden
from config_rollout.core.rbac.rights import Right
from tests.cluster_contract import ClusterContract, FleetContract
from tests.memory_cluster import MemoryCluster
from tests.memory_fleet import MemoryFleet


@pytest.fixture
def namespace():
    return "n"


@pytest.fixture
def client(clock, namespace):
    return MemoryCluster([("namespaces", {"metadata": {"name": namespace}})])


class TestMemoryCluster(ClusterContract):
    pass


class TestMemoryFleet(FleetContract):
    @pytest.fixture
    def client(self, clock):
        return MemoryFleet()

    @pytest.fixture
    def write(self, client):
        return lambda: client.write("new")


def test_right_that_is_missing_is_known_before_and_refused_after(client):
    client.may_not = lambda right: right.verb == "delete"

    assert [False, True] == [client.may(Right(verb, "", "pods", "n")) for verb in ("delete", "get")]
    with pytest.raises(Forbidden, match="may not delete pods in namespace n"):
        client.delete("pods", "p", "n", "uid")
