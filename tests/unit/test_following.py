"""Following a collection: what is kept of it, when the server ends its watch, forgets, or goes away."""

import threading

import pytest

from config_rollout.cluster import retrying, watch
from config_rollout.cluster.client import ClusterError
from config_rollout.cluster.watch import Following

EXPIRED = {"type": "ERROR", "object": {"code": 410}}
LASTS = threading.Event()


def thing(name, value, version=1):
    return {"metadata": {"uid": name, "resourceVersion": str(version)}, "value": value}


def event(kind, name, value, version):
    return {"type": kind, "object": thing(name, value, version)}


class Script:
    """A server that answers as it is told: `lists` and `watches` in their order, the last watch without an end."""

    def __init__(self, lists, watches):
        self._lists, self._watches = iter(lists), iter(watches)
        self.asked, self.troubles = [], []
        self.followed = None

    def pages(self, resource, namespace, labels, fields):
        self.asked.append("list")
        self.troubles.append(self.followed.blind and self.followed.blind.trouble)
        yield from self._answer(self._lists)

    def watch(self, resource, namespace, labels, version, seconds, fields):
        self.asked.append(f"watch {version}")
        yield from self._answer(self._watches)

    @staticmethod
    def _answer(answers):
        answer = next(answers)
        if isinstance(answer, ClusterError):
            raise answer
        for one in answer:
            if one is LASTS:
                LASTS.wait()
            else:
                yield one


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(retrying, "delay_seconds", lambda attempt, fraction: 0)
    yield
    LASTS.set()
    LASTS.clear()


@pytest.fixture
def follow():
    """Return a function that follows a script until something holds, and gives the values and what was asked."""

    def until(script, holds, keep=lambda one, was: one["value"]):
        changed = threading.Event()
        script.followed = Following(script, "things", "n", "a=b", "", keep, changed)
        with script.followed as followed:
            while not holds(followed):
                assert changed.wait(5), (script.asked, followed.values(), followed.blind)
                changed.clear()
            return followed.values()

    return until


def lasting(*events):
    return [*events, LASTS]


def test_events_change_what_was_listed(follow):
    events = event("ADDED", "c", 3, 8), event("MODIFIED", "a", 4, 9), event("DELETED", "b", 2, 10)
    script = Script([[([thing("a", 1)], "7"), ([thing("b", 2)], "7")]], [lasting(*events)])

    assert [4, 3] == follow(script, lambda now: now.values() == [4, 3])
    assert ["list", "watch 7"] == script.asked


def test_what_was_kept_before_is_known_to_whoever_keeps(follow):
    script = Script(
        [[([thing("a", 1)], "7")], [([thing("a", 3)], "9")]], [[event("MODIFIED", "a", 2, 8), EXPIRED], lasting()]
    )
    keep = lambda one, was: [*(was or []), one["value"]]  # noqa: E731

    assert [[1, 2, 3]] == follow(script, lambda now: now.values() == [[1, 2, 3]], keep)


def test_what_no_longer_counts_is_no_longer_kept(follow):
    keep = lambda one, was: one["value"] or None  # noqa: E731
    script = Script([[([thing("a", 1), thing("b", 0)], "7")]], [lasting(event("MODIFIED", "a", 0, 8))])

    assert [] == follow(script, lambda now: now.has_listed() and not now.values(), keep)


def test_change_that_does_not_matter_wakes_nobody():
    changed, begins, seen = threading.Event(), threading.Event(), list[bool]()

    def events():
        begins.wait()
        for value in (2, 3):
            yield event("MODIFIED", "a", value, 6 + value)
            seen.append(changed.is_set())
        yield LASTS

    script = Script([[([thing("a", 1)], "7")]], [events()])
    matters = lambda was, now: (was, now) == (2, 3)  # noqa: E731
    script.followed = Following(script, "things", "n", "", "", lambda one, was: one["value"], changed, matters)
    with script.followed as followed:
        assert changed.wait(5)
        changed.clear()
        begins.set()
        assert changed.wait(5)

    assert [3] == followed.values()
    assert [False] == seen[:1]


@pytest.mark.parametrize(
    "end", [[EXPIRED], ClusterError("s: 410 Gone.", 410), []], ids=["expired", "gone", "ended at once"]
)
def test_watch_that_shows_nothing_is_followed_by_a_list_and_is_no_trouble(follow, end):
    script = Script([[([thing("a", 1)], "7")], [([thing("b", 2)], "9")]], [end, lasting()])

    assert [2] == follow(script, lambda now: now.values() == [2])
    assert ["list", "watch 7", "list"] == script.asked[:3]
    assert [None, None] == script.troubles


def test_watch_that_ends_goes_on_from_its_last_event_or_bookmark(follow, monkeypatch):
    monkeypatch.setattr(watch, "SHORT_SECONDS", -1)
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}
    watches = [event("ADDED", "b", 2, 8)], [bookmark], lasting(event("ADDED", "c", 3, 10))
    script = Script([[([thing("a", 1)], "7")]], watches)

    assert [1, 2, 3] == follow(script, lambda now: now.values() == [1, 2, 3])
    assert ["list", "watch 7", "watch 8", "watch 9"] == script.asked


def test_server_that_is_away_is_waited_for_and_told(follow):
    away = ClusterError("s: does not answer.", 0)
    script = Script([away, away, [([thing("a", 1)], "7")]], [lasting()])

    assert [1] == follow(script, lambda now: now.values() == [1] and not now.blind)
    assert [None, away, away] == script.troubles


def test_answer_that_stays_ends_it(follow):
    forbidden = ClusterError("s: may not list things.", 403)
    script = Script([forbidden], [])

    assert [] == follow(script, lambda now: now.blind and now.blind.trouble is forbidden)
    assert ["list"] == script.asked
