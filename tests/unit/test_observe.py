"""What is read of a cluster beside a workload."""

import threading

import pytest

from config_rollout.cluster.observe import add_config_maps, add_secrets
from config_rollout.core.revisions.observation import Observation
from tests.memory_cluster import MemoryCluster

NAMES = ["a", "gone", "b"]
THERE = {name: {"metadata": {"name": name}} for name in ("a", "b")}


class Meeting(MemoryCluster):
    """Answers only once all of `NAMES` are asked for."""

    def __init__(self):
        super().__init__()
        self._meeting = threading.Barrier(len(NAMES))

    def get(self, resource, name, namespace=""):
        self._meeting.wait(timeout=30)
        return THERE.get(name)


@pytest.mark.parametrize(("add", "field"), [(add_config_maps, "config_maps"), (add_secrets, "secrets")])
def test_several_objects_are_read_at_once(add, field):
    assert THERE == getattr(add(Meeting(), Observation("n", "agent"), NAMES), field)


def test_secrets_that_are_not_there_are_named():
    assert ["gone"] == add_secrets(Meeting(), Observation("n", "agent"), NAMES).missing_secrets
