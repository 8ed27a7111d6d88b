"""What a component with waves registers, and what it refuses before it registers anything."""

import pulumi
import pytest

from config_rollout.cluster import observe as observing
from config_rollout.cluster.client import ClusterError
from config_rollout.driver.shared_watch import SharedWatch
from config_rollout.prepare import revisions
from tests.memory_cluster import MemoryCluster
from tests.objects.pods import pods
from tests.wiring.conftest import DAEMON_SET, HASH, Mocks

OWNER = {
    "config-rollout/stack": "organization/project/stack",
    "config-rollout/component": "pulumi:pulumi:Stack$config-rollout:index:ConfiguredDaemonSet::agent",
}
"""The mocks name the stack among a component's parents; the engine does not."""
ZONE = "topology.kubernetes.io/zone"
SELECTOR = {"app.kubernetes.io/name": "agent"}
WAVES = {"first": [{"name": "canary", "nodes": 1}], "by": ZONE}


class Counted(MemoryCluster):
    """Keeps what was asked for; the controller has `lag` looks at the DaemonSet left before it sees it as it is."""

    lag = 0

    def serve(self, verb, resource, namespace="", name=""):
        super().serve(verb, resource, namespace, name)
        self.__dict__.setdefault("asked", []).append((verb, resource, name))

    def get(self, resource, name, namespace=""):
        thing = super().get(resource, name, namespace)
        if thing and resource == "daemonsets":
            thing["metadata"]["generation"], thing["status"]["observedGeneration"] = 2, 1 if self.lag else 2
            self.lag = max(0, self.lag - 1)
        return thing


def fleet_of(states="", config_hash="", annotations=None, down="", forbidden=""):
    """Return a cluster with three nodes in two zones, and, for `states`, a DaemonSet with a pod for each letter."""
    owner = {"namespace": "monitoring", "ownerReferences": [{"uid": "agent-uid", "controller": True}]}
    objects = [
        (
            "nodes",
            {
                "metadata": {"name": f"n{i}", "labels": {ZONE: f"zone-{zone}"}},
                "status": {"conditions": [{"type": "Ready", "status": str(str(i) not in down)}]},
            },
        )
        for i, zone in enumerate("aba")
    ]
    labels = {**SELECTOR, "controller-revision-hash": "old"}
    revision = {"metadata": {"name": "a", "labels": labels, **owner}, "revision": 1, "data": {"spec": {"template": {}}}}
    objects += [("controllerrevisions", revision)]
    for p in pods(states):
        metadata = {
            "name": p.name,
            "uid": p.uid,
            "labels": {**SELECTOR, "controller-revision-hash": p.revision},
            **owner,
        }
        status = {"conditions": [{"type": "Ready", "status": str(p.available)}]}
        objects += [("pods", {"metadata": metadata, "spec": {"nodeName": p.node}, "status": status})]
    if states:
        metadata = {"name": "agent", "namespace": "monitoring", "uid": "agent-uid", "annotations": annotations or {}}
        template = {"metadata": {"annotations": {"checksum/config": config_hash}}, "spec": {}}
        spec = {"template": template, "selector": {"matchLabels": SELECTOR}}
        status = {"desiredNumberScheduled": 3}
        objects += [("daemonsets", {"metadata": metadata, "spec": spec, "status": status})]
    return Counted(objects, may_not=lambda right: right.verb == forbidden)


@pytest.fixture
def cluster(monkeypatch):
    """Return a function that puts a cluster in place."""

    def use(*states, **more):
        fleet = fleet_of(*states, **more)
        monkeypatch.setattr(revisions, "find_cluster", lambda plain: fleet)
        return fleet

    use()
    return use


def test_daemon_set_is_left_to_the_waves(cluster, register):
    daemon_set = register(waves=WAVES)[DAEMON_SET].inputs

    assert {"type": "OnDelete"} == daemon_set["spec"]["updateStrategy"]
    assert {
        "pulumi.com/skipAwait": "true",
        "pulumi.com/patchForce": "true",
        "pulumi.com/patchFieldManager": "config-rollout-own",
        **OWNER,
        "config-rollout/waves": '{"by": "topology.kubernetes.io/zone", "first": [{"name": "canary", "nodes": 1}]}',
    } == daemon_set["metadata"]["annotations"]


def test_each_wave_has_a_record_that_comes_after_the_one_before(cluster, register):
    registered = register(waves=WAVES)
    names = ["canary", "zone-a", "zone-b", "rest"]
    stashes = [registered[f"Stash agent-{name}"] for name in names]

    before = ["agent", "agent-canary", "agent-zone-a", "agent-zone-b"]
    assert [{"agent", name} for name in before] == [set(stash.dependencies) for stash in stashes]
    assert ["agent"] * 4 == [stash.parent for stash in stashes]
    assert {
        "configHash": HASH,
        "generation": 1,
        "name": "agent",
        "namespace": "monitoring",
        "uid": "agent-uid",
        "wave": {"name": "canary", "nodes": 1, "maxUnavailable": 1},
    } == stashes[0].inputs["input"]


def test_records_are_never_protected(cluster, register):
    registered = register(opts=pulumi.ResourceOptions(protect=True), waves=WAVES)

    assert [False, True] == [registered[name].request.protect for name in ("Stash agent-canary", DAEMON_SET)]


def test_through_registers_no_later_wave(cluster, register):
    names = [name for name in register(waves={**WAVES, "through": "zone-a"}) if name.startswith("Stash")]

    assert ["Stash agent-canary", "Stash agent-zone-a"] == names


def test_watch_that_all_waves_share_is_closed_after_the_last(cluster, register, monkeypatch):
    happened, made = [], Mocks.new_resource
    monkeypatch.setattr(Mocks, "new_resource", lambda self, of: happened.append(of.name) or made(self, of))
    monkeypatch.setattr(SharedWatch, "close", lambda self: happened.append("closed"))
    register(waves={**WAVES, "through": "zone-a"})

    assert ["agent-canary", "agent-zone-a", "closed"] == happened[-3:]


def test_without_waves_no_cluster_is_read(monkeypatch, register):
    monkeypatch.setattr(revisions, "find_cluster", lambda plain: pytest.fail("the cluster was read"))

    annotations = register()[DAEMON_SET].inputs["metadata"]["annotations"]
    managed = {"pulumi.com/patchFieldManager": "config-rollout-own", "pulumi.com/patchForce": "true"}
    assert {**managed, **OWNER} == annotations


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"waves": {"by": 1}}, "waves.by: must be a label (got 1). Pass a plain str."),
        ({"waves": WAVES, "update_strategy": {"type": "OnDelete"}},
         "update_strategy: cannot be combined with `waves`. Use waves.max_unavailable."),
        ({"waves": WAVES, "namespace": pulumi.Output.from_input("n")},
         "namespace: cannot be an Output with `waves`, which read the cluster first. Pass a plain value."),
        ({"waves": {**WAVES, "through": "zone-c"}},
         "waves.through: there is no wave 'zone-c'. Write 'zone-b', if that was meant."),
    ],
)  # fmt: skip
def test_bad_waves_are_refused(cluster, refused, changes, line):
    assert [f"ConfiguredDaemonSet 'agent': {line}"] == refused(**changes)


def test_rollout_that_could_not_begin_is_refused_before_it_is_written(cluster, refused):
    cluster("ooo", down="1")

    assert [
        "ConfiguredDaemonSet 'agent': waves: 1 node is NotReady (n1), but in wave 'two' at most 1 may be unavailable, "
        "so it could not begin. Fix what is NotReady, or raise its max_unavailable above 1."
    ] == refused(waves=TWO)


TWO = {"first": [{"name": "two", "match_labels": {ZONE: "zone-a"}}]}


@pytest.mark.parametrize(
    ("states", "more"), [("ooo", {"down": "1", "config_hash": HASH}), ("oOo", {}), ("Ooo", {}), ("ooo", {})]
)
def test_rollout_that_can_begin_or_has_nothing_to_do_is_not_refused(cluster, register, states, more):
    cluster(states, **more)

    assert "Stash agent-rest" in register(waves=TWO)


def test_change_of_a_paused_rollout_is_refused_before_it_is_written(cluster, refused, register):
    cluster("ooo", annotations={"config-rollout/paused": "true"})

    assert [
        "ConfiguredDaemonSet 'agent': waves: the rollout of DaemonSet monitoring/agent is paused. Run `config-rollout "
        "resume monitoring/agent` first."
    ] == refused(waves=WAVES)
    assert "Stash agent-rest" in register(waves=WAVES, preview=True)


def test_missing_right_is_refused_before_anything_is_written(cluster, refused, register):
    cluster("ooo", forbidden="delete")

    assert [
        "ConfiguredDaemonSet 'agent': waves: https://memory: may not delete pods in namespace monitoring. Grant the "
        "user of this kubeconfig what `config-rollout rbac monitoring/agent` prints."
    ] == refused(waves=WAVES)
    cluster("ooo", forbidden="delete", config_hash=HASH)
    assert "Stash agent-rest" in register(waves=WAVES)


ALL_DAY = {"gates": [{"window": {"not_between": ["00:00", "24:00"], "time_zone": "UTC"}}]}


@pytest.mark.parametrize(
    ("states", "waits"), [("nnn", "not between 00:00 and 24:00 UTC"), ("ooo", "")], ids=["outdated", "through"]
)
def test_record_says_which_window_its_wave_waits_for(cluster, register, states, waits):
    cluster(states, config_hash=HASH)
    registered = register(waves={**WAVES, **ALL_DAY})

    assert [waits] * 4 == [
        registered[f"Stash agent-{name}"].inputs["input"]["waits"] for name in ("canary", "zone-a", "zone-b", "rest")
    ]


FLEET = [("list", "nodes", ""), ("list", "controllerrevisions", ""), ("list", "pods", "")]


@pytest.mark.parametrize("waves", [WAVES, {**WAVES, "by": None, "first": []}], ids=["four", "rest alone"])
def test_all_who_ask_about_a_fleet_are_answered_from_one_observation(cluster, register, waves):
    fleet = cluster("ooo")
    register(waves={key: value for key, value in waves.items() if value}, preview=True)

    assert [("get", "daemonsets", "agent"), *FLEET] == [one for one in fleet.asked if one[1] != "configmaps"]
    assert len(fleet.asked) == len(set(fleet.asked))


@pytest.mark.parametrize("lag", [1, 4])
def test_while_the_controller_is_waited_for_the_daemon_set_alone_is_read(cluster, register, monkeypatch, lag):
    monkeypatch.setattr(observing, "_POLL_SECONDS", 0)
    fleet = cluster("nnn", config_hash=HASH)
    fleet.lag = lag + 1  # the first is the look before anything is registered
    register(waves={"gates": ALL_DAY["gates"]})
    before, polled = [("get", "daemonsets", "agent"), *FLEET], [("get", "daemonsets", "agent")] * (lag + 1)

    assert [*before, *polled, *FLEET[1:]] == [one for one in fleet.asked if one[1] != "configmaps"]


def test_change_in_the_window_of_the_first_wave_is_refused_and_preview_tells(cluster, refused, register):
    cluster("ooo")

    assert [
        "ConfiguredDaemonSet 'agent': waves: wave 'canary' may not begin now: not between 00:00 and 24:00 UTC. Run "
        "`pulumi up` after it."
    ] == refused(waves={**WAVES, **ALL_DAY})
    assert "Stash agent-rest" in register(waves={**WAVES, **ALL_DAY}, preview=True)


def test_gates_are_asked_before_anything_is_written_and_not_in_preview(cluster, refused, register):
    asked = []
    gates = [lambda wave, nodes: asked.append((wave, sorted(nodes))) or "red"]
    cluster("ooo")
    assert "Stash agent-rest" in register(waves={**WAVES, "gates": gates}, preview=True)
    assert [] == asked
    (line,) = refused(waves={**WAVES, "gates": gates})

    assert [("before", ["n0", "n1", "n2"])] == asked
    assert "gate <lambda> fails before anything has changed (red)" in line
    cluster("ooo", config_hash=HASH)
    register(waves={**WAVES, "gates": gates})
    assert 1 == len(asked)


def test_cluster_that_cannot_be_read_is_a_sentence(monkeypatch, refused):
    def fail(plain):
        raise ClusterError(
            "https://memory: does not accept these credentials. Check whether `kubectl` can log in.", 401
        )

    monkeypatch.setattr(revisions, "find_cluster", fail)

    assert [
        "ConfiguredDaemonSet 'agent': waves: https://memory: does not accept these credentials. Check whether "
        "`kubectl` "
        "can log in."
    ] == refused(waves=WAVES)
