"""A reload in waves, on the real engine and control plane: one more pod has to come up with the text first."""

import pytest

from config_rollout.core.waves import reload_canary
from tests.engine.conftest import NODES
from tests.engine.observed import WAVES, daemon_set
from tests.engine.reloading import NEW, OLD, PORT, REFUSED, RELOAD, Programs
from tools.pod_server import PodServer

HEALTH = PORT + 1
GATE = {"http": {"port": HEALTH, "path": "/healthz"}, "timeout_seconds": 2}
IN_WAVES = {**RELOAD, "waves": {**WAVES, "gates": [GATE]}}


@pytest.fixture
def beside(cluster, namespace):
    """Return a function that gives what there is of canaries: their Jobs, pods and ConfigMaps."""

    def look():
        every = [
            one["metadata"]["name"]
            for kind in ("jobs", "pods", "configmaps")
            for one in cluster.api.list(f"namespaces/{namespace}/{kind}")
        ]
        return sorted(name for name in every if name.startswith("config-rollout-canary-"))

    return look


@pytest.fixture
def programs(cluster, namespace):
    """Play programs whose health is bad as long as a canary reads the text `refused`."""
    programs = Programs(cluster, namespace)

    def answer(address, port, path):
        if port != HEALTH:
            return programs.answer(address, port, path)
        texts = [one.get("data", {}).get("rules") for one in cluster.api.list(f"namespaces/{namespace}/configmaps")
                 if one["metadata"]["name"].startswith("config-rollout-canary-")]  # fmt: skip
        return (503, "sick") if "refused\n" in texts else (200, "well")

    with PodServer(cluster.pods_socket, answer):
        yield programs


def test_canary_comes_before_all_nodes_and_stops_what_does_not_come_up(
    project, agent, cluster, namespace, record, programs, beside
):
    made = project.up(agent(OLD, **IN_WAVES))
    assert not made.failed, made.output

    (message,) = project.preview(agent(NEW, **IN_WAVES)).messages
    assert "canary: before any pod gets the text, one more pod has to come up with it" in message
    assert "reaches all nodes at once, waves or not" in message

    with record() as recorder:
        changed = project.up(agent(NEW, **IN_WAVES))
    assert not changed.failed, changed.output
    canaries = [pod.node for kind, pod in recorder.events if kind == "ADDED"]
    assert 1 == len(canaries)
    assert f"canary: a pod with the new text came up on node {canaries[0]}" in changed.output
    assert f"reloaded: {NODES} pods read it again" in changed.output
    cluster.wait("nothing of the canary to be left", lambda: [] == beside())

    of = f"namespaces/{namespace}/configmaps/agent-reload"
    before = cluster.api.get(of)["metadata"]["resourceVersion"]
    refused = project.up(agent(REFUSED, **IN_WAVES))
    assert refused.failed
    why = f"node {canaries[0]}: gate :{HEALTH}/healthz: 503 sick"
    assert f"reload failed at its canary, a pod with the new text on {why}" in refused.output
    assert "no pod has got the new text" in refused.output
    cluster.wait("nothing of the canary to be left", lambda: [] == beside())
    assert (before, ["deny"] * NODES) == (cluster.api.get(of)["metadata"]["resourceVersion"], programs.now())


def test_nothing_is_left_of_a_canary_whose_up_was_killed(project, agent, cluster, namespace, programs, beside):
    assert not project.up(agent(OLD, **IN_WAVES)).failed
    name, workload = "config-rollout-canary-killed", daemon_set(cluster, namespace)
    job = reload_canary.job(name, workload, {"agent-reload": f"{name}-0"}, "node-1", seconds=3)
    made = cluster.api.create(f"namespaces/{namespace}/jobs", job)
    text = cluster.api.get(f"namespaces/{namespace}/configmaps/agent-reload")
    cluster.api.create(f"namespaces/{namespace}/configmaps", reload_canary.config_map(f"{name}-0", made, text))
    cluster.wait("its pod", lambda: 3 == len(beside()))
    cluster.wait("Kubernetes to have removed it", lambda: [] == beside())
    cluster.wait(
        "the DaemonSet's own to be all", lambda: NODES == len(cluster.api.list(f"namespaces/{namespace}/pods"))
    )
