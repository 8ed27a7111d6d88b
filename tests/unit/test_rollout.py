"""The driver against a cluster in memory, whose API server answers as badly as real ones do at times."""

import time

import pytest

from config_rollout.cluster.client import ClusterError
from config_rollout.core.kubernetes.annotations import PAUSED_ANNOTATION, RESTORED_ANNOTATION, STACK_ANNOTATION
from config_rollout.core.waves.gates import HttpGate
from config_rollout.core.waves.order import parse_waves
from config_rollout.core.waves.restarts import seen_pods
from config_rollout.driver.driven import Stopped, Target
from config_rollout.driver.rollout import Rollout
from tests.memory_fleet import Disturbed, MemoryFleet, drive, revisions

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def driver():
    """Return a function that drives a cluster to a revision, as the hook of one wave does."""
    return drive


def test_nodes_that_turn_not_ready_use_the_budget_up_at_once(driver, clock):
    class Outage(Disturbed):
        def disturb(self, deleted):
            if deleted == 1:
                self.out = sorted({*self.nodes} - {*self.deleted})[:2]
                for node in self.out:
                    self.set_node(node, "False")
                clock.settle()
                clock.after(1, self.over)

        def over(self):
            self.deleted_meanwhile = [node for node in self.deleted[1:] if node not in self.out]
            for node in self.out:
                self.set_node(node)

    cluster = Outage(8)
    cluster.write("new")
    driver(cluster, "new", max_unavailable=1, progress_deadline_seconds=5)

    assert [] == cluster.deleted_meanwhile
    assert sorted(cluster.nodes) == sorted(cluster.deleted)


def test_while_the_controller_is_waited_for_the_daemon_set_alone_is_read(driver):
    class Slow(MemoryFleet):
        asked, lag = [], 5

        def serve(self, verb, resource, namespace="", name=""):
            self.asked.append((verb, resource))
            super().serve(verb, resource, namespace, name)

        def get(self, resource, name, namespace=""):
            thing = super().get(resource, name, namespace)
            if resource == "daemonsets" and self.lag:
                self.lag -= 1
                thing["status"]["observedGeneration"] = 0
            return thing

    cluster = Slow()
    cluster.write("new")
    driver(cluster, "new")

    assert [*[("get", "daemonsets")] * 6, ("list", "controllerrevisions")] == cluster.asked[:7]


def test_node_that_joins_is_in_its_wave_and_one_that_is_gone_is_not_waited_for(driver, clock):
    class Moving(Disturbed):
        def disturb(self, deleted):
            if deleted == 1:
                gone = max({*self.nodes} - {*self.deleted})
                self.drop("nodes", gone)
                self.set_node("n8")
                self.start("n8")
                clock.settle()

    cluster = Moving()
    cluster.write("new")
    driver(cluster, "new")

    assert {*cluster.nodes} - {"n8"} == {*cluster.deleted}


@pytest.mark.parametrize("what", ["pods", "nodes"])
def test_nothing_is_deleted_while_pods_or_nodes_are_not_seen(driver, clock, what):
    class Hidden(Disturbed):
        def disturb(self, deleted):
            if deleted == 1:
                self.hidden = what
                for watch in self.watches[what]:
                    watch.set()
                clock.settle()
                clock.after(1, self.reveal)

        def reveal(self):
            self.deleted_unseen, self.hidden = len(self.deleted), ""

    cluster = Hidden()
    cluster.write("new")
    driver(cluster, "new", progress_deadline_seconds=5)

    assert 1 == cluster.deleted_unseen
    assert sorted(cluster.nodes) == sorted(cluster.deleted)


def test_every_pod_is_restarted_once(driver):
    cluster = MemoryFleet()
    cluster.write("new")
    driver(cluster, "new")

    assert ["n0", "n1", "n2", "n3"] == sorted(cluster.deleted)
    assert {"new"} == revisions(cluster)


def test_machine_that_is_slow_to_look_restarts_all_the_same(driver, monkeypatch):
    def slow(*arguments):
        time.sleep(0.5)
        return seen_pods(*arguments)

    monkeypatch.setattr("config_rollout.driver.view.seen_pods", slow)
    cluster = MemoryFleet()
    cluster.write("new")
    driver(cluster, "new")

    assert sorted(cluster.nodes) == sorted(cluster.deleted)


def test_nothing_outdated_restarts_nothing(driver):
    cluster = MemoryFleet()
    driver(cluster, "good")

    assert [] == cluster.deleted


def test_hook_of_a_wave_leaves_later_waves_alone(driver):
    cluster = MemoryFleet()
    cluster.write("new")
    driver(cluster, "new", own="z1", by="zone")

    assert ["n0", "n1"] == cluster.deleted


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_answers_that_may_be_better_soon_are_asked_for_again(driver, status):
    cluster = MemoryFleet()
    cluster.write("new")
    cluster.failures = [status] * 12
    driver(cluster, "new")

    assert {"new"} == revisions(cluster)
    assert 4 == len(cluster.deleted)


def test_delete_without_an_answer_holds_up_all_others_and_is_weighed_anew(driver, clock):
    class Doubtful(MemoryFleet):
        asked = ()

        def delete(self, resource, name, namespace, uid):
            self.asked = [*self.asked, self.pods[name]["spec"]["nodeName"]]
            if len(self.asked) == 1:
                (other, *_) = {"n0", "n1"} - {self.asked[0]}
                self.unready(other)
                clock.after(0.5, lambda: self.unready(other, "True"))
                raise ClusterError("https://memory: does not answer.", 0)
            return super().delete(resource, name, namespace, uid)

    cluster = Doubtful(2)
    cluster.write("new")
    driver(cluster, "new")

    assert cluster.asked[0] == cluster.asked[1]
    assert 0 == cluster.most_unavailable
    assert ["n0", "n1"] == sorted(cluster.deleted)


def test_answer_that_stays_is_told_and_ends_it(driver):
    cluster = MemoryFleet()
    cluster.write("new")
    cluster.failures = [403]
    with pytest.raises(Stopped, match="is busy"):
        driver(cluster, "new")

    assert [] == cluster.deleted


def test_bad_revision_is_taken_back_after_one_pod(driver):
    cluster = MemoryFleet(bad=["bad"])
    cluster.write("bad")
    with pytest.raises(Stopped) as error:
        driver(cluster, "bad")

    assert 2 == len(cluster.deleted)
    assert 1 == len(set(cluster.deleted)) == cluster.most_unavailable
    assert {"good"} == revisions(cluster)
    assert "good" == cluster.newest
    assert "is not ready (CrashLoopBackOff)" in str(error.value)
    assert "taken back: 1 restarted with the previous revision" in str(error.value)


def test_same_again_after_it_was_taken_back_goes_forward_again(driver):
    cluster = MemoryFleet(bad=["bad"])
    cluster.write("bad")
    asked = cluster.daemon_set["metadata"]["generation"]
    with pytest.raises(Stopped):
        driver(cluster, "bad", generation=asked)
    cluster.bad.clear()
    said = driver(cluster, "bad", generation=asked)

    assert "the last rollout was taken back; this one tries it again" in said
    assert {"bad"} == revisions(cluster)
    assert RESTORED_ANNOTATION not in cluster.daemon_set["metadata"]["annotations"]


def test_configuration_of_before_after_it_was_taken_back_restarts_nothing(driver):
    cluster = MemoryFleet(bad=["bad"])
    cluster.write("bad")
    with pytest.raises(Stopped):
        driver(cluster, "bad")
    before = len(cluster.deleted)
    driver(cluster, "good")

    assert before == len(cluster.deleted)
    assert RESTORED_ANNOTATION not in cluster.daemon_set["metadata"]["annotations"]


def test_revision_that_is_no_longer_kept_is_told(driver):
    cluster = MemoryFleet(bad=["bad"])
    cluster.write("bad")
    asked = cluster.daemon_set["metadata"]["generation"]
    with pytest.raises(Stopped):
        driver(cluster, "bad", generation=asked)
    cluster.forget("bad")
    with pytest.raises(Stopped, match=r"agent-bad, which a failed rollout took back, is no longer kept"):
        driver(cluster, "bad", generation=asked)


def test_halted_rollout_leaves_everything(driver):
    cluster = MemoryFleet(bad=["bad"])
    cluster.write("bad")
    with pytest.raises(Stopped, match="everything is left as it is"):
        driver(cluster, "bad", on_failure="halt")

    assert 1 == len(cluster.deleted)
    assert {"good", "bad"} == revisions(cluster)


def test_first_revision_has_nothing_to_be_taken_back_to(driver):
    cluster = MemoryFleet()
    cluster.unready("n1")
    with pytest.raises(Stopped, match="nothing is taken back: this rollout has restarted nothing"):
        driver(cluster, "good")


def test_http_gate_asks_every_pod_of_the_wave(driver):
    cluster = MemoryFleet()
    cluster.write("new")
    gate = {"http": {"port": 1, "path": "/livez"}, "timeout_seconds": 1}
    driver(cluster, "new", gates=[gate])
    cluster.write("newer")
    cluster.answers = {"n2": (503, b"not synced"), "n3": (500, b"broken")}
    with pytest.raises(Stopped) as error:
        driver(cluster, "newer", gates=[gate])

    assert ["wave 'rest' failed", "  n2: :1/livez 503 not synced", "  n3: :1/livez 500 broken"] == sorted(
        str(error.value).splitlines()[:3], key=lambda line: (line[0] == " ", line)
    )
    assert {"new"} == revisions(cluster)


@pytest.mark.parametrize(
    ("answer", "told"),
    [("no route", "asks: no route"), (False, "asks: returned false"), (OSError("x"), "asks: OSError: x")],
)
def test_function_says_no_by_a_text_by_false_or_by_raising(driver, answer, told):
    def asks(wave, nodes):
        if isinstance(answer, Exception):
            raise answer
        return answer

    cluster = MemoryFleet()
    with pytest.raises(Stopped, match=told):
        driver(cluster, "good", gates=[asks], on_failure="halt")


def test_what_was_so_before_is_told_and_does_not_count(driver):
    cluster = MemoryFleet()
    cluster.write("new")
    cluster.answers = {"n2": (503, b"not synced")}
    gate = {"http": {"port": 1, "path": "/livez"}, "timeout_seconds": 1}
    said = driver(cluster, "new", gates=[gate], excused={HttpGate(1, "/livez", 1): {"n2": "500 broken"}})

    why = "already failed before this rollout, so it does not stop it: 503 not synced"
    assert f"rest: n2: gate `:1/livez` {why}" in said
    assert {"new"} == revisions(cluster)


def test_container_that_restarts_after_its_pod_was_ready_fails_the_wave(driver, clock):
    cluster = MemoryFleet()
    cluster.write("new")
    clock.after(0.8, lambda: cluster.restart("n1"))
    with pytest.raises(Stopped, match="restarted once after it became ready"):
        driver(cluster, "new", soak_seconds=2, gates=[{"restarts": {}}])


def test_up_that_is_gone_while_a_gate_is_asked_takes_nothing_back(clock):
    cluster = MemoryFleet()
    cluster.write("new")
    gate = {"http": {"port": 1, "path": "/"}, "timeout_seconds": 60}
    cluster.answers = {"n0": (500, b"")}
    target = Target("n", "agent", "ds", cluster.daemon_set["metadata"]["generation"], "new")
    driven = Rollout(cluster, target, parse_waves({"gates": [gate]})[0], lambda line, ephemeral=False: None)
    clock.after(2, driven.stop)
    with pytest.raises(Stopped, match="the `up` that ran this has ended"):
        driven.run("rest")

    assert {"new"} == revisions(cluster)


def test_daemon_set_that_another_stack_drives_now_is_left_alone():
    cluster = MemoryFleet()
    cluster.write("new")
    cluster.daemon_set["metadata"]["annotations"][STACK_ANNOTATION] = "o/p/theirs"
    target = Target("n", "agent", "ds", cluster.daemon_set["metadata"]["generation"], "new")
    driven = Rollout(cluster, target, parse_waves({})[0], lambda line, ephemeral=False: None, stack="o/p/mine")
    with pytest.raises(Stopped, match="stack o/p/theirs drives it now, but this is o/p/mine"):
        driven.run("rest")

    assert [] == cluster.deleted


def test_gate_gets_the_wave_and_its_nodes(driver):
    asked = []
    cluster = MemoryFleet()
    driver(cluster, "good", own="z2", by="zone", gates=[lambda wave, nodes: asked.append((wave, nodes))])

    assert [("z2", ["n2"])] == asked


def test_pod_that_does_not_stay_ready_fails_the_soak(driver, clock):
    cluster = MemoryFleet()
    cluster.write("new")
    clock.after(0.6, lambda: cluster.unready("n2"))
    with pytest.raises(Stopped, match="did not stay ready"):
        driver(cluster, "new", soak_seconds=3)


def test_pods_that_have_been_ready_for_the_soak_already_are_not_waited_for(driver, clock):
    cluster = MemoryFleet()
    began = clock.now
    driver(cluster, "good", soak_seconds=600)

    assert clock.now - began < 300


def test_pause_stops_before_the_next_pod(driver):
    cluster = MemoryFleet()
    cluster.write("new")
    cluster.daemon_set["metadata"]["annotations"][PAUSED_ANNOTATION] = "true"
    with pytest.raises(Stopped, match=r"is paused\. To continue from here, run `config-rollout resume n/agent`"):
        driver(cluster, "new")

    assert [] == cluster.deleted


def test_rollout_that_nobody_waits_for_ends_before_its_next_pod():
    cluster = MemoryFleet()
    cluster.write("new")
    target = Target("n", "agent", "ds", cluster.daemon_set["metadata"]["generation"], "new")
    driven = Rollout(cluster, target, parse_waves({})[0], lambda line, ephemeral=False: driven.stop())
    with pytest.raises(Stopped, match="the `up` that ran this has ended"):
        driven.run("rest")

    assert [] == cluster.deleted


def test_other_daemon_set_is_never_touched(driver):
    cluster = MemoryFleet()
    cluster.write("new")
    cluster.daemon_set["metadata"]["uid"] = "another"
    with pytest.raises(
        Stopped, match="agent has the UID another, but the Kubernetes provider knows it with the UID ds"
    ):
        driver(cluster, "new")

    assert [] == cluster.deleted


def test_template_of_someone_else_is_told(driver):
    cluster = MemoryFleet()
    cluster.write("theirs")
    with pytest.raises(Stopped, match=r"something else changed it since\. Run `pulumi up --refresh`"):
        driver(cluster, "new")

    assert [] == cluster.deleted


def test_what_an_earlier_rollout_left_broken_goes_first(driver):
    cluster = MemoryFleet(bad=["bad"])
    cluster.write("bad")
    with pytest.raises(Stopped):
        driver(cluster, "bad", on_failure="halt")
    (broken,) = cluster.deleted
    cluster.write("new")
    driver(cluster, "new")

    assert broken == cluster.deleted[1]
    assert {"new"} == revisions(cluster)
    assert 1 == cluster.most_unavailable


class Listening(MemoryFleet):
    """Hears what the driver says, each with how many pods were deleted by then, and how far it was."""

    def heard(self, revision, own="rest", **waves):
        said, now = [], []
        parsed, _ = parse_waves({"progress_deadline_seconds": 1, **waves})
        target = Target("n", "agent", "ds", self.daemon_set["metadata"]["generation"], revision)
        rollout = Rollout(self, target, parsed, lambda line, ephemeral=False: said.append((line, len(self.deleted))))
        self.after_delete = lambda: now.append(rollout.now())
        try:
            rollout.run(own)
        except Stopped as stopped:
            said.append((str(stopped), len(self.deleted)))
        return said, now

    def delete(self, *what):
        done = super().delete(*what)
        self.after_delete()
        return done


def test_each_wave_is_announced_before_its_first_pod_with_the_commands_that_show_and_stop_it():
    cluster = Listening()
    cluster.write("new")
    said, _ = cluster.heard("new", by="zone")
    announced = [(line.partition(" begins")[0], deleted) for line, deleted in said if " begins: " in line]

    assert [("z0", 0), ("z1", 1), ("z2", 2), ("z3", 3)] == announced
    assert "`config-rollout status --watch n/agent`" in said[0][0]
    assert "`config-rollout pause n/agent`" in said[0][0]


def test_how_far_it_is_counts_as_it_goes():
    cluster = Listening()
    cluster.write("new")
    _, now = cluster.heard("new")

    assert ["0/4 of rest done", "1/4 of rest done", "2/4 of rest done", "3/4 of rest done"] == [
        line.partition(",")[0] for line in now
    ]
    assert now[0].endswith(" left (n/agent)")


def test_taking_back_is_said_with_its_reason_before_a_pod_is_taken_back():
    cluster = Listening(bad=["bad"])
    cluster.write("bad")
    said, _ = cluster.heard("bad")
    (line,) = [line for line, deleted in said if deleted == 1]

    assert line.startswith("wave 'rest' failed: no pod became available for 1 s; n")
    assert line.endswith("Taking its nodes back to revision 1")


def test_answer_that_did_not_come_is_said_at_once():
    cluster = Listening()
    cluster.write("new")
    cluster.failures = [503]
    said, _ = cluster.heard("new")

    assert ("https://memory: is busy. Trying again", 0) == said[0]


def test_before_it_sees_anything_it_says_what_it_waits_for():
    cluster = MemoryFleet()
    target = Target("n", "agent", "ds", 1, "good")
    rollout = Rollout(cluster, target, parse_waves({})[0], lambda line, ephemeral=False: None)

    assert "n/agent waiting for the DaemonSet to be seen (0 s)" == rollout.now()
