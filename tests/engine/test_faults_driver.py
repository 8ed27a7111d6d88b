"""
What the driver does to a fleet that is well, when a rollout before it failed, was killed, or was changed by others.

A smaller fleet than that of test_faults.py, judged the same way.
"""

import json
import time

import pytest

from tests.engine.conftest import hash_of, name_of
from tests.engine.fleet import fixtures, readiness, well
from tests.engine.observed import written
from tests.engine.staged_program import ended
from tools.kept import orphans, strays
from tools.proxy import Proxy, status

NODES, BUDGET = 12, 2
ZONE = "topology.kubernetes.io/zone"
DAEMON_SET, CONFIG_MAP = "namespaces/fleet/daemonsets/agent", "namespaces/fleet/configmaps"
WAVES = {"first": [{"name": "canary", "nodes": 1, "max_unavailable": 1}], "by": ZONE, "max_unavailable": BUDGET,
         "progress_deadline_seconds": 60}  # fmt: skip
OTHER = {"agent.yaml": "level: other\n"}
REST = {"waves": WAVES, "refused": "", "pod_annotations": {}, "image": "agent:1", "more": {}}
ONCE_EACH = {f"node-{number + 1}": 1 for number in range(NODES)}


cluster, program, fleet = fixtures(NODES, BUDGET, REST)


def live(cluster):
    return cluster.api.get(DAEMON_SET)


def owners(cluster, data) -> list[str]:
    metadata = cluster.api.get(f"{CONFIG_MAP}/{name_of(data)}")["metadata"]
    return sorted({owner["kind"] for owner in metadata.get("ownerReferences", [])})


def not_ready(cluster, pod, ready) -> None:
    """Let a pod say by itself that it is not ready, or is again."""
    conditions = [{"type": "Ready", "status": str(ready)}]
    path = f"namespaces/fleet/pods/{pod['metadata']['name']}/status"
    cluster.api.patch(path, {"status": {"conditions": conditions}}, "strategic-merge")


def test_finished_fleet_is_asked_nothing_and_stays(fleet, cluster, program):
    """Gates have turned red, a pod is not ready, a node joins in a new zone: none of it is this `up`'s doing."""
    fleet.up()
    asked = len(program.asked())
    well(fleet.start(refused="*", more={"revision_history_limit": 4}))
    victim = fleet.pods()[0]
    not_ready(cluster, victim, False)
    impatient = {**WAVES, "progress_deadline_seconds": 2, "soak_seconds": 1}
    well(fleet.start(refused="*", more={"revision_history_limit": 5}, waves=impatient))
    not_ready(cluster, victim, True)
    cluster.add_node("joined", {ZONE: "zone-z"})
    try:
        cluster.wait("its pod", lambda: len([p for p in fleet.pods() if readiness(p).get("status") == "True"]) > NODES)
        well(fleet.start(refused="*", more={"revision_history_limit": 5}, waves=impatient))
    finally:
        cluster.api.delete("nodes/joined")
        for pod in fleet.pods():
            if pod["spec"]["nodeName"] == "joined":
                cluster.api.delete(f"namespaces/fleet/pods/{pod['metadata']['name']}")
    well(fleet.start())

    assert {"before"} >= {wave for wave, _ in program.asked()[asked:]}
    assert ONCE_EACH == {node: count for node, count in fleet.verdict().restarts.items() if node != "joined"}
    assert fleet.rests(fleet.new)


def test_way_back_is_what_finished_and_every_configuration_keeps_its_owner(fleet, cluster, program):
    """B halts at its canary, C fails in the last zone: back to A, whose ConfigMap outlives every revision of others."""
    fleet.fails(refused="canary", waves={**WAVES, "on_failure": "halt"})
    output = fleet.fails(data=OTHER, refused="zone-c", waves={**WAVES, "over_unhealthy": True})
    reached = fleet.verdict().reached

    assert "wave 'zone-c' failed" in output
    assert (1, NODES) == (len(reached[hash_of(fleet.new)]), len(reached[hash_of(OTHER)]))
    assert fleet.rests(fleet.old)
    assert ["DaemonSet"] == owners(cluster, fleet.old)

    cluster.api.patch(DAEMON_SET, {"spec": {"revisionHistoryLimit": 0}})
    for moment in ("1", "2"):  # each makes a revision that nobody here hears of, and drops the one before
        template = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": moment}}}
        cluster.api.patch(DAEMON_SET, {"spec": {"template": template}})
        cluster.wait(
            "its revision",
            lambda: live(cluster)["status"]["observedGeneration"] == live(cluster)["metadata"]["generation"],
        )
    (victim, *_) = fleet.still_old()
    cluster.api.delete(f"namespaces/fleet/pods/{victim}")
    cluster.wait("a new pod", fleet.is_whole)
    assert [] == orphans(cluster.api, "fleet", "agent")
    cluster.api.patch(DAEMON_SET, {"spec": {"revisionHistoryLimit": 10}})  # the program does not say it
    well(fleet.start("--refresh", data=fleet.old))


def test_up_after_a_restored_rollout_is_idle(fleet, cluster, program):
    fleet.fails(refused="zone-b")
    assert ["DaemonSet"] == owners(cluster, fleet.old) == owners(cluster, fleet.new)
    fleet.up()

    assert ["ControllerRevision"] == owners(cluster, fleet.old)
    assert ["DaemonSet"] == owners(cluster, fleet.new)
    assert [] == strays(cluster.api, "fleet", "agent")
    assert {} == written(cluster, fleet.up)
    assert "Stash" not in program.preview("--refresh", "--diff")
    assert fleet.verdict()
    assert fleet.rests(fleet.new)


def test_webhook_that_refuses_deletes_for_a_while_fails_nothing(fleet, cluster):
    refused: list[str] = []

    def webhook(method, path):
        if method == "DELETE" and "/pods/" in path and len(refused) < 4:
            refused.append(path)
            return status(409, "Conflict", "admission webhook: not now")
        return None

    with Proxy(cluster, cluster.watched_kubeconfig) as proxy:
        proxy.fault = webhook
        well(fleet.start(kubeconfig=proxy.kubeconfig))

    assert 4 == len(refused)
    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


def test_deleted_revision_and_a_controller_that_is_away_are_no_loop(fleet, cluster, program):
    up = fleet.start()
    fleet.when(4, up)
    program.kill(up)
    moved = sum(fleet.judged(BUDGET).restarts.values())
    cluster.kill("kube-controller-manager")
    newest = max(cluster.api.list("namespaces/fleet/controllerrevisions"), key=lambda one: one["revision"])
    cluster.api.delete(f"namespaces/fleet/controllerrevisions/{newest['metadata']['name']}")
    up = fleet.start()
    time.sleep(8)
    cluster.start("kube-controller-manager")
    well(up)

    assert 4 <= moved <= 4 + BUDGET
    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


@pytest.mark.long
def test_time_in_which_nothing_is_seen_takes_nothing_back(fleet, cluster):
    """The API server stands still for longer than the deadline, then all watches are silent for as long."""
    with Proxy(cluster, cluster.watched_kubeconfig) as proxy:
        up = fleet.start(kubeconfig=proxy.kubeconfig, waves={**WAVES, "progress_deadline_seconds": 30})
        fleet.when(2, up)
        cluster.stand_still("kube-apiserver")
        time.sleep(40)
        cluster.stand_still("kube-apiserver", still=False)
        cluster.wait_ready()
        fleet.when(5, up)
        proxy.flows.clear()
        time.sleep(35)
        proxy.flows.set()
        well(up)

    assert ONCE_EACH == fleet.verdict().restarts
    assert fleet.rests(fleet.new)


def test_image_that_was_undone_is_not_taken_for_the_program_s(fleet, cluster, program):
    up = fleet.start(data=fleet.old, image="agent:2")
    fleet.when(3, up)
    program.kill(up)
    cluster.kubectl("--namespace=fleet", "rollout", "undo", "daemonset/agent")
    output = fleet.fails(data=fleet.old, image="agent:2")
    assert "is not what this program wrote (spec.containers[agent].image)" in output
    assert "Run `pulumi up --refresh` to restore it" in output

    well(fleet.start("--refresh", data=fleet.old, image="agent:2"))
    assert {"agent:2"} == {pod["spec"]["containers"][0]["image"] for pod in fleet.pods()}
    well(fleet.start(data=fleet.old, image="agent:1"))


def test_update_strategy_that_someone_changes_is_put_right_and_told(fleet, cluster):
    up = fleet.start(pod_annotations={"local-cluster/ready-after": "1s"})
    fleet.when(2, up)
    cluster.kubectl(
        "--namespace=fleet",
        "patch",
        "daemonset/agent",
        "--patch",
        json.dumps({"spec": {"updateStrategy": {"type": "RollingUpdate"}}}),
    )
    output = well(up)

    assert "its updateStrategy was changed by kubectl-patch" in output
    assert "OnDelete" == live(cluster)["spec"]["updateStrategy"]["type"]
    assert ONCE_EACH == fleet.judged(BUDGET).restarts
    assert fleet.rests(fleet.new)
    assert {} == written(cluster, lambda: well(fleet.start(pod_annotations={"local-cluster/ready-after": "1s"})))


def test_pod_that_others_delete_during_the_soak_soaks_as_long(fleet, cluster, program):
    canary = {**WAVES["first"][0], "soak_seconds": 8}
    up = fleet.start(waves={**WAVES, "first": [canary]})
    fleet.when(1, up)
    (pod,) = [pod for pod in fleet.pods() if pod["metadata"]["annotations"]["checksum/config"] == hash_of(fleet.new)]
    time.sleep(4)
    asked = len(program.asked())
    deleted = time.time()
    cluster.api.delete(f"namespaces/fleet/pods/{pod['metadata']['name']}")
    good, output = ended(up)

    assert good, output
    when = dict(program.asked()[asked:])
    assert when["canary"] - deleted >= 8
    assert fleet.rests(fleet.new)
