"""`status` and `history` as commands, against an API server on loopback."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import jsonschema
import pytest

from config_rollout.cli.main import main
from config_rollout.core.kubernetes.workload_kinds import DEPLOYMENT, STATEFUL_SET
from tests.objects.daemon_set import (
    CONFIG_MAPS,
    NEW,
    NODES,
    OLD,
    PODS,
    REVISIONS,
    daemon_set,
    pod,
    record,
    revision,
    rollouts,
)
from tests.objects.workloads import objects
from tests.unit.canned_server import FakeServer, kubeconfig
from tools.documents import ROOT
from tools.fake_api import NAME, NAMESPACE, NEW_HASH, FakeApi, Request, fleet

NODE_OBJECTS = [{"kind": "Node", "metadata": {"name": name, "labels": labels}} for name, labels in NODES.items()]
WELL = [daemon_set(), *REVISIONS, *PODS, *CONFIG_MAPS, *NODE_OBJECTS]
MOVING = [daemon_set(), *REVISIONS, PODS[0], pod("n2", OLD), pod("n3", OLD), *CONFIG_MAPS, *NODE_OBJECTS]


@pytest.fixture
def run(capsys, tmp_path):
    """Return a function that runs a command on a cluster of some objects: exit code, output, errors."""

    def run(objects, *arguments):
        with FakeApi(objects) as api:
            (tmp_path / "config").write_text(api.kubeconfig)
            code = main([*arguments, "--kubeconfig", str(tmp_path / "config")])
            captured = capsys.readouterr()
            return code, captured.out, captured.err.replace(api.server, "SERVER")

    return run


@pytest.mark.parametrize("arguments", [("status",), ("status", "n/agent")])
@pytest.mark.parametrize(("objects", "code", "state"), [(WELL, 0, "done"), (MOVING, 1, "rolling")])
def test_exit_code_of_status_is_that_of_the_state(run, arguments, objects, code, state):
    found, out, _ = run(objects, *arguments)

    assert (code, f"n/agent: {state}") == (found, out.split(",")[0])


def test_status_of_all_is_one_paragraph_each(run):
    code, out, _ = run([*WELL, *fleet(1, moved=1)], "status")

    assert [f"{NAMESPACE}/{NAME}", "n/agent"] == sorted(part.split(":")[0] for part in out.split("\n\n"))
    assert 0 == code


@pytest.mark.parametrize("command", ["status", "history"])
@pytest.mark.parametrize(
    ("objects", "arguments", "message"),
    [
        ([], [], "SERVER: no workload has the annotation checksum/config in its pod template. Deploy one with this"),
        (WELL, ["n/other"], "n/other: no such DaemonSet on SERVER. Correct the name."),
        (
            [daemon_set("", "agent"), *NODE_OBJECTS],
            ["n/agent"],
            "n/agent: has no annotation checksum/config in its pod template, so the configuration of a pod is unknown",
        ),
    ],
)
def test_cluster_without_our_objects_is_a_sentence(run, command, objects, arguments, message):
    code, out, err = run(objects, command, *arguments)

    assert (2, "", f"config-rollout: {message}") == (code, out, err[: 16 + len(message)])


DAMAGED = record().to_json()[:40]
NEWER = json.dumps({**json.loads(record().to_json()), "version": 3})


@pytest.mark.parametrize("command", ["status", "history"])
@pytest.mark.parametrize(
    ("line", "message"),
    [(DAMAGED, "line 1: is not valid JSON"), (NEWER, "line 1: has version 3, and this release reads up to 2")],
)
def test_record_that_cannot_be_read_is_told_and_the_rest_is_read(run, command, line, message):
    code, out, err = run([*WELL, rollouts(line, record())], command, "n/agent")

    assert (2, True) == (code, err.startswith(f"config-rollout: ConfigMap n/agent-rollouts: {message}"))
    assert "done" in out


@pytest.mark.parametrize("command", ["status", "history"])
def test_kubeconfig_that_points_nowhere_is_a_sentence(command, capsys, tmp_path):
    server = FakeServer()
    server.close()
    (tmp_path / "config").write_text(kubeconfig(server.url))

    assert 2 == main([command, "--kubeconfig", str(tmp_path / "config")])
    assert f"config-rollout: {server.url}: does not answer (" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "history"])
def test_missing_rights_are_told_all_at_once_with_the_rules_that_give_them(command, capsys, tmp_path):
    server = FakeServer()
    server.answers["GET /apis/apps/v1/namespaces/n/daemonsets/agent"] = 403, {"message": "no"}
    server.answers["POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"] = 200, {"status": {"allowed": False}}
    (tmp_path / "config").write_text(kubeconfig(server.url))

    assert 2 == main([command, "n/agent", "--kubeconfig", str(tmp_path / "config")])
    err = capsys.readouterr().err
    server.close()
    nodes = ", list nodes" if command == "status" else ""
    assert (
        f"config-rollout: {server.url}: may not get daemonsets 'agent' in namespace n, list controllerrevisions in "
        f"namespace n, list pods in namespace n, get configmaps in namespace n, list configmaps in namespace n{nodes}. "
        "Grant the user of this kubeconfig these permissions; the smallest rules are\n"
    ) == err[: err.index("apiVersion")]
    assert "  - {apiGroups: ['apps'], resources: [daemonsets], resourceNames: [agent], verbs: [get]}\n" in err
    assert ("kind: ClusterRole\n" in err) == (command == "status")


@pytest.mark.parametrize(
    ("records", "code"), [([], 0), ([record()], 0), ([record("halted")], 1), ([record("failed"), record()], 0)]
)
def test_exit_code_of_history_is_how_the_newest_rollout_ended(run, records, code):
    found, out, _ = run([*WELL, rollouts(*records)], "history")

    assert (code, "n/agent") == (found, out.splitlines()[0])


def test_history_of_one_revision(run):
    code, out, _ = run([*WELL, rollouts(record())], "history", "n/agent", "2")

    assert (0, "n/agent revision 2: done") == (code, out.splitlines()[0])


def test_history_of_two_revisions_is_what_differs_between_their_configurations(run):
    code, out, _ = run(WELL, "history", "n/agent", "1..2")

    assert "~ agent.yaml\n    ~ level: agent-aaaaaaaaaa => agent-bbbbbbbbbb\naaaaaaaaaa => bbbbbbbbbb: restart\n" == out
    assert 1 == code


def test_history_of_two_revisions_has_what_differs_between_their_pod_templates(run):
    other = revision(3, NEW, image="agent:2")
    code, out, _ = run([*WELL, other], "history", "n/agent", "2..3")

    assert "pod template\n    ~ containers[name=agent].image: agent:1 => agent:2\nrestart\n" == out
    assert 1 == code


def test_pod_templates_are_compared_where_one_configuration_has_a_fixed_name(run):
    objects = [WELL[0], revision(1, OLD, "agent"), revision(2, OLD, "agent", image="agent:2"), *PODS]
    code, out, _ = run(objects, "history", "n/agent", "1..2")

    assert (1, "pod template\n    ~ containers[name=agent].image: agent:1 => agent:2\nrestart\n") == (code, out)


def test_history_of_two_revisions_as_json_has_both(run):
    code, out, _ = run([*WELL, revision(3, OLD, image="agent:2")], "history", "n/agent", "2..3", "--json")
    answer = json.loads(out)

    jsonschema.validate(answer, json.loads((ROOT / "docs" / "schemas" / "diff.json").read_text()))
    assert [("agent.yaml", "level"), ("", "containers[name=agent].image")] == [
        (row["key"], row["path"]) for row in answer["changes"]
    ]
    assert (1, True) == (code, answer["restart"])


def test_history_says_where_a_pod_template_is_not_kept(run):
    records = rollouts(record(old_revision=1, new_revision=2), record(old_revision=2, new_revision=3, new_hash=NEW))
    code, out, err = run([*WELL[:1], *REVISIONS[1:], *WELL[3:], records], "history", "n/agent", "1..2")

    what = "Kubernetes has removed revision 1, so only the configurations are compared"
    assert f"config-rollout: n/agent: {what}.\n" == err
    assert (1, "aaaaaaaaaa => bbbbbbbbbb: restart") == (code, out.splitlines()[-1])


def test_revisions_with_one_configuration_do_not_differ(run):
    again = revision(3, NEW)
    again["metadata"] |= {"name": "agent-x", "uid": "x"}

    assert (0, "nothing restarts\n", "") == run([*WELL, again], "history", "n/agent", "2..3")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["9"], "n/agent: revision 9: does not exist. Kept revisions: 1, 2."),
        (["1..9"], "n/agent: revision 9: does not exist. Kept revisions: 1, 2."),
    ],
)
def test_revision_that_there_is_not_is_a_sentence(run, arguments, message):
    assert (2, "", f"config-rollout: {message}\n") == run(WELL, "history", "n/agent", *arguments)


WEB = objects(DEPLOYMENT)
RECORD = replace(record(), name="web", kind="Deployment")
WEB_RECORDS = {**rollouts(RECORD), "metadata": {"namespace": "n", "name": "web.deployment-rollouts"}}


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (
            ["status", "-n", "n", "deployment/web"],
            "Deployment n/web: done, bbbbbbbbbb, revision 2: 3 of 3 pods are ready",
        ),
        (["status", "-n", "n"], "Deployment n/web: done, "),
        (["history", "-n", "n", "deploy/web"], "Deployment n/web"),
        (["history", "-n", "n", "deploy/web", "2"], "Deployment n/web revision 2: done"),
        (["history", "-n", "n", "deploy/web", "1..2"], "~ web.yaml"),
    ],
)
def test_deployment_is_named_as_for_kubectl(run, arguments, first):
    _, out, err = run([*WEB, WEB_RECORDS], *arguments)

    assert (first, "") == (out[: len(first)], err)


def test_kind_without_a_namespace_is_told_how_to_be_named(run):
    fix = "Correct the name, or write `-n NAMESPACE deployment/web` for a Deployment."

    assert (2, "", f"config-rollout: deployment/web: no such DaemonSet on SERVER. {fix}\n") == (
        run(WEB, "status", "deployment/web")
    )


def test_configuration_that_is_gone_is_a_sentence(run):
    objects = [thing for thing in WELL if thing is not CONFIG_MAPS[0]]
    code, _, err = run(objects, "history", "n/agent", "1..2")

    assert (2, True) == (code, "revision 1: its ConfigMap agent-aaaaaaaaaa is missing" in err)


@pytest.mark.parametrize("arguments", [["n/agent", "x"], ["n/agent", "1..x"]])
def test_bad_revision_is_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        main(["history", *arguments])
    assert "must be " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        ("status", ["status"]),
        ("history", ["history"]),
        ("history", ["history", "n/agent", "2"]),
        ("status", ["status", "-n", "n", "deployment/web"]),
        ("history", ["history", "-n", "n", "deployment/web"]),
        ("diff", ["history", "n/agent", "1..2"]),
    ],
)
def test_json_is_as_its_schema_says(run, schema, arguments):
    _, out, _ = run([*WELL, *WEB, rollouts(record()), WEB_RECORDS], *arguments, "--json")

    jsonschema.validate(json.loads(out), json.loads((ROOT / "docs" / "schemas" / f"{schema}.json").read_text()))


def test_config_maps_of_a_namespace_are_listed_once_for_all_its_workloads(tmp_path, capsys):
    with FakeApi([*WELL, *(thing for kind in (DEPLOYMENT, STATEFUL_SET) for thing in objects(kind))]) as api:
        (tmp_path / "config").write_text(api.kubeconfig)
        main(["status", "--json", "--kubeconfig", str(tmp_path / "config")])

    found = json.loads(capsys.readouterr().out)
    assert ([1, 1, 1], 1) == (
        [len(found[kind]) for kind in ("daemon_sets", "deployments", "stateful_sets")], api.requests["LIST configmaps"]
    )  # fmt: skip


@pytest.mark.slow
def test_events_are_never_read_and_pods_come_in_pages(tmp_path, capsys):
    with FakeApi(fleet(1200, moved=1200)) as api:
        (tmp_path / "config").write_text(api.kubeconfig)

        assert 0 == main(["status", "--kubeconfig", str(tmp_path / "config")])
        assert (3, 0) == (api.requests["LIST pods"], api.requests["LIST events"])
    assert "1,200 of 1,200 pods" in capsys.readouterr().out


def heed_interrupts():
    """Undo what a shell without job control does to programs in its background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Watching:
    """`status --watch` as a process of its own, whose lines are read as they come."""

    def __init__(self, config, *arguments):
        command = [sys.executable, "-m", "config_rollout", "status", "--watch", "--kubeconfig", str(config), *arguments]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
        )

    def line(self):
        return self._process.stdout.readline().rstrip("\n")

    def end(self, by=signal.SIGINT):
        """Press Ctrl-C, or send another signal, and return the exit code, and what came since."""
        self._process.send_signal(by)
        out, err = self._process.communicate(timeout=120)
        return self._process.returncode, out, err


def test_watch_on_a_terminal_without_rich_is_trouble(tmp_path, capsys, monkeypatch):
    (tmp_path / "config").write_text(kubeconfig("http://127.0.0.1:1"))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delitem(sys.modules, "rich.live", raising=False)
    monkeypatch.setitem(sys.modules, "rich", None)

    assert 2 == main(["status", "--watch", "--kubeconfig", str(tmp_path / "config")])
    assert (
        "config-rollout: --watch: rich is required to draw on the terminal and not installed. "
        "Run: pip install 'pulumi-config-rollout[cli]'\n"
    ) == capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_watch_ends_by_what_ends_a_terminal_or_a_container(tmp_path, by):
    with FakeApi(fleet(6, moved=6)) as api:
        (tmp_path / "config").write_text(api.kubeconfig)
        watching = Watching(tmp_path / "config")
        watching.line()

        assert (0, "", "") == watching.end(by)


def move_all(api):
    """Delete all pods of the old revision, which gives them successors of the new one."""
    for thing in api.objects("pods"):
        if thing["metadata"]["labels"]["controller-revision-hash"] == "1":
            api.remove(Request("pods", NAMESPACE, thing["metadata"]["name"], {}))


@pytest.mark.slow
def test_watch_prints_a_line_for_each_change_of_state_and_ends_with_its_exit_code(tmp_path):
    with FakeApi(fleet(6, moved=1)) as api:
        (tmp_path / "config").write_text(api.kubeconfig)
        watching = Watching(tmp_path / "config")
        first = watching.line()
        asked = api.requests.copy()
        move_all(api)
        last = watching.line()

        assert f"{NAMESPACE}/{NAME}: rolling, {NEW_HASH[:10]}, revision 2: 1 of 6 pods are ready with it" == first
        assert f"{NAMESPACE}/{NAME}: done, {NEW_HASH[:10]}, revision 2: 6 of 6 pods are ready with it" == last
        assert asked["LIST pods"] == api.requests["LIST pods"]  # it has been told by its watch
        assert (0, "", "") == watching.end()


@pytest.mark.slow
def test_watch_that_ends_in_the_middle_has_the_exit_code_for_that(tmp_path):
    with FakeApi(fleet(3)) as api:
        (tmp_path / "config").write_text(api.kubeconfig)
        watching = Watching(tmp_path / "config", f"{NAMESPACE}/{NAME}", "--json")

        assert "rolling" == json.loads(watching.line())["daemon_sets"][0]["state"]
        assert 1 == watching.end()[0]


@pytest.mark.slow
def test_watch_survives_a_server_that_goes_away(tmp_path):
    objects = fleet(3)
    with FakeApi(objects) as api:
        (tmp_path / "config").write_text(api.kubeconfig)
        watching = Watching(tmp_path / "config")
        watching.line()
    port = int(api.server.rpartition(":")[2])
    told = watching._process.stderr.readline()
    with FakeApi(fleet(3, moved=3), port=port):
        line = watching.line()

        assert told.startswith(f"config-rollout: {api.server}: does not answer (")
        assert line.startswith(f"{NAMESPACE}/{NAME}: done, ")
        assert 0 == watching.end()[0]


@pytest.mark.slow
def test_watch_of_a_cluster_that_is_not_there_is_trouble_at_once(tmp_path):
    with FakeApi([]) as api:
        (tmp_path / "config").write_text(api.kubeconfig)
    watching = Watching(tmp_path / "config")
    out, err = watching._process.communicate(timeout=120)

    assert (2, "") == (watching._process.returncode, out)
    assert "does not answer" in err


@pytest.mark.slow
def test_terminal_is_drawn_anew(tmp_path):
    """A terminal of its own: what is drawn holds a bar for each zone, and what was drawn before is gone over."""
    main_end, other_end = os.openpty()
    with FakeApi(fleet(6, moved=1)) as api:
        (tmp_path / "config").write_text(api.kubeconfig)
        command = [
            sys.executable,
            "-m",
            "config_rollout",
            "status",
            "--watch",
            "--kubeconfig",
            str(tmp_path / "config"),
        ]
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
        process = subprocess.Popen(
            command, stdout=other_end, stderr=other_end, env=environment, preexec_fn=heed_interrupts
        )
        os.close(other_end)
        drawn = b""

        def read_until(text):
            nonlocal drawn
            give_up = time.monotonic() + 120
            while text not in drawn and time.monotonic() < give_up:
                drawn += os.read(main_end, 65536)
            return text in drawn

        assert read_until(b"canary")
        threading.Thread(target=move_all, args=(api,)).start()
        assert read_until(b"6 of 6 pods")
        process.send_signal(signal.SIGINT)
        assert 0 == process.wait(120)
        os.close(main_end)
    assert b"\x1b[1A" in drawn  # the cursor goes up over what was drawn
