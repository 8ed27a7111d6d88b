"""What becomes of a change in real kube-proxies, on real nodes: which process runs what, and which rules it made."""

import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config_rollout import ConfiguredDaemonSet
from tests.engine.conftest import Project
from tests.engine.kube_system import DAEMON_SET, OF, VERSION, adopt, mounted, own, settle
from tests.engine.observed import during, history, most_unavailable, order
from tests.engine.processes import running as running_of
from tests.engine.processes import started
from tools import build
from tools.engine import Engine
from tools.kubeadm import Kubeadm
from tools.local_cluster import LocalCluster, run_folder
from tools.pods import Recorder
from tools.real_nodes import RealNodes, parts
from tools.real_nodes.kube_proxy import IPTABLES, NFTABLES, modes, pods
from tools.real_nodes.node import CGROUPS, SYSCTLS, remove_cgroups

if (why := parts.missing()) and not os.environ.get("CI"):
    pytest.skip(why, allow_module_level=True)

NODES = 3
WAVES = {
    "first": [{"name": "canary", "nodes": 1}],
    "max_unavailable": 2,
    "progress_deadline_seconds": 60,
    "gates": [{"kube_proxy": {}}],
}
IPVS = {**IPTABLES, "mode": "ipvs"}
"""Valid, and does not start where the kernel has no IPVS."""


def machine() -> tuple[dict[str, str], list[str]]:
    """Return what a node must not touch: settings of the whole kernel, of the machine's own network, and its mounts."""
    names = [*SYSCTLS, "net.ipv4.ip_forward", "net.ipv4.conf.all.route_localnet"]
    settings = {name: Path("/proc/sys", *name.split(".")).read_text() for name in names}
    return settings, Path("/proc/mounts").read_text().splitlines()


def cgroups(owner: int) -> list[Path]:
    """Return those of the nodes of a process."""
    return list(CGROUPS.glob(f"**/config-rollout-{owner}-*"))


@pytest.fixture(scope="module")
def cluster(binaries) -> Iterator[LocalCluster]:
    with LocalCluster(binaries) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def nodes(cluster):
    """Give the nodes by name, and prove afterwards that the machine is as it was."""
    before = machine()
    with RealNodes(cluster, NODES) as real:
        yield {node.name: node for node in real.nodes}
    assert (before, []) == (machine(), cgroups(os.getpid()))


@pytest.fixture(scope="module")
def engine(binaries, cluster, nodes):
    with Engine(binaries, cluster.kubeconfig) as engine:
        yield engine


@pytest.fixture(scope="module")
def project(engine):
    return Project(engine, "real-nodes")


@pytest.fixture(autouse=True)
def kubeconfig(cluster, monkeypatch):
    """Let the program, which runs in this process here, find the cluster, as one whose requests are counted."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.watched_kubeconfig))


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
def new_service(cluster, namespace) -> Callable[[], str]:
    """Return a maker of a Service that leads to the API server, as `kubernetes` does; it returns its address."""

    def make():
        port = {"name": "https", "port": 443, "protocol": "TCP"}
        service = {"metadata": {"name": "new"}, "spec": {"ports": [port]}}
        made = cluster.api.create(f"namespaces/{namespace}/services", service)
        known = cluster.api.get("namespaces/default/endpointslices/kubernetes")
        metadata = {"name": "new", "labels": {"kubernetes.io/service-name": "new"}}
        cluster.api.create(f"namespaces/{namespace}/endpointslices", {**known, "metadata": metadata})
        return made["spec"]["clusterIP"]

    return make


def test_configuration_that_does_not_start_reaches_the_canary_only_and_is_taken_back(
    running, cluster, nodes, program, record
):
    with record() as recorder:
        outcome = running.up(program(IPVS, progress_deadline_seconds=20))

    assert outcome.failed
    assert "wave 'canary' failed" in outcome.output
    assert "is not ready (container 'kube-proxy' exited with 1)" in outcome.output
    assert 1 == len(set(order(recorder)))
    assert 2 == len(order(recorder))
    assert everywhere(nodes, "iptables") == modes(cluster) == rules(cluster)
    settle(cluster)


def test_new_service_is_reached_from_each_node_whose_kube_proxy_works(running, cluster, nodes, new_service):
    known = cluster.api.get("namespaces/default/services/kubernetes")["spec"]["clusterIP"]
    cluster.wait("the Service on each node", lambda: reaching(nodes, known) == list(nodes))
    nodes["real-2"].signal("kube-proxy", signal.SIGSTOP)
    new = new_service()
    cluster.wait("the new one on the others", lambda: reaching(nodes, new) == ["real-1", "real-3"])

    assert list(nodes) == reaching(nodes, known)
    nodes["real-2"].signal("kube-proxy", signal.SIGCONT)
    cluster.wait("the new one on each node", lambda: reaching(nodes, new) == list(nodes))


def test_new_service_gate_names_the_node_whose_kube_proxy_is_stopped(
    running, cluster, nodes, namespace, program, record
):
    def canary():
        created = {pod.uid for kind, pod in list(recorder.events) if kind == "ADDED"}
        return [pod.node for _, pod in list(recorder.events) if pod.uid in created and pod.ready][:1]

    def stop_it():
        """Stop the canary once it is ready, and let it go on once its wave is taken back."""
        (stopped,) = canary()
        nodes[stopped].signal("kube-proxy", signal.SIGSTOP)
        cluster.wait("the old configuration", lambda: mounted(cluster) == before)
        nodes[stopped].signal("kube-proxy", signal.SIGCONT)

    before = mounted(cluster)
    gate = {"new_service": {"namespace": namespace}, "timeout_seconds": 15}
    with record() as recorder:
        thread = during(recorder, lambda _: canary(), stop_it)
        held = running.up(program(NFTABLES, gates=[gate], soak_seconds=3))
        thread.join(10)
    (stopped,) = canary()
    lines = [line for line in held.output.splitlines() if "was not reached for" in line]

    assert held.failed
    assert {stopped} == {name for name in nodes for line in lines if name in line}
    assert 1 == len(set(order(recorder)))
    assert everywhere(nodes, "iptables") == modes(cluster) == rules(cluster)


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
    known = cluster.api.get("namespaces/default/services/kubernetes")["spec"]["clusterIP"]
    cluster.wait("the Service on each node", lambda: reaching(nodes, known) == list(nodes))


def test_change_goes_wave_by_wave_into_processes_and_kernel(running, cluster, nodes, namespace, program, record):
    assert everywhere(nodes, "iptables") == modes(cluster) == rules(cluster)
    gates = [{"kube_proxy": {}}, {"new_service": {"namespace": namespace}}]
    earlier = len(cluster.requests_of(""))
    with record() as recorder:
        outcome = running.up(program(NFTABLES, gates=gates))
    first, *rest = (event for event, (kind, _) in enumerate(recorder.events) if kind == "ADDED")
    canary = recorder.events[first][1]
    requests = cluster.requests_of("")[earlier:]
    asked = {name.partition(":")[2] for _, resource, name in requests if resource == "pods"}
    made = [resource for verb, resource, _ in requests if verb == "create" and resource in ("services", "pods")]
    well = next(event for event, (_, pod) in enumerate(recorder.events) if pod.uid == canary.uid and pod.ready)

    assert not outcome.failed, outcome.output
    assert sorted(nodes) == sorted(order(recorder))
    assert well < min(rest)
    assert 2 == most_unavailable(recorder)
    assert {"10256", "10249"} <= asked
    assert {"services": 3, "pods": 2 * NODES} == Counter(made)  # before the first wave, and after each of two
    assert [] == cluster.api.list(f"namespaces/{namespace}/services")
    assert everywhere(nodes, "nftables") == modes(cluster) == rules(cluster)


def test_rollout_undo_brings_the_old_mode_back_into_each_process(project, cluster, nodes, program):
    for config in (IPTABLES, NFTABLES):
        outcome = project.up(program(config, in_waves=False))
        assert not outcome.failed, outcome.output
    assert everywhere(nodes, "nftables") == modes(cluster)
    cluster.kubectl("-n", "kube-system", "rollout", "undo", "daemonset/kube-proxy")
    settle(cluster)

    assert everywhere(nodes, "iptables") == modes(cluster) == rules(cluster)


@pytest.fixture
def kubeadms(project, cluster, nodes):
    """Have kubeadm's kube-proxy in mode iptables and no other, and give the project."""
    assert not project.destroy().failed
    cluster.remove_kube_proxy()
    program = build.ensure(["kubeadm"])["kubeadm"]
    Kubeadm(program, cluster, VERSION, endpoint=urlsplit(cluster.api.server).netloc).addon(IPTABLES)
    settle(cluster)
    here = everywhere(nodes, "iptables")  # its pods have no probe, and are ready before they work
    cluster.wait("rules on each node", lambda: here == modes(cluster) == rules(cluster))
    yield project
    project.destroy()
    cluster.remove_kube_proxy()


def test_change_of_an_adopted_kube_proxy_reaches_processes_and_kernel(kubeadms, cluster, nodes):
    given = {"config": NFTABLES, "api_server": cluster.api.server, "waves": WAVES, "max_unavailable": None}
    outcome = kubeadms.up(adopt(**given))

    assert not outcome.failed, outcome.output
    assert everywhere(nodes, "nftables") == modes(cluster) == rules(cluster)


COREFILE = """.:53 {{
    {reload}
    prometheus 0.0.0.0:9153
    errors
    hosts {{
        {address} www.example.org
        {broken}
    }}
}}
"""


def corefile(address: str, reload: str = "reload 2s 1s", broken: str = "ttl 60") -> str:
    return COREFILE.format(address=address, reload=reload, broken=broken)


def dns(namespace: str, text: str, **arguments):
    """Return a program with the real CoreDNS on each node."""
    container = {
        "name": "dns",
        "image": parts.COREDNS_IMAGE,
        "args": ["-conf", "/etc/dns/Corefile"],
        "volume_mounts": [{"name": "config", "mount_path": "/etc/dns"}],
        "readiness_probe": {"tcp_socket": {"port": 53}, "period_seconds": 1},
    }
    given = {
        "namespace": namespace,
        "data": {"Corefile": text},
        "formats": {"Corefile": "corefile"},
        "effects": {"Corefile": "reload"},
        "reload": {"program": "coredns", "timeout_seconds": 45},
        "pod_spec": {"containers": [container], "volumes": [{"name": "config", "config_map": {"name": "dns"}}]},
    }
    return lambda: ConfiguredDaemonSet("dns", given | arguments)


@pytest.fixture
def dns_project(engine, namespace):
    """Give a project of its own, whose pods are gone afterwards."""
    own = Project(engine, namespace)
    yield own
    assert not own.destroy().failed


def answers(cluster, nodes, namespace: str) -> dict[str, str]:
    """Return node -> the address that its CoreDNS gives for www.example.org, asked over TCP from the node."""
    question = b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01"
    found = {}
    for pod in cluster.api.list(f"namespaces/{namespace}/pods"):
        node = pod["spec"]["nodeName"]
        with nodes[node].network.dial(pod["status"]["podIP"], 53, seconds=5) as connection:
            connection.sendall(len(question).to_bytes(2, "big") + question)
            found[node] = ".".join(map(str, connection.recv(4096)[-4:]))
    return found


def test_corefile_reloads_in_the_process_that_runs_and_a_bad_one_is_named_and_taken_back(
    dns_project, cluster, nodes, namespace
):
    made = dns_project.up(dns(namespace, corefile("192.0.2.1")))
    assert not made.failed, made.output
    processes = {name: node.processes("coredns") for name, node in nodes.items()}
    assert [1] * NODES == [len(of) for of in processes.values()]
    assert everywhere(nodes, "192.0.2.1") == answers(cluster, nodes, namespace)

    changed = dns_project.up(dns(namespace, corefile("192.0.2.2")))
    assert not changed.failed, changed.output
    assert f"reloaded: {NODES} pods read it again" in changed.output
    assert everywhere(nodes, "192.0.2.2") == answers(cluster, nodes, namespace)

    comment = dns_project.up(dns(namespace, "# DNS\n" + corefile("192.0.2.2")))
    assert "means the same: nothing restarts" in comment.output
    assert {} == {what: step for what, step in comment.steps.items() if not what.startswith("Configured")}

    refused = dns_project.up(dns(namespace, corefile("192.0.2.3", broken="ttl never")))
    assert refused.failed
    assert f"{NODES} of {NODES} pods did not read it again" in refused.output
    assert [f"{name}: rejected it (coredns_reload_failed_total 0 => 1)" in refused.output for name in nodes] == [
        True
    ] * NODES
    assert "the old text is back, and nothing restarted" in refused.output
    assert everywhere(nodes, "192.0.2.2") == answers(cluster, nodes, namespace)

    recorded = history(cluster, namespace, "dns")
    assert ["reloaded", "restored"] == [one.result for one in recorded]
    assert [NODES, 0] == [sum(read is not None for _, read in one.pods.values()) for one in recorded]

    again = dns_project.up(dns(namespace, corefile("192.0.2.3")))
    assert not again.failed, again.output
    assert everywhere(nodes, "192.0.2.3") == answers(cluster, nodes, namespace)
    assert processes == {name: node.processes("coredns") for name, node in nodes.items()}


def test_in_waves_the_real_coredns_rejects_a_corefile_before_any_node_has_it(dns_project, cluster, nodes, namespace):
    waves, of = {"first": [{"name": "canary", "nodes": 1}], "max_unavailable": NODES}, f"namespaces/{namespace}"
    made = dns_project.up(dns(namespace, corefile("192.0.2.1"), waves=waves))
    assert not made.failed, made.output
    processes = {name: node.processes("coredns") for name, node in nodes.items()}

    changed = dns_project.up(dns(namespace, corefile("192.0.2.2"), waves=waves))
    assert not changed.failed, changed.output
    assert "canary: a pod with the new text came up on node real-" in changed.output
    cluster.wait("the canary to be gone", lambda: NODES == len(cluster.api.list(f"{of}/pods")))
    assert everywhere(nodes, "192.0.2.2") == answers(cluster, nodes, namespace)

    before = cluster.api.get(f"{of}/configmaps/dns-reload")["metadata"]["resourceVersion"]
    refused = dns_project.up(dns(namespace, corefile("192.0.2.3", broken="ttl never"), waves=waves))
    assert refused.failed
    assert re.search("reload failed at its canary, .* container 'dns' exited with 1: .*ttl", refused.output)
    assert before == cluster.api.get(f"{of}/configmaps/dns-reload")["metadata"]["resourceVersion"]
    cluster.wait("the canary to be gone", lambda: NODES == len(cluster.api.list(f"{of}/pods")))
    assert ([], everywhere(nodes, "192.0.2.2")) == (cluster.api.list(f"{of}/jobs"), answers(cluster, nodes, namespace))
    assert processes == {name: node.processes("coredns") for name, node in nodes.items()}


def kubelet_of(cluster, node: str) -> int:
    """Return the process of a node's kubelet; other clusters on this machine have nodes of the same name."""
    config, kubelets = f"--config={cluster.folder / node / 'kubelet.yaml'}", []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            program, *arguments = path.read_bytes().decode(errors="replace").split("\0")
            if program.endswith("kubelet") and config in arguments:
                kubelets.append(int(path.parent.name))
    (kubelet,) = kubelets
    return kubelet


def test_node_that_is_away_is_named_and_catches_up_when_it_is_back(dns_project, cluster, nodes, namespace):
    made = dns_project.up(dns(namespace, corefile("192.0.2.1")))
    assert not made.failed, made.output
    away, (pod, *_) = "real-2", cluster.api.list(f"namespaces/{namespace}/pods?fieldSelector=spec.nodeName%3Dreal-2")
    process = nodes[away].processes("coredns")
    kubelet = kubelet_of(cluster, away)
    os.kill(kubelet, signal.SIGSTOP)
    try:  # what the node controller writes once it has heard nothing for long enough
        condition = '{"status": {"conditions": [{"type": "Ready", "status": "False"}]}}'
        cluster.kubectl(
            "-n", namespace, "patch", "pod", pod["metadata"]["name"], "--subresource=status", f"--patch={condition}"
        )
        changed = dns_project.up(dns(namespace, corefile("192.0.2.2")))
        assert not changed.failed, changed.output
        assert f"reloaded: {NODES - 1} pods read it again" in changed.output
        assert f"not asked: {away}: no pod was ready there" in changed.output
        assert "192.0.2.1" == answers(cluster, nodes, namespace)[away]
        assert (away,) == history(cluster, namespace, "dns")[-1].reload.away
    finally:
        os.kill(kubelet, signal.SIGCONT)
    cluster.wait("the node to catch up", lambda: everywhere(nodes, "192.0.2.2") == answers(cluster, nodes, namespace))
    assert process == nodes[away].processes("coredns")


def test_program_that_the_api_server_cannot_reach_is_named(dns_project, cluster, nodes, namespace):
    closed = {"program": "coredns", "port": 9154, "timeout_seconds": 5}
    assert not dns_project.up(dns(namespace, corefile("192.0.2.1"), reload=closed)).failed
    refused = dns_project.up(dns(namespace, corefile("192.0.2.2"), reload=closed))

    assert refused.failed
    assert f"{NODES} of {NODES} pods do not answer at :9154/metrics through the API server" in refused.output
    assert [True] * NODES == [
        f"{name}: does not answer at :9154/metrics through the API server" in refused.output for name in nodes
    ]


def test_program_that_does_not_look_is_restarted(dns_project, cluster, nodes, namespace):
    late = {"program": "coredns", "timeout_seconds": 15, "on_failure": "restart"}
    fast = {"update_strategy": {"rolling_update": {"max_unavailable": "100%"}}}
    made = dns_project.up(dns(namespace, corefile("192.0.2.1", "reload 1h 1s"), reload=late, **fast))
    assert not made.failed, made.output
    before = {name: node.processes("coredns") for name, node in nodes.items()}
    changed = dns_project.up(dns(namespace, corefile("192.0.2.2", "reload 1h 1s"), reload=late, **fast))
    assert not changed.failed, changed.output
    assert f"{NODES} of {NODES} pods did not read it again" in changed.output
    assert everywhere(nodes, "192.0.2.2") == answers(cluster, nodes, namespace)
    assert [] == [name for name, node in nodes.items() if before[name] == node.processes("coredns")]


HOLD = """
import time
from tools import build
from tools.local_cluster import LocalCluster, run_folder
from tools.real_nodes import RealNodes
with LocalCluster(build.ensure(build.CONTROL_PLANE)) as cluster, RealNodes(cluster, 1) as real:
    print(cluster.folder, flush=True)
    time.sleep(300)
"""


def test_killed_owner_leaves_no_process_and_the_rest_goes_with_the_next(cluster):
    before = machine()
    holder = started(sys.executable, "-c", HOLD)
    folder = holder.stdout.readline().strip()
    assert running_of(folder)
    assert cgroups(holder.pid)
    holder.kill()
    holder.wait()
    cluster.wait("its processes to be gone", lambda: not running_of(folder))
    run_folder("next").rmdir()
    remove_cgroups()

    assert [] == cgroups(holder.pid)
    assert not Path(folder).exists()
    assert before == machine()
