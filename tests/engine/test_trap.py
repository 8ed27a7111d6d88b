"""The program that everyone writes first, to show that the tests of ours mean something."""

from tests.engine.conftest import BETTER, GOOD, NODES
from tests.engine.naive_program import naive


def test_hash_from_the_resource_deletes_the_daemon_set(project, namespace, record):
    project.up(naive(namespace, GOOD))
    with record() as recorder:
        outcome = project.up(naive(namespace, BETTER))

    assert "replace" in outcome.steps["DaemonSet agent"]
    assert NODES == max(len(nodes) for nodes in recorder.unavailable())


def test_ours_does_not(project, agent, record):
    project.up(agent())
    with record() as recorder:
        outcome = project.up(agent(BETTER))

    assert "update" == outcome.steps["DaemonSet agent"]
    assert 1 == max(len(nodes) for nodes in recorder.unavailable())
