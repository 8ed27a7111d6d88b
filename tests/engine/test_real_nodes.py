"""What becomes of a change in real kube-proxies, on real nodes: which process runs what, and which rules it made."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.engine.conftest import Project
from tests.engine.kube_system import DAEMON_SET, OF, own, settle
from tests.engine.test_tools import running as running_of
from tests.engine.test_tools import started
from tests.engine.test_waves import most_unavailable, order
from tools.engine import Engine
from tools.local_cluster import LocalCluster
from tools.pods import Recorder
from tools.real_nodes import API_SERVER, RealNodes, parts
from tools.real_nodes.node import CGROUPS, SYSCTLS, remove_cgroups

if why := parts.missing():
    pytest.skip(why, allow_module_level=True)

NODES = 3
WAVES = {
    "first": [{"name": "canary", "nodes": 1}],
    "max_unavailable": 2,
    "progress_deadline_seconds": 60,
    "gates": [{"kube_proxy": {}}],
}
IPTABLES = {
    "mode": "iptables",
    "clusterCIDR": "203.0.113.0/24",
    "metricsBindAddress": "0.0.0.0:10249",
    # What of connection tracking belongs to the whole machine, no namespace may change.
    "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
}
NFTABLES = {**IPTABLES, "mode": "nftables"}
IPVS = {**IPTABLES, "mode": "ipvs"}
"""Valid, and does not start where the kernel has no IPVS."""


def sysctls() -> dict[str, str]:
    return {name: Path("/proc/sys", *name.split(".")).read_text() for name in SYSCTLS}


def left(owner: int) -> list[str]:
    """Return the cgroups of a process' nodes, and mounts of the machine that are a node's."""
    cgroups = [str(path) for path in CGROUPS.glob(f"**/config-rollout-{owner}-*")]
    return cgroups + [line for line in Path("/proc/mounts").read_text().splitlines() if "containerd" in line]


@pytest.fixture(scope="module")
def cluster(binaries) -> Iterator[LocalCluster]:
    with LocalCluster(binaries) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def nodes(cluster):
    """Give the nodes by name, and prove afterwards that the machine is as it was."""
    before = sysctls()
    with RealNodes(cluster, NODES) as real:
        yield {node.name: node for node in real.nodes}
    assert (before, []) == (sysctls(), left(os.getpid()))


@pytest.fixture(scope="module")
def project(binaries, cluster, nodes):
    with Engine(binaries, cluster.kubeconfig) as engine:
        yield Project(engine, "real-nodes")


@pytest.fixture(autouse=True)
def kubeconfig(cluster, monkeypatch):
    """Let the program, which runs in this process here, find the cluster as it does in its own."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))


@pytest.fixture
def record(cluster):
    return lambda: Recorder(cluster.api, "kube-system")


@pytest.fixture
def program(cluster):
    """Return a maker of programs: waves with the gate, or without them all nodes at once."""

    def make(config=IPTABLES, in_waves=True, **waves):
        strategy = {"waves": {**WAVES, **waves}, "max_unavailable": None} if in_waves else {}
        return own(config=config, api_server=cluster.api.server, **strategy)

    return make


@pytest.fixture
def running(project, program, cluster):
    """Have every kube-proxy run in mode iptables, and give the project."""
    outcome = project.up(program())
    assert not outcome.failed, outcome.output
    settle(cluster)
    return project


def pods(cluster) -> dict[str, str]:
    """Return node -> its kube-proxy."""
    return {pod["spec"]["nodeName"]: pod["metadata"]["name"] for pod in cluster.api.list(f"{OF}/pods")}


def modes(cluster) -> dict[str, str]:
    """Return node -> the mode that its process says it runs."""
    return {
        node: cluster.api.get(f"{OF}/pods/{pod}:10249/proxy/configz")["kubeproxy.config.k8s.io"]["mode"]
        for node, pod in pods(cluster).items()
    }


def rules(cluster) -> dict[str, str]:
    """Return node -> the modes of which its kernel has rules."""
    signs = {"iptables": "chain KUBE-SERVICES", "nftables": "table ip kube-proxy"}
    found = {}
    for node, pod in pods(cluster).items():
        ruleset = cluster.kubectl("exec", "-n", "kube-system", pod, "--", "nft", "list", "ruleset")
        found[node] = " ".join(mode for mode, sign in signs.items() if sign in ruleset)
    return found


def everywhere(nodes, mode: str) -> dict[str, str]:
    return dict.fromkeys(nodes, mode)


def restarts(cluster) -> dict[str, int]:
    """Return node -> how often the container of its kube-proxy was started again."""
    statuses = {pod["spec"]["nodeName"]: pod["status"]["containerStatuses"] for pod in cluster.api.list(f"{OF}/pods")}
    return {node: of[0]["restartCount"] for node, of in statuses.items()}


def reaching(nodes, address: str) -> list[str]:
    """Return the nodes on which a connection to a Service is taken, each from its own network."""
    reached = []
    for name, node in nodes.items():
        with suppress(OSError):
            node.network.dial(address, 443, seconds=1).close()
            reached.append(name)
    return reached


@pytest.fixture
def new_service(cluster, namespace):
    """Return a maker of Services that lead to the API server; it returns the address that was chosen."""

    def make(name):
        port = {"name": "https", "port": 443, "protocol": "TCP"}
        made = cluster.api.create(
            f"namespaces/{namespace}/services", {"metadata": {"name": name}, "spec": {"ports": [port]}}
        )
        address, number = API_SERVER
        cluster.api.create(
            f"namespaces/{namespace}/endpointslices",
            {
                "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
                "addressType": "IPv4",
                "endpoints": [{"addresses": [address]}],
                "ports": [{**port, "port": number}],
            },
        )
        return made["spec"]["clusterIP"]

    return make


def test_configuration_that_does_not_start_reaches_the_canary_only_and_is_taken_back(
    running, cluster, nodes, program, record
):
    with record() as recorder:
        outcome = running.up(program(IPVS, progress_deadline_seconds=20))

    assert outcome.failed
    assert "wave 'canary' failed" in outcome.output
    assert "CrashLoopBackOff" in outcome.output
    assert 1 == len(set(order(recorder)))
    assert 2 == len(order(recorder))
    assert everywhere(nodes, "iptables") == modes(cluster) == rules(cluster)
    settle(cluster)


def test_new_service_is_reached_from_each_node_whose_kube_proxy_works(running, cluster, nodes, new_service):
    known = new_service("known")
    cluster.wait("the Service on each node", lambda: reaching(nodes, known) == list(nodes))
    nodes["real-2"].signal("kube-proxy", signal.SIGSTOP)
    new = new_service("new")
    cluster.wait("the new one on the others", lambda: reaching(nodes, new) == ["real-1", "real-3"])

    assert list(nodes) == reaching(nodes, known)
    nodes["real-2"].signal("kube-proxy", signal.SIGCONT)
    cluster.wait("the new one on each node", lambda: reaching(nodes, new) == list(nodes))


def test_change_goes_wave_by_wave_into_processes_and_kernel(running, cluster, nodes, program, record):
    assert everywhere(nodes, "iptables") == modes(cluster) == rules(cluster)
    with record() as recorder:
        outcome = running.up(program(NFTABLES))
    first, *rest = (event for event, (kind, _) in enumerate(recorder.events) if kind == "ADDED")
    canary = recorder.events[first][1]
    well = next(event for event, (_, pod) in enumerate(recorder.events) if pod.uid == canary.uid and pod.ready)

    assert not outcome.failed, outcome.output
    assert sorted(nodes) == sorted(order(recorder))
    assert well < min(rest)
    assert 2 == most_unavailable(recorder)
    assert everywhere(nodes, "nftables") == modes(cluster) == rules(cluster)


def test_kube_proxy_killed_while_a_wave_is_held_comes_back_with_its_own_configuration(running, cluster, nodes, program):
    held = running.up(program(NFTABLES, through="canary"))
    assert not held.failed, held.output
    before, again = modes(cluster), {node: count + 1 for node, count in restarts(cluster).items()}
    assert ["iptables", "iptables", "nftables"] == sorted(before.values())
    for node in nodes.values():
        node.signal("kube-proxy")
    cluster.wait("each to be started again", lambda: restarts(cluster) == again)
    cluster.wait("each to be ready", lambda: NODES == cluster.api.get(DAEMON_SET)["status"].get("numberAvailable"))

    assert before == modes(cluster) == rules(cluster)
    whole = running.up(program(NFTABLES))
    assert not whole.failed, whole.output
    assert everywhere(nodes, "nftables") == modes(cluster) == rules(cluster)


def test_rollout_undo_brings_the_old_mode_back_into_each_process(running, cluster, nodes, program):
    for config in (IPTABLES, NFTABLES):
        outcome = running.up(program(config, in_waves=False))
        assert not outcome.failed, outcome.output
    assert everywhere(nodes, "nftables") == modes(cluster)
    cluster.kubectl("-n", "kube-system", "rollout", "undo", "daemonset/kube-proxy")
    settle(cluster)

    assert everywhere(nodes, "iptables") == modes(cluster) == rules(cluster)


HOLD = """
import time
from tools import build
from tools.local_cluster import LocalCluster
from tools.real_nodes import RealNodes
with LocalCluster(build.ensure(build.CONTROL_PLANE)) as cluster, RealNodes(cluster, 1) as real:
    print(cluster.folder, flush=True)
    time.sleep(300)
"""


def test_killed_owner_leaves_no_process_and_its_cgroups_go_with_the_next(cluster):
    before = sysctls()
    holder = started(sys.executable, "-c", HOLD)
    folder = holder.stdout.readline().strip()
    assert running_of(folder)
    holder.kill()
    holder.wait()
    cluster.wait("its processes to be gone", lambda: not running_of(folder))
    remove_cgroups()

    assert [] == left(holder.pid)
    assert before == sysctls()
