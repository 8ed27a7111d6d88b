"""What follows where not all pods read a text again, on the real engine and control plane."""

import json
import subprocess
import sys
from collections import Counter

import jsonschema
import pytest

from tests.engine.conftest import NODES
from tests.engine.observed import FAST, WAVES, history, written
from tests.engine.reloading import NEW, OLD, REFUSED, RELOAD
from tools.demo import ROOT


def given(on_failure: str, **more):
    """Return the arguments of a component that reloads, with what follows where it fails."""
    return {**RELOAD, "reload": {**RELOAD["reload"], "timeout_seconds": 5, "on_failure": on_failure}, **more}


def restarted(recorder) -> dict[str, int]:
    """Return how many pods of the DaemonSet were created on each node; the canary of a reload is none."""
    every = [pod.node for kind, pod in recorder.events if kind == "ADDED" and pod.name.startswith("agent-")]
    return dict(Counter(every))


@pytest.fixture
def first_node(cluster, namespace):
    """Return a function that gives the first of the nodes with a pod."""
    return lambda: min(pod["spec"]["nodeName"] for pod in cluster.api.list(f"namespaces/{namespace}/pods"))


@pytest.fixture
def status(cluster, namespace):
    """Return a function that gives exit code and JSON of `status` of the test's DaemonSet, as its schema says."""

    def status():
        words = ["status", f"{namespace}/agent", "--json", "--kubeconfig", str(cluster.kubeconfig)]
        done = subprocess.run([sys.executable, "-m", "config_rollout", *words], capture_output=True, text=True)
        found = json.loads(done.stdout)
        jsonschema.validate(found, json.loads((ROOT / "docs" / "schemas" / "status.json").read_text()))
        return done.returncode, found["daemon_sets"][0]

    return status


def test_text_that_failed_is_left_and_pods_are_asked_once_it_is_given_up(
    project, agent, cluster, namespace, record, programs, first_node, status
):
    left = given("keep", **FAST)
    assert not project.up(agent(OLD, **left)).failed
    node = first_node()
    programs.rejects = {node}
    refused = project.up(agent(REFUSED, **left))
    assert refused.failed
    assert "the new text stays where it is, as `on_failure` says" in refused.output
    assert ("refused", "failed") == (programs.text(), history(cluster, namespace)[-1].result)
    code, seen = status()
    assert (1, "failed", 1) == (code, seen["reload"]["state"], seen["reload"]["unread"])
    assert [f"{node}: rejected it (rules_failed_total 0 => 1); the new text stays" in seen["findings"][0]["what"]]

    with record() as recorder:
        given_up = project.up(agent(OLD, **left))
    assert not given_up.failed, given_up.output
    assert f"reloaded: {NODES} pods read it again" in given_up.output
    assert {} == recorder.replaced()
    assert ["allow"] * NODES == programs.now()
    assert ((0, "reloaded"), "reloaded") == (
        (status()[0], status()[1]["reload"]["state"]),
        history(cluster, namespace)[-1].result,
    )
    assert {} == written(cluster, lambda: project.up(agent(OLD, **left)))


def test_program_that_does_not_look_is_restarted_wave_by_wave(
    project, agent, cluster, namespace, record, programs, first_node
):
    restarts = given("restart", waves=WAVES)
    assert not project.up(agent(OLD, **restarts)).failed
    programs.deaf = {first_node()}
    with record() as recorder:
        changed = project.up(agent(NEW, **restarts))
    assert not changed.failed, changed.output
    assert "all pods restart, as `on_failure` says" in changed.output
    assert [1] * NODES == list(restarted(recorder).values())
    assert "deny" == programs.text()
    last = history(cluster, namespace)[-1]
    assert ("restarted", NODES, "failed") == (last.result, last.restarts, last.waves[0].result)

    assert {} == written(cluster, lambda: project.up(agent(NEW, **restarts)))
    programs.deaf = set()
    with record() as recorder:
        again = project.up(agent(OLD, **restarts))
    assert not again.failed, again.output
    assert ({}, ["allow"] * NODES) == (restarted(recorder), programs.now())


def test_wave_that_fails_after_a_failed_reload_has_the_old_text_back(
    project, agent, cluster, namespace, record, programs, first_node, tmp_path
):
    good = tmp_path / "good"
    good.touch()
    waves = {**WAVES, "gates": [{"command": ["test", "-e", str(good)], "timeout_seconds": 2}]}
    restarts = given("restart", waves=waves)
    assert not project.up(agent(OLD, **restarts)).failed
    programs.deaf = {first_node()}
    good.unlink()
    with record() as recorder:
        changed = project.up(agent(NEW, **restarts))
    assert changed.failed
    assert "wave 'canary' failed" in changed.output
    assert [2] == list(restarted(recorder).values())
    assert "allow" == programs.text()
    assert "restored" == history(cluster, namespace)[-1].result
