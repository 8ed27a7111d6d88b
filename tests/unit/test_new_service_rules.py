"""A new Service and its probe pods: the objects, what such a pod tells, and asking in a cluster of dictionaries."""

import threading

import pytest

from config_rollout.cluster import retrying
from config_rollout.cluster.client import ClusterError
from config_rollout.core.waves.gate_answers import told_apart
from config_rollout.core.waves.gates import BEFORE, HttpGate, NewServiceGate
from config_rollout.core.waves.new_service import (
    Endpoints,
    endpoint_slice,
    endpoints_of,
    judge_probe,
    labels,
    probe_pod,
    service,
)
from config_rollout.driver import new_service
from config_rollout.driver.gates import GateChecker
from tests.memory_cluster import MemoryCluster

OF = labels("n", "agent")
MADE = {"metadata": {"name": "s", "uid": "u", "labels": OF}, "spec": {"clusterIP": "10.96.0.17"}}
PUBLISHED = {
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}, {"addresses": ["10.0.0.2"]}],
    "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
}


def test_endpoints_are_those_of_the_api_server():
    assert Endpoints(("10.0.0.1", "10.0.0.2"), 6443, "IPv4") == endpoints_of(PUBLISHED)


def test_endpoint_that_is_not_ready_is_left_out():
    leaving = {"addresses": ["10.0.0.3"], "conditions": {"ready": False}}

    assert endpoints_of(PUBLISHED) == endpoints_of({**PUBLISHED, "endpoints": [leaving, *PUBLISHED["endpoints"]]})
    assert endpoints_of({**PUBLISHED, "endpoints": [leaving]}) is None


@pytest.mark.parametrize(
    "published",
    [None, {}, {**PUBLISHED, "endpoints": None}, {**PUBLISHED, "ports": []}, {**PUBLISHED, "addressType": "FQDN"},
     {**PUBLISHED, "ports": [{"port": 6443, "protocol": "UDP"}]}],
)  # fmt: skip
def test_slice_that_says_nothing_of_use_has_no_endpoints(published):
    assert endpoints_of(published) is None


def test_service_has_no_selector_and_the_family_of_its_endpoints():
    spec = service(OF, Endpoints(("fd00::1",), 6443, "IPv6"))["spec"]

    assert "selector" not in spec
    assert ["IPv6"] == spec["ipFamilies"]
    assert [(443, 6443)] == [(port["port"], port["targetPort"]) for port in spec["ports"]]


def test_slice_is_the_service_s_own():
    made = endpoint_slice(MADE, Endpoints(("10.0.0.1", "10.0.0.2"), 6443, "IPv4"))

    assert "s" == made["metadata"]["labels"]["kubernetes.io/service-name"]
    assert [["10.0.0.1", "10.0.0.2"]] == [of["addresses"] for of in made["endpoints"]]
    assert [6443] == [port["port"] for port in made["ports"]]
    assert ["u"] == [owner["uid"] for owner in made["metadata"]["ownerReferences"]]


def test_pod_probes_the_service_from_its_node_and_may_do_nothing():
    pod = probe_pod(MADE, NewServiceGate(timeout_seconds=20), 3, "node-1")
    spec, (container,) = pod["spec"], pod["spec"]["containers"]

    assert ("s-3", "node-1") == (pod["metadata"]["name"], spec["nodeName"])
    assert {"host": "10.96.0.17", "port": 443} == container["readinessProbe"]["tcpSocket"]
    assert [{"operator": "Exists"}] == spec["tolerations"]
    assert (False, 50, 0) == (
        spec["automountServiceAccountToken"],
        spec["activeDeadlineSeconds"],
        spec["terminationGracePeriodSeconds"],
    )
    assert spec["securityContext"]["runAsNonRoot"]
    assert {"drop": ["ALL"]} == container["securityContext"]["capabilities"]


def test_no_daemon_set_takes_a_probe_for_a_pod_of_its_own():
    metadata = probe_pod(MADE, NewServiceGate(), 0, "node-1")["metadata"]

    assert all("/" in key for key in metadata["labels"])
    assert [("Service", True)] == [(owner["kind"], owner["controller"]) for owner in metadata["ownerReferences"]]


def pod(phase="Running", ready="False", waiting=None, **status):
    container = {"ready": ready == "True", "state": {"waiting": waiting} if waiting else {"running": {}}}
    of = {"containerStatuses": [container], "conditions": [{"type": "Ready", "status": ready}]}
    return {"spec": {"containers": [{"image": "a:1"}]}, "status": {"phase": phase, **of, **status}}


@pytest.mark.parametrize(
    ("given", "why", "final"),
    [
        (pod(ready="True"), "", True),
        (pod(), "10.96.0.17:443 was not reached for 7 s", False),
        (None, "cannot be probed: its pod was deleted by someone else", True),
        (pod("Pending", containerStatuses=None), "cannot be probed: its pod has not started for 7 s (Pending)", False),
        (pod("Pending", waiting={"reason": "ContainerCreating"}),
         "cannot be probed: its pod has not started for 7 s (ContainerCreating)", False),
        (pod("Pending", waiting={"reason": "CreateContainerError", "message": "no such user"}),
         "cannot be probed: its pod has not started for 7 s (CreateContainerError: no such user)", False),
        (pod("Pending", waiting={"reason": "ImagePullBackOff", "message": "Back-off\npulling"}),
         "cannot be probed: image a:1 cannot be pulled (ImagePullBackOff: Back-off pulling)", False),
        (pod("Pending", waiting={"reason": "InvalidImageName"}),
         "cannot be probed: image a:1 cannot be pulled (InvalidImageName)", True),
        (pod("Failed", reason="OutOfpods", message="Node didn't have enough resource: pods"),
         "cannot be probed: its pod ended (OutOfpods Node didn't have enough resource: pods)", True),
        (pod("Succeeded", containerStatuses=[{"state": {"terminated": {"reason": "Completed"}}}]),
         "cannot be probed: its pod ended (Completed)", True),
    ],
)  # fmt: skip
def test_what_a_pod_tells_of_its_node(given, why, final):
    assert (why, final) == judge_probe(given, MADE, 7.2)


def test_address_of_six_groups_is_in_brackets():
    assert "[fd00::7]:443 was not reached for 1 s" == judge_probe(pod(), {"spec": {"clusterIP": "fd00::7"}}, 1)[0]


NOT_REACHED, NO_IMAGE = "10.96.0.17:443 was not reached for 60 s", "cannot be probed: image a:1 cannot be pulled (x)"


@pytest.mark.parametrize(
    ("gate", "before", "after", "counts"),
    [
        (NewServiceGate(), NOT_REACHED, NOT_REACHED, False),
        (NewServiceGate(), NO_IMAGE, NO_IMAGE, False),
        (NewServiceGate(), NOT_REACHED, NO_IMAGE, False),
        (NewServiceGate(), NO_IMAGE, NOT_REACHED, True),
        (HttpGate(1, "/"), "500 x", "503 y", False),
    ],
)
def test_probe_that_could_not_run_before_excuses_no_service_that_is_not_reached(gate, before, after, counts):
    against, as_before = told_apart(gate, {"n0": after}, {"n0": before})

    assert (counts, not counts) == (bool(against), bool(as_before))


class Services(MemoryCluster):
    """Keeps Services, slices and pods, whose pods are what `state` says of their node; `made` is what was created."""

    def __init__(self, state=lambda node: "True"):
        super().__init__([("namespaces", {"metadata": {"name": name}}) for name in ("n", "probes")])
        self.state, self.most, self.made = state, 0, []
        self.published = PUBLISHED

    @property
    def kept(self):
        return {key: thing for key, thing in self.objects.items() if key[0] != "namespaces"}

    def get(self, resource, name, namespace=""):
        assert ("endpointslices", "kubernetes", "default") == (resource, name, namespace)
        self.serve("get", resource)
        return self.published

    def list(self, resource, namespace="", labels=""):
        assert ",".join(f"{key}={value}" for key, value in OF.items()) == labels
        found = super().list(resource, namespace, labels)
        return [self.seen(body) for body in found] if resource == "pods" else found

    def seen(self, body):
        ready = self.state(body["spec"]["nodeName"])
        return {**body, "status": pod(ready=ready)["status"]}

    def create(self, resource, namespace, body):
        made = super().create(resource, namespace, body)
        self.made.append((resource, namespace, made.get("spec", {}).get("nodeName") if resource == "pods" else ""))
        self.most = max(self.most, len(self.of("pods")))
        return made


@pytest.fixture(autouse=True)
def as_long_as_the_gate_says(monkeypatch, clock):
    monkeypatch.setattr(new_service, "_LEAST_SECONDS", 0)


NODES = [f"n{number:02}" for number in range(30)]


def ask(cluster, gate=NewServiceGate(timeout_seconds=1), wave="w", nodes=NODES, over=None):  # noqa: B008 # frozen
    checker = GateChecker(cluster, "n", "agent", over=over or threading.Event())
    return checker.check([gate] if isinstance(gate, NewServiceGate) else gate, wave, nodes, list)


def probed(cluster):
    return [node for resource, _, node in cluster.made if resource == "pods"]


def test_every_node_probes_one_service_ten_at_a_time_and_all_is_deleted():
    cluster = Services()

    assert {} == ask(cluster)
    assert NODES == probed(cluster)
    assert ["services", "endpointslices"] == [kind for kind, _, _ in cluster.made if kind != "pods"]
    assert 10 == cluster.most
    assert {} == cluster.kept


def test_node_that_does_not_reach_it_in_time_is_told():
    cluster, gate = Services(lambda node: str(node != "n17")), NewServiceGate(timeout_seconds=1)
    ((asked, answers),) = ask(cluster, gate).items()

    assert (gate, ["n17"]) == (asked, [*answers])
    assert answers["n17"].startswith("10.96.0.17:443 was not reached for ")
    assert {} == cluster.kept


def test_wave_that_fails_on_more_than_ten_nodes_is_not_probed_to_its_end():
    cluster = Services(lambda node: "False")
    ((_, answers),) = ask(cluster).items()

    assert NODES[:20] == [*answers] == probed(cluster)
    assert {} == cluster.kept


def test_ten_nodes_are_probed_before_anything_restarts():
    cluster = Services()
    ask(cluster, wave=BEFORE)

    assert NODES[:10] == probed(cluster)


def test_namespace_is_that_of_the_daemon_set_unless_the_gate_says_another():
    of_its_own, default = Services(), Services()
    ask(of_its_own, NewServiceGate(namespace="probes"))
    ask(default)

    assert ({"probes"}, {"n"}) == tuple({namespace for _, namespace, _ in of.made} for of in (of_its_own, default))


def test_two_gates_do_not_remove_each_other_s_services():
    cluster = Services()

    assert {} == ask(cluster, [NewServiceGate(timeout_seconds=1), NewServiceGate(timeout_seconds=2)])
    assert sorted(NODES * 2) == sorted(probed(cluster))


def test_what_is_left_of_an_earlier_one_is_removed():
    cluster = Services()
    cluster.create("services", "n", service(OF, endpoints_of(PUBLISHED)))
    ask(cluster)

    assert {} == cluster.kept


@pytest.mark.parametrize("status", [0, 429, 503])
def test_server_that_is_busy_is_asked_again(status):
    cluster = Services()
    cluster.failures = [status or 500] * 3 + [None, status or 500] * 20

    assert {} == ask(cluster)
    assert NODES == probed(cluster)
    assert {} == cluster.kept


def test_pod_that_an_earlier_try_made_is_taken():
    cluster = Services()
    create, lost = cluster.create, ["pods"]

    def create_and_lose(resource, namespace, body):
        made = create(resource, namespace, body)
        if resource in lost:
            lost.remove(resource)
            raise ClusterError("https://memory: does not answer.", 0)
        return made

    cluster.create = create_and_lose

    assert {} == ask(cluster)
    assert NODES == probed(cluster)


def test_time_without_an_api_server_is_nobody_s(monkeypatch):
    monkeypatch.setattr(retrying, "delay_seconds", lambda attempt, fraction: 0.6)
    ready = iter(["False", "False", "True"])
    cluster = Services(lambda node: next(ready, "True"))
    cluster.failures = [
        None,
        None,
        None,
        None,
        None,
        503,
        None,
        503,
        None,
    ]  # what is left, slice, Service, its slice, pod; then two lists

    assert {} == ask(cluster, nodes=["n00"])
    assert [] == cluster.failures


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"published": None}, "EndpointSlice default/kubernetes: does not exist. A new Service needs an endpoint that "
         "every node can reach: check how this API server publishes its address."),
        ({"published": {}}, "EndpointSlice default/kubernetes: does not exist. A new Service needs an endpoint that "
         "every node can reach: check how this API server publishes its address."),
        ({"published": {**PUBLISHED, "endpoints": []}}, "EndpointSlice default/kubernetes: has no ready address. A new "
         "Service needs an endpoint that every node can reach: check how this API server publishes its address."),
        ({"create": lambda *_: None}, "namespace n: does not exist. Create it, or name another in the gate."),
        ({"failures": [None, 403]}, "https://memory: is busy."),
        ({"failures": [None] * 7 + [422]}, "https://memory: is busy."),
    ],
)  # fmt: skip
def test_what_no_node_can_be_blamed_for_is_one_answer(change, why):
    cluster = Services()
    for name, value in change.items():
        setattr(cluster, name, value)

    assert [{"": f"cannot be probed: {why}"}] == [*ask(cluster).values()]
    assert {} == cluster.kept


def test_asking_that_nobody_waits_for_ends_and_leaves_nothing(clock):
    cluster, over = Services(lambda node: "False"), threading.Event()
    clock.after(0.2, over.set)
    ask(cluster, NewServiceGate(timeout_seconds=600), over=over)

    assert NODES[:10] == probed(cluster)
    assert {} == cluster.kept
