"""Which revisions a fleet has finished: what is noted, what shows without a note, and where a way back leads."""

import pytest

from config_rollout.core.audit.finished import Finished, asked_generation, finished, found_finished, way_back
from config_rollout.core.audit.record import AuditRecord, By, WaveRecord
from config_rollout.core.kubernetes.annotations import FINISHED_ANNOTATION
from config_rollout.core.kubernetes.pods import Pod

A, B, C = "agent-a", "agent-b", "agent-c"


def revision(name, number):
    template = {"metadata": {"annotations": {"checksum/config": name[-1]}}}
    metadata = {"name": name, "labels": {"controller-revision-hash": name[-1]}}
    return {"metadata": metadata, "revision": number, "data": {"spec": {"template": template}}}


REVISIONS = [revision(A, 1), revision(B, 2), revision(C, 3)]


def daemon_set(text):
    return {"metadata": {"annotations": {FINISHED_ANNOTATION: text}}}


def pods(of, ready=""):
    """Return a pod of each of these revisions; those of `ready` that are not `y` are not available."""
    return [Pod(f"p{n}", f"u{n}", f"n{n}", name, (ready or "y" * 9)[n] == "y") for n, name in enumerate(of)]


def record(config_hash, number, result="done", last="rest"):
    waves = (WaveRecord(last, "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", 1, 1, 0, "done", ()),)
    return AuditRecord(
        "n",
        "agent",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:01Z",
        "",
        config_hash,
        result,
        by=By(),
        new_revision=number,
        waves=waves,
    )


def test_note_is_read_as_it_was_written():
    noted = Finished((A, B), C, (4, 6))

    assert noted == finished(daemon_set(str(noted)))


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"revisions": 3}', '{"generations": ["x"]}'])
def test_what_is_no_note_of_ours_says_nothing(text):
    assert Finished() == finished(daemon_set(text))


@pytest.mark.parametrize(
    ("known", "wanted", "found", "begins"),
    [
        (Finished(), B, [A], Finished((A,), B)),
        (Finished((A,)), B, [A], Finished((A,), B)),
        (Finished((A,), B), C, [], Finished((A,), C)),
        (Finished((A,), B), A, [], Finished((A,), B)),  # going back ends nothing that had not ended
        (Finished((A, B)), A, [], Finished((B,), A)),  # what finished once has not this time
        (Finished(("gone", A)), B, [], Finished((A,), B)),
    ],
)
def test_note_as_a_rollout_begins(known, wanted, found, begins):
    assert begins == known.begins(wanted, [A, B, C], found)


def test_note_as_a_rollout_ends():
    assert Finished((A, B), "", ()) == Finished((A,), B).ends(B, ())
    assert Finished((B, A), "", (3, 5)) == Finished((A, B), C).ends(A, (3, 5))


@pytest.mark.parametrize(
    ("known", "of", "records", "found"),
    [
        (Finished(), pods("aaa"), [], [A]),
        (Finished(), pods("aab"), [], []),
        (Finished(), pods("aaa", "ynn"), [], []),  # what most nodes could not run is no way back
        (Finished((A,), B), pods("bbb"), [], []),  # all have it, and its gates have never passed
        (Finished((A,)), pods("bbb"), [], [B]),  # rolled out without waves meanwhile
        (Finished(), pods("aab"), [record("a", 1), record("b", 2, "halted")], [A]),
        (Finished(), pods("aab"), [record("a", 7)], [A]),  # taken up again under a new number
        (Finished(), pods("aab"), [record("a", 1, last="canary")], []),
        (Finished((B,)), pods("aab"), [record("a", 1)], []),  # what a driver has noted is newer than any record
        (Finished(), pods("aab"), [record("c", 3)], []),  # what is wanted is no way back
    ],
)
def test_what_shows_without_a_note(known, of, records, found):
    assert found == found_finished(known, REVISIONS, of, records, C)


@pytest.mark.parametrize(
    ("known", "back"),
    [
        (Finished((A, B)), B),
        (Finished((B, A)), A),
        (Finished((A, C)), A),
        (Finished(("gone", C)), None),
        (Finished(), None),
    ],
)
def test_way_back(known, back):
    found = way_back(known, REVISIONS, C)

    assert back == (found and found["metadata"]["name"])


@pytest.mark.parametrize(
    ("generation", "generations", "asked"), [(6, (4, 6), 4), (7, (4, 6), 7), (4, (), 4), (4, (4, 6), 4)]
)
def test_generation_that_writes_of_the_driver_have_raised(generation, generations, asked):
    metadata = {"generation": generation, "annotations": {FINISHED_ANNOTATION: str(Finished((A,), "", generations))}}

    assert asked == asked_generation(metadata)
