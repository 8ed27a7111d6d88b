"""The driver on a StatefulSet in memory: its partition goes down wave by wave, and nothing of it remains."""

import asyncio
from types import SimpleNamespace

import pytest

from config_rollout.cluster.client import ClusterError
from config_rollout.core.kubernetes.annotations import PAUSED_ANNOTATION, RESTORED_ANNOTATION, WAVES_ANNOTATION
from config_rollout.core.kubernetes.workload_kinds import STATEFUL_SET
from config_rollout.driver.driven import Stopped
from config_rollout.driver.partition import hold, let_go
from config_rollout.hooks.partition import Partition
from config_rollout.prepare.revisions import settle
from tests.memory_fleet import drive, template_of
from tests.memory_stateful_fleet import StatefulFleet

pytestmark = pytest.mark.usefixtures("clock")

CANARY = [{"name": "canary", "pods": 1}]
POLICIES = pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])


def refuse(wave, pods):
    return "no"


@POLICIES
def test_pods_follow_one_at_a_time_from_the_highest_ordinal_down(policy):
    cluster = StatefulFleet(policy=policy)
    cluster.change("new")
    drive(cluster, "new", first=CANARY)

    assert [3, 2, 1, 0] == cluster.replaced
    assert [4, 3, 2, 1, 0, None] == cluster.partitions
    assert (["new"] * 4, 0, []) == (cluster.runs(), cluster.partition, cluster.deleted)


def test_new_template_alone_replaces_nothing():
    cluster = StatefulFleet()
    cluster.change("new")

    assert ["good"] * 4 == cluster.runs()


def test_template_that_stays_is_not_held():
    cluster = StatefulFleet()
    template = cluster.daemon_set["spec"]["template"]
    hold(cluster, "n", "agent", template, template)

    assert [] == cluster.partitions


def test_template_that_somebody_else_changed_is_held():
    cluster = StatefulFleet()
    hold(cluster, "n", "agent", template_of("new"), template_of("new"))

    assert [4] == cluster.partitions


def test_what_is_not_there_is_not_held():
    cluster = StatefulFleet()
    cluster.drop("statefulsets", "agent", "n")
    hold(cluster, "n", "agent", {}, template_of("new"))
    let_go(cluster, "n", "agent")

    assert [] == cluster.partitions


def test_hook_of_a_wave_leaves_lower_ordinals_alone_until_a_later_one():
    cluster = StatefulFleet()
    cluster.change("new")
    drive(cluster, "new", own="canary", first=CANARY)
    assert ["good", "good", "good", "new"] == cluster.runs()
    assert 3 == cluster.partition

    drive(cluster, "new", first=CANARY)
    assert [3, 2, 1, 0] == cluster.replaced


def test_nothing_outdated_writes_nothing():
    cluster = StatefulFleet()
    drive(cluster, "good", first=CANARY)
    version = cluster.daemon_set["metadata"]["resourceVersion"]
    drive(cluster, "good", first=CANARY)

    assert ([], version) == (cluster.partitions, cluster.daemon_set["metadata"]["resourceVersion"])


@POLICIES
def test_bad_revision_reaches_one_pod_and_is_taken_back(policy):
    cluster = StatefulFleet(bad=["bad"], policy=policy)
    cluster.change("bad")
    with pytest.raises(Stopped) as error:
        drive(cluster, "bad", first=CANARY)

    assert ({3}, ["good"] * 4, 1) == ({*cluster.replaced}, cluster.runs(), cluster.most_unavailable)
    assert (["agent-3"] if policy == "OrderedReady" else []) == cluster.deleted
    assert 0 == cluster.partition
    assert "  pod agent-3 is not ready (CrashLoopBackOff)" in str(error.value).splitlines()
    assert "taken back: 1 restarted with the previous revision" in str(error.value)


def test_same_again_after_it_was_taken_back_goes_wave_by_wave_again():
    cluster = StatefulFleet(bad=["bad"])
    cluster.change("bad")
    asked = cluster.daemon_set["metadata"]["generation"]
    with pytest.raises(Stopped):
        drive(cluster, "bad", generation=asked, first=CANARY)
    with pytest.raises(Stopped):
        drive(cluster, "bad", generation=asked, first=CANARY)
    assert [3, 3] == cluster.replaced

    cluster.bad.clear()
    said = drive(cluster, "bad", generation=asked, first=CANARY)
    assert "the last rollout was taken back; this one tries it again" in said
    assert ["bad"] * 4 == cluster.runs()
    assert RESTORED_ANNOTATION not in cluster.daemon_set["metadata"]["annotations"]


def test_gate_that_says_no_takes_sound_pods_back_too():
    cluster = StatefulFleet()
    cluster.change("new")
    with pytest.raises(Stopped, match="refuse: no"):
        drive(cluster, "new", first=[{"name": "half", "pods": "50%", "gates": [refuse]}])

    assert ["good"] * 4 == cluster.runs()
    assert [3, 2, 3, 2] == cluster.replaced
    assert 0 == cluster.partition


def test_gate_is_asked_about_the_pods_of_its_wave():
    asked = []
    cluster = StatefulFleet()
    cluster.change("new")
    drive(cluster, "new", first=CANARY, gates=[lambda wave, pods: asked.append((wave, pods))])

    assert [("canary", ["agent-3"]), ("rest", ["agent-2", "agent-1", "agent-0"])] == asked


def test_halted_rollout_holds_the_others_and_a_correction_repairs_it():
    cluster = StatefulFleet(bad=["bad"])
    cluster.change("bad")
    with pytest.raises(Stopped, match="everything is left as it is"):
        drive(cluster, "bad", first=CANARY, on_failure="halt")
    assert (["good", "good", "good", "bad"], 3) == (cluster.runs(), cluster.partition)

    cluster.change("new")
    drive(cluster, "new", first=CANARY)
    assert (["new"] * 4, 0) == (cluster.runs(), cluster.partition)


def test_pod_that_an_earlier_rollout_broke_in_a_later_wave_goes_back_first():
    """Otherwise Kubernetes would wait for it for ever, before the first pod of the first wave."""
    cluster = StatefulFleet()
    cluster.change("bad")
    drive(cluster, "bad", own="canary", first=CANARY)
    cluster.bad.add("bad")
    with pytest.raises(Stopped, match="everything is left as it is"):
        drive(cluster, "bad", first=CANARY, on_failure="halt")
    assert ["good", "good", "bad", "bad"] == cluster.runs()

    cluster.replaced.clear()
    cluster.change("new")
    drive(cluster, "new", first=CANARY)
    assert ["agent-2"] == cluster.deleted
    assert [3, 2, 1, 0] == cluster.replaced


def test_going_back_replaces_only_what_moved():
    cluster = StatefulFleet()
    cluster.change("new")
    drive(cluster, "new", own="canary", first=CANARY)
    cluster.replaced.clear()
    cluster.change("good")
    drive(cluster, "good", first=CANARY)

    assert ([3], ["good"] * 4, 0) == (cluster.replaced, cluster.runs(), cluster.partition)


def test_set_that_is_scaled_in_the_middle_is_updated_whole():
    class Scaled(StatefulFleet):
        to = 0

        def _make(self, name, revision):
            super()._make(name, revision)
            if self.to and name == "agent-3" and revision == "new":
                to, self.to = self.to, 0
                self.daemon_set["spec"]["replicas"] = to

    for replicas in (6, 2):
        cluster = Scaled()
        cluster.to = replicas
        cluster.change("new")
        drive(cluster, "new", first=CANARY)

        assert (["new"] * replicas, 0) == (cluster.runs(), cluster.partition)


def test_ordinals_that_begin_elsewhere_are_counted_from_there():
    cluster = StatefulFleet(start=5)
    cluster.change("new")
    drive(cluster, "new", first=CANARY)

    assert ([8, 7, 6, 5], [4, 3, 2, 1, 0, None]) == (cluster.replaced, cluster.partitions)


def test_paused_rollout_stops_before_the_next_pod():
    class Paused(StatefulFleet):
        def _make(self, name, revision):
            super()._make(name, revision)
            if revision == "new":
                self.daemon_set["metadata"]["annotations"][PAUSED_ANNOTATION] = "true"

    cluster = Paused()
    cluster.change("new")
    with pytest.raises(Stopped, match=r"run `config-rollout resume -n n statefulset/agent` and `pulumi up`"):
        drive(cluster, "new", first=CANARY)

    assert [3] == cluster.replaced


def test_partition_that_somebody_lowers_is_put_back():
    class Lowered(StatefulFleet):
        once = True

        def _make(self, name, revision):
            super()._make(name, revision)
            if self.once and revision == "new":
                self.once = False
                self.daemon_set["metadata"]["generation"] += 1
                self.daemon_set["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = 1

        def _step(self):
            return False if self.partition == 1 and len(self.partitions) == 2 else super()._step()

    cluster = Lowered()
    cluster.change("new")
    said = drive(cluster, "new", first=CANARY)

    assert [line for line in said if "It is RollingUpdate with `partition` 3 again" in line]
    assert ["new"] * 4 == cluster.runs()


def test_pods_that_only_a_delete_would_update_follow_wave_by_wave_again():
    cluster = StatefulFleet()
    cluster.change("new")
    cluster.set_spec(updateStrategy={"type": "OnDelete", "rollingUpdate": {"partition": 4}})
    said = drive(cluster, "new", first=CANARY)

    assert [line for line in said if "It is RollingUpdate with `partition` 4 again" in line]
    assert ([3, 2, 1, 0], ["new"] * 4) == (cluster.replaced, cluster.runs())


@pytest.mark.parametrize("status", [0, 409, 429, 500, 503])
def test_answers_that_may_be_better_soon_are_asked_for_again(status):
    class Busy(StatefulFleet):
        refused = 3

        def apply(self, *what):
            if self.newest == "new" and self.refused:
                self.refused -= 1
                raise ClusterError("https://memory: is busy.", status)
            return super().apply(*what)

    cluster = Busy()
    cluster.change("new")
    cluster.newest = "new"
    drive(cluster, "new", first=CANARY)

    assert ([3, 2, 1, 0], ["new"] * 4) == (cluster.replaced, cluster.runs())


def test_partition_whose_answer_is_lost_is_nobody_else_s_doing():
    class Lost(StatefulFleet):
        lost = 2

        def apply(self, *what):
            done = super().apply(*what)
            if self.newest == "new" and self.lost:
                self.lost -= 1
                raise ClusterError("https://memory: does not answer.", 0)
            return done

    cluster = Lost()
    cluster.change("new")
    said = drive(cluster, "new", first=CANARY)

    assert [] == [line for line in said if "was changed" in line]
    assert ([3, 2, 1, 0], ["new"] * 4) == (cluster.replaced, cluster.runs())


def test_controller_that_replaces_nothing_is_named():
    class Away(StatefulFleet):
        def _step(self):
            return False if self.newest == "new" else super()._step()

    cluster = Away()
    cluster.change("new")
    with pytest.raises(Stopped, match="pod agent-3 was to be replaced, but is still there"):
        drive(cluster, "new", first=CANARY, on_failure="halt", progress_deadline_seconds=20)


def test_component_without_waves_lets_go_of_what_was_held():
    cluster = StatefulFleet()
    cluster.change("new")
    let_go(cluster, "n", "agent")
    let_go(cluster, "n", "agent")

    assert ([4, None], ["new"] * 4) == (cluster.partitions, cluster.runs())


@pytest.mark.parametrize(("has_finished", "partitions"), [(True, [4, None]), (False, [4])])
def test_partition_held_for_a_write_that_failed_goes_with_the_next_up(has_finished, partitions):
    cluster = StatefulFleet()
    hold(cluster, "n", "agent", {}, template_of("new"))
    if not has_finished:
        cluster.write("new")
    settle(cluster, STATEFUL_SET, "n", "agent", "ds", [], has_waves=True)

    assert partitions == cluster.partitions


def test_hook_holds_with_waves_and_lets_go_without_unless_the_program_has_a_partition():
    had, template = {"metadata": {"annotations": {WAVES_ANNOTATION: "{}"}}}, template_of("new")
    own = {"updateStrategy": {"rollingUpdate": {"partition": 2}}}
    written = []
    for has_waves, old, spec in ((True, {}, {}), (False, had, {}), (False, had, own), (False, {}, {})):
        cluster = StatefulFleet()
        hold(cluster, "n", "agent", {}, template)
        cluster.partitions.clear()

        async def find(cluster=cluster):
            return cluster

        inputs = {"metadata": {"name": "agent", "namespace": "n"}, "spec": {"template": template, **spec}}
        args = SimpleNamespace(old_inputs=old, new_inputs=inputs)
        asyncio.run(Partition(find, has_waves)._before(args))
        written.append(cluster.partitions)

    assert [[4], [None], [], []] == written
