"""The real API server keeps the contract that the cluster in memory is tested for, so that one stands for the other."""

import pytest

from config_rollout.cluster.client import Cluster
from tests.cluster_contract import ClusterContract, FleetContract, until
from tests.engine.conftest import NODES


@pytest.fixture
def client(cluster):
    return Cluster.find(str(cluster.kubeconfig))


class TestApiServer(ClusterContract):
    pass


class TestControllers(FleetContract):
    @pytest.fixture
    def namespace(self, client, namespace):
        """Give a namespace with the DaemonSet, its pods all Ready."""
        labels = {"a": "b"}
        spec = {"containers": [{"name": "agent", "image": "agent:1"}]}
        template = {"metadata": {"labels": labels, "annotations": {"checksum/config": "good"}}, "spec": spec}
        body = {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": "agent"},
            "spec": {"selector": {"matchLabels": labels}, "template": template, "updateStrategy": {"type": "OnDelete"}},
        }
        client.create("daemonsets", namespace, body)
        assert until(lambda: client.get("daemonsets", "agent", namespace)["status"].get("numberReady") == NODES)
        return namespace

    @pytest.fixture
    def write(self, client, namespace):
        annotations = {"checksum/config": "new"}
        patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
        return lambda: client.patch("daemonsets", "agent", namespace, patch)
