"""The rollouts of a DaemonSet, from records and revisions."""

import json
import re

import jsonschema
import pytest

from config_rollout.core.audit.record import By, Change, WaveRecord
from config_rollout.core.audit.writing import change_cause
from config_rollout.core.status.history import history_json, of_revision, rollouts_of, why_no_diff
from config_rollout.core.status.history_words import change_line, in_full, table, who
from tests.objects.daemon_set import (
    CONFIG_MAPS,
    NEW,
    NEW_NAME,
    OLD,
    OLD_NAME,
    daemon_set,
    record,
    revision,
    seen,
)
from tools.documents import ROOT

KUBECTL = daemon_set(OLD, OLD_NAME, by=("kubectl", "2026-01-05T00:00:00Z"))
BACK = [revision(2, NEW), revision(3, OLD)]
FIRST = record(new_revision=1, old_revision=None, old_hash="", new_hash=OLD, started="2026-01-01T00:00:00Z", changes=())


def numbers(**given):
    """Return the revision of each rollout, and whether it has a record."""
    return [(one.number, one.record is not None) for one in rollouts_of(seen(**given))]


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        pytest.param([(1, False), (2, False)], {}, id="no records"),
        pytest.param([(1, False), (2, True)], {"records": [record()]}, id="the first was before there were records"),
        pytest.param([(1, True), (2, True)], {"records": [FIRST, record()]}, id="all recorded"),
        pytest.param(
            [(1, True), (2, True)], {"records": [FIRST, record()], "revisions": BACK[:1]}, id="one is not kept any more"
        ),
        pytest.param(
            [(1, True), (2, True), (3, False)], {"records": [FIRST, record()], "revisions": BACK}, id="kubectl's undo"
        ),
        pytest.param(
            [(1, True), (2, True)], {"records": [FIRST, record("restored")], "revisions": BACK}, id="taken back"
        ),
        pytest.param(
            [(2, True), (2, True)],
            {"records": [record("halted"), record()], "revisions": BACK[:1]},
            id="halted, and gone on with",
        ),
        pytest.param([], {"revisions": []}, id="nothing"),
    ],
)
def test_rollouts(expected, given):
    assert expected == numbers(**given)


def test_undo_is_dated_by_who_wrote_the_template_and_not_by_the_old_revision():
    undone = rollouts_of(seen(KUBECTL, BACK, records=[FIRST, record()]))[-1]

    assert ("2026-01-05T00:00:00Z", "kubectl") == (undone.when, undone.manager)


def test_newest_rollout_to_a_revision_is_the_one_that_is_meant():
    rollouts = rollouts_of(seen(records=[record("halted"), record()]))

    assert "done" == of_revision(rollouts, 2).record.result
    assert None is of_revision(rollouts, 7)


@pytest.mark.parametrize(
    ("expected", "number", "given"),
    [
        ("", 1, {}),
        ("", 2, {}),
        ("", 1, {"revisions": BACK, "records": [FIRST]}),  # the number is known from its record alone
        ("n/agent: revision 7: does not exist. Kept revisions: 1, 2.", 7, {}),
        ("n/agent: revision 7: does not exist. No revision is kept.", 7, {"revisions": []}),
        (
            f"n/agent: revision 1: its ConfigMap {OLD_NAME} is missing, so its configuration is not kept. See the "
            f"history of "
            "your program, or choose another revision.",
            1,
            {"config_maps": CONFIG_MAPS[1:]},
        ),
        (
            "n/agent: revision 1: mounts ConfigMap agent, which changes in place, so its configuration is not kept. "
            "See the "
            "history of your program.",
            1,
            {"revisions": [revision(1, OLD, "agent")]},
        ),
    ],
)
def test_why_there_is_no_difference_to_show(expected, number, given):
    assert expected == why_no_diff(seen(**given), number)


@pytest.mark.parametrize(
    ("by", "expected", "in_all"),
    [
        (By(), "", ""),
        (By(user="u"), "u", "user u"),
        (
            By(stack="o/p/s", commit="c" * 40, dirty=True, ci="9", user="u"),
            "o/p/s commit cccccccccc with changes",
            f"o/p/s, commit {'c' * 40} with changes, 9, user u",
        ),
        (By(ci="https://ci/9"), "https://ci/9", "https://ci/9"),
    ],
)
def test_who(by, expected, in_all):
    (rollout,) = rollouts_of(seen(records=[record(by=by)], revisions=[]))

    assert (expected, in_all) == (who(rollout), who(rollout, all_of=True))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change("k", "a.b", "1", "2", "restart", "restart"), "~ a.b: 1 => 2"),
        (Change("k", "a", None, "2", "restart", "data plane"), "+ a: 2 (data plane)"),
        (Change("", "image", "1", None, "restart", "restart"), "- image: 1"),
        (Change("k", "", "1 line", "2 lines", "restart", "restart"), "~ 1 line => 2 lines"),
    ],
)
def test_change(change, expected):
    assert expected == change_line(change)


def cells(line):
    return re.split(" {2,}", line)


def test_table():
    images = tuple(Change("", f"image{number}", "1", "2", "restart", "restart") for number in range(2))
    records = [record(template_changes=images)]

    assert [
        ["REVISION", "WHEN", "WHO", "WHAT", "RESTARTED", "TOOK", "RESULT"],
        ["1", "2026-01-01T00:00:00Z", "configuration aaaaaaaaaa", "not recorded"],
        [
            "2",
            "2026-01-02T00:00:00Z",
            "o/p/s commit cccccccccc",
            "agent.yaml: level: a => b, and 2 more",
            "3",
            "30 s",
            "done",
        ],
    ] == [cells(line) for line in table(rollouts_of(seen(records=records)))]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change("agent.yaml", "fate", None, "b", "restart", "restart"), "agent.yaml: + fate: b"),
        (Change("agent.yaml", "fate", "a", None, "restart", "restart"), "agent.yaml: - fate: a"),
        (Change("agent.yaml", "fate", "a", "b", "restart", "restart"), "agent.yaml: fate: a => b"),
        (Change("agent.yaml", "", None, "2 lines", "restart", "restart"), "agent.yaml: + 2 lines"),
    ],
)
def test_table_says_what_was_added_and_what_removed(change, expected):
    (_, line) = table(rollouts_of(seen(records=[record(changes=(change,))], revisions=[])))

    assert expected == cells(line)[3]


@pytest.mark.parametrize(
    ("given", "restarted"),
    [
        ({"pods": {"n1": (0.0, 1.0)}, "restarts": 1}, "1"),
        ({"pods": {"n1": (0.0, 1.0)}, "restarts": 2, "result": "restored"}, "1"),
        ({"pods": None, "restarts": 2}, "2"),
        ({"pods": None, "restarts": 9}, "3"),
    ],
)
def test_table_counts_the_nodes_that_restarted_and_not_those_there_are(given, restarted):
    (_, line) = table(rollouts_of(seen(records=[record(**given)], revisions=[])))

    assert restarted == cells(line)[4]


def test_without_a_record_the_change_cause_says_what():
    assert ["2", "2026-01-02T00:00:00Z", "config-rollout-own", "level: a => b", "not recorded"] == (
        cells(table(rollouts_of(seen()))[-1])
    )


CAUSED = revision(1, OLD, cause="level: a => b")
OTHER_IMAGE = revision(2, OLD, cause="level: a => b", image="agent:2")
IMAGE = "containers[name=agent].image: agent:1 => agent:2"
UNDONE = revision(3, OLD, cause="level: a", created=1)


@pytest.mark.parametrize(
    ("revisions", "what"),
    [
        pytest.param([CAUSED, OTHER_IMAGE], IMAGE, id="kubectl set image"),
        pytest.param([CAUSED, revision(2, OLD, cause="by hand", image="agent:2")], "by hand", id="a cause of its own"),
        pytest.param([CAUSED, revision(2, OLD, image="agent:2")], IMAGE, id="no cause"),
        pytest.param([revision(2, NEW, cause="b"), UNDONE], "configuration aaaaaaaaaa", id="kubectl rollout undo"),
    ],
)
def test_repeated_change_cause_is_none(revisions, what):
    rollouts = rollouts_of(seen(revisions=revisions))

    assert what in cells(table(rollouts)[-1])
    assert (what if what == "by hand" else None) == history_json([(seen(), rollouts[-1])])["rollouts"][0][
        "change_cause"
    ]


def test_change_cause_of_a_record_is_none_of_a_later_revision():
    cause = change_cause(record())
    later = revision(3, NEW, cause=cause, image="agent:2")
    rollouts = rollouts_of(seen(revisions=[revision(2, NEW, cause=cause), later], records=[record()]))

    assert [cause, ""] == [one.change_cause for one in rollouts]


def test_pod_template_of_a_revision_without_a_record_is_told_in_full():
    objects = seen(revisions=[CAUSED, OTHER_IMAGE])
    lines = in_full(objects, rollouts_of(objects)[-1])

    assert ["  pod template", f"    ~ {IMAGE}"] == lines[-2:]
    assert not any("change cause" in line for line in lines)


def test_who_wrote_any_part_of_the_template_made_the_revision():
    fields = {"f:spec": {"f:template": {"f:spec": {"f:containers": {}}}}}
    thing = daemon_set(OLD, OLD_NAME)
    thing["metadata"]["managedFields"].append(
        {"manager": "kubectl-set", "time": "2026-01-03T00:00:00Z", "fieldsV1": fields}
    )
    newest = rollouts_of(seen(thing, [CAUSED, OTHER_IMAGE]))[-1]

    assert ("kubectl-set", "2026-01-03T00:00:00Z") == (newest.manager, newest.when)


def test_one_in_full():
    waves = (
        WaveRecord("canary", "2026-01-02T00:00:00Z", "2026-01-02T00:00:10Z", 1, 1),
        WaveRecord("rest", "2026-01-02T00:00:10Z", "2026-01-02T00:02:30Z", 2, 1, 0, "failed", ("n2: bad",)),
    )
    image = (Change("", "spec.containers[0].image", "a:1", "a:2", "restart", "restart"),)
    objects = seen(records=[record("halted", waves=waves, template_changes=image, ended="2026-01-02T00:02:30Z")])

    assert [
        "n/agent revision 2: halted",
        "  wave 'canary' failed",
        "  when           2026-01-02T00:00:00Z, took 2 min",
        f"  who            o/p/s, commit {'c' * 40}",
        "  configuration  aaaaaaaaaa => bbbbbbbbbb",
        f"  ConfigMap      {NEW_NAME}",
        "  kept           yes, 3 of 3 pods have it",
        "  change cause   level: a => b",
        "  restarts       3",
        "  agent.yaml",
        "    ~ level: a => b",
        "  pod template",
        "    ~ spec.containers[0].image: a:1 => a:2",
        "  wave    nodes  restarts  from                  took   result",
        "  canary  1      1         2026-01-02T00:00:00Z  10 s   done",
        "  rest    2      1         2026-01-02T00:00:10Z  2 min  failed",
        "    n2: bad",
    ] == in_full(objects, rollouts_of(objects)[-1])


def test_revision_that_is_not_kept_says_so():
    objects = seen(revisions=[revision(2, NEW)], records=[FIRST], config_maps=CONFIG_MAPS[1:])
    lines = in_full(objects, rollouts_of(objects)[0])

    assert "  kept           no, Kubernetes has removed the revision" in lines


@pytest.mark.parametrize(
    "given",
    [{}, {"records": [FIRST, record()]}, {"records": [record("restored", pods={"n1": (0.5, 2.0), "n2": (1.0, None)})]}],
)
def test_json_is_as_its_schema_says(given):
    schema = json.loads((ROOT / "docs" / "schemas" / "history.json").read_text())
    objects = seen(**given)
    told = json.loads(json.dumps(history_json([(objects, one) for one in rollouts_of(objects)])))

    jsonschema.validate(told, schema)
    assert [1, 2] == [one["new_revision"] for one in told["rollouts"]]
