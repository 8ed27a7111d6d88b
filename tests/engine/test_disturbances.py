"""What happens when the world does not hold still during a rollout."""

import subprocess
import threading
import time
from collections.abc import Callable

import pytest

from tests.engine.conftest import BETTER, GOOD, NODES, hash_of, name_of
from tools.demo import Program
from tools.local_cluster import run_folder
from tools.pods import Pod


def during(recorder, happened: Callable[[list[Pod]], bool], action: Callable[[], None]) -> threading.Thread:
    """Start a thread that does something once the recorded pods fulfil a condition."""

    def wait() -> None:
        while not happened([pod for kind, pod in list(recorder.events) if kind == "ADDED"]):
            time.sleep(0.02)
        action()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def consistent(pods: list[Pod]) -> bool:
    """Return whether every pod mounts the ConfigMap of its own revision."""
    names = {hash_of(data): name_of(data) for data in (GOOD, BETTER)}
    return all((names[pod.config_hash],) == pod.config_maps for pod in pods)


def test_node_that_joins_and_pod_that_is_deleted_get_their_revision(project, agent, cluster, namespace, record):
    slow = {"ready_after": "1s"}
    project.up(agent(**slow))
    with record() as recorder:
        old = {pod.node: pod.name for pod in recorder.before}

        def disturb() -> None:
            cluster.add_node("joined", {"topology.kubernetes.io/zone": "zone-a"})
            moved = {pod.node for kind, pod in recorder.events if kind == "ADDED"}
            victim = next(name for node, name in old.items() if node not in moved)
            cluster.api.delete(f"namespaces/{namespace}/pods/{victim}")

        thread = during(recorder, lambda pods: len(pods) == 2, disturb)
        outcome = project.up(agent(BETTER, **slow))
        thread.join(10)
    try:
        assert not outcome.failed
        assert consistent([pod for _, pod in recorder.events])
        assert {f"node-{number + 1}" for number in range(NODES)} | {"joined"} == set(recorder.replaced())
        pods = [Pod.of(pod) for pod in cluster.api.list(f"namespaces/{namespace}/pods")]
        assert {hash_of(BETTER)} == {pod.config_hash for pod in pods}
    finally:
        cluster.api.delete("nodes/joined")


def test_node_that_restarts_in_the_middle_finds_the_configuration_it_had(project, agent, cluster, namespace, record):
    project.up(agent(ready_after="1s"))
    held: list[bool] = []
    with record() as recorder:

        def look() -> None:
            held.append(cluster.api.exists(f"namespaces/{namespace}/configmaps/{name_of(GOOD)}"))

        threads = [during(recorder, lambda pods, n=number: len(pods) >= n, look) for number in range(1, NODES + 1)]
        project.up(agent(BETTER, ready_after="1s"))
        for thread in threads:
            thread.join(10)

    assert [True] * NODES == held


@pytest.fixture
def program(engine, cluster) -> Program:
    """Return the example program, run by the real command line as a process of its own."""
    program = Program(engine, run_folder("program"))
    yield program
    engine.run("destroy", "--yes", "--skip-preview", "--remove", folder=program.folder)


def test_up_killed_in_the_middle_goes_on(program, engine, cluster):
    pods = "namespaces/kube-system/pods"
    engine.run("up", "--yes", "--skip-preview", folder=program.folder)
    before = {Pod.of(pod).uid for pod in cluster.api.list(pods)}
    program.edit("mode: iptables", "mode: nftables", show=False)
    process = subprocess.Popen(
        [engine.program, "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=program.folder, env=engine.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    while before == {Pod.of(pod).uid for pod in cluster.api.list(pods)}:
        time.sleep(0.05)
    process.kill()
    process.wait()

    engine.run("cancel", "--yes", folder=program.folder)
    engine.run("up", "--yes", "--skip-preview", folder=program.folder)
    after = [Pod.of(pod) for pod in cluster.api.list(pods)]
    maps = [m["metadata"]["name"] for m in cluster.api.list("namespaces/kube-system/configmaps")]

    assert NODES == len([pod for pod in after if pod.ready])
    assert 1 == len({pod.config_hash for pod in after})
    assert [after[0].config_maps[0]] == [name for name in maps if name.startswith("kube-proxy-")]
    assert before.isdisjoint({pod.uid for pod in after})


def test_example_program_refuses_a_cluster_that_has_a_kube_proxy(program, engine, cluster):
    labels = {"k8s-app": "kube-proxy"}
    theirs = {
        "metadata": {"name": "kube-proxy", "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "p", "image": "theirs"}]}},
        },
    }
    path = "namespaces/kube-system/daemonsets"
    cluster.api.create(path, theirs)
    try:
        done = engine.run("up", "--yes", folder=program.folder, check=False)

        assert done.returncode
        assert "theirs" == cluster.api.get(f"{path}/kube-proxy")["spec"]["template"]["spec"]["containers"][0]["image"]
        assert not cluster.api.exists("namespaces/kube-system/serviceaccounts/kube-proxy")
    finally:
        cluster.api.delete(f"{path}/kube-proxy")
