"""The gate that probes a new Service, on a real control plane; whether a node reaches it is said by the tests."""

import re
import subprocess
import sys
import threading
from collections import defaultdict
from contextlib import suppress

import pytest
import requests

from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, WorkloadName
from config_rollout.core.rbac.waves import rollout_rights, rollout_roles, wave_rights
from config_rollout.core.waves.new_service import labels
from config_rollout.driver import new_service
from tests.engine.conftest import BETTER, GOOD, NODES, grant, hash_of, kubeconfig_of
from tests.engine.observed import changed_to, during, order
from tools import kwok

WAVES = {"first": [{"name": "canary", "nodes": 1}], "max_unavailable": "100%", "progress_deadline_seconds": 60}
API_SERVER = {
    "metadata": {"name": "kubernetes", "labels": {"kubernetes.io/service-name": "kubernetes"}},
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.200.0.250"], "conditions": {"ready": True}}],
    "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
}


pytestmark = pytest.mark.usefixtures("kubeconfig")


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Let no probe have more time than its gate says: none of these has to pull an image."""
    monkeypatch.setattr(new_service, "_LEAST_SECONDS", 0)


@pytest.fixture
def api_server(cluster):
    """Publish an address of the API server, as one that is not alone on its machine does itself."""
    yield cluster.api.create("namespaces/default/endpointslices", API_SERVER)
    cluster.api.delete("namespaces/default/endpointslices/kubernetes")


@pytest.fixture
def probes(cluster, namespace):
    """Give a namespace for probe pods, with what the kubelets of its nodes find out about them."""
    name = f"{namespace}-probes"
    cluster.create_namespace(name)
    kubelets = Kubelets(cluster, name)
    yield kubelets
    kubelets.stop()


class Kubelets:
    """
    Plays what kubelets do with probe pods: `reaches` tells of a node how often it may be asked until it does.

    `status` is what they say of the containers of nodes where the probe cannot run; `seen` all pods there ever were.
    """

    def __init__(self, cluster, namespace):
        self.cluster, self.namespace = cluster, namespace
        self.reaches = lambda node: True
        self.status, self.seen = {}, defaultdict(set)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self):
        self.over.set()
        self.thread.join(10)

    def _run(self):
        path = f"namespaces/{self.namespace}/pods"
        while not self.over.wait(0.05):
            for pod in self.cluster.api.list(path):
                node, name = pod["spec"].get("nodeName"), pod["metadata"]["name"]
                if "readinessProbe" not in pod["spec"]["containers"][0]:
                    continue
                self.seen[node].add(name)
                if pod["status"].get("phase") != "Running":
                    continue
                with suppress(requests.HTTPError):  # the gate is through with it
                    if node in self.status:
                        of = {"name": "probe", "image": "x", "imageID": "", "ready": False, "restartCount": 0}
                        status = {"containerStatuses": [{**of, "state": {"waiting": self.status[node]}}]}
                        self.cluster.api.patch(f"{path}/{name}/status", {"status": status})
                    elif self.reaches(node):
                        status = {"conditions": [kwok.condition("Ready", "True")]}
                        self.cluster.api.patch(f"{path}/{name}/status", {"status": status}, "strategic-merge")

    def waves(self, seconds=60):
        """Return waves with the gate, which gives a node so long to reach the Service: how long we take is unknown."""
        return {**WAVES, "gates": [{"new_service": {"namespace": self.namespace}, "timeout_seconds": seconds}]}

    def left(self):
        """Return how much of the gate's objects is left, once the garbage collector has been."""
        kinds = ("services", "endpointslices", "pods")
        self.cluster.wait("the garbage collector", lambda: not any(map(self._all, kinds)))
        return {kind: len(self._all(kind)) for kind in kinds}

    def _all(self, kind):
        return self.cluster.api.list(f"namespaces/{self.namespace}/{kind}")


NOTHING = {"services": 0, "endpointslices": 0, "pods": 0}


def test_each_node_probes_a_new_service_and_nothing_of_it_is_left(
    project, agent, cluster, namespace, api_server, probes
):
    assert not project.up(agent(waves=probes.waves())).failed
    probes.seen.clear()
    outcome = project.up(agent(BETTER, waves=probes.waves()))

    assert not outcome.failed, outcome.output
    assert [2] * NODES == [len(names) for names in probes.seen.values()]  # before, and after its wave
    assert NOTHING == probes.left()


def test_node_that_does_not_reach_it_takes_the_wave_back(project, agent, record, api_server, probes):
    broken = set()
    probes.reaches = lambda node: node not in broken
    assert not project.up(agent(waves=probes.waves())).failed
    with record() as recorder:
        thread = during(recorder, lambda new: len(new) == 1, lambda: broken.update(order(recorder)))
        outcome = project.up(agent(BETTER, waves=probes.waves(15)))
        thread.join(10)
    (canary,) = broken

    assert outcome.failed
    assert re.search(rf"{canary}: new Service 10\.0\.0\.\d+:443 was not reached for \d+ s", outcome.output)
    assert [canary, canary] == order(recorder)
    assert NOTHING == probes.left()


def test_probe_that_cannot_run_is_told_apart_from_a_node_that_does_not_reach_it(
    project, agent, record, api_server, probes
):
    def lose_the_image():
        waiting = {"reason": "ErrImagePull", "message": "no such host"}
        probes.status = {node: waiting for node in order(recorder)}

    assert not project.up(agent(waves=probes.waves())).failed
    with record() as recorder:
        thread = during(recorder, lambda new: len(new) == 1, lose_the_image)
        outcome = project.up(agent(BETTER, waves=probes.waves(15)))
        thread.join(10)
    (canary,) = probes.status

    assert outcome.failed
    why = "cannot be probed: image registry.k8s.io/pause:3.10 cannot be pulled (ErrImagePull: no such host)"
    assert f"{canary}: new Service {why}" in outcome.output
    assert "was not reached" not in outcome.output


def test_node_that_did_not_reach_one_before_does_not_count(project, agent, record, api_server, probes):
    probes.reaches = lambda node: node != "node-3"
    project.up(agent(waves=WAVES))
    with record() as recorder:
        outcome = project.up(agent(BETTER, waves=probes.waves(10)))

    assert not outcome.failed, outcome.output
    assert "waves: node-3: gate `new Service` already failed before this rollout" in outcome.output
    assert "canary: node-3: gate `new Service` already failed before this rollout" in outcome.output
    assert NODES == len(order(recorder))


def test_service_that_no_node_reaches_is_refused_before_anything_restarts(
    project, agent, cluster, namespace, api_server, probes
):
    probes.reaches = lambda node: False
    project.up(agent(waves=WAVES))
    outcome = project.up(agent(BETTER, waves=probes.waves(2)))

    assert outcome.failed
    assert "no pod passes gate new Service before anything has changed (node-1: 10.0.0." in outcome.output
    assert hash_of(GOOD) == changed_to(cluster, namespace)
    assert NOTHING == probes.left()


def test_api_server_that_publishes_no_address_is_told_before_anything_restarts(
    project, agent, cluster, namespace, probes
):
    project.up(agent(waves=WAVES))
    outcome = project.up(agent(BETTER, waves=probes.waves(2)))

    assert outcome.failed
    assert "gate new Service fails before anything has changed (cannot be probed: " in outcome.output
    assert "EndpointSlice default/kubernetes: does not exist. A new Service needs an endpoint" in outcome.output
    assert hash_of(GOOD) == changed_to(cluster, namespace)


def test_pod_security_that_forbids_probes_is_told_before_anything_restarts(
    project, agent, cluster, namespace, api_server, probes
):
    enforced = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}
    cluster.api.patch(f"namespaces/{probes.namespace}", enforced)
    project.up(agent(waves=WAVES))
    outcome = project.up(agent(BETTER, waves=probes.waves(2)))

    assert outcome.failed
    assert f"create pods in namespace {probes.namespace}: 403 " in outcome.output
    assert 'violates PodSecurity "baseline:latest": host namespaces' in outcome.output
    assert hash_of(GOOD) == changed_to(cluster, namespace)
    assert NOTHING == probes.left()


ASK = """
import sys
from config_rollout.cluster.client import Cluster
from config_rollout.core.waves.gates import NewServiceGate
from config_rollout.driver.gates import GateChecker

_, namespace, probes, *nodes = sys.argv
GateChecker(Cluster.find(), namespace, "agent").check([NewServiceGate(namespace=probes)], "canary", nodes, list)
"""


def test_what_a_killed_up_left_is_removed_by_the_next_and_nothing_else(cluster, namespace, api_server, probes):
    of, nodes = f"namespaces/{probes.namespace}", [node["metadata"]["name"] for node in cluster.api.list("nodes")]
    other = {"metadata": {"name": "other", "labels": labels(namespace, "other")}, "spec": {"ports": [{"port": 443}]}}
    cluster.api.create(f"{of}/services", other)
    probes.reaches = lambda node: False
    command = [sys.executable, "-c", ASK, namespace, probes.namespace, *nodes]
    with subprocess.Popen(command) as process:
        cluster.wait("the probes", lambda: len(cluster.api.list(f"{of}/pods")) == NODES)
        process.kill()
    assert 2 == len(cluster.api.list(f"{of}/services"))

    probes.reaches = lambda node: True
    subprocess.run(command, check=True)
    assert [2] * NODES == [len(names) for names in probes.seen.values()]
    assert ["other"] == [left["metadata"]["name"] for left in cluster.api.list(f"{of}/services")]
    cluster.wait(
        "the garbage collector",
        lambda: not [*cluster.api.list(f"{of}/endpointslices"), *cluster.api.list(f"{of}/pods")],
    )


def test_probes_in_the_daemon_set_s_own_namespace_are_none_of_its_pods(
    project, agent, cluster, namespace, record, api_server
):
    kubelets = Kubelets(cluster, namespace)
    waves = {**WAVES, "gates": [{"new_service": {}}]}
    assert not project.up(agent(waves=waves)).failed
    with record() as recorder:
        outcome = project.up(agent(BETTER, waves=waves))
    kubelets.stop()

    assert not outcome.failed, outcome.output
    assert {3} == {*recorder.replaced().values()}  # a pod of the DaemonSet's, and a probe before and after its wave
    cluster.wait_at_rest(namespace, "agent")


def test_new_service_needs_the_rights_that_rbac_prints(project, agent, cluster, namespace, api_server, probes):
    user = f"probes-{namespace}"
    of = WorkloadName(DAEMON_SET, namespace, "agent")
    grant(cluster, user, rollout_roles(of, rollout_rights(of, probed=[probes.namespace])))
    with_rights = {"waves": probes.waves(), "kubeconfig": kubeconfig_of(cluster, user)}

    assert not project.up(agent(**with_rights)).failed
    outcome = project.up(agent(BETTER, **with_rights))
    assert not outcome.failed, outcome.output
    assert NOTHING == probes.left()


def test_new_service_uses_every_right_that_rbac_prints(project, agent, cluster, namespace, api_server, probes):
    before = len(cluster.requests_of("config-rollout"))
    watched = {"waves": probes.waves(), "kubeconfig": cluster.watched_kubeconfig.read_text()}
    assert not project.up(agent(**watched)).failed
    used = {(verb, resource) for verb, resource, _ in cluster.requests_of("config-rollout")[before:]}
    without = set(wave_rights(namespace, "agent", http_gates=False))
    rights = set(wave_rights(namespace, "agent", http_gates=False, probed=[probes.namespace])) - without

    assert 8 == len(rights)
    assert set() == {(right.verb, right.resource) for right in rights} - used


def test_missing_rights_are_told_before_anything_is_written(project, agent, cluster, namespace, probes):
    user = f"few-{namespace}"
    of = WorkloadName(DAEMON_SET, namespace, "agent")
    grant(cluster, user, rollout_roles(of, rollout_rights(of)))
    outcome = project.up(agent(waves=probes.waves(), kubeconfig=kubeconfig_of(cluster, user)))

    assert outcome.failed
    assert f"create services in namespace {probes.namespace}" in outcome.output
    printed = f"config-rollout rbac {namespace}/agent --gate new_service --gate-namespace {probes.namespace}"
    assert f"Grant the user of this kubeconfig what `{printed}` prints" in outcome.output
