"""How far a rollout in waves is, in one line."""

import pytest

from config_rollout.core.kubernetes.pods import Pod
from config_rollout.core.waves.order import Division, Wave, after
from config_rollout.core.waves.progress import Progress, WaveAt, at, rolling, turn_seconds
from config_rollout.core.waves.restarts import WorkloadPods
from tests.objects.daemon_set import rolled

NODES = tuple(f"n{number}" for number in range(10))
ZONE = Division(Wave("zone-a", max_unavailable=2, soak_seconds=60), NODES)


def fleet(new, ready, down=()):
    """Return the pods of all nodes: so many have the new revision, and so many of these are ready."""
    pods = [
        Pod(f"p-{node}", node, node, "new" if number < new else "old", number < ready or number >= new)
        for number, node in enumerate(NODES)
    ]
    return WorkloadPods(pods, "new", len(NODES), frozenset(down))


@pytest.mark.parametrize(
    ("pods", "counted"),
    [
        (fleet(0, 0), (0, 10)),
        (fleet(4, 3), (3, 10)),
        (fleet(10, 10), (10, 10)),
        (fleet(4, 3, ["n9", "n0"]), (2, 8)),
    ],
)
def test_nodes_that_are_ready_count_and_those_that_are_not_ready_nodes_do_not(pods, counted):
    wave = at(ZONE, pods)

    assert counted == (wave.done, wave.nodes)


def progress(**changes):
    given = {
        "wave": WaveAt("zone-a", 12, 40, 4, 0),
        "in_flight": 0,
        "slowest": None,
        "down": 0,
        "later": (),
        "turn_seconds": 20.0,
    }
    return Progress(**{**given, **changes})


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "12/40 of zone-a done, about 2 min left"),
        ({"in_flight": 3}, "12/40 of zone-a done, 3 in flight, about 2 min left"),
        ({"slowest": ("n7", 44.6)}, "12/40 of zone-a done, slowest n7 (45 s), about 2 min left"),
        ({"down": 1}, "12/40 of zone-a done, 1 NotReady, about 2 min left"),
        ({"later": [WaveAt("rest", 0, 40, 4, 100)]}, "12/40 of zone-a done, about 7 min left"),
        ({"wave": WaveAt("zone-a", 40, 40, 4, 60)}, "40/40 of zone-a done"),
    ],
)
def test_line_has_what_there_is_to_say(given, line):
    assert line == progress(**given).line()


def test_line_says_what_a_wave_does_that_restarts_nothing_and_where():
    wave = WaveAt("zone-a", 40, 40, 4, 60)

    assert "40/40 of zone-a done, soaks for 20 s more (n/a)" == progress(wave=wave).line("soaks for 20 s more", "n/a")


def test_line_begins_with_what_a_narrow_terminal_still_shows():
    assert progress(in_flight=3, slowest=("n7", 1.0)).line()[:15] == "12/40 of zone-a"


@pytest.mark.parametrize(
    ("elapsed", "restarted", "seconds"), [(0.0, 0, 20), (30.0, 3, 20), (60.0, 4, 60), (60.0, 8, 30)]
)
def test_turn_takes_what_it_took_so_far_once_one_is_through(elapsed, restarted, seconds):
    assert seconds == turn_seconds(elapsed, restarted, 4, 5)


@pytest.mark.parametrize(
    ("name", "through", "later"),
    [
        ("a", "", ["b", "rest"]),
        ("a", "b", ["b"]),
        ("a", "a", []),
        ("b", "a", []),
        ("rest", "", []),
        ("gone", "", []),
    ],
)
def test_waves_that_come_after_one(name, through, later):
    divisions = [Division(Wave(of), ()) for of in ("a", "b", "rest")]

    assert later == [division.wave.name for division in after(divisions, name, through)]


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (rolled(updatedNumberScheduled=4, numberAvailable=5), "4/6 pods of n/a updated, 5 available (40 s)"),
        (rolled(), "0/6 pods of n/a updated, 0 available (40 s)"),
        (rolled(observedGeneration=1), "DaemonSet n/a: waiting for its controller (40 s)"),
        (
            "https://h: is busy.",
            "DaemonSet n/a: waiting for its pods (40 s), but cannot read them: https://h: is busy.",
        ),
    ],
)
def test_how_far_kubernetes_is_by_itself(found, line):
    assert line == rolling("DaemonSet", "n/a", 39.7, lambda: found)


def test_of_what_has_no_pods_only_the_time_is_told():
    assert "ConfigMap n/a: still being written (40 s)" == rolling("ConfigMap", "n/a", 39.7)
