"""The cluster that everything here runs on: its nodes, its parts, and that nothing of it is left."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime import Settings
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash
from tests.engine.conftest import BETTER, NODES
from tests.engine.processes import running, started
from tools import build
from tools.demo import ROOT
from tools.kwok import FATE, READY_AFTER
from tools.local_cluster import RUN_FOLDER, LocalCluster, run_folder
from tools.pods import Pod

HOLD = """
import time
from tools import build
from tools.local_cluster import LocalCluster
with LocalCluster(build.ensure(build.CONTROL_PLANE)) as cluster:
    print(cluster.folder, flush=True)
    time.sleep(300)
"""


@pytest.mark.parametrize("part", build.CONTROL_PLANE)
def test_part_can_be_killed_and_started_again(cluster, part):
    cluster.kill(part)
    cluster.start(part)
    cluster.wait_ready()

    assert NODES == len(cluster.api.list("nodes"))


def test_pods_become_ready_though_etcd_died_when_they_should_have(binaries):
    replicas, labels, pods = 12, {"app": "late"}, "namespaces/default/pods"
    metadata = {"labels": labels, "annotations": {READY_AFTER: "2s"}}
    template = {"metadata": metadata, "spec": {"containers": [{"name": "one", "image": "one"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    with LocalCluster(binaries) as cluster:
        cluster.add_nodes(3)
        cluster.api.create("namespaces/default/deployments", {"metadata": {"name": "late"}, "spec": spec})

        def assigned() -> list[dict[str, Any]]:
            return [pod for pod in cluster.api.list(pods) if "nodeName" in pod["spec"]]

        def unready() -> list[str]:
            return [pod["metadata"]["name"] for pod in assigned() if not Pod.of(pod).ready]

        cluster.wait("all nodes to have their pods", lambda: replicas == len(assigned()))
        before = unready()
        cluster.stand_still("etcd")
        time.sleep(3)  # their status is on its way to etcd by now
        cluster.kill("etcd")
        cluster.start("etcd")
        cluster.wait_ready()
        cluster.wait("the pods to become ready", lambda: not unready())

        assert before
        assert replicas == len(assigned())


def test_kwok_that_starts_again_holds_nobody_up_who_lets_etcd_go_on(cluster):
    cluster.stand_still("etcd")
    with ThreadPoolExecutor(1) as other:
        starting = other.submit(cluster.try_again)
        time.sleep(1)
        cluster.stand_still("etcd", still=False)
        starting.result(30)

    assert cluster.api.ready()


def test_pod_that_is_never_ready_stops_a_rollout(project, agent, record):
    project.up(agent())
    with record() as recorder:
        never = {"pod_annotations": {"local-cluster/fate": "never-ready"}}
        outcome = project.up(agent(BETTER, rollout_timeout_seconds=5, **never))

    assert outcome.failed
    assert 1 == sum(recorder.replaced().values())


@pytest.mark.parametrize("fate", ["crash", "never-ready"])
def test_pod_fails_when_it_is_annotated_and_its_successor_is_well(project, agent, cluster, namespace, fate):
    project.up(agent())
    pods = f"namespaces/{namespace}/pods"
    path = f"{pods}/{cluster.api.list(pods)[0]['metadata']['name']}"

    def waits_for() -> list[str]:
        return [
            s["state"]["waiting"]["reason"]
            for s in cluster.api.get(path)["status"]["containerStatuses"]
            if "waiting" in s["state"]
        ]

    cluster.kubectl("-n", namespace, "annotate", "pod", path.rsplit("/", 1)[-1], f"{FATE}={fate}")
    cluster.wait("the pod to fail", lambda: not Pod.of(cluster.api.get(path)).ready)
    assert {"crash": ["CrashLoopBackOff"], "never-ready": []}[fate] == waits_for()

    cluster.api.delete(path)
    cluster.wait_at_rest(namespace, "agent")


def test_pod_is_stopped_once_so_that_the_next_one_of_its_name_lives(cluster, namespace):
    replicas, labels = 40, {"app": "many"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "one", "image": "one"}]}}
    spec = {"replicas": replicas, "podManagementPolicy": "Parallel", "serviceName": "many", "template": template}
    path = f"namespaces/{namespace}/statefulsets"
    cluster.api.create(path, {"metadata": {"name": "many"}, "spec": {**spec, "selector": {"matchLabels": labels}}})
    cluster.kubectl("-n", namespace, "rollout", "status", "statefulset/many", "--timeout=50s")
    cluster.api.patch(f"{path}/many", {"spec": {"replicas": 0}})
    cluster.wait("all pods to go", lambda: not cluster.api.list(f"namespaces/{namespace}/pods"))
    time.sleep(1)  # nothing announces a second delete

    lines = [json.loads(line) for line in (cluster.folder / "kwok.log").read_text().splitlines()]
    tries = [one for one in lines if one.get("msg") in ("Delete pod", "failed to apply stage")]
    assert replicas == len([one for one in tries if one["pod"].startswith(f"{namespace}/")])


def test_killed_cluster_leaves_no_process_and_its_folder_goes_with_the_next(cluster):
    holder = started(sys.executable, "-c", HOLD)
    folder = holder.stdout.readline().strip()
    assert running(folder)
    holder.kill()
    holder.wait()
    gone = next((True for _ in range(100) if not running(folder) or subprocess.run(["sleep", "0.1"]).returncode), False)
    next_one = run_folder("next")
    next_one.rmdir()

    assert gone
    assert not Path(folder).exists()


def test_make_cluster_can_be_used_from_another_shell_and_closes():
    holder = started(sys.executable, "-m", "tools.cluster", "--nodes", "3")
    source = next(line.split()[1] for line in holder.stdout if line.strip().startswith("source "))
    command = f"source {source} && kubectl get nodes --output name && pulumi whoami && echo $PULUMI_HOME"
    command += " && command -v config-rollout && config-rollout hash config.conf"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    holder.send_signal(signal.SIGINT)
    holder.wait(30)
    *nodes, _, home, program, digest = done.stdout.split()

    assert ["node/node-1", "node/node-2", "node/node-3"] == nodes
    assert f"{home}/bin/config-rollout" == program
    assert config_hash(Content({"config.conf": (ROOT / "config.conf").read_bytes()})) == digest
    assert [False, False] == [Path(source).exists(), Path(home).exists()]
    assert [] == running(str(Path(source).parent))


def test_run_folder_holds_nothing_of_dead_processes_and_keeps_all_else(cluster):
    file, folder = RUN_FOLDER / "kept-by-a-test", RUN_FOLDER / "kept-as-the-site"
    file.touch()
    folder.mkdir()
    run_folder("next").rmdir()
    assert [True, True] == [file.exists(), folder.exists()]
    file.unlink()
    folder.rmdir()
    names = [one.name.rsplit("-", 1)[-1] for one in RUN_FOLDER.iterdir() if one.is_dir()]
    owners = {int(name) for name in names if name.isdigit()}

    assert [] == [owner for owner in owners if not Path(f"/proc/{owner}").exists()]
    assert os.getpid() in owners


class Hearing(engine_pb2_grpc.EngineServicer):
    """All that a program says to an engine here."""

    def Log(self, request, context):
        return empty_pb2.Empty()


def listening(port: int) -> tuple[grpc.Server, int]:
    server = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(Hearing(), server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, port


def program_of(port: int) -> engine_pb2_grpc.EngineStub:
    """Return what a program says things to its engine with."""
    engine = Settings(project="test", stack="test", engine=f"127.0.0.1:{port}").engine
    assert engine
    return engine


def is_reached(engine: engine_pb2_grpc.EngineStub) -> bool:
    try:
        engine.Log(engine_pb2.LogRequest(message="hello"))
    except grpc.RpcError:
        return False
    return True


def test_engine_that_gets_the_port_of_an_earlier_one_is_reached(project):
    server, port = listening(0)
    earlier = program_of(port)
    reached = [is_reached(earlier)]
    server.stop(0).wait()
    reached += [is_reached(earlier), is_reached(earlier)]
    server, _ = listening(port)
    reached.append(is_reached(program_of(port)))
    server.stop(0).wait()

    assert [True, False, False, True] == reached
