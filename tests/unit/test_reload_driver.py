"""A changed text on its way into running processes, and back."""

import json
from contextlib import suppress

import pytest

from config_rollout.cluster import retrying
from config_rollout.core.kubernetes.annotations import RELOAD_ANNOTATION
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.revisions.reload_note import reload_note
from config_rollout.core.waves.reload_check import parse_reload
from config_rollout.driver.driven import Stopped
from config_rollout.driver.reload import NotReloaded, Reload, text_of
from config_rollout.driver.reload_restart import InWaves
from config_rollout.driver.report import Report
from tests.memory_cluster import MemoryCluster
from tests.objects.reload_texts import config_map, text

NODES = ["n0", "n1", "n2"]
OWNER = [{"uid": "ds", "controller": True}]


class Dns(MemoryCluster):
    """
    Pods on three nodes that read a text again, as CoreDNS does, once their kubelet was woken.

    `rejects` is which of them refuse which text; `deaf` never look, `dies` are those that end when they read one.
    """

    def __init__(self, text="old", rejects=(), deaf=(), dies=(), down=(), may_not=lambda right: False):
        super().__init__(may_not=may_not)
        self.rejects, self.deaf, self.dies, self.closed = set(rejects), set(deaf), set(dies), False
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": {}}
        metadata = {"name": "dns", "namespace": "n", "uid": "ds"}
        self.keep("daemonsets", {"kind": "DaemonSet", "metadata": metadata, "spec": spec})
        self.keep("configmaps", config_map(text))
        self.tried, self.failed = dict.fromkeys(NODES, ""), dict.fromkeys(NODES, 0)
        self.runs, self.writes = dict.fromkeys(NODES, text), []
        for node in NODES:
            self.keep("pods", pod(node, ready=node not in down))

    def apply(self, resource, name, namespace, body, manager):
        self.serve("patch", resource, namespace, name)
        self.writes.append(body["data"]["Corefile"])
        live = self.of(resource)[name]  # what others have annotated stays
        return self.keep(resource, {**live, **body, "metadata": {**live["metadata"], **body["metadata"]}})

    def patch(self, resource, name, namespace, body, strategic=False, manager=""):
        done = super().patch(resource, name, namespace, body, strategic, manager)
        if resource == "pods":
            self.read(done["spec"]["nodeName"])
        return done

    def read(self, node):
        text = self.of("configmaps")["dns-reload"]["data"]["Corefile"]
        if node in self.deaf or text == self.runs[node] == (self.tried[node] or text):
            return
        self.tried[node] = text
        if (node, text) in self.rejects:
            self.failed[node] += 1
        else:
            self.runs[node] = text
        if (node, text) in self.dies:
            self.keep("pods", pod(node, restarts=1))

    def ask_pod(self, pod, namespace, port, path):
        if self.closed:
            return 503, b"dial tcp: connection refused"
        node = pod.removeprefix("dns-")
        version = f'version{{value="{self.tried[node]}"}} 1\n' if self.tried[node] else ""
        return 200, f"{version}failed_total {self.failed[node]}\n".encode()


def pod(node, ready=True, restarts=0, name=""):
    named = {"name": name or f"dns-{node}", "namespace": "n", "uid": f"pod-{name or node}"}
    metadata = {**named, "labels": {"a": "b"}, "ownerReferences": OWNER}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    running = {"restartCount": restarts, "state": {"running": {"startedAt": "2026-11-29T14:00:00Z"}}}
    status = {"conditions": conditions, "containerStatuses": [running], "phase": "Running"}
    return {"metadata": metadata, "spec": {"nodeName": node}, "status": status}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(retrying, "delay_seconds", lambda attempt, fraction: 0.01)


@pytest.fixture
def said():
    return []


@pytest.fixture
def made(said):
    """Return a maker of one reload of a fleet."""

    def make(cluster, **stated):
        http = {"port": 1, "path": "/", "changes": "version", "failures": "failed_total"}
        check, findings = parse_reload({"http": http, "timeout_seconds": 1, **stated}, ["Corefile"])
        assert [] == findings
        return Reload(cluster, DAEMON_SET, ("n", "dns"), check, said.append)

    return make


def change(reload, cluster, new="new", old="old"):
    """Do what an `up` does: ask, write, prove."""
    reload.note(text(new))
    cluster.apply("configmaps", "dns-reload", "n", config_map(new), "provider")
    return reload.prove(text(new), text(old))


def everywhere(of):
    return dict.fromkeys(NODES, of)


def test_text_reaches_every_process(made):
    cluster = Dns()
    proof = change(made(cluster), cluster)

    assert (NODES, []) == (proof.nodes, proof.away)
    assert everywhere("new") == cluster.runs
    assert ["new"] == cluster.writes


def test_rejection_is_named_and_the_old_text_is_back(made):
    cluster = Dns(rejects=[("n1", "new")])
    with pytest.raises(NotReloaded) as refused:
        change(made(cluster), cluster)

    assert [
        "reload failed: 1 of 3 pods did not read it again",
        "  n1: rejected it (failed_total 0 => 1)",
        "the old text is back, and nothing restarted. Correct the new one, and run `pulumi up` again",
    ] == str(refused.value).splitlines()
    assert everywhere("old") == cluster.runs
    assert ["new", "old"] == cluster.writes


def test_rejected_text_stays_where_that_is_asked_for(made):
    cluster = Dns(rejects=[("n1", "new")])
    with pytest.raises(NotReloaded, match="the new text stays where it is"):
        change(made(cluster, on_failure="keep"), cluster)

    assert ["new"] == cluster.writes


def test_pods_restart_where_that_is_asked_for(made, said):
    cluster = Dns(rejects=[("n1", "new")])
    cluster.keep("daemonsets", {**cluster.of("daemonsets")["dns"], "status": counts(3)})
    proof = change(made(cluster, on_failure="restart"), cluster)
    template = cluster.of("daemonsets")["dns"]["spec"]["template"]

    assert proof.restarted
    assert {RELOAD_ANNOTATION: text("new").hash[:10]} == template["metadata"]["annotations"]
    assert "n1: rejected it" in said[0]
    assert ["new"] == cluster.writes


@pytest.mark.slow
def test_restart_that_does_not_end_fails(made):
    cluster = Dns(rejects=[("n1", "new")])
    cluster.keep("daemonsets", {**cluster.of("daemonsets")["dns"], "status": counts(2)})

    with pytest.raises(NotReloaded, match="the pods did not restart within 1 s"):
        change(made(cluster, on_failure="restart"), cluster)


def counts(available):
    return {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": available}


@pytest.mark.slow
def test_program_that_does_not_look_is_found_by_the_time(made):
    cluster = Dns(deaf=["n2"])
    with pytest.raises(NotReloaded, match="n2: has not read it yet: version is as before"):
        change(made(cluster), cluster)

    assert everywhere("old") == cluster.runs


def test_process_that_ends_is_no_reload(made):
    cluster = Dns(dies=[("n0", "new")])
    with pytest.raises(NotReloaded, match="n0: restarted in place of reloading"):
        change(made(cluster), cluster)


def test_pod_that_is_not_ready_is_not_asked(made):
    cluster = Dns(down=["n2"], deaf=["n2"])
    proof = change(made(cluster), cluster)

    assert (["n0", "n1"], ["n2"]) == (proof.nodes, proof.away)


@pytest.mark.slow
def test_program_that_cannot_be_reached_is_named_before_and_after(made, said):
    cluster = Dns()
    cluster.closed = True
    with pytest.raises(NotReloaded) as refused:
        change(made(cluster), cluster)

    assert (
        "3 of 3 pods do not answer at :1/ through the API server (n0: 503 dial tcp: connection refused). Without an "
        "answer after the change nothing proves that the new text was read: open the port, or pass `command`"
    ) == said[0]
    assert [
        "reload failed: 3 of 3 pods did not read it again",
        *(f"  {n}: does not answer at :1/ through the API server (503 dial tcp: connection refused)" for n in NODES),
        "the old text was written again, but not everywhere is it known to be in force",
        *(f"  {node}: does not answer (503 dial tcp: connection refused)" for node in NODES),
    ] == str(refused.value).splitlines()
    assert ["new", "old"] == cluster.writes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "result", "read", "refused", "away"),
    [
        ({}, "reloaded", NODES, [], []),
        ({"down": ["n2"]}, "reloaded", ["n0", "n1"], [], ["n2"]),
        ({"rejects": [("n1", "new")]}, "restored", ["n0", "n2"], ["n1"], []),
        ({"rejects": [("n1", "new")], "stated": {"on_failure": "keep"}}, "failed", ["n0", "n2"], ["n1"], []),
        ({"deaf": NODES}, "restored", [], NODES, []),
    ],
)
def test_report_for_the_record(made, given, result, read, refused, away):
    stated = given.pop("stated", {})
    cluster = Dns(**given)
    reload = made(cluster, **stated)
    with suppress(NotReloaded):
        change(reload, cluster)
    of = reload.report.reloaded("")

    assert (result, read, refused, away) == (of.result, sorted(of.read), sorted(of.wrong), of.away)
    assert of.began <= of.asked_until <= of.ended
    assert reload.report.is_worth_a_record


def test_pods_that_are_new_are_in_no_report(made):
    cluster = Dns()
    reload = made(cluster)
    reload.note(text("new"))
    cluster.apply("configmaps", "dns-reload", "n", config_map("new"), "provider")
    for node in NODES:
        cluster.keep("pods", pod(node, name=f"dns-new-{node}"))
        del cluster.of("pods")[f"dns-{node}"]
    reload.prove(text("new"), text("old"))

    assert not reload.report.is_worth_a_record


def test_up_that_is_stopped_takes_nothing_back(made):
    cluster = Dns(deaf=NODES)
    reload = made(cluster)
    reload.note(text("new"))
    reload.stop("the program got SIGINT")
    with pytest.raises(NotReloaded, match="reload stopped: the program got SIGINT"):
        reload.prove(text("new"), text("old"))

    assert ["new"] == cluster.writes
    assert "stopped" == reload.report.reloaded("").result


class Waves:
    """What restarts pods wave by wave: `fails` says whether a wave fails, and `halts` whether it is left then."""

    def __init__(self, fails=False, halts=False):
        self.report, self.takes_back, self.ran = Report(), lambda: None, []
        self._fails, self._halts = fails, halts

    def run(self, own):
        self.ran.append(own)
        if self._fails and not self._halts:
            self.takes_back()
        if self._fails:
            raise Stopped("wave 'canary' failed")


@pytest.mark.parametrize(
    ("waves", "closed", "result", "writes", "ran"),
    [
        pytest.param(Waves(), "", "restarted", ["new"], ["rest"], id="all waves pass"),
        pytest.param(Waves(fails=True), "", "restored", ["new", "old"], ["rest"], id="a wave fails"),
        pytest.param(Waves(fails=True, halts=True), "", "failed", ["new"], ["rest"], id="a wave fails and is left"),
        pytest.param(Waves(), "window", "restored", ["new", "old"], [], id="a window is closed"),
    ],
)
def test_restart_in_waves(made, waves, closed, result, writes, ran):
    cluster = Dns(rejects=[("n1", "new")])
    reload = made(cluster, on_failure="restart")
    reload.waves = InWaves(waves, lambda: closed)
    with suppress(NotReloaded):
        change(reload, cluster)

    assert (result, writes, ran) == (reload.report.result, cluster.writes, waves.ran)
    assert {"restarted": "", "restored": "back", "failed": "keep"}[result] == reload_note(
        cluster.of("configmaps")["dns-reload"]
    ).failed


@pytest.mark.parametrize(("on_failure", "to"), [("back", "old"), ("keep", "new")])
def test_failure_is_noted_until_the_next_reload(made, on_failure, to):
    cluster = Dns(rejects=[("n1", "new")])
    with pytest.raises(NotReloaded):
        change(made(cluster, on_failure=on_failure), cluster)
    noted = reload_note(cluster.of("configmaps")["dns-reload"])
    made(cluster).note(text("old"))
    later = reload_note(cluster.of("configmaps")["dns-reload"])

    assert (text(to).hash, on_failure) == (noted.to, noted.failed)
    assert (text("old").hash, "") == (later.to, later.failed)


def test_text_that_was_kept_is_given_up_and_pods_are_asked(made):
    cluster = Dns(rejects=[("n1", "new")])
    with pytest.raises(NotReloaded):
        change(made(cluster, on_failure="keep"), cluster)
    proof = change(made(cluster), cluster, new="old", old="new")

    assert NODES == proof.nodes
    assert everywhere("old") == cluster.runs


def test_text_that_was_taken_back_is_given_up_and_nobody_is_asked(made):
    cluster = Dns(rejects=[("n1", "new")])
    with pytest.raises(NotReloaded):
        change(made(cluster), cluster)
    reload = made(cluster)
    reload.note(text("old"))

    assert [] == reload.prove(text("old"), None).nodes
    assert ["new", "old"] == cluster.writes


def test_next_up_writes_a_text_that_was_taken_back(made):
    cluster = Dns(rejects=[("n1", "new")])
    with pytest.raises(NotReloaded):
        change(made(cluster), cluster)
    cluster.rejects.clear()
    made(cluster).prove(text("new"), text("old"))

    assert everywhere("new") == cluster.runs


def test_text_that_is_rejected_again_is_found_again(made):
    cluster = Dns(rejects=[("n1", "new")])
    for _ in range(2):
        with pytest.raises(NotReloaded, match="n1: rejected it"):
            made(cluster).prove(text("new"), text("old"))

    assert everywhere("old") == cluster.runs


def test_up_that_was_stopped_after_the_write_is_continued(made):
    cluster = Dns()
    made(cluster).note(text("new"))
    cluster.apply("configmaps", "dns-reload", "n", config_map("new"), "provider")
    for node in NODES[:2]:
        cluster.read(node)

    assert NODES == made(cluster).prove(text("new"), text("old")).nodes
    assert ["new"] == cluster.writes
    assert everywhere("new") == cluster.runs


def test_text_that_is_only_read_otherwise_is_not_waited_for(made):
    cluster = Dns()
    same = text_of({"dns-reload": config_map("old")}, "another hash")

    assert [] == made(cluster).prove(same, text("old")).nodes
    assert [] == cluster.writes


def test_what_pods_said_before_is_noted_at_the_config_map(made):
    cluster = Dns()
    made(cluster).note(text("new"))
    noted = json.loads(cluster.of("configmaps")["dns-reload"]["metadata"]["annotations"][RELOAD_ANNOTATION])

    assert (text("new").hash, 1) == (noted["to"], len(noted["known"]))


def test_without_a_recorded_text_what_was_there_comes_back(made):
    cluster = Dns(rejects=[("n1", "new")])
    reload = made(cluster)
    reload.note(text("new"))
    cluster.apply("configmaps", "dns-reload", "n", config_map("new"), "provider")
    with pytest.raises(NotReloaded):
        reload.prove(text("new"), None)

    assert everywhere("old") == cluster.runs


@pytest.mark.slow
def test_missing_permission_to_wake_kubelets_is_said_and_waited_for(made, said):
    def may_not(right):
        return (right.verb, right.resource) == ("patch", "pods")

    cluster = Dns(may_not=may_not)
    with pytest.raises(NotReloaded, match="3 of 3 pods did not read it again"):
        change(made(cluster), cluster)

    assert "kubelets bring the new text by themselves, within 60 to 90 s" in said[0]


@pytest.mark.slow
@pytest.mark.parametrize("code", [0, 3])
def test_command_is_asked_in_place_of_the_pods(made, code, tmp_path):
    cluster = Dns()
    command = ["sh", "-c", f"cat >{tmp_path}/nodes; exit {code}"]
    reload = made(cluster, http=None, command=command)
    if code:
        with pytest.raises(NotReloaded, match="reload failed: exited with 3"):
            change(reload, cluster)
    else:
        change(reload, cluster)

    assert NODES == (tmp_path / "nodes").read_text().split()
