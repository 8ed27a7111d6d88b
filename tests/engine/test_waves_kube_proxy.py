"""Waves of a kube-proxy, adopted and our own, judged by a watcher: what restarted, when, in which budget."""

from collections.abc import Callable

import pytest
from pulumi import automation

from config_rollout.cli.main import main
from tests.engine.conftest import NODES, grant, kubeconfig_of
from tests.engine.kube_system import BAD, DAEMON_SET, LIVE, OF, OTHER, adopt, known, live, mounted, own, settle
from tests.engine.observed import NAMES, QUICK, WAVES, during, most_unavailable, order, records, written, zones
from tools.adoption import NFTABLES
from tools.kubeadm import CONFIGURATION
from tools.pods import Pod, Recorder

pytestmark = pytest.mark.parametrize("way", ["adopt", "own"])


@pytest.fixture
def program(way) -> Callable:
    """Return a maker of programs with waves."""
    maker = {"adopt": adopt, "own": own}[way]

    def make(config=CONFIGURATION, waves=WAVES, **arguments):
        given = {"config": config, "min_ready_seconds": 0, "max_unavailable": None, **arguments}
        return maker(**given, waves=waves) if waves else maker(**{**given, "max_unavailable": "100%"})

    return make


@pytest.fixture
def record(cluster) -> Callable[[], Recorder]:
    return lambda: Recorder(cluster.api, "kube-system")


@pytest.fixture
def running(project, way, program, kubeadm, cluster):
    """Have a kube-proxy with waves, and give the project."""
    if way == "adopt":
        kubeadm.addon()
        settle(cluster)
    outcome = project.up(program())
    assert not outcome.failed, outcome.output
    settle(cluster)
    assert dict.fromkeys(NAMES, "create") == records(outcome, "kube-proxy")
    return project


def test_daemon_set_is_left_to_the_waves_and_a_second_up_writes_nothing(running, cluster, program):
    assert ("OnDelete", LIVE) == (live(cluster)["updateStrategy"]["type"], mounted(cluster))
    assert {} == written(cluster, lambda: running.up(program()))
    assert {} == written(cluster, lambda: running.up(program(), refresh=True))


def test_change_goes_wave_by_wave_and_the_known_config_map_comes_last(running, cluster, program, record):
    seen = []
    with record() as recorder:
        thread = during(recorder, lambda pods: len(pods) == NODES, lambda: seen.append(known(cluster)))
        outcome = running.up(program(NFTABLES))
        thread.join(10)
    nodes = order(recorder)
    of_zone = [zones(cluster)[node] for node in nodes[1:]]

    assert not outcome.failed, outcome.output
    assert dict.fromkeys(NAMES, "update") == records(outcome, "kube-proxy")
    assert NODES == len(set(nodes)) == len(nodes)
    assert sorted(of_zone) == of_zone
    assert 1 == most_unavailable(recorder)
    assert ["mode: iptables"] == seen
    assert ("mode: nftables", OTHER) == (known(cluster), mounted(cluster))


def test_preview_shows_the_reason_and_the_plan(running, program):
    outcome = running.preview(program(NFTABLES))
    (message,) = outcome.messages
    lines = [line.strip() for line in message.splitlines()]
    start = next(number for number, line in enumerate(lines) if line.endswith(", wave by wave"))

    assert lines[0].startswith("config.conf: mode iptables => nftables, and 1 more: rolling restart")
    assert ["canary", "zone-a", "zone-b", "zone-c"] == [line.split()[0] for line in lines[start + 1 : start + 5]]
    assert 1 == outcome.output.count("canary  1 node, 1 at a time")


def test_bad_change_stops_in_the_first_wave_and_is_taken_back(running, cluster, program, record):
    for _ in range(2):  # the same again ends the same
        with record() as recorder:
            outcome = running.up(program(BAD, QUICK))
        assert outcome.failed
        assert "wave 'canary' failed" in outcome.output
        assert "CrashLoopBackOff" in outcome.output
        assert 2 == len(order(recorder))
        assert 1 == len(set(order(recorder)))
        assert 1 == most_unavailable(recorder)
        assert (LIVE, "mode: iptables") == (mounted(cluster), known(cluster))
        assert NODES == cluster.api.get(DAEMON_SET)["status"]["numberReady"]
        preview = running.preview(program(BAD, QUICK))
        (message,) = [message for message in preview.messages if "ipvs is deprecated" not in message]
        assert "the last rollout of this configuration was taken back: it is tried again, wave by wave" in message

    with record() as recorder:
        back = running.up(program(waves=QUICK))
    assert not back.failed, back.output
    assert [] == order(recorder)
    assert {} == written(cluster, lambda: running.up(program(waves=QUICK), refresh=True))


def test_bad_change_is_taken_back_and_the_same_is_tried_again_with_a_refresh(running, cluster, program, record):
    running.up(program(BAD, QUICK))
    with record() as recorder:
        outcome = running.up(program(BAD, QUICK), refresh=True)

    assert outcome.failed
    assert 1 == len(set(order(recorder)))
    assert LIVE == mounted(cluster)


def test_through_stops_after_a_wave_and_nodes_that_join_read_what_most_have(running, cluster, program, record):
    held = {**WAVES, "through": "canary"}
    with record() as first:
        assert not running.up(program(NFTABLES, held)).failed
    assert 1 == len(order(first))
    assert "mode: iptables" == known(cluster)
    again = []
    assert {} == written(cluster, lambda: again.append(running.up(program(NFTABLES, held))))
    assert [] == again[0].messages

    with record() as second:
        assert not running.up(program(NFTABLES)).failed
    assert NODES - 1 == len(order(second))
    assert set(order(first)).isdisjoint(order(second))
    assert "mode: nftables" == known(cluster)


def test_waves_edited_restart_nothing_and_taken_out_give_the_strategy_back(running, cluster, program, record):
    with record() as recorder:
        for waves in ({"first": [{"name": "few", "nodes": "50%"}], "max_unavailable": "30%"}, None, WAVES):
            outcome = running.up(program(waves=waves))
            assert not outcome.failed, outcome.output
            assert ("OnDelete" if waves else "RollingUpdate") == live(cluster)["updateStrategy"]["type"]
    assert [] == order(recorder)


def test_kubeadm_s_overwrite_in_the_middle_stops_and_a_refresh_takes_it_back(
    running, cluster, program, record, kubeadm, way
):
    slow = program(NFTABLES, min_ready_seconds=1)
    with record() as recorder:
        thread = during(recorder, lambda pods: len(pods) == 2, kubeadm.addon)
        outcome = running.up(slow)
        thread.join(10)
    assert outcome.failed
    assert "something else changed it during the rollout" in outcome.output
    assert ("RollingUpdate", "kube-proxy") == (live(cluster)["updateStrategy"]["type"], mounted(cluster))
    settle(cluster)

    with record() as recorder:
        again = running.up(slow, refresh=True)
    assert not again.failed, again.output
    assert [1] * NODES == list(recorder.replaced().values())
    assert 1 == most_unavailable(recorder)
    assert ("OnDelete", OTHER, "mode: nftables") == (
        live(cluster)["updateStrategy"]["type"],
        mounted(cluster),
        known(cluster),
    )
    assert {} == written(cluster, lambda: running.up(slow, refresh=True))


def test_rollout_restart_in_the_middle_stops_and_the_next_up_goes_on(running, cluster, program, record):
    slow = program(NFTABLES, min_ready_seconds=1)
    restart = {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}}
    with record() as recorder:
        thread = during(recorder, lambda pods: len(pods) == 2, lambda: cluster.api.patch(DAEMON_SET, restart))
        outcome = running.up(slow)
        thread.join(10)
        assert outcome.failed
        assert "something else changed it during the rollout" in outcome.output
        again = running.up(slow)

    assert not again.failed, again.output
    assert 1 == most_unavailable(recorder)
    pods = [Pod.of(pod) for pod in cluster.api.list(f"{OF}/pods")]
    assert [(OTHER,)] * NODES == [pod.config_maps[:1] for pod in pods]
    settle(cluster)


def test_rollout_restart_is_done_by_an_up_with_a_refresh(running, cluster, program, record):
    restart = {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}}
    with record() as recorder:
        cluster.api.patch(DAEMON_SET, restart)
        assert not running.up(program()).failed
    assert [] == order(recorder)

    with record() as recorder:
        outcome = running.up(program(), refresh=True)
    assert not outcome.failed, outcome.output
    assert [1] * NODES == list(recorder.replaced().values())
    assert 1 == most_unavailable(recorder)


@pytest.fixture
def limited(cluster, project, program, way, capsys):
    """Give the stack a user who has what `rbac` prints, and nothing else."""
    main(["rbac", "kube-system/kube-proxy", "--manage", way])
    manifests = capsys.readouterr().out
    grant(cluster, way, manifests)
    kubeconfig = automation.ConfigValue(kubeconfig_of(cluster, way))
    project.stack(program()).set_config("kubernetes:kubeconfig", kubeconfig)
    yield
    for kind in ("role", "rolebinding"):
        cluster.api.delete(f"{OF}/{kind}s/config-rollout-deployer-kube-proxy")
        cluster.api.delete(f"cluster{kind}s/config-rollout-deployer-kube-proxy-kube-system")


def test_story_needs_no_more_rights_than_rbac_prints(limited, running, program, cluster):
    outcome = running.up(program(BAD, QUICK))
    assert "taken back: 1 restarted" in outcome.output
    outcome = running.up(program(NFTABLES))
    assert (False, OTHER) == (outcome.failed, mounted(cluster)), outcome.output
    outcome = running.destroy()
    assert not outcome.failed, outcome.output
