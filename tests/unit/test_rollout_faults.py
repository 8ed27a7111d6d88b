"""What the driver does not make worse: a fleet that is well, one with a bad configuration, one that it does not see."""

import pytest

from config_rollout.cluster.client import ClusterError
from config_rollout.core.kubernetes.annotations import FINISHED_ANNOTATION, PAUSED_ANNOTATION, RESTORED_ANNOTATION
from config_rollout.driver.driven import Stopped
from tests.memory_fleet import Disturbed, MemoryFleet, drive, name_of, revisions, template_of

pytestmark = pytest.mark.usefixtures("clock")


def red(wave, nodes):
    """Be a gate that is red for a reason of its own."""
    return "red"


def finished_fleet(**more):
    cluster = MemoryFleet(**more)
    cluster.write("new")
    drive(cluster, "new", by="zone")
    cluster.deleted.clear()
    return cluster


def joins_in_a_new_zone(cluster):
    cluster.set_node("n9")
    cluster.start("n9")


FINISHED = {
    "another limit": (lambda cluster: cluster.set_spec(revisionHistoryLimit=3), "rest"),
    "a pod is not ready": (lambda cluster: (cluster.set_spec(minReadySeconds=0), cluster.unready("n1")), "z1"),
    "a node in a new zone": (joins_in_a_new_zone, "z9"),
    "finished by an earlier version": (
        lambda cluster: cluster.daemon_set["metadata"]["annotations"].pop(FINISHED_ANNOTATION),
        "rest",
    ),
}


@pytest.mark.parametrize(("happens", "own"), FINISHED.values(), ids=FINISHED)
def test_finished_fleet_is_held_at_no_gate_and_stays(happens, own):
    cluster = finished_fleet()
    happens(cluster)
    drive(cluster, "new", own=own, by="zone", gates=[red], soak_seconds=60)

    assert ([], {"new"}) == (cluster.deleted, revisions(cluster))


def test_gate_that_fails_for_a_straggler_of_a_finished_rollout_takes_nothing_back():
    cluster = finished_fleet()
    cluster.newest = "good"  # a node that was away comes back with what it had
    joins_in_a_new_zone(cluster)
    cluster.newest = "new"
    with pytest.raises(Stopped, match="nothing is taken back: all nodes had this revision before"):
        drive(cluster, "new", own="z9", by="zone", gates=[red])

    assert (["n9"], {"new"}) == (cluster.deleted, revisions(cluster))


def test_rollout_that_could_restart_nothing_takes_nothing_back():
    cluster = finished_fleet(bad=["newer"])
    cluster.write("newer")
    joins_in_a_new_zone(cluster)  # its pod crashes, and uses the budget up
    with pytest.raises(Stopped, match="nothing is taken back: this rollout has restarted nothing"):
        drive(cluster, "newer", own="z0", by="zone")

    assert ([], "newer") == (cluster.deleted, cluster.newest)


def test_unfinished_rollout_is_held_at_its_gates_though_all_its_pods_have_moved():
    cluster = MemoryFleet()
    cluster.write("new")

    def killed(wave, nodes):
        cluster.daemon_set["metadata"]["annotations"][PAUSED_ANNOTATION] = "true"
        return "its `up` is killed before this is known"

    with pytest.raises(Stopped, match="taking it back stopped"):
        drive(cluster, "new", gates=[killed])
    del cluster.daemon_set["metadata"]["annotations"][PAUSED_ANNOTATION]
    assert {"new"} == revisions(cluster)
    with pytest.raises(Stopped, match="taken back: 4 restarted"):
        drive(cluster, "new", gates=[red])

    assert {"good"} == revisions(cluster)


def test_record_that_only_gets_another_definition_is_held_at_no_gate():
    cluster = MemoryFleet()
    cluster.write("new")
    drive(cluster, "new", own="z0", by="zone")
    drive(cluster, "new", own="z0", by="zone", gates=[red], passed=True)

    assert ["n0"] == cluster.deleted


def test_way_back_is_what_finished_and_not_what_halted():
    cluster = MemoryFleet(bad=["bad", "worse"])
    cluster.write("bad")
    with pytest.raises(Stopped, match="everything is left as it is"):
        drive(cluster, "bad", on_failure="halt")
    cluster.write("worse")
    with pytest.raises(Stopped, match="taken back: 1 restarted"):
        drive(cluster, "worse")

    assert ("good", {"good"}) == (cluster.newest, revisions(cluster))


def test_only_what_a_rollout_has_moved_is_taken_back():
    cluster = MemoryFleet(bad=["worse"])
    cluster.write("halted")
    with pytest.raises(Stopped):
        drive(cluster, "halted", on_failure="halt", gates=[red], own="z0", by="zone")
    cluster.write("worse")
    with pytest.raises(Stopped, match="taken back: 1 restarted"):
        drive(cluster, "worse", own="c", first=[{"name": "c", "match_labels": {"zone": "z2"}}])

    assert ["n0", "n2", "n2"] == cluster.deleted
    assert {"halted", "good"} == revisions(cluster)


def test_without_a_revision_that_finished_everything_is_left():
    cluster = MemoryFleet(bad=["bad"])
    cluster.write("other")
    cluster.delete("pods", next(iter(cluster.pods)), "n", "")  # half of this and half of that, and no record of either
    cluster.write("bad")
    with pytest.raises(Stopped, match="nothing is taken back: no earlier revision that finished on all nodes is kept"):
        drive(cluster, "bad")

    assert {"good", "other", "bad"} == revisions(cluster)


def test_taken_back_configuration_has_its_owner_before_pods_mount_it():
    class Looked(MemoryFleet):
        def write(self, revision):
            if self.config_maps:
                self.owners_then = self.owners(revision)
            super().write(revision)

    cluster = Looked(bad=["bad"])
    cluster.write("bad")
    cluster.keep_config_maps("good", "bad")
    asked = cluster.daemon_set["metadata"]["generation"]
    with pytest.raises(Stopped):
        drive(cluster, "bad", generation=asked)

    assert ["ds"] == cluster.owners_then == cluster.owners("good")
    cluster.bad.clear()
    drive(cluster, "bad", generation=asked)
    assert (["good"], "bad") == (cluster.owners("good"), cluster.newest)


def test_conflict_at_a_delete_is_asked_again():
    class Webhook(MemoryFleet):
        refused = 0

        def delete(self, *what):
            self.refused += 1
            if self.refused <= 3:
                raise ClusterError("https://memory: 409 admission webhook: not now.", 409)
            return super().delete(*what)

    cluster = Webhook()
    cluster.write("new")
    drive(cluster, "new")

    assert ["n0", "n1", "n2", "n3"] == sorted(cluster.deleted)


def test_deletes_that_are_refused_for_good_stop_it_and_take_nothing_back():
    class Webhook(MemoryFleet):
        def delete(self, *what):
            raise ClusterError("https://memory: 409 admission webhook: never.", 409)

    cluster = Webhook()
    cluster.write("new")
    with pytest.raises(Stopped, match="409 admission webhook: never"):
        drive(cluster, "new", progress_deadline_seconds=60)

    assert "new" == cluster.newest


def test_delete_that_was_answered_and_changed_nothing_is_asked_again():
    class Liar(MemoryFleet):
        answered = 0

        def delete(self, *what):
            self.answered += 1
            return super().delete(*what) if self.answered > 1 else True

    cluster = Liar()
    cluster.write("new")
    drive(cluster, "new", progress_deadline_seconds=30)

    assert ["n0", "n1", "n2", "n3"] == sorted(cluster.deleted)


def test_deletes_that_are_answered_and_never_done_fail_the_wave():
    class Liar(MemoryFleet):
        def delete(self, *what):
            return True

    cluster = Liar(1)
    cluster.write("new")
    with pytest.raises(Stopped, match=r"n0: deleting pod agent-\d succeeded, but the pod still exists"):
        drive(cluster, "new", on_failure="halt", progress_deadline_seconds=60)


def test_revision_of_another_template_is_never_the_wanted_one(clock):
    cluster = MemoryFleet()
    cluster.write("new")
    cluster.forget("new")  # and its controller is away
    with pytest.raises(
        Stopped,
        match=r"has no revision of its pod template\. Make sure that kube-controller-manager "
        r"runs",
    ):
        drive(cluster, "new")
    clock.after(0.5, lambda: cluster.revise("new", 2))
    drive(cluster, "new")

    assert ["n0", "n1", "n2", "n3"] == sorted(cluster.deleted)


def test_pod_that_comes_back_with_another_revision_again_and_again_fails_the_wave():
    class Stale(MemoryFleet):
        def start(self, node):
            self.newest = "good"
            super().start(node)

    cluster = Stale(1)
    cluster.write("new")
    said = []
    with pytest.raises(Stopped, match=r"n0: was restarted \d times, and its new pod never had revision new"):
        said = drive(cluster, "new", on_failure="halt", progress_deadline_seconds=2)

    assert 2 <= len(cluster.deleted) <= 6
    assert [] == said


def test_second_restart_of_a_node_says_why():
    class StaleOnce(Disturbed):
        def start(self, node):
            self.newest, newest = "good" if self.deleted == [node] else self.newest, self.newest
            super().start(node)
            self.newest = newest

    cluster = StaleOnce(1)
    cluster.write("new")
    said = drive(cluster, "new", progress_deadline_seconds=60)

    assert ["n0", "n0"] == cluster.deleted
    assert [line for line in said if "has revision good, not new: it is restarted again" in line]


def test_time_in_which_nothing_is_seen_is_no_lack_of_progress(clock):
    class StandsStill(Disturbed):
        def disturb(self, deleted):
            if deleted == 1:
                self.thawed.clear()
                clock.after(300, self.thawed.set)

    cluster = StandsStill()
    cluster.write("new")
    drive(cluster, "new", progress_deadline_seconds=30)

    assert ["n0", "n1", "n2", "n3"] == sorted(cluster.deleted)
    assert RESTORED_ANNOTATION not in cluster.daemon_set["metadata"]["annotations"]


def test_template_that_differs_in_more_than_the_configuration_is_someone_else_s():
    cluster = MemoryFleet()
    cluster.write("good.2")
    written = {"metadata": None, "spec": {"containers": [{"name": "a", "image": "2", "image_pull_policy": None}]}}
    drive(cluster, "good", template=written)
    cluster.write("good.1")
    with pytest.raises(Stopped, match=r"not what this program wrote \(spec.containers\[a\].image\)"):
        drive(cluster, "good", template=written)

    assert 4 == len(cluster.deleted)
    assert [] != written
    assert template_of("good.1") == cluster.daemon_set["spec"]["template"]


def test_update_strategy_that_someone_changes_in_the_middle_is_put_right_and_told():
    class Changed(Disturbed):
        def disturb(self, deleted):
            if deleted == 1:
                self.set_spec(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}})

    cluster = Changed()
    cluster.write("new")
    said = drive(cluster, "new")

    assert {"type": "OnDelete"} == cluster.daemon_set["spec"]["updateStrategy"]
    assert [line for line in said if "its updateStrategy was changed" in line and "It is OnDelete again" in line]
    assert ["n0", "n1", "n2", "n3"] == sorted(cluster.deleted)


def test_whoever_changes_the_template_too_stops_the_rollout_and_keeps_the_strategy():
    class Overwritten(Disturbed):
        def disturb(self, deleted):
            if deleted == 1:
                self.write("theirs")
                self.set_spec(updateStrategy={"type": "RollingUpdate"})

    cluster = Overwritten()
    cluster.write("new")
    with pytest.raises(Stopped, match="something else changed it during the rollout"):
        drive(cluster, "new")
    with pytest.raises(Stopped, match="its pod template is not what this program wrote"):
        drive(cluster, "new")

    assert {"type": "RollingUpdate"} == cluster.daemon_set["spec"]["updateStrategy"]


def test_pod_that_others_delete_during_the_soak_soaks_as_long(clock):
    cluster = MemoryFleet()
    cluster.write("new")
    moments = []

    def deletes():
        name = next(iter(cluster.pods))
        moments.append(clock.now)
        cluster.delete("pods", name, "n", "")
        pod = next(p for p in cluster.pods.values() if p["spec"]["nodeName"] == cluster.deleted[-1])
        assert "True" == pod["status"]["conditions"][0]["status"]

    clock.after(2, deletes)
    drive(cluster, "new", soak_seconds=3, gates=[lambda wave, nodes: moments.append(clock.now)])

    assert moments[1] - moments[0] >= 3


def test_name_of_what_is_kept_is_the_one_of_the_configuration():
    assert template_of("a.1")["spec"]["volumes"][0]["configMap"]["name"] == name_of("a")
