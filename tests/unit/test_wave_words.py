"""The words about waves."""

from config_rollout.core.kubernetes.pods import Pod
from config_rollout.core.waves import words as wave_words
from config_rollout.core.waves.gates import HttpGate
from config_rollout.core.waves.order import Division, Wave
from config_rollout.core.waves.restarts import WorkloadPods

NODES = tuple(f"n{number:03}" for number in range(100))
CANARY = Division(Wave("canary", gates=(HttpGate(10256, "/livez"),), soak_seconds=120), NODES[:1])
ZONE = Division(Wave("zone-a", max_unavailable="10%"), NODES[1:])
EMPTY = Division(Wave("rest"), ())


def test_plan_lists_the_waves_that_have_nodes():
    assert [
        "canary  1 node, 1 at a time; gate :10256/livez, 2 min soak",
        "zone-a  99 nodes, 10 at a time",
        "about 6 min",
    ] == wave_words.plan([CANARY, ZONE, EMPTY], [], "", [], 5).lines


def test_plan_says_what_is_not_now():
    assert [
        "canary  1 node, 1 at a time; gate :10256/livez, 2 min soak",
        "zone-a  99 nodes  not now: `through` is 'canary'",
        "about 2 min",
    ] == wave_words.plan([CANARY, ZONE], [], "canary", [], 0).lines


def test_plan_says_which_nodes_cannot_follow_and_why():
    assert (
        "b is NotReady: it counts against max_unavailable and is updated when it is back"
        == wave_words.plan([ZONE], [], "", ["b"], 0).lines[-1]
    )
    assert (
        "n000, n001, n002, n003, n004 and 95 more are NotReady: they count against max_unavailable and are updated "
        "when they are back"
    ) == wave_words.plan([ZONE], [], "", NODES, 0).lines[-1]


def test_plan_of_a_daemon_set_without_pods():
    assert ["no node has a pod yet: they start on all nodes at once"] == wave_words.plan([EMPTY], [], "", [], 0).lines


def test_estimate_counts_each_turn_of_the_budget_and_the_soak():
    assert 10 * (15 + 5) == wave_words.estimate_seconds(ZONE, 5, 99)
    assert 15 + 120 == wave_words.estimate_seconds(CANARY, 0, 1)


def test_rollout_that_goes_on_is_told_with_its_plan():
    assert "the rollout of DaemonSet n/a continues, wave by wave\n    canary  1 node" == (
        wave_words.goes_on("DaemonSet n/a", wave_words.WavePlan(["canary  1 node"]))
    )


def test_waves_that_restart_nothing_are_told_in_one_line():
    assert "waves canary, rest: nothing to restart" == wave_words.restarts_nothing(["canary", "rest"])
    assert "wave rest: nothing to restart" == wave_words.restarts_nothing(["rest"])


def test_beginning_says_how_to_watch_and_to_stop():
    assert (
        "canary begins: 1 node, 1 at a time; gate :10256/livez, 2 min soak. `config-rollout status --watch n/a` shows "
        "it, `config-rollout pause n/a` stops it before the next pod"
    ) == wave_words.begins(CANARY, "n/a")


def test_plan_is_of_the_pods_that_restart():
    has = NODES[1:98]

    assert [
        "canary  1 node, 1 at a time; gate :10256/livez, 2 min soak",
        "zone-a  2 of 99 nodes, 10 at a time",
        "97 of 100 pods have this configuration already",
        "about 3 min",
    ] == wave_words.plan([CANARY, ZONE], has, "", [], 5).lines


def test_plan_leaves_out_waves_that_restart_nothing():
    assert [
        "canary  1 node, 1 at a time; gate :10256/livez, 2 min soak",
        "99 of 100 pods have this configuration already",
        "about 2 min",
    ] == wave_words.plan([CANARY, ZONE], NODES[1:], "", [], 5).lines


def fleet(**changes):
    pods = [Pod(f"p-{node}", node, node, "new", True) for node in NODES[:5]]
    return WorkloadPods([Pod(**{**vars(pods[0]), **changes}), *pods[1:]], "new", 5)


def test_end_of_a_wave_says_how_many_nodes_were_updated():
    assert "canary: 1 of 1 nodes updated" == wave_words.through(CANARY, fleet())


def test_node_that_is_not_ready_is_not_counted_as_updated():
    wave, one_down = Division(Wave("w"), NODES[:5]), WorkloadPods(fleet().pods, "new", 5, frozenset(NODES[:1]))

    assert "w: 4 of 5 nodes updated, 1 NotReady" == wave_words.through(wave, one_down)


def test_what_holds_a_wave_up_is_told_by_node():
    assert ["no pod became available for 600 s", "n000: pod p-n000 is not ready (CrashLoopBackOff)"] == (
        wave_words.stuck(fleet(available=False, why="CrashLoopBackOff"), NODES[:5], 1, 600)
    )
    assert ["no pod became available for 600 s", "n000: pod p-n000 does not terminate"] == (
        wave_words.stuck(fleet(leaving=True), NODES[:5], 1, 600)
    )
    assert ["no pod became available for 600 s", "unavailable pods: 1 of at most 1: n000"] == (
        wave_words.stuck(fleet(available=False, revision="old"), NODES[:1], 1, 600)
    )


def test_taking_back_says_why_and_to_where():
    assert "wave 'w' failed: a; b. Taking its nodes back to revision 3" == wave_words.takes_back(
        "w", ["a", "b", "c"], 3, "nodes"
    )


def test_failure_has_the_reasons_and_what_was_done():
    assert "wave 'w' failed\n  a\n  b\n  taken back" == wave_words.failure("w", ["a", "b"], "taken back")
    assert "  and 80 more" in wave_words.failure("w", NODES, "taken back").splitlines()


def test_what_a_gate_printed_moves_no_cursor():
    findings = ["gate `sh`: \x1b[2Jno"]

    assert wave_words.takes_back("w", findings, 1, "nodes").isprintable()
    assert all(line.isprintable() for line in wave_words.failure("w", findings, "taken back").splitlines())
