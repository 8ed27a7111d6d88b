"""How pods are asked whether they have read a text again, and what their answers mean."""

import hashlib
from dataclasses import replace

import pytest

from config_rollout.core.kubernetes.pods import ProbedPod
from config_rollout.core.waves.reload_check import (
    ReloadGate,
    answer_of,
    check_program,
    judge_now,
    judge_process,
    judge_reload,
    judge_start,
    parse_reload,
    with_digests,
)
from config_rollout.core.waves.reload_programs import PROGRAMS, Question

HTTP = {"port": 9153, "path": "/metrics", "changes": "version"}
SILENT = "does not answer at :9153/metrics through the API server (503 no route)"
QUESTION = Question(9153, "/metrics", changes="version", failures="failed_total")
POD = ProbedPod("p", "n", "2026-11-29T14:00:00Z", uid="1")

LATER = "2026-11-29T14:00:01Z"


def body(version="a", failed=0):
    return f'# HELP version of the file\nversion{{sha="{version}"}} 1\nfailed_total {failed}\n'.encode()


def gate(before=None, question=QUESTION, is_back=False):
    answer = answer_of(POD, question, body() if before is None else before or b"")
    known = frozenset(answer_of(POD, question, of).lines for of in (body(), b""))
    return ReloadGate(question, {"n": answer}, known, is_back)


@pytest.mark.parametrize(
    ("answer", "wrong", "is_final"),
    [
        pytest.param((200, body()), "has not read it yet: version is as before", False, id="as before"),
        pytest.param((200, body("b")), "", True, id="another version"),
        pytest.param((200, body("b", 1)), "rejected it (failed_total 0 => 1)", True, id="tried and failed"),
        pytest.param((200, b""), "has not read it yet: version is as before", False, id="none while it reloads"),
        pytest.param((503, b"no route"), SILENT, False, id="no answer"),
    ],
)
def test_pod_has_read_a_text_once_what_it_reports_is_another(answer, wrong, is_final):
    assert (wrong, is_final) == judge_reload(gate(), POD, *answer)


def test_failure_of_an_earlier_text_is_none_of_this_one():
    assert ("", True) == judge_reload(gate(body("a", 3)), POD, 200, body("b", 3))


@pytest.mark.parametrize(
    ("before", "now", "is_read"),
    [
        pytest.param("a", "a", True, id="never took it"),
        pytest.param("b", "b", False, id="still has it"),
        pytest.param("b", "a", True, id="has the old one"),
        pytest.param("b", "c", True, id="reports the old one for the first time"),
        pytest.param("b", "", False, id="none while it reloads"),
        pytest.param("", "", True, id="never reports any"),
    ],
)
def test_text_is_taken_back_where_pods_have_the_old_one(before, now, is_read):
    wrong, _ = judge_reload(gate(body(before) if before else b"", is_back=True), POD, 200, body(now) if now else b"")

    assert is_read == (wrong == "")


@pytest.mark.parametrize(
    ("pod", "wrong"),
    [
        pytest.param(POD, "", id="the same process"),
        pytest.param(replace(POD, started=LATER), "restarted in place of reloading", id="started"),
        pytest.param(replace(POD, restarts=1), "restarted in place of reloading", id="counted"),
        pytest.param(replace(POD, name="q", uid="2", started=LATER), "", id="a new pod began with the text"),
        pytest.param(replace(POD, uid="2", started=LATER), "", id="a new pod of a StatefulSet has the same name"),
        pytest.param(ProbedPod("r", "m"), "", id="a new node"),
    ],
)  # fmt: skip
def test_process_has_to_be_the_one_from_before(pod, wrong):
    assert wrong == judge_process(gate(), pod)


def test_time_of_a_sample_is_none_of_it():
    before = b'version{sha="a"} 1 1764412345000\nfailed_total{of="x y"} 0 1764412345000\n'
    later = b'version{sha="a"} 1 1764412399000\nfailed_total{of="x y"} 0 1764412399000\n'

    assert ("has not read it yet: version is as before", False) == judge_reload(gate(before), POD, 200, later)


@pytest.mark.parametrize(
    ("before", "now", "wrong"),
    [
        pytest.param(1, 0, "rejected it (last_reload_successful 0)", id="was rejected"),
        pytest.param(0, 0, "has not read it yet: version is as before", id="an earlier text was rejected"),
        pytest.param(0, 1, "has not read it yet: version is as before", id="accepted, says the rest"),
    ],
)
def test_line_that_stands_for_a_rejection_counts_once_it_is_new(before, now, wrong):
    question = Question(9090, "/metrics", changes="version", refused="last_reload_successful 0")
    was, answer = (body() + f"last_reload_successful {value}\n".encode() for value in (before, now))

    assert wrong == judge_reload(gate(was, question), POD, 200, answer)[0]


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ((200, body()), ""),
        ((503, b"no route"), "503 no route"),
        ((200, body(failed=1)), "rejected it (failed_total 1)"),
        ((200, body() + b"last_reload_successful 0\n"), "rejected it (last_reload_successful 0)"),
        ((200, b"failed_total 0\n"), "has not read it: no version"),
    ],
)
def test_pod_that_started_with_a_text_has_read_it_once(answer, wrong):
    refused = "last_reload_successful 0"

    assert wrong == judge_start(replace(QUESTION, contains="version", refused=refused), *answer)


def test_answer_contains_the_digest_of_the_new_text():
    question = Question(80, "/", contains="hash={sha256:a.conf}")
    asked = with_digests(question, {"a.conf": b"text"})
    digest = hashlib.sha256(b"text").hexdigest()

    assert f"hash={digest}" == asked.contains
    assert ("", True) == judge_reload(gate(b"", asked), POD, 200, f"x hash={digest} y".encode())
    assert not judge_reload(gate(b"", asked), POD, 200, b"hash=0")[1]


@pytest.mark.parametrize(
    ("stated", "where", "what"),
    [
        (None, "reload", "is required: nothing says how pods are asked whether they have read Corefile again"),
        ([], "reload", "must be a mapping (got list)"),
        ({}, "reload", "must have exactly one of program, http, command (got none)"),
        ({"http": HTTP, "program": "coredns"}, "reload", "must have exactly one of program, http, command (got "
         "program, http)"),
        ({"program": "codedns"}, "reload.program", "is not a known program (got 'codedns')"),
        ({"program": "kube-proxy"}, "reload.program", "is 'kube-proxy', which reads its configuration once, when it "
         "starts: with a ConfigMap it does not even notice that it changed"),
        ({"program": "coredns", "port": 0}, "reload.port", "must be a port from 1 to 65535 (got 0)"),
        ({"http": HTTP, "port": 1}, "reload.port", "belongs beside `program`"),
        ({"http": {**HTTP, "path": "x"}}, "reload.http.path", "must begin with '/' (got 'x')"),
        ({"http": {"port": 1, "path": "/"}}, "reload.http", "has nothing that proves the new text: an answer alone "
         "does not"),
        ({"http": {**HTTP, "changes": 1}}, "reload.http.changes", "must be text (got 1)"),
        ({"http": {**HTTP, "contains": "{md5:other}"}}, "reload.http.contains",
         "asks for the digest of 'other', which is none of the keys that reload"),
        ({"command": []}, "reload.command", "must be a list of a program and its arguments (got [])"),
        ({"command": ["x"], "timeout_seconds": 0}, "reload.timeout_seconds", "must be a whole number of at least 1 "
         "(got 0)"),
        ({"command": ["x"], "on_failure": "never"}, "reload.on_failure", "is not known (got 'never')"),
        ({"command": ["x"], "onFail": "keep"}, "reload.on_fail", "is not a known field"),
    ],
)  # fmt: skip
def test_bad_question_is_refused(stated, where, what):
    check, findings = parse_reload(stated, ["Corefile"])

    assert check is None
    assert [(where, what)] == [(one.where, one.what) for one in findings]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (". {\n  reload\n  prometheus :9153\n}\n", []),
        (". {\n  reload 2s 1s\n  prometheus\n}\n", []),
        (". {\n  prometheus\n}\n", ["has no `reload`:"]),
        (". {\n  reload\n}\n", ["has no `prometheus`:"]),
        (". {\n  # reload\n  hosts reload prometheus\n}\n", ["has no `reload` and `prometheus`:"]),
    ],
)
def test_corefile_has_the_plugins_that_reload_and_tell(text, missing):
    check, _ = parse_reload({"program": "coredns"}, ["Corefile"])
    found = [one.what for one in check_program(check, {"Corefile": text.encode()})]

    assert len(missing) == len(found)
    assert all(part in what for part, what in zip(missing, found, strict=True))


def test_other_questions_need_no_plugin():
    assert [] == list(check_program(parse_reload({"http": HTTP}, ["a"])[0], {"a": b""}))


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        pytest.param((200, body()), "reports an older text", id="as before"),
        pytest.param((200, body("b")), "", id="another"),
        pytest.param((200, b""), "", id="never reloaded"),
        pytest.param((503, b"no route"), SILENT, id="no answer"),
    ],
)
def test_answer_long_after_a_reload(answer, wrong):
    known = [answer_of(POD, QUESTION, of).lines for of in (body(), b"")]

    assert wrong == judge_now(QUESTION, known, *answer)


def test_question_without_anything_that_reloads_is_refused():
    assert ["reload"] == [one.where for one in parse_reload({"http": HTTP}, [])[1]]
    assert (None, []) == parse_reload(None, [])


def test_known_program_may_answer_at_another_port():
    check, findings = parse_reload({"program": "coredns", "port": 9253.0, "timeoutSeconds": 9}, ["Corefile"])

    assert ([], 9253, 9) == (findings, check.question.port, check.timeout_seconds)
    assert PROGRAMS["coredns"].question.changes == check.question.changes
