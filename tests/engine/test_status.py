"""`status` and `history` on what the real engine and control plane leave, run as programs of their own."""

import json
import signal
import subprocess
import sys
import time

import jsonschema
import pytest

from config_rollout.core.kubernetes.annotations import RESTORED_ANNOTATION
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.rbac.rights import roles
from config_rollout.core.rbac.status import status_rights
from tests.engine.conftest import BAD, BETTER, GOOD, NODES, grant, hash_of, kubeconfig_of, name_of
from tests.engine.observed import FAST, WAVES, undo, written
from tools import build
from tools.demo import ROOT

pytestmark = pytest.mark.usefixtures("kubeconfig")

SHORT = {name: hash_of(data)[:10] for name, data in (("good", GOOD), ("better", BETTER), ("bad", BAD))}


@pytest.fixture
def run(cluster):
    """Return a function that runs a command on the cluster: exit code, output, errors."""

    def run(*arguments, kubeconfig=cluster.kubeconfig):
        command = [sys.executable, "-m", "config_rollout", *arguments, "--kubeconfig", str(kubeconfig)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def status(run, namespace):
    """Return a function that gives exit code and JSON of `status` of the test's DaemonSet, as its schema says."""

    def status():
        code, out, err = run("status", f"{namespace}/agent", "--json")
        assert "" == err
        found = json.loads(out)
        jsonschema.validate(found, json.loads((ROOT / "docs" / "schemas" / "status.json").read_text()))
        return code, found["daemon_sets"][0]

    return status


@pytest.fixture
def history(run):
    """Return a function that gives the rollouts of a namespace's DaemonSet, as the schema of `history` says."""

    def history(namespace):
        found = json.loads(run("history", f"{namespace}/agent", "--json")[1])
        jsonschema.validate(found, json.loads((ROOT / "docs" / "schemas" / "history.json").read_text()))
        return found["rollouts"]

    return history


def findings(found) -> list[str]:
    return [f"{finding['where']}: {finding['what']}" for finding in found["findings"]]


def parts(found, what) -> dict[str, tuple[int, int]]:
    return {part["name"]: (part["through"], part["nodes"]) for part in found[what]}


def test_rollout_that_is_through_is_as_wanted(project, agent, status, run, namespace):
    project.up(agent(waves=WAVES))
    project.up(agent(BETTER, waves=WAVES))
    code, found = status()

    assert (0, "done", hash_of(BETTER), []) == (code, found["state"], found["config_hash"], found["findings"])
    assert [(hash_of(BETTER), name_of(BETTER), True)] * NODES == [
        (pod["config_hash"], pod["config_map"], pod["ready"]) for pod in found["pods"]
    ]
    assert (1, 1) == parts(found, "waves")["canary"]
    assert NODES == sum(nodes for _, nodes in parts(found, "waves").values())
    assert NODES == sum(through for through, _ in parts(found, "zones").values())
    code, out, _ = run("history", f"{namespace}/agent", "1..2")
    assert (1, f"~ agent.yaml\n    ~ level: info => debug\n{SHORT['good']} => {SHORT['better']}: restart\n") == (
        code,
        out,
    )


def test_image_that_kubectl_sets_is_no_repetition_of_the_last_change(project, agent, history, run, cluster, namespace):
    project.up(agent())
    project.up(agent(BETTER))
    kubectl = build.ensure(["kubectl"])["kubectl"]
    set_image = [kubectl, "--kubeconfig", cluster.kubeconfig, "-n", namespace, "set", "image", "ds/agent", "agent=a:2"]
    subprocess.run(set_image, check=True)
    give_up = time.monotonic() + 30
    while len(history(namespace)) < 3 and time.monotonic() < give_up:
        time.sleep(0.2)
    image = "containers[name=agent].image"

    of_up, of_kubectl = history(namespace)[1:]
    assert of_up["change_cause"].startswith("agent.yaml: level info => debug")
    assert (None, "kubectl-set") == (of_kubectl["change_cause"], of_kubectl["by"]["manager"])
    assert [(image, "agent:1", "a:2")] == [
        (change["path"], change["before"], change["after"]) for change in of_kubectl["template_changes"]
    ]
    assert (1, f"pod template\n    ~ {image}: agent:1 => a:2\nrestart\n", "") == (
        run("history", f"{namespace}/agent", "2..3")
    )


def test_rollout_through_a_wave_is_in_the_middle(project, agent, status):
    project.up(agent(waves=WAVES))
    project.up(agent(BETTER, waves={**WAVES, "through": "canary"}))
    code, found = status()

    assert (1, "rolling", hash_of(BETTER)) == (code, found["state"], found["config_hash"])
    assert {"canary": (1, 1)} == {name: part for name, part in parts(found, "waves").items() if part[0]}
    assert [(1, NODES - 1), (2, 1)] == [(one["revision"], one["pods"]) for one in found["revisions"]]
    (behind,) = findings(found)
    assert behind.startswith(
        f"pods behind: {NODES - 1} of {NODES} have configuration {SHORT['good']}, not {SHORT['better']}: node-"
    )


def test_rollout_that_may_not_leave_a_record_is_a_program_s_all_the_same(project, agent, cluster, status):
    project.up(agent(**FAST))
    project.up(agent(BETTER, **FAST))
    assert not project.up(agent(kubeconfig=kubeconfig_of(cluster, "nobody"), **FAST)).failed
    code, found = status()

    assert (0, "done", []) == (code, found["state"], findings(found))


def test_failed_rollout_without_waves_shows_what_failed(project, agent, status):
    project.up(agent())
    project.up(agent(BAD, rollout_timeout_seconds=5))
    code, found = status()

    assert (1, "halted", hash_of(BAD)) == (code, found["state"], found["config_hash"])
    assert [True, True] == [
        any(text in finding for finding in findings(found))
        for text in ("1 of 6 is not ready: node-", f"5 of 6 have configuration {SHORT['good']}, not {SHORT['bad']}")
    ]
    assert any("CrashLoopBackOff" in finding for finding in findings(found))


def test_failed_wave_is_restored_and_leaves_nothing_when_the_waves_go(project, agent, status, cluster, namespace):
    waves = {**WAVES, "progress_deadline_seconds": 3}
    project.up(agent(waves=waves))
    project.up(agent(BAD, waves=waves))
    code, found = status()

    assert (1, "restored", hash_of(GOOD)) == (code, found["state"], found["config_hash"])
    assert any(
        finding.startswith(f"rollout: revision 2, configuration {SHORT['bad']}, was taken back")
        for finding in findings(found)
    )

    assert not project.up(agent()).failed
    code, found = status()
    assert (0, "done", []) == (code, found["state"], findings(found))
    annotations = cluster.api.get(f"namespaces/{namespace}/daemonsets/agent")["metadata"]["annotations"]
    assert RESTORED_ANNOTATION not in annotations
    assert {} == written(cluster, lambda: project.up(agent()))
    project.up(agent(BETTER, **FAST))
    undo(cluster, namespace)
    assert f"runs {SHORT['good']}" in project.preview(agent(BETTER, **FAST)).output


def test_halted_rollout_has_its_record_s_reason(project, agent, status, history, namespace):
    waves = {**WAVES, "on_failure": "halt", "progress_deadline_seconds": 3}
    project.up(agent(waves=waves))
    project.up(agent(BAD, waves=waves))
    code, found = status()
    (rollout,) = history(namespace)[1:]

    assert (1, "halted", rollout["ended"], rollout["reason"]) == (
        code,
        found["state"],
        found["since"],
        found["reason"],
    )
    assert "canary" in found["reason"]


def test_paused_rollout(project, agent, status, run, namespace):
    project.up(agent(waves=WAVES))
    run("pause", f"{namespace}/agent")
    assert (1, "paused") == (status()[0], status()[1]["state"])
    run("resume", f"{namespace}/agent")
    assert (0, "done") == (status()[0], status()[1]["state"])


def test_configuration_that_kubectl_brought_back_is_in_no_program(
    project, agent, status, run, history, cluster, namespace
):
    project.up(agent(**FAST))
    project.up(agent(BETTER, **FAST))
    assert (0, []) == (status()[0], status()[1]["findings"])
    undo(cluster, namespace)
    code, found = status()

    assert (1, "done", hash_of(GOOD)) == (code, found["state"], found["config_hash"])
    finding = findings(found)[0]
    assert finding.startswith(f"pod template: has configuration {SHORT['good']}, written by kubectl")
    assert finding.endswith(f"the last recorded rollout was to {SHORT['better']}, from organization/test/{namespace}")
    # The creation restarted nothing and left no record; its revision is the third now.
    assert [(2, "done"), (3, None)] == [(one["new_revision"], one["result"]) for one in history(namespace)]
    assert history(namespace)[-1]["by"]["manager"].startswith("kubectl")
    _, out, _ = run("history", f"{namespace}/agent", "2")
    assert f"{namespace}/agent revision 2: done" == out.splitlines()[0]
    assert "    ~ level: info => debug" in out.splitlines()


def test_config_map_that_someone_deleted_is_missed(project, agent, status, cluster, namespace):
    project.up(agent(**FAST))
    project.up(agent(BETTER, **FAST))
    for data in (GOOD, BETTER):
        cluster.api.delete(f"namespaces/{namespace}/configmaps/{name_of(data)}")
    code, found = status()

    assert 1 == code
    assert {
        f"ConfigMap {name_of(GOOD)}: is missing, but needed by revision 1",
        f"ConfigMap {name_of(BETTER)}: is missing, but needed by revision 2 and {NODES} pods",
    } == set(findings(found))


def helm_like(cluster, namespace) -> None:
    """Make what a chart by Helm's convention makes: a ConfigMap that changes in place, and its checksum."""
    path = f"namespaces/{namespace}"
    cluster.api.create(f"{path}/configmaps", {"metadata": {"name": "agent"}, "data": {"a": "1"}})
    labels = {"app": "agent"}
    volumes = [{"name": "config", "configMap": {"name": "agent"}}]
    template = {
        "metadata": {"labels": labels, "annotations": {"checksum/config": "1" * 64}},
        "spec": {"containers": [{"name": "agent", "image": "agent:1"}], "volumes": volumes},
    }
    spec = {"selector": {"matchLabels": labels}, "template": template}
    cluster.api.create(f"{path}/daemonsets", {"metadata": {"name": "agent"}, "spec": spec})


def test_daemon_set_by_helm_s_convention(status, run, cluster, namespace):
    helm_like(cluster, namespace)
    cluster.wait("all pods", lambda: status()[0] == 0)
    assert ("done", "1" * 64, []) == tuple(status()[1][key] for key in ("state", "config_hash", "findings"))

    time.sleep(1.1)  # the API server notes seconds
    cluster.api.patch(f"namespaces/{namespace}/configmaps/agent", {"data": {"a": "2"}})
    code, found = status()
    assert 1 == code
    (armed,) = findings(found)
    assert armed.startswith("ConfigMap agent: was written at 20")

    template = {"metadata": {"annotations": {"checksum/config": "2" * 64}}}
    cluster.api.patch(f"namespaces/{namespace}/daemonsets/agent", {"spec": {"template": template}})
    cluster.wait_at_rest(namespace, "agent")
    code, _, err = run("history", f"{namespace}/agent", "1..2")
    assert 2 == code
    assert "revision 1: mounts ConfigMap agent, which changes in place, so its configuration is not kept" in err


def test_all_daemon_sets_of_the_cluster_are_found(run, cluster, namespace):
    helm_like(cluster, namespace)
    _, out, _ = run("status", "--json")

    assert (namespace, "agent") in [(one["namespace"], one["name"]) for one in json.loads(out)["daemon_sets"]]


def test_missing_rights_are_told_and_the_rules_that_are_printed_are_enough(run, cluster, namespace, tmp_path):
    helm_like(cluster, namespace)
    user = f"looks-{namespace}"
    (tmp_path / "config").write_text(kubeconfig_of(cluster, user))
    code, _, err = run("status", f"{namespace}/agent", kubeconfig=tmp_path / "config")
    assert 2 == code
    first, *manifests = err.split("\n", 1)
    assert f"may not get daemonsets 'agent' in namespace {namespace}, list controllerrevisions in namespace" in first
    assert roles(
        status_rights([DAEMON_SET], namespace, "agent", watching=False), "config-rollout-status", namespace
    ) == (manifests[0].rstrip())

    grant(cluster, user, manifests[0])
    cluster.wait("the rights", lambda: run("status", f"{namespace}/agent", kubeconfig=tmp_path / "config")[0] in (0, 1))


def test_no_kubeconfig_is_a_sentence(run, tmp_path):
    code, _, err = run("status", kubeconfig=tmp_path / "nowhere")

    assert 2 == code
    assert f"is neither an existing file nor a kubeconfig (got '{tmp_path / 'nowhere'}')" in err


def test_watch_says_what_happens_and_survives_the_api_server(project, agent, cluster, namespace):
    project.up(agent(waves=WAVES))
    command = [sys.executable, "-m", "config_rollout", "status", "--watch", f"{namespace}/agent"]
    watching = subprocess.Popen(
        [*command, "--kubeconfig", str(cluster.kubeconfig)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert f"{namespace}/agent: done, {SHORT['good']}" in watching.stdout.readline()
    cluster.kill("kube-apiserver")
    assert "does not answer" in watching.stderr.readline()
    cluster.start("kube-apiserver")
    cluster.wait_ready()
    project.up(agent(BETTER, waves=WAVES))
    lines = [watching.stdout.readline()]
    while f": done, {SHORT['better']}" not in lines[-1]:
        assert lines[-1]
        lines.append(watching.stdout.readline())
    watching.send_signal(signal.SIGINT)
    _, err = watching.communicate(timeout=120)

    assert 0 == watching.returncode
    # A server that starts answers some requests before others: each outage is one line.
    assert all(line.endswith("Retrying until it does.") for line in err.splitlines())
    assert any(f": rolling, {SHORT['better']}" in line for line in lines)
