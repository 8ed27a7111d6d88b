"""A text that running pods read again, on the real engine and control plane: asked, proven, taken back."""

import subprocess
import sys

import pytest

from config_rollout import ConfiguredStatefulSet
from tests.engine.conftest import NODES, hash_of
from tests.engine.observed import FAST, config_maps, daemon_set, history, written
from tests.engine.reloading import LASTING, NEW, OLD, REFUSED
from tests.engine.reloading import RELOAD as PROVEN

RELOAD = {**FAST, **PROVEN}


@pytest.fixture
def command(cluster):
    """Return a function that runs a command on the cluster: exit code, output, errors."""

    def run(*arguments):
        words = [sys.executable, "-m", "config_rollout", *arguments, "--kubeconfig", str(cluster.kubeconfig)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    return run


def test_text_reloads_without_a_restart_and_comes_back_where_it_is_rejected(
    project, agent, cluster, namespace, record, programs, command
):
    made = project.up(agent(OLD, **RELOAD))
    assert not made.failed, made.output
    assert sorted([f"agent-{hash_of(LASTING)[:10]}", "agent-reload"]) == config_maps(cluster, namespace)
    assert {} == written(cluster, lambda: project.up(agent(OLD, **RELOAD)))

    preview = project.preview(agent(NEW, **RELOAD))
    assert {
        "ConfiguredDaemonSet agent": "update", "ConfigMapPatch agent-reload": "update", "Stash agent/reloaded": "update"
    } == preview.steps  # fmt: skip
    assert ["rules +1 -1: reload, nothing restarts"] == [message.splitlines()[0] for message in preview.messages]

    with record() as recorder:
        changed = project.up(agent(NEW, **RELOAD))
    assert not changed.failed, changed.output
    assert {} == recorder.replaced()
    assert ["deny"] * NODES == programs.now()
    assert f"reloaded: {NODES} pods read it again" in changed.output
    (first,) = history(cluster, namespace)
    assert ("reloaded", 0, {"rules"}) == (first.result, first.restarts, {change.key for change in first.changes})
    assert NODES == len(first.pods) == first.waves[0].nodes
    assert first.reload.seconds == max(read for _, read in first.pods.values())
    code, status, errors = command("status", f"{namespace}/agent")
    assert (0, "") == (code, errors)
    assert f"{NODES} of {NODES} report it now" in status

    first_node = min(pod["spec"]["nodeName"] for pod in cluster.api.list(f"namespaces/{namespace}/pods"))
    programs.rejects = {first_node}
    with record() as recorder:
        refused = project.up(agent(REFUSED, **RELOAD))
    assert refused.failed
    assert f"reload failed: 1 of {NODES} pods did not read it again" in refused.output
    assert f"{first_node}: rejected it (rules_failed_total 0 => 1)" in refused.output
    assert {} == recorder.replaced()
    assert "deny" == programs.text()
    assert ["deny"] * NODES == programs.now()
    taken_back = history(cluster, namespace)[-1]
    assert "restored" == taken_back.result
    assert (f"{first_node}: rejected it (rules_failed_total 0 => 1)",) == taken_back.waves[0].findings
    code, status, _ = command("status", f"{namespace}/agent")
    assert 1 == code
    assert f"reload  ConfigMap agent-reload  restored at {taken_back.ended}" in status
    assert f"! reload: failed at {taken_back.ended}" in status

    given_up = project.up(agent(NEW, **RELOAD))
    assert not given_up.failed, given_up.output
    code, status, _ = command("status", f"{namespace}/agent")
    assert (0, True) == (code, "given up at" in status), status

    programs.rejects = set()
    again = project.up(agent(REFUSED, **RELOAD))
    assert not again.failed, again.output
    assert ("refused", ["refused"] * NODES) == (programs.text(), programs.now())
    assert ["reloaded", "restored", "reloaded"] == [one.result for one in history(cluster, namespace)]

    both = {**NEW, "agent.yaml": "level: debug\n"}
    with record() as recorder:
        mixed = project.up(agent(both, **RELOAD))
    assert not mixed.failed, mixed.output
    assert [1] * NODES == list(recorder.replaced().values())
    assert "rules: pods that have not restarted yet read the new text at once" in mixed.output
    assert "deny" == programs.text()
    rollout = history(cluster, namespace)[-1]
    assert ("done", None, {"rules", "agent.yaml"}) == (
        rollout.result, rollout.reload, {change.key for change in rollout.changes}
    )  # fmt: skip
    assert 4 == len(history(cluster, namespace))

    by_hand = '{"data": {"rules": "by hand\\n"}}'
    cluster.kubectl("-n", namespace, "patch", "configmap", "agent-reload", "--type=merge", f"--patch={by_hand}")
    assert "ConfigMap agent-reload: was written by kubectl" in command("status", f"{namespace}/agent")[1]
    assert not project.up(agent(both, **RELOAD), refresh=True).failed
    assert "deny" == programs.text()

    cluster.kubectl("-n", namespace, "delete", "configmap", "agent-reload")
    assert "ConfigMap agent-reload: is missing" in command("status", f"{namespace}/agent")[1]
    assert not project.up(agent(both, **RELOAD), refresh=True).failed
    assert "deny" == programs.text()
    assert (0, "") == command("status", f"{namespace}/agent")[::2]

    cluster.kubectl("-n", namespace, "rollout", "undo", "daemonset/agent")
    volume = daemon_set(cluster, namespace)["spec"]["template"]["spec"]["volumes"][0]
    sources = [source["configMap"]["name"] for source in volume["projected"]["sources"]]
    assert [f"agent-{hash_of(LASTING)[:10]}", "agent-reload"] == sources

    assert not project.destroy().failed
    cluster.wait("nothing to be left", lambda: [] == config_maps(cluster, namespace))


def test_turning_it_on_and_off_costs_one_restart_each(project, agent, cluster, namespace, record, programs):
    plain = {**FAST}
    assert not project.up(agent(OLD, **plain)).failed
    with record() as recorder:
        on = project.up(agent(OLD, **RELOAD))
    assert not on.failed, on.output
    assert [1] * NODES == list(recorder.replaced().values())
    assert "from now on ConfigMap agent-reload changes in place" in on.output

    programs.rejects = {cluster.api.list(f"namespaces/{namespace}/pods")[0]["spec"]["nodeName"]}
    restarting = {**RELOAD, "reload": {**RELOAD["reload"], "on_failure": "restart"}}
    with record() as recorder:
        restarted = project.up(agent(REFUSED, **restarting))
    assert not restarted.failed, restarted.output
    assert [1] * NODES == list(recorder.replaced().values())
    assert "all pods restart, as `on_failure` says" in restarted.output
    assert {} == written(cluster, lambda: project.up(agent(REFUSED, **restarting)))

    with record() as recorder:
        off = project.up(agent(OLD, **plain))
    assert not off.failed, off.output
    assert [1] * NODES == list(recorder.replaced().values())
    assert "ConfigMap agent-reload no longer changes in place" in off.output


def test_stateful_set_reloads_and_its_next_pod_of_the_same_name_began_with_the_text(
    project, agent, cluster, namespace, programs
):
    def uid():
        return cluster.api.get(f"namespaces/{namespace}/pods/agent-0")["metadata"]["uid"]

    of = {**PROVEN, "component": ConfiguredStatefulSet, "replicas": 1}
    made = project.up(agent(OLD, **of))
    assert not made.failed, made.output
    first = uid()

    changed = project.up(agent(NEW, **of))
    assert not changed.failed, changed.output
    assert "reloaded: 1 pod read it again" in changed.output
    assert (first, ["deny"]) == (uid(), programs.now())

    both = project.up(agent({**OLD, "agent.yaml": "level: debug\n"}, **of))
    assert not both.failed, both.output
    assert first != uid()
    assert "allow" == programs.text()
