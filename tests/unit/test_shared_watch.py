"""The watch that all waves of one `up` use: opened once, never used where it may be outdated, and closed in the end."""

import copy
import time
from contextlib import nullcontext
from types import SimpleNamespace

import pulumi
import pytest

from config_rollout.cluster.client import ClusterError
from config_rollout.core.kubernetes.annotations import PAUSED_ANNOTATION
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.waves.order import divide, parse_waves
from config_rollout.driver.driven import Stopped, Target
from config_rollout.driver.report import Report
from config_rollout.driver.rollout import Rollout
from config_rollout.driver.shared_watch import SharedWatch
from config_rollout.hooks import stashes
from tests.memory_fleet import MemoryFleet, revisions, template_of
from tests.unit.hooks import run

WAVES = ["z0", "z1", "z2", "z3", "rest"]
FOLLOWED = ["nodes", "pods"]


class Counted(MemoryFleet):
    """Keeps what was asked for; while `expired` nobody's credentials are accepted by what is listed or watched."""

    expired = False

    def __init__(self, *arguments, **more):
        self.asked = []
        super().__init__(*arguments, **more)

    def serve(self, verb, resource, namespace="", name=""):
        self.asked.append((verb, resource))
        super().serve(verb, resource, namespace, name)

    def look(self, resource):
        super().look(resource)
        if self.expired:
            raise ClusterError("https://memory: does not accept these credentials.", 401)

    def listed(self):
        """Return which of the two collections were listed, each as often as it was."""
        return sorted(resource for verb, resource in self.asked if verb == "list" and resource in FOLLOWED)

    def is_watched(self):
        """Return whether a watch that has ended is followed by another."""
        before = len(self.asked)
        time.sleep(30)
        return len(self.asked) > before

    def wake(self):
        """Let whoever watches look at once."""
        for watches in self.watches.values():
            for watch in watches:
                watch.set()


@pytest.fixture
def cluster(clock):
    cluster = Counted()
    cluster.write("new")
    return cluster


@pytest.fixture
def shared():
    return SharedWatch(lasts=True)


def wave(cluster, shared, own, **waves):
    """Run one wave as its hook does."""
    parsed, _ = parse_waves({"progress_deadline_seconds": 1, "by": "zone", "on_failure": "halt", **waves})
    target = Target("n", "agent", "ds", cluster.daemon_set["metadata"]["generation"], cluster.newest)
    Rollout(cluster, target, parsed, lambda line, ephemeral=False: None, shared_watch=shared).run(own)


def watch_of(cluster, shared, workload=None, keys=("zone",)):
    """Return the watch that a wave would begin with, once there is something to see."""
    watch = shared.watch(cluster, workload or cluster.daemon_set, keys, DAEMON_SET)
    while not watch.sees():
        watch.wait(1)
    return watch


def test_waves_list_pods_and_nodes_once(cluster, shared):
    for own in WAVES:
        wave(cluster, shared, own)

    assert (FOLLOWED, {"new"}) == (cluster.listed(), revisions(cluster))
    assert ["n0", "n1", "n2", "n3"] == cluster.deleted
    assert cluster.is_watched()
    shared.close()
    assert not cluster.is_watched()


def test_rollout_by_itself_closes_its_watch(cluster):
    wave(cluster, SharedWatch(), "rest")

    assert {"new"} == revisions(cluster)
    assert not cluster.is_watched()


def pauses(cluster):
    cluster.daemon_set["metadata"]["annotations"][PAUSED_ANNOTATION] = "true"


@pytest.mark.parametrize(
    ("happens", "waves"),
    [(lambda cluster: None, {"gates": [lambda wave, nodes: "red"]}), (pauses, {})],
    ids=["at its gate", "before it looks"],
)
def test_wave_that_stops_closes_it(cluster, shared, happens, waves):
    wave(cluster, shared, "z0")
    happens(cluster)
    with pytest.raises(Stopped):
        wave(cluster, shared, "z1", **waves)

    assert FOLLOWED == cluster.listed()
    assert not cluster.is_watched()


def test_what_happens_between_two_waves_is_seen(cluster, shared, clock):
    wave(cluster, shared, "z0")
    cluster.unready("n0")  # and uses the budget up
    clock.settle()
    with pytest.raises(Stopped, match="no pod became available for 1 s"):
        wave(cluster, shared, "z1")

    assert (FOLLOWED, ["n0"]) == (cluster.listed(), cluster.deleted)


def test_rollout_that_was_written_between_two_waves_goes_through_all_up_to_the_second(cluster, shared):
    wave(cluster, shared, "z0")
    cluster.write("newer")
    wave(cluster, shared, "z1")

    assert (FOLLOWED, ["n0", "n0", "n1"]) == (cluster.listed(), cluster.deleted)


def test_wave_after_the_credentials_have_expired_and_were_renewed_begins_anew(cluster, shared):
    wave(cluster, shared, "z0")
    cluster.expired = True
    cluster.wake()
    time.sleep(3600)
    cluster.expired = False
    wave(cluster, shared, "z1")

    assert (sorted(FOLLOWED * 2), ["n0", "n1"]) == (cluster.listed(), cluster.deleted)


OTHERS = {
    "UID": lambda cluster: cluster.daemon_set["metadata"].update(uid="another"),
    "selector": lambda cluster: cluster.daemon_set["spec"].update(selector={"matchLabels": {"c": "d"}}),
}


@pytest.mark.parametrize("becomes", OTHERS.values(), ids=OTHERS)
def test_watch_of_another_workload_is_closed(cluster, shared, becomes):
    first = watch_of(cluster, shared, copy.deepcopy(cluster.daemon_set))
    becomes(cluster)
    second = watch_of(cluster, shared)

    assert ([4, 0], sorted(FOLLOWED * 2)) == ([len(one.pods(0)) for one in (first, second)], cluster.listed())
    shared.close()
    assert not cluster.is_watched()


def test_watch_that_keeps_other_labels_of_nodes_is_closed(cluster, shared):
    first = watch_of(cluster, shared)

    assert first is watch_of(cluster, shared)
    second = watch_of(cluster, shared, keys=["rack"])
    assert [{"zone": "z0"}, {}] == [watch.nodes()[0].labels for watch in (first, second)]


def test_watch_that_is_blind_is_not_used_again(cluster, shared):
    first = watch_of(cluster, shared)
    cluster.hidden = "pods"
    cluster.wake()
    time.sleep(1)
    assert first.blind
    second = shared.watch(cluster, cluster.daemon_set, ["zone"], DAEMON_SET)

    assert first is not second


@pytest.mark.parametrize(("seconds", "again"), [(9, True), (12, False)])
def test_watch_to_which_no_answer_came_lately_is_not_used_again(cluster, shared, seconds, again):
    first = watch_of(cluster, shared)
    cluster.thawed.clear()
    cluster.wake()
    time.sleep(seconds)
    assert first.sees()
    second = shared.watch(cluster, cluster.daemon_set, ["zone"], DAEMON_SET)

    assert again == (first is second)
    cluster.thawed.set()


def test_hooks_of_one_up_share_it(monkeypatch):
    """By the machine's clock: hooks run in threads that other tests have begun."""
    voice = SimpleNamespace(say=lambda *_, **__: None, never_silent=lambda _: nullcontext())
    monkeypatch.setattr(stashes, "Voice", lambda _: voice)
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)

    async def ended(subject, result, reason=""):
        results.append(result)

    results, cluster = [], Counted()
    cluster.write("new")
    waves, _ = parse_waves({"by": "zone"})
    audit = SimpleNamespace(report=Report(), ended=ended)
    driven = stashes.Driven(cluster, waves, audit, "", lambda division: "", written=template_of("new"))
    of = {"namespace": "n", "name": "agent", "uid": "ds", "generation": cluster.daemon_set["metadata"]["generation"]}
    args = SimpleNamespace(new_inputs={"input": {**of, "configHash": "new"}}, old_inputs=None)
    labels = {name: node["metadata"]["labels"] for name, node in cluster.nodes.items()}
    hooks = [stashes._WaveHook(None, None, driven, division, None) for division in divide(waves, labels, "new")]
    hooks[-1].is_last = True
    for hook in hooks:
        run(hook.before(args))
    driven.shared_watch.close()

    assert (5, ["done"], ["n0", "n1", "n2", "n3"]) == (len(hooks), results, cluster.deleted)
    assert FOLLOWED == cluster.listed()
