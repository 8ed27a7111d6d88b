"""What a rollout looked like over time, computed from its record."""

import json
from pathlib import Path

import jsonschema
import pytest

from config_rollout.core.audit.record import parse_records
from config_rollout.core.audit.timeline import State, areas, as_json, clock, lasted, short_names, ticks, timeline
from tests.objects.rollout_records import OLD, at, lines, rollout

W, R, N, X, B = State.OLD, State.RESTARTING, State.NEW, State.NOT_READY, State.BACK
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "timeline.json").read_text())
SHOWN = 103.0
"""The end of the picture of a rollout of 100 s."""


def wave(name="canary", start=0, end=100, nodes=1, **more):
    one = {
        "name": name,
        "started": at(start),
        "ended": at(end),
        "nodes": nodes,
        "restarts": 1,
        "retries": 0,
        "result": "done",
        "findings": [],
    }
    return {**one, **more}


def shown(pods, waves=None, **more):
    """Return the timeline of a rollout of 100 s."""
    record = {
        **rollout(),
        "started": at(0),
        "ended": at(100),
        "pods": pods,
        "waves": [wave()] if waves is None else waves,
        "result": "done",
    }
    (one,), findings = parse_records(lines({**record, **more}), "x")
    assert [] == findings
    return timeline(one)


def states(line, place=0):
    """Return what the nodes of a wave had: when it ended and what it was."""
    return {row.node: [(round(s.end, 1), s.state) for s in row.segments] for row in line.bands[place].rows}


BLAMED = {"waves": [wave(end=60, result="failed", findings=["n: pod p is not ready"])], "result": "restored"}
RESTORED = {"waves": [wave(end=60, result="failed")], "result": "restored"}


@pytest.mark.parametrize(
    ("times", "more", "expected"),
    [
        pytest.param([10, 20], {}, [(10, W), (20, R), (SHOWN, N)], id="restarted"),
        pytest.param([0, 20], {}, [(20, R), (SHOWN, N)], id="restarted at once"),
        pytest.param([10, None], {}, [(10, W), (SHOWN, X)], id="never ready"),
        pytest.param([10, None], {"result": "halted"}, [(10, W), (SHOWN, X)], id="never ready, left as it is"),
        pytest.param([10, None], {"result": "stopped"}, [(10, W), (SHOWN, R)], id="stopped before it was ready"),
        pytest.param([10, 20], RESTORED, [(10, W), (20, R), (60, N), (100, B), (SHOWN, W)], id="taken back"),
        pytest.param([10, None], RESTORED, [(10, W), (60, X), (100, B), (SHOWN, W)], id="never ready and taken back"),
        pytest.param([10, 70], RESTORED, [(10, W), (60, N), (70, B), (SHOWN, W)], id="ready with the old one again"),
        pytest.param([10, 70], BLAMED, [(10, W), (60, X), (70, B), (SHOWN, W)], id="why the wave was taken back"),
        pytest.param([70, 80], RESTORED, [(70, N), (80, B), (SHOWN, W)], id="restarted only to be taken back"),
    ],
)
def test_node_had(times, more, expected):
    assert {"n": expected} == states(shown({"n": times}, **more))


def test_nodes_come_in_the_order_of_their_restarts():
    line = shown({"a": [9, 10], "b": [1, 2], "c": [5, 6]}, [wave(nodes=3)])

    assert ["b", "c", "a"] == [row.node for row in line.bands[0].rows]


def test_node_is_in_the_wave_that_ran_when_it_was_restarted():
    waves = [wave("canary", 0, 20), wave("rest", 20.04, 100)]
    line = shown({"a": [1, 2], "b": [20.0, 21], "c": [50, 51]}, waves)

    assert [["a"], ["b", "c"]] == [[row.node for row in band.rows] for band in line.bands]


@pytest.mark.parametrize(
    ("pods", "more", "held"),
    [
        pytest.param({"a": [1, 4], "b": [2, 9]}, {}, 9, id="from when the last pod was ready"),
        pytest.param({}, {"restarts": 0}, 0, id="from its start, if nothing was to restart"),
        pytest.param({"a": [1, 100]}, {}, None, id="not at all, if it ended as the last pod was ready"),
        pytest.param({"a": [1, None]}, {"result": "failed"}, None, id="not at all, if a pod never was"),
        pytest.param({}, {"restarts": 0, "nodes": 0}, None, id="not at all, if it has no nodes"),
    ],
)
def test_wave_was_held(pods, more, held):
    assert held == shown(pods, [wave(**{"nodes": len(pods) or 1, **more})]).bands[0].held


def test_rollout_without_waves_has_no_gates_to_be_held_at():
    assert None is shown({"a": [1, 2]}, [wave("all")]).bands[0].held
    assert 2 == shown({"a": [1, 2]}, [wave("all"), wave("rest", 50)]).bands[0].held


@pytest.mark.parametrize(("result", "had"), [("done", N), ("failed", W), ("stopped", W)])
def test_nodes_that_were_not_restarted_are_counted(result, had):
    (band,) = shown({"a": [1, 2]}, [wave(nodes=5, result=result)]).bands

    assert (4, had, 5) == (band.others, band.others_had, band.nodes)


def test_record_without_times_of_pods_has_those_of_its_waves():
    waves = [wave("canary", 0, 20), wave("rest", 20, 60, nodes=3, restarts=2)]
    line = shown(None, waves)

    assert [(1, 0), (2, 1)] == [(band.restarted, band.others) for band in line.bands]
    assert {"": [(20, W), (60, R), (SHOWN, N)]} == states(line, 1)


def test_record_without_waves_is_one():
    line = shown({"a": [1, 2]}, [], result="stopped")

    assert [("all", 1, "stopped", 0, 100)] == [(b.name, b.nodes, b.result, b.start, b.end) for b in line.bands]


def test_failure_is_marked_where_the_wave_failed():
    waves = [wave("canary", 0, 20), wave("rest", 20, 60, result="failed")]

    assert (60, None) == (shown({"a": [1, 2]}, waves, result="halted").failed, shown({"a": [1, 2]}).failed)


def test_areas_count_what_the_rows_say():
    line = shown({"a": [10, 20], "b": [50, None]}, [wave(nodes=4)])
    times, counts = areas(line.bands[0], line.shown, 103)

    assert [0, 1, 2] == [round(time) for time in times[:3]]
    assert [(2, 0, 2, 0), (1, 1, 2, 0), (1, 0, 3, 0), (0, 0, 3, 1)] == [
        tuple(counts[state][column] for state in (W, R, N, X)) for column in (5, 15, 30, 60)
    ]


@pytest.mark.parametrize("columns", [1, 7, 500])
def test_areas_hold_every_node_at_each_moment(columns):
    (record,), _ = parse_records(lines(rollout(300, 3, fails="zone-b", result="restored")), "x")
    line = timeline(record)

    for band in line.bands:
        _, counts = areas(band, line.shown, columns)
        assert {band.nodes} == {sum(of[column] for of in counts.values()) for column in range(columns)}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (3, ["0:00", "0:00.5", "0:01", "0:01.5", "0:02", "0:02.5", "0:03"]),
        (42, ["0:00", "0:05", "0:10", "0:15", "0:20", "0:25", "0:30", "0:35", "0:40"]),
        (600, ["0:00", "2:00", "4:00", "6:00", "8:00", "10:00"]),
        (7300, ["0:00", "15:00", "30:00", "45:00", "1:00:00", "1:15:00", "1:30:00", "1:45:00", "2:00:00"]),
    ],
)
def test_ticks_are_a_clock_s(seconds, expected):
    assert expected == [label for _, label in ticks(seconds)]


@pytest.mark.parametrize("seconds", [0.1, 1, 59, 61, 3599, 10_000, 1_000_000, 1e9])
def test_ticks_are_few(seconds):
    assert 1 <= len(ticks(seconds)) <= 10


@pytest.mark.parametrize(("seconds", "expected"), [(0, "0:00"), (725.5, "12:05.5"), (3725, "1:02:05")])
def test_clock(seconds, expected):
    assert expected == clock(seconds)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.44, "0.4 s"), (42, "42 s"), (252, "4 min 12 s"), (3720, "1 h 2 min")]
)
def test_lasted(seconds, expected):
    assert expected == lasted(seconds)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        (["ip-1.eu.internal", "ip-2.eu.internal"], ["ip-1", "ip-2"]),
        (["a.x", "b.y"], ["a.x", "b.y"]),
        (["node-1", "node-2"], ["node-1", "node-2"]),
    ],
)
def test_names_lose_the_domain_that_all_share(nodes, expected):
    assert expected == list(short_names(nodes).values())


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "kube-system/kube-proxy: fa55fd0379 => 9c07aa31be, done"),
        ({"result": "halted"}, "kube-system/kube-proxy: fa55fd0379 => 9c07aa31be, halted"),
        ({"kind": "Deployment"}, "Deployment kube-system/kube-proxy: fa55fd0379 => 9c07aa31be, done"),
        ({"old_hash": ""}, "kube-system/kube-proxy: nothing => 9c07aa31be, done"),
        ({"old_hash": OLD, "new_hash": OLD}, "kube-system/kube-proxy: fa55fd0379 => fa55fd0379, done"),
    ],
)
def test_title(more, expected):
    assert expected == shown({}, **more).title


@pytest.mark.parametrize(("kind", "rows"), [("DaemonSet", "nodes"), ("Deployment", "pods"), ("StatefulSet", "pods")])
def test_rows_are_nodes_or_pods_by_the_kind(kind, rows):
    assert rows == shown({}, kind=kind).counts


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ({}, "2026-11-25 18:00:00 UTC, 1 min 40 s, 6 restarts"),
        (
            {"stack": "o/p/s", "commit": "ab" * 20, "dirty": True},
            "2026-11-25 18:00:00 UTC, 1 min 40 s, 6 restarts, o/p/s, ababababab, edited",
        ),
    ],
)
def test_what_is_said_of_a_rollout(by, expected):
    assert expected == shown({}, by=by).about


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (rollout()["changes"], "config.conf: mode iptables => nftables, and 1 more"),
        (rollout()["changes"][:1], "config.conf: mode iptables => nftables"),
        ([{"key": "k", "path": "a.b", "after": "x", "effect": "restart", "class": "restart"}], "k: a.b added"),
        ([{"key": "k", "path": "", "before": "3 lines", "effect": "restart", "class": "restart"}], "k removed"),
        ([], ""),
    ],
)
def test_changes(changes, expected):
    assert expected == shown({}, changes=changes).changes


def test_trouble_is_the_reason_and_the_first_finding():
    waves = [wave(result="failed", findings=["node-1: bad", "node-2: bad"])]

    assert "wave 'canary' failed: node-1: bad" == shown({}, waves, reason="wave 'canary' failed").trouble
    assert "canary: node-1: bad" == shown({}, waves, reason="canary: node-1: bad").trouble
    assert "" == shown({}).trouble


@pytest.mark.parametrize(
    "record",
    [rollout(), rollout(fails="zone-b", result="restored"), {**rollout(), "pods": None}, {**rollout(), "waves": []}],
)
def test_json_is_what_the_schema_says(record):
    (one,), _ = parse_records(lines(record), "x")

    jsonschema.validate(as_json(timeline(one)), SCHEMA)


def test_json_says_the_same():
    said = as_json(shown({"a": [10, 20]}, [wave(nodes=2)]))

    assert ("done", 100) == (said["result"], said["seconds"])
    assert [
        {
            "name": "canary",
            "start": 0,
            "end": 100,
            "held": 20,
            "result": "done",
            "findings": [],
            "restarted": 1,
            "not_restarted": 1,
            "nodes": [
                {
                    "name": "a",
                    "states": [
                        {"from": 0, "state": "old"},
                        {"from": 10, "state": "restarting"},
                        {"from": 20, "state": "new"},
                    ],
                }
            ],
        }
    ] == said["waves"]
