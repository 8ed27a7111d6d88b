"""The canary of a reload on its way: made, asked, and gone before anything else is written."""

import pytest

from config_rollout.cluster import retrying
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.waves.gates import HttpGate
from config_rollout.core.waves.reload_canary import Canary
from config_rollout.core.waves.reload_check import ReloadCheck
from config_rollout.core.waves.reload_programs import Question
from config_rollout.driver import reload_canary
from config_rollout.driver.reload import NotReloaded, Reload
from tests.memory_cluster import MemoryCluster
from tests.objects.reload_texts import config_map, text

VOLUME = {"name": "c", "configMap": {"name": "dns-reload"}}
OWNER = {"uid": "ds", "controller": True}


class Fleet(MemoryCluster):
    """
    Nodes with a pod each, and what becomes of a Job: its pod reads the text that the Job's ConfigMap has.

    `ends` are texts at which the program ends, `silent` those with which its path does not answer.
    """

    def __init__(self, ends=(), silent=(), ready=("n0", "n1"), reads=True):
        super().__init__([("namespaces", {"metadata": {"name": "n"}})])
        self.ends, self.silent, self.tried = ends, silent, []
        spec = {"containers": [{"name": "dns"}], "volumes": [VOLUME] if reads else []}
        of = {"selector": {"matchLabels": {"a": "b"}}, "template": {"spec": spec}}
        self.keep("daemonsets", {"metadata": {"name": "dns", "namespace": "n", "uid": "ds"}, "spec": of})
        self.keep("configmaps", config_map("old"))
        for node in ("n0", "n1"):
            self.keep("pods", pod(f"dns-{node}", node, node in ready, OWNER, {"a": "b"}))

    def create(self, resource, namespace, body):
        made = super().create(resource, namespace, body)
        if resource == "configmaps":
            (owner,) = body["metadata"]["ownerReferences"]
            text, job = body["data"]["Corefile"], self.of("jobs")[owner["name"]]
            node = job["spec"]["template"]["spec"]["nodeName"]
            self.tried.append((node, text))
            controller = {"uid": owner["uid"], "controller": True}
            self.keep("pods", pod(f"{owner['name']}-x", node, text not in self.ends, controller,
                                  {"job-name": owner["name"]}, text in self.ends))  # fmt: skip
        return made

    def ask_pod(self, pod, namespace, port, path):
        if path == "/healthz" and self.tried[-1][1] in self.silent:
            return 503, b"no"
        return 200, b"version 1\nfailed_total 0\n"

    def left(self):
        """Return what is there beside the DaemonSet's own."""
        pods = [name for name in self.of("pods") if not name.startswith("dns-")]
        return [*self.of("jobs"), *pods, *(name for name in self.of("configmaps") if name != "dns-reload")]


def pod(name, node, ready, owner, labels, ended=False):
    state = {"terminated": {"exitCode": 1, "message": "cannot parse it"}} if ended else {"running": {}}
    conditions = [{"type": "Ready", "status": str(ready)}]
    status = {"conditions": conditions, "containerStatuses": [{"name": "dns", "state": state}], "phase": "Running"}
    metadata = {"name": name, "namespace": "n", "labels": labels, "ownerReferences": [owner]}
    return {"metadata": metadata, "spec": {"nodeName": node}, "status": status}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(retrying, "delay_seconds", lambda attempt, fraction: 0.01)
    monkeypatch.setattr(reload_canary, "_LOOK_SECONDS", 0.01)


@pytest.fixture
def said():
    return []


@pytest.fixture
def note(said):
    """Return a function that begins to reload a text; what it says is in `said`."""

    def begin(cluster, to="new", is_stopped=False, **question):
        check = ReloadCheck(Question(1, "/metrics", failures="failed_total", **question), timeout_seconds=1)
        canary = Canary(("n1", "n0"), (HttpGate(1, "/healthz", timeout_seconds=1),))
        reload = Reload(cluster, DAEMON_SET, ("n", "dns"), check, said.append, canary)
        if is_stopped:
            reload.stop("interrupted")
        reload.note(text(to))

    return begin


def test_canary_comes_up_and_nothing_is_left_of_it(note, said):
    cluster = Fleet()
    note(cluster)

    assert ([("n1", "new")], []) == (cluster.tried, cluster.left())
    assert ["canary: a pod with the new text came up on node n1 within 0 s"] == said


def test_canary_that_ends_stops_it_before_anything_is_written(note):
    cluster = Fleet(ends=["new"])
    with pytest.raises(NotReloaded) as refused:
        note(cluster)

    assert [
        "reload failed at its canary, a pod with the new text on node n1: container 'dns' exited with 1: cannot parse "
        "it",
        "no pod has got the new text. Correct it, and run `pulumi up` again",
    ] == str(refused.value).splitlines()
    assert [("n1", "new"), ("n1", "old")] == cluster.tried
    assert ([], "old") == (cluster.left(), cluster.of("configmaps")["dns-reload"]["data"]["Corefile"])


def test_canary_that_fails_with_the_old_text_too_says_nothing(note, said):
    note(Fleet(ends=["new", "old"]))

    assert [
        "the canary on node n1 says nothing: it does not come up with the old text either (container 'dns' exited with "
        "1: cannot parse it)"
    ] == said


@pytest.mark.slow
def test_gate_of_the_first_wave_is_asked(note):
    with pytest.raises(NotReloaded, match="on node n1: gate :1/healthz: 503 no"):
        note(Fleet(silent=["new"]))


def test_answer_that_proves_a_reload_is_asked_for(note, said):
    note(Fleet(), contains="version 2")

    assert ["the canary on node n1 says nothing: it does not come up with the old text either (has not read it: no "
            "version 2)"] == said  # fmt: skip


def test_next_node_has_it_where_no_pod_is_ready(note):
    cluster = Fleet(ready=["n0"])
    note(cluster)

    assert [("n0", "new")] == cluster.tried


@pytest.mark.parametrize("cluster", [Fleet(ready=[]), Fleet(reads=False)], ids=["no pod is ready", "no pod reads it"])
def test_there_is_none_where_it_would_prove_nothing(note, cluster):
    note(cluster)

    assert [] == cluster.tried


def test_there_is_none_for_a_text_that_is_there_already(note):
    cluster = Fleet()
    note(cluster, to="old")

    assert [] == cluster.tried


def test_up_that_is_stopped_meanwhile_goes_no_further(note):
    cluster = Fleet()
    with pytest.raises(NotReloaded, match="stopped at its canary: interrupted"):
        note(cluster, is_stopped=True)

    assert [] == cluster.left()
    assert "annotations" not in cluster.of("configmaps")["dns-reload"]["metadata"]


def test_what_a_killed_one_has_left_is_removed_first(note):
    cluster = Fleet()
    labels = {"app.kubernetes.io/managed-by": "config-rollout", "config-rollout/daemon-set": "dns",
              "config-rollout/namespace": "n"}  # fmt: skip
    cluster.keep("jobs", {"metadata": {"name": "left", "namespace": "n", "labels": labels}})
    note(cluster)

    assert [] == cluster.left()
