"""A rollout that took more than one `up`, as one."""

from dataclasses import replace

import pytest

from config_rollout.core.audit.record import AuditRecord, Change, WaveRecord
from config_rollout.core.audit.resumed import since_it_began, whole
from config_rollout.core.audit.timeline import timeline


def at(seconds):
    return f"2026-11-25T18:{seconds // 60:02}:{seconds % 60:02}.000Z"


NOON = 1795629600.0
"""`at(0)`, in seconds since 1970."""

CANARY, ZONE = WaveRecord("canary", at(0), at(10), 1, 1), WaveRecord("zone", at(10), at(20), 3, 1, 0, "stopped")
FIRST = AuditRecord(
    "n", "agent", at(0), at(20), "a" * 64, "b" * 64, "stopped", "was paused", old_revision=1, new_revision=2,
    changes=(Change("k", "p", "1", "2", "restart", "restart"),), waves=(CANARY, ZONE), restarts=2, retries=1,
    pods={"n1": (0.0, 9.0), "n2": (10.0, None)},
)  # fmt: skip
AGAIN = WaveRecord("canary", at(100), at(100), 1, 0), WaveRecord("zone", at(100), at(130), 3, 2)
THEN = AuditRecord(
    "n", "agent", at(100), at(130), "a" * 64, "b" * 64, "done", new_revision=2, waves=AGAIN, restarts=2,
    pods={"n2": (0.0, 5.0), "n3": (5.0, 20.0)},
)  # fmt: skip


def test_rollout_that_was_stopped_and_resumed_is_one_from_its_true_start():
    one = whole([FIRST, THEN])

    assert (at(0), at(130), "done", 4, 1) == (one.started, one.ended, one.result, one.restarts, one.retries)
    assert {"n1": (0.0, 9.0), "n2": (10.0, 105.0), "n3": (105.0, 120.0)} == one.pods
    assert (CANARY, replace(AGAIN[1], started=at(10), restarts=3)) == one.waves
    assert FIRST.changes == one.changes


def test_timeline_of_a_resumed_rollout_has_the_names_of_all_nodes():
    bands = timeline(whole([FIRST, THEN])).bands

    assert [["n1"], ["n2", "n3"]] == [[row.node for row in band.rows] for band in bands]


@pytest.mark.parametrize(
    "before",
    [
        replace(FIRST, result="done"),
        replace(FIRST, result="restored"),
        replace(FIRST, new_hash="c" * 64),
        replace(FIRST, new_revision=1),
        replace(FIRST, new_revision=None),
    ],
)
def test_rollout_that_ended_or_was_another_is_not_part_of_the_next(before):
    assert THEN == whole([before, THEN])


def test_pods_that_one_record_no_longer_has_are_not_known():
    assert None is whole([replace(FIRST, pods=None), THEN]).pods


def test_rollout_whose_up_was_killed_begins_when_its_template_was_written():
    moved = {"n1": (NOON + 2, NOON + 9), "n4": (NOON + 12, None)}
    one = since_it_began(THEN, at(0), moved, {"canary": ["n1"], "zone": ["n2", "n3", "n4"]})

    assert at(0) == one.started
    assert {"n1": (2.0, 9.0), "n4": (12.0, None), "n2": (100.0, 105.0), "n3": (105.0, 120.0)} == one.pods
    assert [(at(2), at(9)), (at(12), at(130))] == [(wave.started, wave.ended) for wave in one.waves]
    assert THEN.restarts == one.restarts


def test_rollout_that_nothing_was_moved_in_before_is_as_it_is():
    assert THEN == since_it_began(THEN, at(0), {}, {"canary": [], "zone": []})
