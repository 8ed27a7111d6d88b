"""The audit record as JSON and back, and what is said of lines that hold none."""

import dataclasses
import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from config_rollout.core.arguments.finding import Finding
from config_rollout.core.audit.record import (
    RELOAD_RESULTS,
    RESULTS,
    WAVE_RESULTS,
    AuditRecord,
    By,
    Change,
    WaveRecord,
    moment,
    parse_records,
)
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, KINDS

ROOT = Path(__file__).parents[2]

WHOLE = {
    "version": 1,
    "namespace": "kube-system",
    "name": "kube-proxy",
    "started": "2026-11-25T18:00:00.123Z",
    "ended": "2026-11-25T18:01:00.623Z",
    "by": {"stack": "acme/proxy/prod", "commit": "c0ffee", "dirty": False, "ci": "https://ci/7", "user": "deployer"},
    "old_hash": "0" * 64,
    "new_hash": "1" * 64,
    "old_revision": 3,
    "new_revision": 4,
    "changes": [
        {"source": "agent", "key": "config.conf", "path": "mode",
         "before": "iptables", "after": "nftables", "effect": "restart",
         "class": "data plane"},
        {"kind": "Secret", "source": "agent", "key": "tls.key", "path": "", "before": "9 bytes", "after": "7 bytes",
         "effect": "restart", "class": "restart"},
    ],
    "template_changes": [{"path": "nodeSelector.x", "after": "y", "effect": "restart", "class": "restart"}],
    "waves": [
        {"name": "canary", "started": "2026-11-25T18:00:00.123Z", "ended": "2026-11-25T18:01:00.623Z", "nodes": 1,
         "restarts": 2, "retries": 1, "result": "failed", "findings": ["node-3: its pod was not ready"]},
    ],
    "restarts": 2,
    "retries": 1,
    "pods": {"node-3": [0.5, None], "node-1": [2.0, 3.25]},
    "result": "restored",
    "reason": "wave 'canary' failed",
}  # fmt: skip

RECORD = AuditRecord(
    "kube-system", "kube-proxy", "2026-11-25T18:00:00.123Z", "2026-11-25T18:01:00.623Z", "0" * 64, "1" * 64,
    "restored", "wave 'canary' failed", By("acme/proxy/prod", "c0ffee", False, "https://ci/7", "deployer"), 3, 4,
    (Change("config.conf", "mode", "iptables", "nftables", "restart", "data plane", "agent"),
     Change("tls.key", "", "9 bytes", "7 bytes", "restart", "restart", "agent", "Secret")),
    (Change("", "nodeSelector.x", None, "y", "restart", "restart"),),
    (WaveRecord("canary", "2026-11-25T18:00:00.123Z", "2026-11-25T18:01:00.623Z", 1, 2, 1, "failed",
                ("node-3: its pod was not ready",)),),
    2, 1, {"node-3": (0.5, None), "node-1": (2.0, 3.25)},
)  # fmt: skip


def line(**other):
    """Return a record as JSON, without the fields that are `None`."""
    return json.dumps({name: value for name, value in {**WHOLE, **other}.items() if value is not None})


def test_record_is_written_as_agreed():
    assert WHOLE == json.loads(RECORD.to_json())


def test_record_is_one_line_in_the_order_of_the_docs():
    assert "\n" not in RECORD.to_json()
    assert list(WHOLE) == list(json.loads(RECORD.to_json()))


def test_record_is_read_as_it_was_written():
    assert ([RECORD, RECORD], []) == parse_records(f"{RECORD.to_json()}\n\n{RECORD.to_json()}\n", "here")


def test_what_is_not_known_is_left_out():
    bare = AuditRecord("n", "d", WHOLE["started"], WHOLE["ended"], "", "1" * 64, "done")

    assert {"old_revision", "new_revision", "pods"} == WHOLE.keys() - json.loads(bare.to_json()).keys()
    assert {} == json.loads(bare.to_json())["by"]
    assert ([bare], []) == parse_records(bare.to_json(), "here")


def test_line_separators_of_unicode_do_not_split_a_record():
    record = dataclasses.replace(RECORD, reason="one\u2028two\x85three")

    assert ([record], []) == parse_records(record.to_json(), "here")


def test_field_that_a_later_release_added_is_passed_over():
    assert ([RECORD], []) == parse_records(line(colour="green"), "here")


def test_duration_is_that_between_start_and_end():
    assert 60.5 == RECORD.seconds
    assert "2026-11-25T18:00:00.123000+00:00" == moment(RECORD.started).isoformat()


def test_damaged_lines_are_told_and_the_rest_is_read():
    text = "\n".join([RECORD.to_json()[:40], RECORD.to_json(), "[1]"])
    fix = "It is left out; delete the line if it cannot be mended"

    assert parse_records(text, "ConfigMap a/b") == (
        [RECORD],
        [
            Finding("ConfigMap a/b: line 1", "is not valid JSON (column 40: Unterminated string starting at)", fix),
            Finding("ConfigMap a/b: line 3", "record must be a JSON object (got [1])", fix),
        ],
    )


def test_newer_version_is_told_as_such():
    records, findings = parse_records(line(version=3), "here")

    assert [] == records
    assert [
        "here: line 1: has version 3, and this release reads up to 2. Use a newer release of config-rollout to read it."
    ] == [str(finding) for finding in findings]


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"version": None}, "version is required"),
        ({"version": "1"}, "version must be a whole number of at least 0 (got '1')"),
        ({"version": True}, "version must be a whole number of at least 0 (got True)"),
        ({"name": 7}, "name must be text (got 7)"),
        ({"started": "yesterday"}, "started must be a time in UTC (got 'yesterday')"),
        ({"ended": "2026-11-25T18:00:00"}, "ended must be a time in UTC (got '2026-11-25T18:00:00')"),
        ({"ended": "2026-11-25T18:00:00+01:00"}, "ended must be a time in UTC (got '2026-11-25T18:00:00+01:00')"),
        ({"by": []}, "by must be a JSON object (got [])"),
        ({"by": {"dirty": "no"}}, "by.dirty must be true or false (got 'no')"),
        ({"restarts": -1}, "restarts must be a whole number of at least 0 (got -1)"),
        ({"result": "fine"}, "result must be one of done, halted, restored, failed, stopped (got 'fine')"),
        ({"result": []}, "result must be one of done, halted, restored, failed, stopped (got [])"),
        ({"waves": None}, "waves is required"),
        ({"waves": [{}]}, "waves[0].nodes is required"),
        ({"changes": [{"path": 1}]}, "changes[0].path must be text (got 1)"),
        ({"pods": {"n": [1]}}, "pods.n is not [seconds, seconds or null] (got [1])"),
        ({"pods": {"n": ["1", None]}}, "pods.n is not [seconds, seconds or null] (got ['1', None])"),
        ({"pods": {"n": [True, 1]}}, "pods.n is not [seconds, seconds or null] (got [True, 1])"),
        ({"reason": ["x" * 100]}, f"reason must be text (got ['{'x' * 55}...)"),
    ],
)
def test_what_is_wrong_with_a_record(other, what):
    records, findings = parse_records(line(**other), "here")

    assert ([], [what]) == (records, [finding.what for finding in findings])


def test_seconds_that_are_no_number_are_damage():
    assert 1 == len(parse_records(line(pods={"n": [float("nan"), None]}), "here")[1])


def test_record_nested_too_deep_is_damage():
    records, findings = parse_records("[" * 100_000, "here")

    assert ([], ["is nested too deeply"]) == (records, [finding.what for finding in findings])


SCHEMA = json.loads((ROOT / "docs" / "schemas" / "audit.json").read_text())
(SHOWN,) = re.findall(
    r"(?s)<!-- record -->\n```json\n(.*?)```\n<!-- /record -->", (ROOT / "docs" / "audit.md").read_text()
)


@pytest.mark.parametrize("record", [RECORD.to_json(), SHOWN], ids=["every field", "the document's"])
def test_record_is_as_its_schema_says(record):
    jsonschema.validate(json.loads(record), SCHEMA)


@pytest.mark.parametrize("kind", ["external ConfigMap", "external Secret"])
def test_change_of_what_others_own_is_as_the_schema_says(kind):
    record = replace(RECORD, changes=(replace(RECORD.changes[1], kind=kind),)).to_json()

    jsonschema.validate(json.loads(record), SCHEMA)
    assert kind == parse_records(record, "x")[0][0].changes[0].kind


def test_schema_has_every_field_and_no_other():
    of_wave = SCHEMA["properties"]["waves"]["items"]["properties"]

    assert {*WHOLE, "kind", "reload"} == set(SCHEMA["properties"])
    assert {*KINDS} - {DAEMON_SET.kind} == {*SCHEMA["properties"]["kind"]["enum"]}
    assert set(WHOLE["by"]) == set(SCHEMA["properties"]["by"]["properties"])
    assert set(WHOLE["waves"][0]) == set(of_wave)
    assert {field for change in WHOLE["changes"] for field in change} == set(SCHEMA["$defs"]["change"]["properties"])
    assert [*RESULTS, "reloaded", "restarted"] == SCHEMA["properties"]["result"]["enum"]
    assert {*RELOAD_RESULTS} <= {*SCHEMA["properties"]["result"]["enum"]}
    assert list(WAVE_RESULTS) == of_wave["result"]["enum"]


def test_record_of_the_document_is_read():
    (record,), findings = parse_records(json.dumps(json.loads(SHOWN)), "docs/audit.md")

    assert [] == findings
    assert record.restarts == sum(wave.restarts for wave in record.waves) == len(record.pods)
