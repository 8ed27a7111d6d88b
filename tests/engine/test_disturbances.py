"""What happens when the world does not hold still during a rollout."""

import os
import signal
import subprocess
import time
from contextlib import suppress

from tests.engine.conftest import BETTER, GOOD, NODES, hash_of, name_of
from tests.engine.observed import during
from tools.kept import orphans
from tools.pods import Pod


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


def end_session(session: int) -> None:
    """End what a killed engine leaves behind: its plugins and the program."""
    for process in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        with suppress(OSError):
            if os.getsid(process) == session:
                os.kill(process, signal.SIGKILL)


def test_up_killed_in_the_middle_goes_on(program, engine, cluster, request):
    pods = "namespaces/kube-system/pods"
    program.up_quietly()
    before = {Pod.of(pod).uid for pod in cluster.api.list(pods)}
    program.edit("mode: iptables", "mode: nftables", show=False)
    process = subprocess.Popen(
        [engine.program, "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=program.folder,
        env=engine.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    request.addfinalizer(lambda: end_session(process.pid))
    while before == {Pod.of(pod).uid for pod in cluster.api.list(pods)}:
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()

    engine.run("cancel", "--yes", folder=program.folder)
    program.up_quietly()
    after = [Pod.of(pod) for pod in cluster.api.list(pods)]

    assert NODES == len([pod for pod in after if pod.ready])
    assert 1 == len({pod.config_hash for pod in after})
    assert [] == orphans(cluster.api, "kube-system", "kube-proxy")
    assert before.isdisjoint({pod.uid for pod in after})


def test_example_program_leaves_a_kube_proxy_that_is_there_as_it_was(program, engine, cluster):
    labels = {"k8s-app": "kube-proxy"}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "p", "image": "theirs"}]}}
    path, account = "namespaces/kube-system/daemonsets", "namespaces/kube-system/serviceaccounts/kube-proxy"
    cluster.api.create("namespaces/kube-system/serviceaccounts", {"metadata": {"name": "kube-proxy"}})
    spec = {"selector": {"matchLabels": labels}, "template": pods}
    theirs = cluster.api.create(path, {"metadata": {"name": "kube-proxy"}, "spec": spec})
    try:
        refused = engine.run("up", "--yes", folder=program.folder, check=False)
        assert refused.returncode
        assert "KubeProxy 'kube-proxy': DaemonSet kube-system/kube-proxy: already exists" in refused.stdout
        engine.run("destroy", "--yes", folder=program.folder)

        live = cluster.api.get(f"{path}/kube-proxy")
        assert (theirs["metadata"]["uid"], theirs["spec"]) == (live["metadata"]["uid"], live["spec"])
        assert cluster.api.exists(account)
    finally:
        cluster.api.delete(f"{path}/kube-proxy")
        cluster.api.delete(account)


def test_bad_arguments_are_said_without_a_stack_trace(program, engine):
    path = program.folder / "__main__.py"
    path.write_text(path.read_text().replace('"layout": ', '"layuot": '))
    program.edit("mode: iptables", "mode: bogus", show=False)
    done = engine.run("preview", folder=program.folder, check=False)

    assert done.returncode
    assert "Traceback" not in done.stdout
    for fault in ("layuot: is not a known argument", "config: mode: is not valid (got 'bogus')"):
        assert f"KubeProxy 'kube-proxy': {fault}" in done.stdout
