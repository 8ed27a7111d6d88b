"""The program that everyone writes first, to show that the tests of ours mean something."""

import hashlib

import pulumi_kubernetes as k8s

from tests.engine.conftest import BETTER, GOOD, NODES


def naive(namespace: str, data: dict[str, str]):
    """Return a program that takes hash and name from the ConfigMap resource's outputs."""

    def program() -> None:
        metadata = {"name": "agent", "namespace": namespace}
        labels = {"app": "agent"}
        config_map = k8s.core.v1.ConfigMap("agent", metadata=metadata, data=data)
        checksum = config_map.data.apply(
            lambda values: hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()
        )
        k8s.apps.v1.DaemonSet(
            "agent",
            metadata=metadata,
            spec={
                "selector": {"match_labels": labels},
                "template": {
                    "metadata": {"labels": labels, "annotations": {"checksum/config": checksum}},
                    "spec": {
                        "containers": [{"name": "agent", "image": "agent:1"}],
                        "volumes": [{"name": "config", "config_map": {"name": config_map.metadata["name"]}}],
                    },
                },
            },
        )

    return program


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
