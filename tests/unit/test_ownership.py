"""Who owns a DaemonSet, as a table over what stands on it."""

import dataclasses

import pytest

from config_rollout.core.explain.reasons import WorkloadUpdate, explain
from config_rollout.core.revisions.ownership import (
    Claim,
    Owner,
    alias_of,
    check_moved,
    check_new,
    check_owner,
    check_taken,
    maker,
)

MINE = Owner("o/p/mine", "config-rollout:index:ConfiguredDaemonSet::agent")
LABELS = {"app.kubernetes.io/name": "agent"}
CLAIM = Claim("n", "agent", MINE, LABELS)
ADOPTS = Claim("n", "agent", MINE)
HANDOVER = (
    "kubectl -n n annotate --overwrite daemonset agent config-rollout/stack=o/p/mine "
    "config-rollout/component=config-rollout:index:ConfiguredDaemonSet::agent"
)
EARLIER = "config-rollout:index:ConfiguredDaemonSet::old"


def daemon_set(stack="", component="", manager="config-rollout-own", selector=None, **metadata):
    annotations = {"config-rollout/stack": stack, "config-rollout/component": component}
    return {
        "metadata": {
            "name": "agent",
            "namespace": "n",
            "annotations": {key: value for key, value in annotations.items() if value},
            "managedFields": [{"manager": manager}, {"manager": "kube-controller-manager", "subresource": "status"}],
            **metadata,
        },
        "spec": {"selector": {"matchLabels": selector or LABELS}},
    }


def told(findings):
    return [str(finding) for finding in findings]


@pytest.mark.parametrize("claim", [CLAIM, ADOPTS])
@pytest.mark.parametrize(
    ("stack", "component", "refused"),
    [
        ("", "", False),
        ("o/p/mine", "", False),
        ("o/p/mine", MINE.component, False),
        ("o/p/mine", EARLIER, False),
        ("o/p/theirs", "", True),
        ("o/p/theirs", MINE.component, True),
        ("other/p/mine", MINE.component, True),
    ],
)
def test_daemon_set_of_another_stack_is_refused(claim, stack, component, refused):
    assert refused == bool(check_owner(claim, daemon_set(stack, component)))


def test_refusal_names_the_owner_and_how_to_hand_over():
    assert [
        "DaemonSet n/agent: belongs to ConfiguredDaemonSet 'old' of stack o/p/theirs, but this is stack o/p/mine. "
        "Remove it from this program, and before that from this stack's state if it is there, or it would be "
        f"deleted: `pulumi state delete --target-dependents '{MINE.urn}'`. If this stack is to own it, because that "
        f"one has released it, was renamed, or no longer exists: {HANDOVER}."
    ] == told(check_owner(CLAIM, daemon_set("o/p/theirs", EARLIER)))


def test_handover_of_a_component_below_a_parent_can_be_pasted():
    below = Owner("o/p/mine", "a:b:C$config-rollout:index:ConfiguredDaemonSet::agent")

    assert Claim("n", "agent", below).handover.endswith(
        " config-rollout/component='a:b:C$config-rollout:index:ConfiguredDaemonSet::agent'"
    )


@pytest.mark.parametrize(
    ("owners", "stack", "refused"), [([], "o/p/theirs", True), ([], "o/p/mine", False), ([{}], "o/p/theirs", False)]
)
def test_config_map_of_another_stack_without_a_daemon_set(owners, stack, refused):
    config_map = {
        "metadata": {"name": "agent-1", "annotations": {"config-rollout/stack": stack}, "ownerReferences": owners}
    }

    assert refused == bool(check_owner(CLAIM, None, [config_map]))


@pytest.mark.parametrize(
    ("stack", "component", "alias"),
    [
        ("o/p/mine", EARLIER, f"urn:pulumi:mine::p::{EARLIER}"),
        ("o/p/mine", f"a:b:C${MINE.component}", f"urn:pulumi:mine::p::a:b:C${MINE.component}"),
        ("o/p/mine", MINE.component, MINE.urn),  # which has no parent then: this one may have
        ("o/p/mine", "", ""),
        ("", "", ""),
    ],
)
def test_component_that_was_renamed_or_moved_finds_what_it_was(stack, component, alias):
    assert alias == alias_of(CLAIM, daemon_set(stack, component))


def test_urn_of_a_component_has_its_stack_and_project():
    assert "urn:pulumi:dev::p::T::n" == Owner("o/p/dev", "T::n").urn


@pytest.mark.parametrize(
    ("manager", "stack", "component", "refused"),
    [
        ("config-rollout-own", "", "", True),  # of the version before: renamed here, or another stack's
        ("config-rollout-own", "o/p/mine", "", True),
        ("config-rollout-own", "o/p/mine", EARLIER, False),  # the state was lost
        ("config-rollout-own", "o/p/mine", MINE.component, False),
        ("config-rollout", "", "", False),  # adopted once, and left
        ("kubectl-client-side-apply", "", "", True),
    ],
)
def test_daemon_set_that_is_not_in_the_state(manager, stack, component, refused):
    found = daemon_set(stack, component, manager)

    assert refused == bool(check_new(CLAIM, found))
    assert [] == check_new(ADOPTS, found)


def test_daemon_set_of_the_version_before_is_told_with_both_ways():
    (line,) = told(check_new(CLAIM, daemon_set()))

    assert "aliases=[pulumi.Alias(name='OLD NAME')]" in line
    assert HANDOVER in line


def test_component_that_could_not_look_is_told_its_alias():
    (line,) = told(check_new(CLAIM, daemon_set("o/p/mine", EARLIER), has_alias=False))

    assert f"aliases=['urn:pulumi:mine::p::{EARLIER}']" in line
    assert [] == check_new(CLAIM, daemon_set("o/p/mine", MINE.component), has_alias=False)


@pytest.mark.parametrize(
    ("stack", "component", "refused"),
    [("o/p/mine", EARLIER, True), ("", "", True), ("o/p/mine", MINE.component, False)],
)
def test_component_that_gets_another_name_does_not_take_over_another_s(stack, component, refused):
    assert refused == bool(check_moved(CLAIM, daemon_set(stack, component)))
    assert [] == check_moved(CLAIM, None)


@pytest.mark.parametrize(
    ("metadata", "who"),
    [
        ({}, "something else (field manager kubectl)"),
        ({"labels": {"app.kubernetes.io/managed-by": "Tanka"}}, "something else (Tanka; field manager kubectl)"),
        (
            {
                "annotations": {
                    "meta.helm.sh/release-name": "fluent-bit",
                    "meta.helm.sh/release-namespace": "logging",
                }
            },
            "Helm (release logging/fluent-bit)",
        ),
        ({"managedFields": []}, "something else"),
        ({"managedFields": [{"manager": "kubectl-client-side-apply"}]}, "`kubectl apply`"),
        (
            {"managedFields": [{"manager": "pulumi-kubernetes-1"}]},
            "another Pulumi program (field manager pulumi-kubernetes-1)",
        ),
    ],
)
def test_who_made_what_is_not_ours(metadata, who):
    assert who == maker(daemon_set(manager="kubectl", **metadata))


MADE = "DaemonSet n/agent: already exists, created by something else (field manager kubectl)"
OTHER = "Or give this component another `name`."
TAKES = dataclasses.replace(CLAIM, take_over=True)


def test_foreign_daemon_set_can_be_taken_over():
    assert [f"{MADE}. To take it over, pass take_over=True: preview shows what changes. {OTHER}"] == told(
        check_new(CLAIM, daemon_set(manager="kubectl"))
    )


@pytest.mark.parametrize(("claim", "also"), [(CLAIM, "take_over=True and "), (TAKES, "")])
def test_foreign_daemon_set_with_another_selector_needs_that_selector_too(claim, also):
    found = daemon_set(manager="kubectl", selector={"app": "agent"})

    assert [
        f"{MADE}, with the selector {{'app': 'agent'}}, which cannot be changed. To take it over, pass {also}"
        f"selector={{'app': 'agent'}}: preview shows what changes. {OTHER}"
    ] == told(check_owner(claim, found))


@pytest.mark.parametrize("claim", [CLAIM, TAKES])
def test_foreign_daemon_set_whose_selector_has_expressions_cannot_be_taken_over(claim):
    found = daemon_set(manager="kubectl")
    found["spec"]["selector"] = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
    (line,) = told(check_owner(claim, found))

    assert line.endswith("which cannot be changed. Give this component another `name`.")


@pytest.mark.parametrize(
    ("stack", "component", "manager"),
    [
        ("", "", "kubectl"),
        ("", "", "config-rollout-own"),  # of the version before
        ("", "", "config-rollout"),  # adopted once, and left
        ("o/p/theirs", EARLIER, "config-rollout-own"),
    ],
)
def test_whatever_is_not_this_stack_s_is_taken_over_when_it_is_asked_for(stack, component, manager):
    found = daemon_set(stack, component, manager)

    assert [] == check_owner(TAKES, found) == check_new(TAKES, found)
    assert (True, False) == (TAKES.takes(found), CLAIM.takes(found))
    assert [] == check_new(TAKES, None)


def test_what_is_this_stack_s_already_is_not_taken_over_again():
    assert not TAKES.takes(daemon_set("o/p/mine", MINE.component))


def test_daemon_set_of_a_controller_is_not_taken_over():
    owners = [{"kind": "Agent", "name": "x", "controller": True}, {"kind": "Node", "name": "y"}]
    found = daemon_set(manager="kubectl", ownerReferences=owners)

    assert [
        "DaemonSet n/agent: is controlled by Agent 'x', which would overwrite it. Have that release it first, or give "
        "this component another `name`."
    ] == told(check_owner(TAKES, found))


def test_component_that_gets_another_name_takes_over_nothing():
    (line,) = told(check_moved(TAKES, daemon_set(manager="kubectl")))

    assert line.startswith("DaemonSet n/agent: exists, and this component has a different DaemonSet. Keep `name`")


@pytest.mark.parametrize(
    ("was", "stack", "refused"),
    [("o/p/mine", "o/p/theirs", True), ("o/p/mine", "o/p/mine", False), ("", "o/p/theirs", False)],
)
def test_what_another_stack_has_taken_over_is_not_taken_back_in_passing(was, stack, refused):
    wrote = {"metadata": {"annotations": {"config-rollout/stack": was}}}

    assert refused == bool(check_taken(TAKES, wrote, daemon_set(stack, EARLIER)))


@pytest.mark.parametrize(
    ("may_select", "line"),
    [
        (True, "selector: DaemonSet n/agent has {'k8s-app': 'agent'}, which cannot be changed. Pass "
               "selector={'k8s-app': 'agent'}, or "
         "another `name`."),
        (False, "DaemonSet n/agent: was created by another component, with the selector k8s-app=agent. Keep the "
                "component that created it, or remove it there first."),
    ],
)  # fmt: skip
def test_selector_of_another_component_is_refused_as_it_cannot_change(may_select, line):
    claim = dataclasses.replace(CLAIM, may_select=may_select)

    assert [line] == told(check_owner(claim, daemon_set("o/p/mine", EARLIER, selector={"k8s-app": "agent"})))


def update(old, new):
    def of(owner):
        return {"metadata": {"name": "agent", "namespace": "n", "annotations": owner}, "spec": {}}

    return WorkloadUpdate(of(old), of({"pulumi.com/patchForce": "true", **new.annotations()}))


def test_owner_that_is_noted_is_one_sentence():
    whose = "ConfiguredDaemonSet 'agent' of stack o/p/mine"

    assert f"DaemonSet n/agent now records its owner: {whose}: nothing restarts" == explain(update({}, MINE))


@pytest.mark.parametrize(
    ("stack", "was"),
    [
        ("o/p/mine", "changes its owner: ConfiguredDaemonSet 'old' =>"),
        ("o/p/theirs", "changes its owner: ConfiguredDaemonSet 'old' of stack o/p/theirs =>"),
    ],
)
def test_owner_that_changed_is_named_with_the_one_before(stack, was):
    message = explain(update(Owner(stack, EARLIER).annotations(), MINE))

    assert f"DaemonSet n/agent {was} ConfiguredDaemonSet 'agent' of stack o/p/mine: nothing restarts" == message
