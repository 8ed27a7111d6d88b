"""A reload in the audit record, and what follows: history, metrics, a timeline."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from config_rollout.core.audit.metrics import metrics
from config_rollout.core.audit.record import parse_records
from config_rollout.core.audit.reloads import how_it_went, reload_event, with_what_reloaded
from config_rollout.core.audit.resumed import whole
from config_rollout.core.audit.timeline import State, as_json, timeline
from config_rollout.core.audit.writing import continued, ended_well, with_record
from config_rollout.core.status.history import history_json, of_revision, reloads_of, rollouts_of
from config_rollout.core.status.history_words import in_full, table
from tests.objects import daemon_set as rollouts
from tests.objects.daemon_set import seen
from tests.objects.reload_records import CHANGE, FILE, NEW_TEXT, OLD_TEXT, REFUSED, TAKEN_BACK, record, written

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
UNREAD, OLD, NEW, BACK, RESTARTING = State.NOT_READY, State.OLD, State.NEW, State.BACK, State.RESTARTING
RECORDS = [
    record(),
    record(away=["n4"]),
    TAKEN_BACK,
    record("failed", REFUSED),
    record("restarted", REFUSED),
    record("stopped", REFUSED),
    record("restored", {"": "exited with 3"}),
]


def test_data_file_is_what_its_maker_writes():
    assert written() == FILE.read_text()


def schema(name):
    return json.loads((SCHEMAS / f"{name}.json").read_text())


@pytest.mark.parametrize("one", RECORDS)
def test_record_is_read_as_it_was_written(one):
    assert ([one], []) == parse_records(one.to_json(), "x")
    jsonschema.validate(json.loads(one.to_json()), schema("audit"))


def test_only_a_reload_has_the_newer_version():
    versions = [json.loads(one.to_json())["version"] for one in (rollouts.record(), record())]

    assert [1, 2] == versions


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"reload": 1}, "reload must be a JSON object (got 1)"),
        ({"reload": {"old_hash": ""}}, "reload.new_hash is required"),
        ({"reload": {"old_hash": "", "new_hash": "", "seconds": "2"}},
         "reload.seconds must be a number of seconds (got '2')"),
        ({"reload": {"old_hash": "", "new_hash": "", "away": "n1"}}, "reload.away must be a list (got 'n1')"),
        ({"result": "done"}, "result must be one of reloaded, restored, restarted, failed, stopped (got 'done')"),
    ],
)  # fmt: skip
def test_what_no_reload_has_is_told(wrong, where):
    _, (finding,) = parse_records(json.dumps({**json.loads(record().to_json()), **wrong}), "x")

    assert where == finding.what


@pytest.mark.parametrize(
    ("one", "result", "pods", "seconds", "restarts"),
    [
        (record(), "done", [1.0, 1.5, 2.0], 2.0, 0),
        (TAKEN_BACK, "failed", [1.0, None, 2.0], None, 0),
        (record("restarted", REFUSED), "failed", [1.0, None, 2.0], None, 3),
        (record("stopped", {}, read={"n1": 1767312001.0}), "stopped", [1.0, None, None], None, 0),
        (record("failed", {"": "exited with 3"}), "failed", [None, None, None], None, 0),
    ],
)
def test_pods_and_seconds(one, result, pods, seconds, restarts):
    assert (result, pods) == (one.waves[0].result, [read for _, read in one.pods.values()])
    assert (seconds, restarts) == (one.reload.seconds, one.restarts)


def test_who_refused_it_is_named():
    assert ("n2: rejected it (rules_failed_total 0 => 1)",) == TAKEN_BACK.waves[0].findings


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (record(), "3 pods read it again within 2 s"),
        (TAKEN_BACK, "2 of 3 pods read it again"),
        (record("restarted", REFUSED), "3 pods restarted in 6 s"),
        (replace(record(), pods=None), "3 pods read it again within 2 s"),
    ],
)
def test_words(one, words):
    assert words == how_it_went(one)


@pytest.mark.parametrize(
    ("one", "event"),
    [
        (record(), ("Normal", "Reloaded", "rules 1 line => 2 lines (o/p/s): 3 pods read it again within 2 s")),
        (TAKEN_BACK, ("Warning", "ReloadRestored", "reload failed: 1 of 3 pods did not read it again: "
                      "rules 1 line => 2 lines (o/p/s): 2 of 3 pods read it again")),
    ],
)  # fmt: skip
def test_event(one, event):
    assert event == reload_event(one)


def test_up_that_tries_the_same_text_again_says_what_had_changed():
    again = record(changes=())
    history = with_record("", TAKEN_BACK)

    assert (CHANGE,) == with_what_reloaded(again, history).changes
    assert () == with_what_reloaded(replace(again, reload=replace(again.reload, new_hash="f" * 64)), history).changes


def test_rollout_is_continued_across_a_reload():
    halted, after = rollouts.record("halted"), rollouts.record()

    assert whole([halted, after]) == whole([halted, record(), after])
    assert record() == whole([halted, record()])


def test_reload_is_no_rollout_that_is_continued():
    history = with_record(with_record("", rollouts.record()), record())

    assert rollouts.record() == continued(history, rollouts.NEW, 2)
    assert ended_well(history, rollouts.NEW)


def test_metrics():
    name = record().workload
    of = {
        one.name.removeprefix("config_rollout_last_"): one.samples
        for one in metrics({name: [record(), TAKEN_BACK]}, {})
    }
    labels = {"namespace": "n", "daemon_set": "agent"}

    assert ["reload_timestamp_seconds", "reload_pods", "reload_unread_pods", "reload_result",
            "config_rollout_config_info"] == [*of]  # fmt: skip
    assert ((labels, 3.0),) == of["reload_pods"]
    assert ((labels, 1.0),) == of["reload_unread_pods"]
    assert [("restored", 1.0)] == [(one["result"], value) for one, value in of["reload_result"] if value]


def test_metrics_of_the_last_rollout_stay_beside_those_of_a_reload():
    name = record().workload
    alone = {one.name: one.samples for one in metrics({name: [rollouts.record()]}, {})}
    both = {one.name: one.samples for one in metrics({name: [rollouts.record(), record()]}, {})}

    assert alone == {one: samples for one, samples in both.items() if one in alone}
    assert 2.0 == both["config_rollout_last_reload_duration_seconds"][0][1]


def states(one):
    return {row.node: [(part.start, part.state) for part in row.segments] for row in timeline(one).bands[0].rows}


@pytest.mark.parametrize(
    ("one", "n1", "n2"),
    [
        (record(), [(0, OLD), (1, NEW)], [(0, OLD), (1.5, NEW)]),
        (TAKEN_BACK, [(0, OLD), (1, NEW), (2, BACK), (6, OLD)], [(0, UNREAD), (6, OLD)]),
        (record("failed", REFUSED), [(0, OLD), (1, NEW)], [(0, UNREAD)]),
        (record("restarted", REFUSED), [(0, OLD), (1, NEW), (2, RESTARTING), (6, NEW)],
         [(0, OLD), (2, RESTARTING), (6, NEW)]),
        (record("stopped", REFUSED), [(0, OLD), (1, NEW)], [(0, OLD)]),
    ],
)  # fmt: skip
def test_timeline(one, n1, n2):
    rows = states(one)

    assert (n1, n2) == (rows["n1"], rows["n2"])


def test_timeline_says_what_it_is():
    shown = timeline(TAKEN_BACK)

    assert f"n/agent: {OLD_TEXT[:10]} => {NEW_TEXT[:10]}, restored" == shown.title
    assert "2026-01-02 00:00:00 UTC, 6.0 s, 2 of 3 pods read it again, o/p/s" == shown.about
    assert "did not read it" == shown.word(UNREAD)
    assert "not ready" == timeline(record("restarted", REFUSED)).word(UNREAD)


@pytest.mark.parametrize("one", RECORDS)
def test_timeline_as_json_is_as_its_schema_says(one):
    shown = as_json(timeline(one))
    (wave,) = shown["waves"]

    jsonschema.validate(shown, schema("timeline"))
    assert (one.restarts, 3) == (wave["restarted"], wave["restarted"] + wave["not_restarted"])


VIEW = seen(records=[rollouts.record(), record(), TAKEN_BACK])


def test_history_lists_reloads_beside_rollouts():
    rows = [(line.split()[0], line.rsplit(maxsplit=1)[1]) for line in table(rollouts_of(VIEW))[1:]]

    assert [("1", "recorded"), ("2", "done"), ("2", "reloaded"), ("2", "restored")] == rows
    assert ["0, 3 of 3 reloaded", "0, 2 of 3 reloaded"] == [
        of for line in table(rollouts_of(VIEW)) for of in ("0, 3 of 3 reloaded", "0, 2 of 3 reloaded") if of in line
    ]


def test_revision_is_that_of_its_rollout_and_its_reloads_follow():
    every = rollouts_of(VIEW)

    assert "done" == of_revision(every, 2).record.result
    assert ["reloaded", "restored"] == [one.record.result for one in reloads_of(every, 2)]


def test_reload_in_full():
    lines = in_full(VIEW, reloads_of(rollouts_of(VIEW), 2)[1])

    assert "n/agent revision 2: restored" == lines[0]
    assert "  text          dddddddddd => eeeeeeeeee" in lines
    assert "  pods          2 of 3 pods read it again" in lines
    assert "    n2: rejected it (rules_failed_total 0 => 1)" == lines[-1]


def test_history_as_json_is_as_its_schema_says():
    every = history_json([(VIEW, one) for one in rollouts_of(VIEW)])

    jsonschema.validate(every, schema("history"))
    assert [False, False, True, True] == ["reload" in one for one in every["rollouts"]]
