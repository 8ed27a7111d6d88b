"""What a replay finds: which transitions restart under whose rule, and which had to."""

import json
from pathlib import Path

import jsonschema
import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.replay.transitions import OURS, RULES, Snapshot, aligned, table, tallies, transitions
from tools.command_line import run_text

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
OTEL = [DATA / "otel-collector" / f"{name}.jsonl" for name in ("daemonset-only", "daemonset-and-deployment")]
KUBESPRAY = DATA / "kubespray-kube-proxy" / "releases.jsonl"

BYTES = {"bytes", "kustomize", "reloader", "wave"}
"""The rules that look at nothing but the bytes of the data."""
OBJECT = {"helm", "resource-version"}
"""The rules that look at the whole object."""


def snapshot(text: str, name: str = "s", **fields) -> Snapshot:
    return Snapshot(name, Content({"c.yaml": text.encode()}), **fields)


def restarts(*snapshots: Snapshot) -> list[set[str]]:
    """Return for each transition the rules that restart."""
    return [set(one.restarts) for one in transitions("h", snapshots, lambda _: "")]


def counted(*arguments: object) -> dict[str, tuple[int, int, int | None, int]]:
    """Return rule -> restarts, needless, needless alone, missed."""
    rules = json.loads(run_text("replay", "--json", *arguments).stdout)["rules"]
    return {r["rule"]: (r["restarts"], r["needless"], r["needless_alone"], r["missed"]) for r in rules}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(snapshot("a: 1"), snapshot("a: 1"), set(), id="nothing"),
        pytest.param(snapshot("a: 1"), snapshot("a: 2"), BYTES | OBJECT | {OURS}, id="a value"),
        pytest.param(snapshot("a: 1"), snapshot("a: 1 # note"), BYTES | OBJECT, id="a comment"),
        pytest.param(
            snapshot("a: 1", rest={"metadata": {"labels": {"v": "1"}}}),
            snapshot("a: 1", rest={"metadata": {"labels": {"v": "2"}}}),
            OBJECT,
            id="a label",
        ),
        pytest.param(snapshot("a: 1", helm_checksum="x"), snapshot("a: 1", helm_checksum="y"), {"helm"}, id="a text"),
        pytest.param(
            Snapshot("s", Content({"a": b"1;b=2"})),
            Snapshot("s", Content({"a": b"1", "b": b"2"})),
            BYTES - {"reloader"} | OBJECT | {OURS},
            id="what Reloader takes for the same",
        ),
    ],
)
def test_rule_restarts_for(old, new, expected):
    assert [expected] == restarts(old, new)


def test_way_back_restarts_again():
    assert [True, True] == [OURS in found for found in restarts(*map(snapshot, ["a: 1", "a: 2", "a: 1"]))]


def test_needless_and_missed_are_counted_by_the_judge():
    every = list(
        transitions(
            "h",
            [
                snapshot("a: 1", effective="x"),
                snapshot("a: 1 # note", effective="x"),  # needless for all but ours
                snapshot("a: 1 # note", effective="y"),  # missed by all
                snapshot("a: 2", effective="z"),  # right for all
            ],
            lambda one: one.effective,
        )
    )

    assert {
        "helm": (2, 1, None, 1),
        "resource-version": (2, 1, None, 1),
        "kustomize": (2, 1, None, 1),
        "reloader": (2, 1, None, 1),
        "wave": (2, 1, None, 1),
        "bytes": (2, 1, None, 1),
        OURS: (1, 0, None, 1),
    } == {t.rule.name: (t.restarts, t.needless, t.alone, t.missed) for t in tallies(every)}


def test_needless_restart_is_alone_if_the_template_stays():
    snapshots = [snapshot(f"a: 1 # {n}", template=template) for n, template in enumerate(["t", "t", "u"])]
    every = list(transitions("h", snapshots, lambda _: ""))

    assert [False, True] == [one.template for one in every]
    assert (2, 2, 1, 0) == next(
        (t.restarts, t.needless, t.alone, t.missed) for t in tallies(every) if t.rule.name == "bytes"
    )


def test_two_snapshots_are_held_at_most():
    alive = []

    def snapshots():
        for number in range(50):
            alive.append(number)
            yield snapshot(f"a: {number}")

    seen = [len(alive) for _ in transitions("h", snapshots(), lambda _: "")]

    assert list(range(2, 51)) == seen


def test_table_is_aligned():
    every = list(transitions("h", [snapshot("a: 1"), snapshot("a: 2")], lambda one: str(one.content.data)))
    lines = aligned(table(every))

    assert len(RULES) + 1 == len(lines)
    assert 1 == len({len(line) for line in lines})


@pytest.mark.slow
def test_open_telemetry_chart():
    """The figures of tests/data/README.md: 508 transitions, the data changed in 20."""
    found = counted(*OTEL, "--format", "relay=yaml")

    assert {
        "helm": (508, 488, 310, 0),
        "resource-version": (508, 488, 310, 0),
        "kustomize": (20, 0, 0, 0),
        "reloader": (20, 0, 0, 0),
        "wave": (20, 0, 0, 0),
        "bytes": (20, 0, 0, 0),
        OURS: (20, 0, 0, 0),
    } == found


def test_kubespray():
    """38 releases and six texts, with which the real kube-proxy does the same."""
    needless = (5, 5, None, 0)

    assert {rule.name: needless for rule in RULES} | {OURS: (0, 0, None, 0)} == counted(KUBESPRAY)


@pytest.mark.slow
def test_json_is_what_the_schema_says():
    schema = json.loads((ROOT / "docs" / "schemas" / "replay.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for history in ([*OTEL, "--format", "relay=yaml"], [KUBESPRAY]):
        jsonschema.validate(json.loads(run_text("replay", "--json", *history).stdout), schema)

    assert [rule.name for rule in RULES] == schema["$defs"]["rule"]["enum"]


def test_transitions_of_the_json_have_the_counts_of_the_table():
    answer = json.loads(run_text("replay", "--json", OTEL[0]).stdout)
    rows = answer["transitions"]

    assert answer["real_changes"] == sum(row["real"] for row in rows)
    for rule in answer["rules"]:
        restarted = [row for row in rows if rule["rule"] in row["restarts"]]
        assert (rule["restarts"], rule["needless"]) == (len(restarted), sum(not row["real"] for row in restarted))
