"""Large answers are decoded while Python's garbage collector does not run, and it runs again afterwards."""

import gc
import json
import threading

import pytest

from config_rollout.cluster import decoding

LARGE = json.dumps({"items": ["x" * 100] * 1000}).encode()


@pytest.fixture
def collects(monkeypatch):
    """Return whether the collector was running at each time that something was decoded."""
    seen = []
    loads = json.loads
    monkeypatch.setattr(decoding.json, "loads", lambda data: (seen.append(gc.isenabled()), loads(data))[1])
    yield seen
    gc.enable()


@pytest.mark.parametrize(("data", "runs"), [(b"{}", True), (LARGE, False)], ids=["small", "large"])
def test_collector_stands_still_for_what_is_large(collects, data, runs):
    assert json.JSONDecoder().decode(data.decode()) == decoding.decoded(data)
    assert [runs] == collects
    assert gc.isenabled()


def test_collector_that_stood_still_before_does_so_afterwards(collects):
    gc.disable()
    decoding.decoded(LARGE)

    assert not gc.isenabled()


def test_collector_runs_again_after_what_is_no_json(collects):
    with pytest.raises(ValueError, match="Extra data"):
        decoding.decoded(LARGE[1:])

    assert gc.isenabled()


def test_collector_waits_for_the_last_of_several_threads(monkeypatch):
    other_is_in, may_end, seen = threading.Event(), threading.Event(), []

    def slow(data):
        other_is_in.set()
        may_end.wait(10)

    monkeypatch.setattr(decoding.json, "loads", slow)
    thread = threading.Thread(target=decoding.decoded, args=(LARGE,))
    thread.start()
    assert other_is_in.wait(10)
    monkeypatch.setattr(decoding.json, "loads", lambda data: None)
    decoding.decoded(LARGE)
    seen.append(gc.isenabled())
    may_end.set()
    thread.join()

    assert [False, True] == [*seen, gc.isenabled()]
