"""What a record says, the bounded history, the words of Events, and who made a change."""

import json
from dataclasses import replace

import pytest

from config_rollout.core.audit import writing as audit
from config_rollout.core.audit.record import AuditRecord, By, Change, WaveRecord, parse_records
from config_rollout.core.audit.sinks import Sink, parse_audit
from config_rollout.core.configuration.content import parse_content
from config_rollout.core.configuration.diff import diff_contents
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.explain.reasons import WorkloadUpdate
from config_rollout.core.kubernetes.pods import Pod
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, WorkloadName
from config_rollout.core.rbac.audit import audit_rights
from config_rollout.core.rbac.rights import role

START = "2026-11-25T18:00:00.000Z"
CHANGE = Change("config.conf", "mode", "iptables", "nftables", "restart", "data plane")
RECORD = AuditRecord(
    "kube-system", "kube-proxy", START, "2026-11-25T18:01:00.000Z", "0" * 64, "1" * 64, "done",
    by=By("acme/proxy/prod", "c0ffee0000" + "0" * 30, False), old_revision=3, new_revision=4, changes=(CHANGE,),
    waves=(WaveRecord("all", START, START, 2, 2),), restarts=2, pods={"node-1": (0.0, 1.0), "node-2": (1.0, 2.0)},
)  # fmt: skip


def daemon_set(config_hash, image="agent:1", env="x"):
    container = {"name": "agent", "image": image, "env": [{"name": "PASSWORD", "value": env}]}
    template = {"metadata": {"annotations": {"checksum/config": config_hash}}, "spec": {"containers": [container]}}
    return {"metadata": {"name": "agent", "namespace": "n"}, "spec": {"template": template}}


def changes(old, new, secret=False, **other):
    (before, _), (after, _) = parse_content(old), parse_content(new)
    hashes = config_hash(before), config_hash(after)
    update = WorkloadUpdate(
        daemon_set(hashes[0]), daemon_set(hashes[1], **other), diff_contents(before, after), hashes[0], secret
    )
    return audit.changes_of(update)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a.yaml": "x: 1\n"}, {"a.yaml": "x: 2\n"}, [("a.yaml", "x", "1", "2")]),
        ({"a.yaml": "x: 1\n"}, {"a.yaml": "x: 1\nk: z\n"}, [("a.yaml", "k", None, "z")]),
        ({"a.yaml": "x: 1\nk: z\n"}, {"a.yaml": "x: 1\n"}, [("a.yaml", "k", "z", None)]),
        ({"a.yaml": "token: abc\n"}, {"a.yaml": "token: def\n"}, [("a.yaml", "token", "[secret]", "[secret]")]),
        ({"a.txt": "1\n2\n"}, {"a.txt": "1\n"}, [("a.txt", "", "2 lines", "1 line")]),
        ({"a": "1"}, {"a": "1", "b": "password: hunter2"}, [("b", "", None, "1 line")]),
        ({"a": "1", "b": "1"}, {"a": "1"}, [("b", "", "1 line", None)]),
        ({"a.yaml": "x: 1\n"}, {"a.yaml": "x: 1 # one\n"}, []),
    ],
)
def test_changes_of_the_configuration(old, new, expected):
    assert expected == [(c.key, c.path, c.before, c.after) for c in changes(old, new)[0]]


@pytest.mark.parametrize("kind", ["ConfigMap", "external ConfigMap"])
def test_change_of_a_field_keeps_what_its_source_is(kind):
    (before, _), (after, _) = parse_content({"a.yaml": "x: 1\n"}), parse_content({"a.yaml": "x: 2\n"})
    keys = [replace(key, source="ca", kind=kind) for key in diff_contents(before, after)]
    (change,), _ = audit.changes_of(WorkloadUpdate(daemon_set("0"), daemon_set("1"), keys, "0"))

    assert f"{kind} ca: a.yaml" == change.place


def test_long_values_are_cut():
    (change,), _ = changes({"a.yaml": "x: 1\n"}, {"a.yaml": f"x: {'y' * 5000}\n"})

    assert 120 >= len(change.after)


def test_long_values_are_cut_around_what_differs():
    (change,), _ = changes(*({"a.yaml": f"x: {'y' * 500}{number}{'y' * 500}\n"} for number in (1, 2)))

    assert (f"...{'y' * 24}1{'y' * 24}...", f"...{'y' * 24}2{'y' * 24}...") == (change.before, change.after)


def test_changes_of_the_pod_template_and_no_secret_among_them():
    of_template = changes({"a": "1"}, {"a": "1"}, image="agent:2", env="hunter2")[1]

    assert [
        ("", "containers[name=agent].image", "agent:1", "agent:2"),
        ("", "containers[name=agent].env[name=PASSWORD].value", "[secret]", "[secret]"),
    ] == sorted([(c.key, c.path, c.before, c.after) for c in of_template], key=lambda one: one[1], reverse=True)


def test_pulumi_secret_in_the_pod_template_is_not_shown():
    of_template = changes({"a": "1"}, {"a": "1"}, secret=True, image="agent:2")[1]

    assert [("[secret]", "[secret]")] == [(change.before, change.after) for change in of_template]


@pytest.mark.parametrize(
    ("other", "cause"),
    [
        ({}, "config.conf: mode iptables => nftables (acme/proxy/prod, commit c0ffee0000)"),
        ({"changes": (CHANGE, CHANGE)}, "config.conf: mode iptables => nftables, and 1 more (acme/proxy/prod, "
         "commit c0ffee0000)"),
        ({"by": By("a/b/c", "d" * 40, True)}, "config.conf: mode iptables => nftables (a/b/c, commit dddddddddd and "
         "uncommitted changes)"),
        ({"by": By()}, "config.conf: mode iptables => nftables"),
        ({"by": By(), "changes": (replace(CHANGE, before=None),)}, "config.conf: mode added"),
        ({"by": By(), "changes": (replace(CHANGE, path="", after=None),)}, "config.conf removed"),
        ({"by": By(), "changes": (), "template_changes": (Change("", "image", "a:1", "a:2", "restart", "restart"),)},
         "image a:1 => a:2"),
        ({"by": By(), "changes": ()}, "configuration"),
    ],
)  # fmt: skip
def test_cause(other, cause):
    assert cause == audit.change_cause(replace(RECORD, **other))


def test_cause_and_event_have_an_end():
    record = replace(RECORD, changes=(replace(CHANGE, path="x" * 5000),), reason="y" * 5000)

    assert 250 >= len(audit.change_cause(record))
    assert 1024 >= len(audit.begun_event(record)[2])
    assert 1024 >= len(audit.ended_event(record)[2])


def test_cause_and_events_move_no_cursor():
    record = replace(RECORD, changes=(replace(CHANGE, path="a\x1b[2J"),), result="failed", reason="no\x1b[31m\u202e")
    told = audit.change_cause(record), audit.begun_event(record)[2], audit.ended_event(record)[2]

    assert all(text.isprintable() for text in told)


@pytest.mark.parametrize(
    ("result", "event"),
    [
        ("done", ("Normal", "RolloutDone", "config hash 1111111111: 2 pods restarted in 60 s")),
        ("halted", ("Warning", "RolloutHalted", "why: 2 pods restarted in 60 s")),
        ("restored", ("Warning", "RolloutRestored", "why: 2 pods restarted in 60 s")),
        ("failed", ("Warning", "RolloutFailed", "why: 2 pods restarted in 60 s")),
        ("stopped", ("Warning", "RolloutStopped", "why: 2 pods restarted in 60 s")),
    ],
)
def test_event_at_the_end(result, event):
    assert event == audit.ended_event(replace(RECORD, result=result, reason="" if result == "done" else "why"))


def test_event_at_the_start_tells_a_configuration_from_the_rest_of_the_template():
    begun = audit.begun_event(RECORD)

    assert ("Normal", "ConfigurationChanged") == begun[:2]
    assert begun[2].endswith(": 0000000000 => 1111111111")
    assert "PodTemplateChanged" == audit.begun_event(replace(RECORD, new_hash=RECORD.old_hash))[1]


@pytest.mark.slow
def test_history_is_bounded_after_1000_rollouts_of_up_to_5000_nodes():
    pods = {f"node-{number}": (number, number + 3) for number in range(5000)}
    few = dict(list(pods.items())[:250])  # a thousand of the large ones would take ten seconds
    history = ""
    for number in range(1000):
        record = replace(RECORD, new_revision=number, restarts=5000, pods=pods if number >= 990 else few)
        history = audit.with_record(history, record)
        assert audit.MAX_HISTORY_BYTES >= len(history.encode())
    records, findings = parse_records(history, "history")

    assert [] == findings
    assert [*range(1000 - len(records), 1000)] == [record.new_revision for record in records]
    assert 100 < len(records)
    assert pods == records[-1].pods
    assert {None} == {record.pods for record in records[:-1]}


def test_older_records_lose_their_pods_before_any_is_dropped():
    line = len(RECORD.to_json()) + 1
    history = audit.with_record(audit.with_record("", RECORD), RECORD)
    records, _ = parse_records(audit.with_record(history, RECORD, 3 * line - 1), "history")

    assert [None, RECORD.pods, RECORD.pods] == [record.pods for record in records]


def test_newest_record_is_kept_however_large():
    many = replace(RECORD, changes=(CHANGE,) * 5000)
    history = audit.with_record(audit.with_record("", RECORD), many)
    (record,), findings = parse_records(history, "history")

    assert [] == findings
    assert audit.MAX_HISTORY_BYTES > len(history)
    assert ("and 4,900 more", 101, None) == (record.changes[-1].path, len(record.changes), record.pods)


def test_lines_that_are_not_understood_are_kept_while_there_is_room():
    newer = json.dumps({"version": 3})

    assert [newer, "{damaged", RECORD.to_json()] == audit.with_record(f"{newer}\n\n{{damaged", RECORD).splitlines()
    assert f"{RECORD.to_json()}\n" == audit.with_record(f"{newer}\n{{damaged", RECORD, len(RECORD.to_json()) + 1)


@pytest.mark.parametrize(
    ("other", "new_hash", "new_revision", "goes_on"),
    [
        ({}, "1" * 64, 4, True),
        ({}, "2" * 64, 4, False),
        ({}, "1" * 64, 5, False),
        ({"result": "restored"}, "1" * 64, 6, True),
    ],
)
def test_rollout_goes_on_with_the_last_one(other, new_hash, new_revision, goes_on):
    history = audit.with_record("", replace(RECORD, **other))

    assert goes_on is (audit.continued(history, new_hash, new_revision) is not None)


def test_what_goes_on_says_what_the_last_one_changed():
    bare = replace(RECORD, old_hash="", changes=(), old_revision=None)

    assert RECORD == audit.with_what_changed(bare, RECORD)
    assert replace(RECORD, old_revision=None) == audit.with_what_changed(bare, replace(RECORD, result="restored"))
    assert bare == audit.with_what_changed(bare, None)


def test_rollout_without_waves_is_read_from_the_pods():
    base = replace(RECORD, started="2026-11-25T18:00:00.400Z", waves=(), restarts=0, pods=None, result="failed")
    pods = [
        Pod("a", "u1", "node-1", "r", True),
        Pod("b", "u4", "node-2", "r", False, why="CrashLoopBackOff"),
        Pod("c", "u5", "joined", "r", True),
        Pod("d", "u6", "node-3", "r", True),
    ]
    start = 1795629600.0
    times = {"u1": (start - 9, start - 8), "u4": (start, None), "u5": (start, start), "u6": (start + 2, start + 4)}
    record = audit.rollout_of(base, {"u1": "node-1", "u2": "node-2", "u3": "node-3"}, pods, times)
    (wave,) = record.waves

    assert {"node-2": (0.0, None), "node-3": (1.6, 3.6)} == record.pods
    assert (2, 2, 4, "failed") == (record.restarts, wave.restarts, wave.nodes, wave.result)
    assert ("node-2: pod b is not ready (CrashLoopBackOff)",) == wave.findings


def test_reason_that_looks_secret_is_not_shown():
    assert "[secret]" == audit.one_line("the gate https://user:p4ssw0rd@example.com/ returned false")
    assert "wave 'canary' failed node-3: pod a is not ready" == audit.one_line(
        "wave 'canary' failed\n  node-3: pod a is not ready"
    )
    assert 500 >= len(audit.one_line("x" * 5000))


def test_findings_of_a_wave_have_an_end_and_one_line_each():
    shown = audit.shown_findings([f"node-{number}:\n not ready" for number in range(5000)])

    assert (21, "node-0: not ready", "and 4,980 more") == (len(shown), shown[0], shown[-1])


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, ""),
        ({"CI": "true"}, ""),
        ({"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"},
         "https://github.com/a/b/actions/runs/7"),
        ({"CI_JOB_URL": "https://gitlab/a/b/-/jobs/7"}, "https://gitlab/a/b/-/jobs/7"),
        ({"BUILD_URL": "https://jenkins/job/x/7/"}, "https://jenkins/job/x/7/"),
        ({"BUILDKITE_BUILD_URL": "https://buildkite.com/a/b/builds/7"}, "https://buildkite.com/a/b/builds/7"),
        ({"CIRCLE_BUILD_URL": "https://circleci.com/gh/a/b/7"}, "https://circleci.com/gh/a/b/7"),
        ({"TRAVIS_BUILD_WEB_URL": "https://travis-ci.com/a/b/builds/7"}, "https://travis-ci.com/a/b/builds/7"),
        ({"BUILD_BUILDID": "7", "SYSTEM_COLLECTIONURI": "https://dev.azure.com/a/", "SYSTEM_TEAMPROJECT": "b"},
         "https://dev.azure.com/a/b/_build/results?buildId=7"),
        ({"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_GIT_HTTP_ORIGIN": "https://bitbucket.org/a/b"},
         "https://bitbucket.org/a/b/pipelines/results/7"),
        ({"BUILD_URL": "https://user:p4ssw0rd@jenkins/job/x/7/"}, "[secret]"),
    ],
)  # fmt: skip
def test_address_of_the_ci_run(environment, address):
    assert address == audit.ci_run(environment)


def test_commit_that_is_not_known_is_neither_clean_nor_dirty():
    assert By("a/b/c") == audit.by("a/b/c", "", True, {}, "")


@pytest.mark.parametrize(
    ("given", "sinks"),
    [
        ({"file": "a.jsonl"}, [Sink("file", "a.jsonl")]),
        ({"stdout": True}, [Sink("stdout")]),
        ({"url": "https://example.com/a"}, [Sink("url", "https://example.com/a")]),
        ([{"stdout": True}, {"url": "http://127.0.0.1:80"}], [Sink("stdout"), Sink("url", "http://127.0.0.1:80")]),
        ([], []),
    ],
)
def test_places_beside_the_cluster(given, sinks):
    assert (sinks, []) == parse_audit(given)


@pytest.mark.parametrize(
    ("given", "finding"),
    [
        ("a.jsonl", "audit: must be a mapping (got str). Pass {'file': PATH}, {'stdout': True} or {'url': "
         "'https://...'}, or a list of them."),
        ({}, "audit: is empty. Pass one mapping for each place, in a list."),
        ({"file": "a", "stdout": True}, "audit: has 2 keys. Pass one mapping for each place, in a list."),
        ({"flie": "a"}, "audit.flie: is not a known place. Write 'file', if that was meant."),
        ({"file": 7}, "audit.file: must be plain text (got int). Pass a str."),
        ({"file": ""}, "audit.file: must be plain text (got ''). Pass a str."),
        ({"file": None}, "audit.file: is required. Pass a str."),
        ({"stdout": None}, "audit.stdout: is required. Pass True."),
        ({"stdout": 7.0}, "audit.stdout: must be True (got 7). Leave it out."),
        ({"stdout": False}, "audit.stdout: must be True (got False). Leave it out."),
        ({"url": "ftp://x/secret"}, "audit.url: is not an http or https address. Pass an address as https://HOST/PATH."),
        ({"url": "https://x:99999"}, "audit.url: is not a valid address (Port out of range 0-65535). Pass an address "
                                     "as "
         "https://HOST/PATH."),
        ({"url": "https://u:p@x/"}, "audit.url: has a user or a password, which preview and logs may show. Pass an "
         "address as https://HOST/PATH."),
        ([{"stdout": True}, 7], "audit[1]: must be a mapping (got int). Pass {'file': PATH}, {'stdout': True} or "
         "{'url': 'https://...'}, or a list of them."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_place(given, finding):
    assert [finding] == [str(one) for one in parse_audit(given)[1]]


def test_rights_are_of_the_one_daemon_set():
    assert "resources: [configmaps], resourceNames: [agent-rollouts], verbs: [get, create, patch]" in role(
        audit_rights(WorkloadName(DAEMON_SET, "n", "agent"))
    )
