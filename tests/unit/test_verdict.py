"""The judge of the faults sees what it is there to see: from writes alone, which no cluster has made here."""

import itertools
from types import SimpleNamespace

import pytest

from tests.engine.verdict import Order, judge
from tools.history import Write

ZONE = "zone"
OLD, NEW = "old", "new"


def node(name, zone, ready=True):
    condition = {"type": "Ready", "status": str(ready)}
    return {"metadata": {"name": name, "labels": {ZONE: zone}}, "status": {"conditions": [condition]}}


def revision(of, number):
    metadata = {"name": f"agent-{of}", "labels": {"controller-revision-hash": of}}
    return {"metadata": metadata, "revision": number, "data": {"spec": {"template": {"metadata": {}, "spec": {}}}}}


_uids = itertools.count()


def pod(on, of, ready=True):
    name = f"agent-{on}-{of}-{next(_uids)}"
    metadata = {"name": name, "uid": name, "resourceVersion": 1, "labels": {"controller-revision-hash": of}}
    status = {"conditions": [{"type": "Ready", "status": str(ready)}]}
    return {"metadata": metadata, "spec": {"nodeName": on, "containers": [{"image": "i"}]}, "status": status}


class Fleet:
    """Three nodes in two zones whose pods are of the old revision, and what is written later, five seconds apart."""

    def __init__(self):
        self.now, self.writes = 100.0, []
        self.nodes = {"n1": "a", "n2": "a", "n3": "b"}
        self.on = {name: pod(name, OLD) for name in self.nodes}
        self.at_first = {f"minions/{name}": node(name, zone) for name, zone in self.nodes.items()}
        self.at_first |= {self.key(one): one for one in self.on.values()}
        self.at_first["controllerrevisions/ns/agent-old"] = revision(OLD, 1)
        self.asked = []
        self.write("controllerrevisions/ns/agent-new", None, revision(NEW, 2))

    @staticmethod
    def key(pod):
        return f"pods/ns/{pod['metadata']['name']}"

    def write(self, key, before, after):
        self.now += 5
        self.writes.append(Write(self.now, key, before, after))

    def delete(self, on, ours=True):
        gone = self.on[on]
        if ours:
            self.asked.append(gone["metadata"]["name"])
        self.write(self.key(gone), gone, None)

    def replace(self, on, ours=True, of=NEW, ready=True):
        self.delete(on, ours)
        self.on[on] = pod(on, of, ready)
        self.write(self.key(self.on[on]), None, self.on[on])

    def verdict(self, order=None):
        history = SimpleNamespace(at_first=self.at_first, writes=self.writes)
        return judge(history, "ns", self.asked, 3, order)


BOTH = Order(by=ZONE), Order(canary=True), Order(canary=True, by=ZONE)


@pytest.mark.parametrize("order", BOTH, ids=str)
def test_waves_in_their_order_are_well(order):
    fleet = Fleet()
    for name in fleet.nodes:
        fleet.replace(name)
    verdict = fleet.verdict(order)

    assert ([], [], []) == (verdict.early, verdict.needless, verdict.mixed)
    assert {*fleet.nodes} == verdict.by_us


def test_node_before_its_zone_is_early():
    fleet = Fleet()
    fleet.replace("n1")
    fleet.replace("n3")

    assert ["n3"] == [line.split()[2].rstrip(":") for line in fleet.verdict(Order(by=ZONE)).early]
    assert [] == fleet.verdict().early


def test_canary_of_another_zone_is_not_early():
    fleet = Fleet()
    fleet.replace("n3")
    fleet.replace("n1")
    assert [] == fleet.verdict(Order(canary=True, by=ZONE)).early


def test_second_node_before_the_canary_was_ready_is_early():
    fleet = Fleet()
    fleet.replace("n1", ready=False)
    fleet.replace("n2")
    assert 1 == len(fleet.verdict(Order(canary=True)).early)


@pytest.mark.parametrize(
    "happens",
    [
        lambda fleet: fleet.write("minions/n2", node("n2", "a"), node("n2", "a", ready=False)),
        lambda fleet: fleet.write("minions/n2", node("n2", "a"), node("n2", "c")),
        lambda fleet: fleet.delete("n2", ours=False),
    ],
    ids=["is away", "is moved to another zone", "has no pod"],
)
def test_nobody_waits_for_a_node_that(happens):
    fleet = Fleet()
    fleet.replace("n1")
    happens(fleet)
    fleet.replace("n3")
    assert [] == fleet.verdict(Order(by=ZONE)).early


def test_pod_of_the_newest_revision_that_we_delete_is_needless():
    fleet = Fleet()
    fleet.replace("n1")
    fleet.replace("n1")
    assert 1 == len(fleet.verdict().needless)


def test_pod_that_others_delete_is_not_our_doing():
    fleet = Fleet()
    fleet.replace("n1", ours=False)
    fleet.replace("n1", ours=False)
    verdict = fleet.verdict(Order(by=ZONE))
    assert ([], [], set()) == (verdict.needless, verdict.early, verdict.by_us)
