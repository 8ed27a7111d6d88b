"""What `kubectl` changed on a DaemonSet of ours, and the commands that a person then types, with their previews."""

import pytest

from tests.engine.conftest import BETTER, NODES, name_of
from tests.engine.observed import daemon_set
from tests.engine.typed import Typed, component


@pytest.fixture
def typed(engine, namespace, tmp_path):
    typed = Typed(engine, tmp_path / "program", namespace)
    yield typed
    typed.gone()


def runs(cluster, namespace):
    """Return what the DaemonSet's pods get: the ConfigMap and the image."""
    pod_spec = daemon_set(cluster, namespace)["spec"]["template"]["spec"]
    return pod_spec["volumes"][0]["configMap"]["name"], pod_spec["containers"][0]["image"]


def test_hand_edits_are_put_back_by_the_commands_that_are_recommended(typed, cluster, namespace, record):
    for level in ("info", "debug"):
        typed.program(component("agent", namespace, level))
        typed.run("up", "--yes")
    wanted = name_of(BETTER), "agent:1"
    cluster.kubectl("-n", namespace, "rollout", "undo", "daemonset/agent")
    cluster.wait_at_rest(namespace, "agent")

    for words in (["preview"], ["up", "--yes"], ["preview", "--refresh"]):
        typed.run(*words)
        assert wanted != runs(cluster, namespace)
    with record() as recorder:
        typed.run("up", "--yes", "--refresh")
    assert wanted == runs(cluster, namespace)
    assert [1] * NODES == list(recorder.replaced().values())

    cluster.kubectl("-n", namespace, "set", "image", "daemonset/agent", "agent=agent:2")
    cluster.wait_at_rest(namespace, "agent")
    typed.in_terminal("preview", "--refresh")
    assert "agent:2" == runs(cluster, namespace)[1]
    typed.in_terminal("up", "--yes", "--refresh")
    assert wanted == runs(cluster, namespace)


def test_hand_edit_of_a_limit_and_a_change_of_the_program_meet_in_one_up(typed, cluster, namespace):
    typed.program(component("agent", namespace, "info", revision_history_limit=5))
    typed.run("up", "--yes")
    cluster.api.patch(f"namespaces/{namespace}/daemonsets/agent", {"spec": {"revisionHistoryLimit": 1}})
    typed.program(component("agent", namespace, "info", revision_history_limit=7, labels={"team": "net"}))

    typed.run("up", "--yes")
    assert 7 == daemon_set(cluster, namespace)["spec"]["revisionHistoryLimit"]
