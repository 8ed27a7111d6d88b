"""The record of a rollout, on the real engine and cluster, against what a watcher of its own saw."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jsonschema
import pytest

from tests.engine.conftest import BAD, BETTER, GOOD, NODES, hash_of, kubeconfig_of
from tests.engine.kube_system import DAEMON_SET, adopt, settle
from tests.engine.observed import audited, daemon_set, history, written
from tools.demo import ROOT
from tools.kubeadm import CONFIGURATION

ZONE = "topology.kubernetes.io/zone"
WAVES = {"first": [{"name": "canary", "nodes": 1}], "by": ZONE, "progress_deadline_seconds": 60}
IMPATIENT = {**WAVES, "progress_deadline_seconds": 3}
CAUSE = "kubernetes.io/change-cause"


def events(cluster, namespace, name="agent") -> list[str]:
    """Return the reasons of the Events on the DaemonSet that are ours, the oldest first."""
    found = [
        e
        for e in cluster.api.list(f"namespaces/{namespace}/events")
        if e["source"].get("component") == "config-rollout" and e["involvedObject"]["name"] == name
    ]
    return [event["reason"] for event in sorted(found, key=lambda event: int(event["metadata"]["resourceVersion"]))]


@pytest.mark.parametrize("waves", [None, WAVES], ids=["no waves", "waves"])
def test_record_is_what_a_watcher_saw(project, agent, cluster, namespace, record, waves):
    more = {"waves": waves} if waves else {}
    project.up(agent(**more))
    assert [] == history(cluster, namespace)
    with record() as recorder:
        outcome = project.up(agent(BETTER, **more))
    (one,) = history(cluster, namespace)

    assert not outcome.failed, outcome.output
    assert not [message for message in outcome.messages if "audit" in message]
    assert ("done", "", namespace, "agent") == (one.result, one.reason, one.namespace, one.name)
    assert (hash_of(GOOD), hash_of(BETTER), 1, 2) == (one.old_hash, one.new_hash, one.old_revision, one.new_revision)
    assert [("agent.yaml", "level", "info", "debug", "restart")] == [
        (change.key, change.path, change.before, change.after, change.effect) for change in one.changes
    ]
    assert () == one.template_changes
    assert sum(audited(recorder).values()) == one.restarts == sum(wave.restarts for wave in one.waves)
    assert set(audited(recorder)) == set(one.pods)
    assert all(ready is not None and ready >= deleted for deleted, ready in one.pods.values())
    assert (["canary", "zone-a", "zone-b", "zone-c", "rest"] if waves else ["all"]) == [w.name for w in one.waves]
    assert NODES == sum(wave.nodes for wave in one.waves)
    assert {"done"} == {wave.result for wave in one.waves}
    moments = [moment for wave in one.waves for moment in (wave.started, wave.ended)]
    assert sorted(moments) == moments
    assert one.started <= moments[0] <= moments[-1] <= one.ended
    assert f"organization/test/{namespace}" == one.by.stack
    assert one.by.user
    jsonschema.validate(json.loads(one.to_json()), json.loads((ROOT / "docs" / "schemas" / "audit.json").read_text()))
    assert ["ConfigurationChanged", "RolloutDone"] == events(cluster, namespace)
    assert {} == written(cluster, lambda: project.up(agent(BETTER, **more)))
    assert [one] == history(cluster, namespace)


def test_restored_rollout_is_recorded_with_its_findings_and_the_cause_goes_back(
    project, agent, cluster, namespace, record
):
    project.up(agent(waves=IMPATIENT))
    project.up(agent(BETTER, waves=IMPATIENT))
    with record() as recorder:
        outcome = project.up(agent(BAD, waves=IMPATIENT))
    *_, one = history(cluster, namespace)
    (canary,) = one.waves

    assert outcome.failed
    assert ("restored", hash_of(BETTER), hash_of(BAD), 2, 3) == (
        one.result,
        one.old_hash,
        one.new_hash,
        one.old_revision,
        one.new_revision,
    )
    assert ("canary", 1, "failed") == (canary.name, canary.nodes, canary.result)
    assert "CrashLoopBackOff" in "".join(canary.findings)
    assert one.reason.startswith("wave 'canary' failed")
    assert "\n" not in one.reason
    assert sum(audited(recorder).values()) == one.restarts == canary.restarts == 2
    assert ["ConfigurationChanged", "RolloutRestored"] == events(cluster, namespace)[2:]
    assert "level info => debug" in daemon_set(cluster, namespace)["metadata"]["annotations"][CAUSE]

    project.up(agent(BAD, waves=IMPATIENT))  # the same again, which no update of the DaemonSet explains
    *_, again = history(cluster, namespace)
    assert ("restored", hash_of(BETTER), one.changes) == (again.result, again.old_hash, again.changes)


def test_halted_rollout_is_recorded_and_so_is_the_one_that_repairs_it(project, agent, cluster, namespace):
    waves = {**IMPATIENT, "on_failure": "halt"}
    project.up(agent(waves=waves))
    project.up(agent(BAD, waves=waves))
    repaired = project.up(agent(waves=waves))
    halted, back = history(cluster, namespace)

    assert not repaired.failed, repaired.output
    assert ("halted", 1, None) == (halted.result, halted.restarts, *(ready for _, ready in halted.pods.values()))
    assert ("done", 1, hash_of(BAD), hash_of(GOOD)) == (back.result, back.restarts, back.old_hash, back.new_hash)
    assert set(halted.pods) == set(back.pods)
    assert ["ConfigurationChanged", "RolloutHalted", "ConfigurationChanged", "RolloutDone"] == events(
        cluster, namespace
    )


def test_rollout_that_is_not_through_in_time_is_recorded_and_the_one_that_goes_back(
    project, agent, cluster, namespace, record
):
    more = {"rollout_timeout_seconds": 5}
    project.up(agent())
    with record() as recorder:
        outcome = project.up(agent(BAD, **more))
    project.up(agent(**more))
    failed, back = history(cluster, namespace)
    (wave,) = failed.waves

    assert outcome.failed
    assert ("failed", "all", "failed") == (failed.result, wave.name, wave.result)
    assert sum(audited(recorder).values()) == failed.restarts == 1
    assert "CrashLoopBackOff" in "".join(wave.findings)
    assert failed.reason.endswith("timed out waiting for the condition")
    assert ("done", 1) == (back.result, back.restarts)


@pytest.mark.parametrize("waves", [None, WAVES], ids=["no waves", "waves"])
def test_kubectl_shows_cause_of_each_revision_and_events(project, agent, cluster, namespace, waves):
    more = {"waves": waves} if waves else {}
    for data in (GOOD, BETTER, GOOD):
        assert not project.up(agent(data, **more)).failed
    lines = cluster.kubectl("-n", namespace, "rollout", "history", "daemonset/agent").splitlines()
    shown = cluster.kubectl("-n", namespace, "describe", "daemonset", "agent")

    # The revision of GOOD is taken up again with a number of its own, and with the cause of the second time.
    assert [("2", "agent.yaml: level info => debug"), ("3", "agent.yaml: level debug => info")] == [
        (line.split()[0], line.split(maxsplit=1)[1].partition(" (")[0]) for line in lines if line[:1].isdigit()
    ]
    assert 2 == shown.count("ConfigurationChanged")
    assert 2 == shown.count("RolloutDone")
    assert "agent.yaml: level debug => info" in cluster.kubectl("-n", namespace, "get", "events")


def test_cause_is_no_drift(project, agent, cluster, namespace):
    project.up(agent())
    project.up(agent(BETTER))
    cause = daemon_set(cluster, namespace)["metadata"]["annotations"][CAUSE]

    assert {"refresh"} == set(project.preview(agent(BETTER), refresh=True).steps.values())
    assert {} == written(cluster, lambda: project.up(agent(BETTER), refresh=True))
    assert {} == project.preview(agent(BETTER)).steps
    assert cause == daemon_set(cluster, namespace)["metadata"]["annotations"][CAUSE]


def test_text_that_means_the_same_leaves_no_record(project, agent, cluster, namespace):
    project.up(agent())
    project.up(agent({"agent.yaml": "# why\nlevel: info\n"}))
    project.up(agent({"agent.yaml": "# why\nlevel: info\n"}, labels={"team": "network"}))

    assert [] == history(cluster, namespace)
    assert [] == events(cluster, namespace)


def test_image_is_recorded_and_secrets_are_not_shown(project, agent, cluster, namespace, tmp_path):
    with_secret = {"agent.yaml": "level: info\npassword: hunter2\n"}
    project.up(agent(with_secret))
    project.up(
        agent(
            {"agent.yaml": "level: info\npassword: hunter3\n"},
            image="agent:2",
            audit={"file": str(tmp_path / "audit.jsonl")},
        )
    )
    (one,) = history(cluster, namespace)
    live = json.dumps([daemon_set(cluster, namespace)["metadata"], cluster.api.list(f"namespaces/{namespace}/events")])

    assert [("password", "[secret]", "[secret]")] == [(c.path, c.before, c.after) for c in one.changes]
    assert [("containers[name=agent].image", "agent:1", "agent:2")] == [
        (c.path, c.before, c.after) for c in one.template_changes
    ]
    assert "hunter" not in one.to_json() + live
    assert f"{one.to_json()}\n" == (tmp_path / "audit.jsonl").read_text()


def test_record_that_cannot_be_written_is_said_and_breaks_nothing(project, agent, cluster, namespace, tmp_path):
    nobody = kubeconfig_of(cluster, "nobody")
    more = {"kubeconfig": nobody, "audit": [{"file": str(tmp_path / "no" / "such" / "folder")}]}
    project.up(agent(**more))
    outcome = project.up(agent(BETTER, **more))
    warned = "\n".join(outcome.messages)

    assert not outcome.failed, outcome.output
    assert NODES == daemon_set(cluster, namespace)["status"]["numberReady"]
    assert "audit record: " in warned
    assert "may not get daemonsets 'agent'" in warned
    assert "This does not affect the rollout itself." in warned
    assert "No such file or directory" in warned


def test_address_that_takes_records_gets_them_and_one_that_does_not_is_told(project, agent, cluster, namespace, capfd):
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204 if self.path == "/good" else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        more = {"audit": [{"url": f"{address}/good"}, {"url": f"{address}/bad"}, {"stdout": True}]}
        project.up(agent(**more))
        outcome = project.up(agent(BETTER, **more))
        server.shutdown()
    (one,) = history(cluster, namespace)
    line = f"{one.to_json()}\n"

    assert not outcome.failed, outcome.output
    assert [("/good", line.encode()), ("/bad", line.encode())] == got
    assert "audit.url: 127.0.0.1: cannot be written (Internal Server Error)" in "\n".join(outcome.messages)
    assert line in capfd.readouterr().out


@pytest.mark.parametrize("waves", [None, WAVES], ids=["no waves", "waves"])
def test_adopting_kube_proxy_is_recorded_and_so_is_its_first_change(project, cluster, kubeadm, restarts, waves):
    more = {"waves": waves, "max_unavailable": None} if waves else {}
    kubeadm.addon()
    settle(cluster)
    outcomes = []
    adopted = restarts(lambda: outcomes.append(project.up(adopt(config=CONFIGURATION, **more))))
    changed = {**CONFIGURATION, "mode": "nftables"}
    moved = restarts(lambda: outcomes.append(project.up(adopt(config=changed, **more))))
    first, second = history(cluster, "kube-system", "kube-proxy")

    assert [False, False] == [outcome.failed for outcome in outcomes], outcomes[-1].output
    assert not [line for outcome in outcomes for line in outcome.messages if "audit" in line]
    assert (1, 1, NODES, NODES) == (adopted, moved, first.restarts, second.restarts)
    assert ("", "done", "done") == (first.old_hash, first.result, second.result)
    assert first.new_hash == second.old_hash
    assert ("mode", "nftables", "data plane") in [(c.path, c.after, c.class_) for c in second.changes]
    assert {} == written(cluster, lambda: project.up(adopt(config=changed, **more)))
    assert {"refresh"} == set(project.preview(adopt(config=changed, **more), refresh=True).steps.values())
    assert "mode" in cluster.api.get(DAEMON_SET)["metadata"]["annotations"][CAUSE]
