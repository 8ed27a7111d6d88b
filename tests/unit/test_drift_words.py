"""What is said of a DaemonSet that is not as the last `up` left it: a message for each state."""

import pytest

from config_rollout.core.configuration.diff import FieldChange
from config_rollout.core.explain import drift_words
from config_rollout.core.explain.drift import Drift
from config_rollout.core.markers import ABSENT

WHEN = "2026-11-28T22:10:05Z"
HASH = "spec.template.metadata.annotations.checksum/config"
IMAGE = Drift(FieldChange("spec.template.spec.containers[name=agent].image", "agent:1", "agent:9"), "kubectl-set", WHEN)
LIMITS = Drift(FieldChange("spec.template.spec.containers[name=agent].resources", {"limits": {"cpu": "1"}}, ABSENT))
BUDGET = Drift(FieldChange("spec.updateStrategy.rollingUpdate.maxUnavailable", 1, "50%"), "kubectl-edit", WHEN)
UNDONE = Drift(FieldChange(HASH, "b" * 64, "a" * 64), "kubectl-rollout", WHEN)
REVISION = {"metadata": {"creationTimestamp": "2026-11-20T10:00:00Z"}}


def daemon_set(**metadata):
    annotations = {"checksum/config": "a" * 64}
    return {
        "metadata": {"name": "agent", "namespace": "ns", "uid": "new", "creationTimestamp": WHEN, **metadata},
        "spec": {"template": {"metadata": {"annotations": annotations}, "spec": {}}},
    }


def test_fields_that_others_changed_are_told_with_who_when_and_what_up_does():
    assert (
        "DaemonSet ns/agent differs from what the last `up` wrote: containers[name=agent].image, and 2 more\n"
        "  ~ containers[name=agent].image: agent:1 => agent:9 (by kubectl-set on 2026-11-28 22:10 UTC)\n"
        '  - containers[name=agent].resources: {"limits": {"cpu": "1"}}\n'
        "  ~ updateStrategy.rollingUpdate.maxUnavailable: 1 => 50%: restarts nothing "
        "(by kubectl-edit on 2026-11-28 22:10 UTC)\n"
        "  `pulumi up --refresh` restores it, with a rolling restart; without --refresh it stays as it is\n"
        "  until the DaemonSet changes in something else; to keep it, add it to the program"
    ) == drift_words.explain_drift("DaemonSet ns/agent", [IMAGE, LIMITS, BUDGET], waves=False)


@pytest.mark.parametrize(
    ("drift", "waves", "how"),
    [
        (IMAGE, False, "with a rolling restart"),
        (IMAGE, True, "with a rolling restart, wave by wave"),
        (BUDGET, False, "and restarts nothing"),
        (BUDGET, True, "and restarts nothing"),
    ],
)
def test_what_a_refresh_does_is_told(drift, waves, how):
    text = drift_words.explain_drift("DaemonSet ns/agent", [drift], waves)

    assert f"  `pulumi up --refresh` restores it, {how}; without --refresh it stays as it is" in text.splitlines()


def test_secret_is_not_told():
    text = drift_words.explain_drift("DaemonSet ns/agent", [IMAGE], waves=False, secret=True)

    assert "agent:9" not in text


@pytest.mark.parametrize(
    ("changes", "end"),
    [(False, "without --refresh `up` changes nothing"), (True, "without --refresh `up` fails")],
)
def test_daemon_set_that_is_gone_is_told_with_the_way_back(changes, end):
    assert [
        "DaemonSet ns/agent was deleted since the last `up`",
        f"  `pulumi up --refresh` recreates it with this program's configuration; {end}",
    ] == drift_words.explain_gone("DaemonSet ns/agent", changes).splitlines()


def test_daemon_set_that_was_made_again_is_told():
    assert (
        "DaemonSet ns/agent is not the one that the last `up` "
        "wrote: it was created 2026-11-28 22:10 UTC and has the UID new instead of old"
    ) == drift_words.made_again(daemon_set(), "old").splitlines()[0]


@pytest.mark.parametrize("uid", ["new", ""])
def test_daemon_set_that_the_engine_knows_is_not_told(uid):
    assert "" == drift_words.made_again(daemon_set(), uid)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ([UNDONE], "changed by kubectl-rollout on 2026-11-28 22:10 UTC"),
        ([], "something else changed it since the last `up`, for example `kubectl rollout undo`"),
        (
            [Drift(UNDONE.change, "config-rollout-own", WHEN, ours=True)],
            "written by an `up` (config-rollout-own on 2026-11-28 22:10 UTC) that was stopped before Pulumi recorded "
            "it",
        ),
    ],
)
def test_configuration_that_is_another_one_is_told_with_who_made_it_so(found, why):
    lines = drift_words.explain_undone(daemon_set(), REVISION, "b" * 64, found, waves=False).splitlines()

    assert [
        "DaemonSet ns/agent runs aaaaaaaaaa, created 2026-11-20, but this program wants bbbbbbbbbb",
        f"  {why}",
    ] == lines[:2]


def test_what_else_differs_stands_beside_the_configuration():
    text = drift_words.explain_undone(daemon_set(), REVISION, "b" * 64, [UNDONE, IMAGE], waves=False)

    assert "  ~ containers[name=agent].image: agent:1 => agent:9 (by kubectl-set on 2026-11-28 22:10 UTC)" in (
        text.splitlines()
    )
    assert "checksum/config" not in text


@pytest.mark.parametrize(
    ("waves", "how"),
    [(False, "with a rolling restart"), (True, "wave by wave")],
)
def test_way_back_of_a_configuration_is_told(waves, how):
    text = drift_words.explain_undone(daemon_set(), REVISION, "b" * 64, [UNDONE], waves)

    assert f"  `pulumi up --refresh` restores this program's configuration, {how}" in text.splitlines()


def test_daemon_set_that_an_up_leaves_out_keeps_what_it_has():
    assert (
        "DaemonSet ns/agent keeps aaaaaaaaaa for now: this `up` leaves it out"
        == drift_words.explain_not_reached("DaemonSet ns/agent", "a" * 64, "b" * 64).splitlines()[0]
    )


def test_daemon_set_that_an_up_leaves_out_is_not_made_yet():
    assert (
        "DaemonSet ns/agent is not created yet: this `up` leaves it out"
        == drift_words.explain_not_reached("DaemonSet ns/agent", None, "b" * 64).splitlines()[0]
    )


def test_daemon_set_that_is_made_again_is_told():
    assert (
        "DaemonSet ns/agent is missing: `up` creates it, with a pod on every node that has none, all at once"
        == drift_words.explain_made("DaemonSet ns/agent")
    )
