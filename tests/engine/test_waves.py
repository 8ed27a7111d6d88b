"""Waves on the real engine and cluster, judged by a watcher of its own: what restarted, when, in which budget."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from config_rollout.core.audit.record import parse_records
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, WorkloadName
from config_rollout.core.rbac.waves import rollout_rights, rollout_roles
from tests.engine.conftest import BAD, BETTER, GOOD, NODES, grant, hash_of, kubeconfig_of, name_of
from tests.engine.observed import (
    NAMES,
    WAVES,
    ZONE,
    config_maps,
    daemon_set,
    during,
    most_unavailable,
    order,
    records,
    written,
    zones,
)
from tools.demo import ROOT
from tools.local_cluster import run_folder
from tools.pods import Pod

pytestmark = pytest.mark.usefixtures("kubeconfig")


def test_create_writes_a_record_for_each_wave(project, agent, cluster, namespace):
    outcome = project.up(agent(waves=WAVES))

    assert not outcome.failed, outcome.output
    assert dict.fromkeys(NAMES, "create") == records(outcome)
    assert "OnDelete" == daemon_set(cluster, namespace)["spec"]["updateStrategy"]["type"]
    assert NODES == daemon_set(cluster, namespace)["status"]["numberReady"]


def test_no_op_writes_nothing(project, agent, cluster):
    project.up(agent(waves=WAVES))

    assert {} == written(cluster, lambda: project.up(agent(waves=WAVES)))


def test_change_goes_wave_by_wave_within_the_budget(project, agent, cluster, record):
    project.up(agent(waves=WAVES))
    with record() as recorder:
        outcome = project.up(agent(BETTER, waves=WAVES))
    nodes = order(recorder)
    of_zone = [zones(cluster)[node] for node in nodes[1:]]

    assert not outcome.failed, outcome.output
    assert dict.fromkeys(NAMES, "update") == records(outcome)
    assert NODES == len(set(nodes)) == len(nodes)
    assert sorted(of_zone) == of_zone
    assert 1 == most_unavailable(recorder)
    assert {} == written(cluster, lambda: project.up(agent(BETTER, waves=WAVES)))


def test_bad_change_stops_in_the_first_wave_and_is_taken_back(project, agent, cluster, namespace, record):
    waves = {**WAVES, "progress_deadline_seconds": 3}
    project.up(agent(waves=waves))
    for _ in range(2):  # the same again ends the same
        with record() as recorder:
            outcome = project.up(agent(BAD, waves=waves))
        assert outcome.failed
        assert "wave 'canary' failed" in outcome.output
        assert "CrashLoopBackOff" in outcome.output
        said, failed = "Taking its nodes back to revision", "Stash agent-canary **"
        assert -1 < outcome.output.find(said) < outcome.output.find(failed)
        assert 2 == len(order(recorder))
        assert 1 == len(set(order(recorder)))
        assert 1 == most_unavailable(recorder)
        assert (
            hash_of(GOOD)
            == daemon_set(cluster, namespace)["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
        )
        assert NODES == daemon_set(cluster, namespace)["status"]["numberReady"]
        assert sorted([name_of(BAD), name_of(GOOD)]) == config_maps(cluster, namespace)
        (message,) = project.preview(agent(BAD, waves=waves)).messages
        assert "the last rollout of this configuration was taken back: it is tried again, wave by wave" in message

    preview = project.preview(agent(waves=waves))
    told = f"DaemonSet {namespace}/agent has this configuration already ({hash_of(GOOD)[:10]}): nothing restarts"
    assert told == preview.messages[0].splitlines()[0]
    assert 1 == len(preview.messages)
    with record() as recorder:
        back = project.up(agent(waves=waves))
    assert not back.failed, back.output
    assert [] == order(recorder)
    assert sorted([name_of(BAD), name_of(GOOD)]) == config_maps(cluster, namespace)
    assert {} == written(cluster, lambda: project.up(agent(waves=waves)))


def test_preview_shows_the_plan_and_what_each_wave_will_do(project, agent, cluster):
    project.up(agent(waves=WAVES))
    outcome = project.preview(agent(BETTER, waves={**WAVES, "through": "zone-b"}))
    (message,) = outcome.messages
    size = {zone: list(zones(cluster).values()).count(zone) for zone in ("zone-a", "zone-b", "zone-c")}
    lines = [line.strip() for line in message.splitlines()]
    start = next(number for number, line in enumerate(lines) if line.endswith(", wave by wave"))

    assert "canary  1 node, 1 at a time" == lines[start + 1]
    assert {"zone-a", "zone-b", "zone-c"} == {line.split()[0] for line in lines[start + 2 : start + 5]}
    assert lines[start + 4].endswith("not now: `through` is 'zone-b'")
    assert lines[start + 5].startswith("about ")
    assert NODES == sum(size.values())
    assert {
        "canary": "update",
        "zone-a": "update",
        "zone-b": "update",
        "zone-c": "delete",
        "rest": "delete",
    } == records(outcome)
    assert 1 == outcome.output.count("1 node, 1 at a time")


def test_waves_edited_restart_nothing(project, agent, record):
    project.up(agent())
    with record() as recorder:
        for waves in (WAVES, {"first": [{"name": "few", "nodes": "50%"}], "max_unavailable": "30%"}, None):
            more = {"waves": waves} if waves else {}
            outcome = project.up(agent(**more))
            assert not outcome.failed, outcome.output

    assert [] == order(recorder)


def test_halted_rollout_is_left_and_going_back_restarts_only_what_moved(project, agent, cluster, namespace, record):
    waves = {**WAVES, "on_failure": "halt", "progress_deadline_seconds": 3}
    project.up(agent(waves=waves))
    with record() as recorder:
        outcome = project.up(agent(BAD, waves=waves))
    assert outcome.failed
    assert "everything is left as it is" in outcome.output
    (moved,) = order(recorder)

    with record() as recorder:
        back = project.up(agent(waves=waves))
    assert not back.failed, back.output
    assert [moved] == order(recorder)


def test_third_configuration_after_a_failed_one_begins_at_the_first_wave(project, agent, record):
    waves = {**WAVES, "progress_deadline_seconds": 3}
    project.up(agent(waves=waves))
    project.up(agent(BAD, waves=waves))
    with record() as recorder:
        outcome = project.up(agent(BETTER, waves=WAVES))

    assert not outcome.failed, outcome.output
    assert [1] * NODES == list(recorder.replaced().values())
    assert {hash_of(BETTER)} == {pod.config_hash for kind, pod in recorder.events if kind == "ADDED"}


def test_gate_that_says_no_takes_its_wave_and_those_before_back(project, agent, cluster, record):
    def network_works(wave, nodes):
        return "no route" if wave == "zone-a" and allowed == [] else None

    allowed = ["until it is tested"]
    waves = {**WAVES, "gates": [network_works]}
    project.up(agent(waves=waves))
    allowed.clear()
    with record() as recorder:
        outcome = project.up(agent(BETTER, waves=waves))
    in_zone = list(zones(cluster).values()).count("zone-a")

    assert outcome.failed
    assert "wave 'zone-a' failed" in outcome.output
    assert "network_works: no route" in outcome.output
    assert set(recorder.replaced().values()) == {2}
    assert in_zone <= len(recorder.replaced()) <= in_zone + 1
    assert 1 == most_unavailable(recorder)

    allowed.append("now")
    with record() as recorder:
        again = project.up(agent(BETTER, waves=waves))
    assert not again.failed, again.output
    assert "this one tries it again" in again.output
    assert [1] * NODES == list(recorder.replaced().values())


def test_through_stops_after_a_wave_and_the_next_up_goes_on(project, agent, cluster, record):
    project.up(agent(waves=WAVES))
    with record() as first:
        assert not project.up(agent(BETTER, waves={**WAVES, "through": "canary"})).failed
    assert 1 == len(order(first))
    assert {} == written(cluster, lambda: project.up(agent(BETTER, waves={**WAVES, "through": "canary"})))

    with record() as second:
        assert not project.up(agent(BETTER, waves=WAVES)).failed
    assert NODES - 1 == len(order(second))
    assert set(order(first)).isdisjoint(order(second))

    for level, waves in (("warn", {**WAVES, "through": "canary"}), ("error", WAVES)):  # a fault shows at the canary
        corrected = project.up(agent({"agent.yaml": f"level: {level}\n"}, waves=waves))
        assert not corrected.failed, corrected.output


def test_paused_rollout_stops_before_the_next_pod_and_goes_on(project, agent, cluster, namespace, record):
    path = f"namespaces/{namespace}/daemonsets/agent"

    def pause(value):
        cluster.api.patch(path, {"metadata": {"annotations": {"config-rollout/paused": value}}})

    project.up(agent(waves=WAVES, ready_after="1s"))
    with record() as recorder:
        thread = during(recorder, lambda pods: len(pods) == 2, lambda: pause("true"))
        outcome = project.up(agent(BETTER, waves=WAVES, ready_after="1s"))
        thread.join(10)
    assert outcome.failed
    assert f"config-rollout resume {namespace}/agent" in outcome.output
    assert 2 == len(order(recorder))

    pause(None)
    with record() as recorder:
        assert not project.up(agent(BETTER, waves=WAVES, ready_after="1s")).failed
    assert NODES - 2 == len(order(recorder))


@pytest.mark.parametrize("part", ["kube-apiserver", "kube-controller-manager"])
def test_part_of_the_control_plane_killed_in_the_middle_loses_nothing(project, agent, cluster, record, part):
    project.up(agent(waves=WAVES, ready_after="1s"))
    outcomes = []
    with record() as recorder:
        # Parts of the cluster die with the thread that started them, so it is `up` that has one of its own.
        up = threading.Thread(
            target=lambda: outcomes.append(project.up(agent(BETTER, waves=WAVES, ready_after="1s"))), daemon=True
        )
        up.start()
        while len(order(recorder)) < 2:
            assert up.is_alive()
            time.sleep(0.02)
        cluster.kill(part)
        time.sleep(3)
        cluster.start(part)
        cluster.wait_ready()
        up.join(200)

    (outcome,) = outcomes
    assert not outcome.failed, outcome.output
    assert [1] * NODES == list(recorder.replaced().values())
    assert 1 == most_unavailable(recorder)


def test_node_that_joins_and_pod_that_someone_deletes_hold_nothing_up(project, agent, cluster, namespace, record):
    project.up(agent(waves=WAVES, ready_after="1s"))
    with record() as recorder:
        old = {pod.node: pod.name for pod in recorder.before}

        def disturb():
            cluster.add_node("joined", {ZONE: "zone-a"})
            victim = next(name for node, name in sorted(old.items()) if node not in order(recorder))
            cluster.api.delete(f"namespaces/{namespace}/pods/{victim}")

        thread = during(recorder, lambda pods: len(pods) == 2, disturb)
        outcome = project.up(agent(BETTER, waves=WAVES, ready_after="1s"))
        thread.join(10)
    try:
        assert not outcome.failed, outcome.output
        assert {*old, "joined"} == set(recorder.replaced())
        assert {1} == set(recorder.replaced().values())
        assert {hash_of(BETTER)} == {pod.config_hash for kind, pod in recorder.events if kind == "ADDED"}
    finally:
        cluster.api.delete("nodes/joined")


def test_someone_else_s_change_in_the_middle_stops_and_a_refresh_puts_it_right(
    project, agent, cluster, namespace, record
):
    def interfere():
        path = f"namespaces/{namespace}/daemonsets/agent"
        annotations = {"checksum/config": "theirs"}
        cluster.api.patch(path, {"spec": {"template": {"metadata": {"annotations": annotations}}}})

    project.up(agent(waves=WAVES, ready_after="1s"))
    with record() as recorder:
        thread = during(recorder, lambda pods: len(pods) == 2, interfere)
        outcome = project.up(agent(BETTER, waves=WAVES, ready_after="1s"))
        thread.join(10)
    assert outcome.failed
    assert "something else changed it" in outcome.output
    assert len(order(recorder)) <= 3

    again = project.up(agent(BETTER, waves=WAVES, ready_after="1s"))
    assert again.failed
    assert "Run `pulumi up --refresh`" in again.output
    assert not project.up(agent(BETTER, waves=WAVES, ready_after="1s"), refresh=True).failed
    pods = [Pod.of(pod) for pod in cluster.api.list(f"namespaces/{namespace}/pods")]
    assert [hash_of(BETTER)] * NODES == [pod.config_hash for pod in pods if pod.ready]


def test_waves_need_no_more_rights_than_rbac_prints(project, agent, cluster, namespace, record):
    user = f"waves-{namespace}"
    of = WorkloadName(DAEMON_SET, namespace, "agent")
    grant(cluster, user, rollout_roles(of, rollout_rights(of)))
    waves = {**WAVES, "progress_deadline_seconds": 3}
    with_rights = {"waves": waves, "kubeconfig": kubeconfig_of(cluster, user)}

    assert not project.up(agent(**with_rights)).failed
    taken_back = project.up(agent(BAD, **with_rights))
    assert "taken back: 1 restarted" in taken_back.output
    with record() as recorder:
        outcome = project.up(agent(BETTER, **with_rights))
    assert not outcome.failed, outcome.output
    assert [1] * NODES == list(recorder.replaced().values())


def test_preview_of_a_new_component_lists_its_records(project, agent):
    outcome = project.preview(agent(waves=WAVES))

    assert not outcome.failed, outcome.output
    assert dict.fromkeys(NAMES, "create") == records(outcome)


PROGRAM = """
from pathlib import Path
from config_rollout import ConfiguredDaemonSet

ConfiguredDaemonSet("agent", {{
    "namespace": "{namespace}",
    "data": {{"agent.yaml": Path("agent.yaml").read_text()}},
    "pod_spec": {{
        "containers": [{{"name": "agent", "image": "agent:1",
                         "volume_mounts": [{{"name": "c", "mount_path": "/etc/agent"}}]}}],
        "volumes": [{{"name": "c", "config_map": {{"name": "agent"}}}}],
    }},
    "pod_annotations": {{"local-cluster/ready-after": "1s"}},
    "waves": {{"first": [{{"name": "canary", "nodes": 1}}]}},
}})
"""


def end_left_in(folder) -> None:
    """End what a killed engine left running in a folder: its language host, its program, its provider."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if Path(os.readlink(process / "cwd")) == folder:
                os.kill(int(process.name), signal.SIGKILL)


def programs_in(folder) -> list[str]:
    """Return the programs that run in a folder; what is the engine's own is not ours to end."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if Path(os.readlink(process / "cwd")) == folder:
                found.append((process / "cmdline").read_text())
    return [command for command in found if "language-python-exec" in command]


def test_up_killed_in_the_middle_goes_on(engine, cluster, namespace, record):
    folder = run_folder("waves")
    (folder / "Pulumi.yaml").write_text(
        json.dumps({"name": "waves", "runtime": {"name": "python", "options": {"virtualenv": ".venv"}}})
    )
    (folder / "__main__.py").write_text(PROGRAM.format(namespace=namespace))
    (folder / "agent.yaml").write_text(GOOD["agent.yaml"])
    (folder / ".venv").symlink_to(ROOT / ".venv")
    engine.run("stack", "init", "test", folder=folder)
    try:
        engine.run("up", "--yes", "--skip-preview", folder=folder)
        (folder / "agent.yaml").write_text(BETTER["agent.yaml"])
        with record() as recorder:
            process = subprocess.Popen(
                [engine.program, "up", "--yes", "--skip-preview", "--non-interactive"],
                cwd=folder,
                env=engine.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            while len(order(recorder)) < 3:
                assert process.poll() is None
                time.sleep(0.05)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            cluster.wait("the end of the program", lambda: not programs_in(folder))
            assert len(order(recorder)) <= 4
            engine.run("cancel", "--yes", folder=folder)
            engine.run("up", "--yes", "--skip-preview", folder=folder)

        assert [1] * NODES == list(recorder.replaced().values())
        assert 1 == most_unavailable(recorder)
        (record,) = parse_records(
            cluster.api.get(f"namespaces/{namespace}/configmaps/agent-rollouts")["data"]["rollouts.jsonl"], "records"
        )[0]
        assert set(recorder.replaced()) == set(record.pods)  # those too that the `up` moved which left no record
        assert record.restarts < NODES
    finally:
        end_left_in(folder)
        engine.run("destroy", "--yes", "--skip-preview", "--remove", folder=folder)
        shutil.rmtree(folder)
