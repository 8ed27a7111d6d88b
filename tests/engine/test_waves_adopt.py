"""Waves of an adopted kube-proxy: what is written under which manager, and what leaving gives back."""

from collections.abc import Callable

import pulumi
import pytest

from tests.engine.kube_system import BAD, DAEMON_SET, LIVE, adopt, known, live, mounted, own, settle
from tests.engine.observed import NAMES, QUICK, ZONE, order, records, written
from tools.adoption import NFTABLES
from tools.demo import Program
from tools.kubeadm import CONFIGURATION
from tools.local_cluster import run_folder
from tools.pods import Recorder

LEAVES = "`pulumi destroy` would leave it, and then nothing restarts its pods. Before `pulumi destroy`, remove `waves`"


def staged(config=CONFIGURATION, **arguments):
    """Return a program that adopts with waves."""
    return adopt(**{"config": config, "waves": QUICK, "max_unavailable": None, **arguments})


@pytest.fixture
def record(cluster) -> Callable[[], Recorder]:
    return lambda: Recorder(cluster.api, "kube-system")


@pytest.fixture
def adopted(project, kubeadm, cluster):
    """Adopt what kubeadm made, with waves, and give the project."""
    kubeadm.addon()
    settle(cluster)
    outcome = project.up(staged())
    assert not outcome.failed, outcome.output
    settle(cluster)
    return project


def probe(cluster) -> dict:
    return live(cluster)["template"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]


def test_preview_of_adopting_says_what_it_costs_and_the_plan(project, kubeadm, cluster):
    kubeadm.addon()
    settle(cluster)
    outcome = project.preview(staged())
    lines = [line.strip() for line in outcome.messages[0].splitlines()]

    assert lines[0].endswith(", layout kubeadm): one rolling restart")
    assert "~ updateStrategy.type: RollingUpdate => OnDelete: restarts nothing" in lines
    start = lines.index("rolling restart of DaemonSet kube-system/kube-proxy, wave by wave")
    assert "canary  1 node, 1 at a time" == lines[start + 1]
    assert dict.fromkeys(NAMES, "create") == records(outcome, "kube-proxy")


def test_what_was_taken_back_leaves_no_field_behind(adopted, cluster):
    local = {**CONFIGURATION, "healthzBindAddress": "127.0.0.1:10256"}
    assert not adopted.up(staged(local)).failed
    assert "127.0.0.1" == probe(cluster)["host"]

    assert adopted.up(staged(BAD)).failed
    assert "127.0.0.1" == probe(cluster)["host"]
    assert not adopted.up(staged(NFTABLES)).failed
    assert {"path": "/livez", "port": 10256, "scheme": "HTTP"} == probe(cluster)
    managers = {field["manager"] for field in cluster.api.get(DAEMON_SET)["metadata"]["managedFields"]}
    assert "pulumi-kubernetes" not in managers
    assert {} == written(cluster, lambda: adopted.up(staged(NFTABLES), refresh=True))


def test_adoption_that_fails_gives_kubeadm_s_back(project, kubeadm, cluster, record):
    kubeadm.addon()
    settle(cluster)
    with record() as recorder:
        outcome = project.up(staged(BAD))
    assert outcome.failed
    assert "taken back: 1 restarted" in outcome.output
    assert 1 == len(set(order(recorder)))
    assert ("kube-proxy", "mode: iptables") == (mounted(cluster), known(cluster))
    template = live(cluster)["template"]
    assert "checksum/config" not in template["metadata"].get("annotations", {})
    assert "readinessProbe" not in template["spec"]["containers"][0]

    preview = project.preview(staged())
    assert preview.messages[0].splitlines()[0].endswith(", layout kubeadm): one rolling restart")
    assert not project.up(staged()).failed
    assert LIVE == mounted(cluster)


def test_destroy_gives_the_strategy_back_and_restarts_nothing(adopted, cluster, kubeadm, restarts):
    assert 0 == restarts(adopted.destroy)
    assert {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}} == live(cluster)[
        "updateStrategy"
    ]
    assert LIVE == mounted(cluster)
    assert "pulumi.com/skipAwait" in cluster.api.get(DAEMON_SET)["metadata"]["annotations"]
    assert 1 == restarts(kubeadm.addon)


def test_component_removed_gives_the_strategy_back(adopted, cluster, restarts):
    assert 0 == restarts(lambda: adopted.up(lambda: None))
    assert "RollingUpdate" == live(cluster)["updateStrategy"]["type"]


def test_plain_becomes_waves_in_the_up_that_changes_the_configuration(project, kubeadm, cluster, record):
    kubeadm.addon()
    plain = adopt(config=CONFIGURATION)
    assert not project.up(plain).failed
    settle(cluster)
    with record() as recorder:
        outcome = project.up(staged(BAD))

    assert outcome.failed
    assert 1 == len(set(order(recorder)))
    assert LIVE == mounted(cluster)


def test_our_own_with_waves_that_is_adopted_keeps_the_strategy_and_says_so(project, kubeadm, cluster, restarts):
    def retained():
        return pulumi.ResourceOptions(retain_on_delete=True)

    given = {"waves": QUICK, "max_unavailable": None}
    assert not project.up(own(retained, **given)).failed
    settle(cluster)
    outcomes = []

    assert 0 == restarts(lambda: outcomes.extend([project.up(staged()), project.preview(staged())]))
    assert [False, False] == [outcome.failed for outcome in outcomes], outcomes[0].output
    for outcome in outcomes:
        assert LEAVES in outcome.output
    leave_as_documented(project, cluster, restarts)


def test_stack_whose_state_was_lost_still_holds_the_strategy_and_the_next_one_says_so(adopted, cluster, restarts):
    adopted.forget()
    outcomes = []

    assert 0 == restarts(lambda: outcomes.extend([adopted.up(staged()), adopted.preview(staged())]))
    assert [False, False] == [outcome.failed for outcome in outcomes], outcomes[0].output
    assert LEAVES in outcomes[1].output
    leave_as_documented(adopted, cluster, restarts)


def leave_as_documented(project, cluster, restarts):
    """Check the advice that the warning gives."""
    assert 0 == restarts(lambda: project.up(adopt(config=CONFIGURATION)))
    project.destroy()
    assert "RollingUpdate" == live(cluster)["updateStrategy"]["type"]


def test_one_setting_of_the_stack_is_all_that_the_example_program_needs(kubeadm, cluster, engine):
    kubeadm.addon()
    settle(cluster)
    with Program(engine, run_folder("example"), {"manage": "adopt"}) as program:
        engine.run("config", "set", "--path", "waves.by", ZONE, folder=program.folder)
        preview = engine.run("preview", folder=program.folder).stdout

    assert "rolling restart of DaemonSet kube-system/kube-proxy, wave by wave" in preview
    assert [True] * 3 == [f"kube-proxy-zone-{zone}" in preview for zone in "abc"], preview
