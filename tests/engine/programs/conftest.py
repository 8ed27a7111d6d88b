"""Programs that take minutes to build: these tests run in `make programs` alone, on real nodes."""

import os

import pytest

from tests.engine.conftest import Project
from tools import build
from tools.engine import Engine
from tools.local_cluster import LocalCluster
from tools.real_nodes import RealNodes

if "PROGRAMS" not in os.environ:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="module")
def program():
    """Give the folder of a program; nodes see the machine's files."""
    return lambda name: build.ensure([name])[name]


@pytest.fixture(scope="module")
def cluster(binaries):
    with LocalCluster(binaries) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def nodes(cluster):
    """Give the nodes by name."""
    with RealNodes(cluster, 2) as real:
        yield {node.name: node for node in real.nodes}


@pytest.fixture
def project(binaries, cluster, nodes, namespace, monkeypatch):
    """Give a project, whose pods are gone afterwards."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    with Engine(binaries, cluster.kubeconfig) as engine:
        project = Project(engine, namespace)
        yield project
        assert not project.destroy().failed
