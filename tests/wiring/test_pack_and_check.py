"""The policy pack says of resources what `check` says of manifests: of every set of manifests and every example."""

import pytest
import yaml
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    proxy,
)

from config_rollout.core.rules import RULES
from config_rollout.core.rules.checking import check
from config_rollout.core.rules.settings import Settings, parse_settings
from config_rollout.policies import policies
from tests.objects.rule_examples import manifest
from tests.objects.stacks import STACKS, text_of

POLICIES = {policy.name: policy for policy in policies()}
BOTH = [rule for rule in RULES if not rule.programs_only]
OPTIONS = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])


def resources(text: str | bytes) -> list[PolicyResource]:
    """Return the documents of a text as the resources that a program of them has, parts of objects left out."""
    found = []
    for number, value in enumerate(yaml.safe_load_all(text)):
        group, _, version = value["apiVersion"].rpartition("/") if value else ("", "", "")
        if value and not (
            value["kind"] in ("DaemonSet", "Deployment", "StatefulSet") and "selector" not in value["spec"]
        ):
            kind = f"kubernetes:{group or 'core'}/{version}:{value['kind']}"
            urn = f"urn:pulumi:test::test::{kind}::{number}"
            props = proxy.unknown_checking_proxy(value)
            found.append(PolicyResource(kind, props, urn, str(number), OPTIONS, None, None, [], {}))
    return found


def told_by_the_pack(text: str | bytes, rules: list[str]) -> set[tuple[str, str, str]]:
    """Return (rule, name of the object, message) of every policy's findings, called as the engine calls them."""
    made = resources(text)
    names = {resource.urn: resource.props["metadata"]["name"] for resource in made}
    told = set()
    for rule in rules:
        policy = POLICIES[rule]
        if isinstance(policy, ResourceValidationPolicy):
            for one in made:
                args = ResourceValidationArgs(one.resource_type, one.props, one.urn, one.name, OPTIONS, None, {})
                policy.validate(args, lambda message, urn=None, one=one: told.add((rule, names[one.urn], message)))  # noqa: B023
        else:
            policy.validate(StackValidationArgs(made), lambda message, urn: told.add((rule, names[urn], message)))  # noqa: B023
    return told


def told_by_check(text: str | bytes, settings: Settings) -> set[tuple[str, str, str]]:
    violations, _ = check([o for o in manifest(text).objects if not o.patch], settings)
    return {(one.rule.id, str(one.object.name), str(one.finding)) for one in violations}


@pytest.mark.parametrize("name", STACKS)
def test_pack_and_check_say_the_same_of_a_set_of_manifests(name):
    expected = told_by_check(text_of(name), Settings())

    assert expected == told_by_the_pack(text_of(name), [rule.id for rule in BOTH if rule.level.value != "disabled"])


@pytest.mark.parametrize("example", ["bad", "good"])
@pytest.mark.parametrize("rule", BOTH, ids=lambda rule: rule.id)
def test_pack_and_check_say_the_same_of_an_example(rule, example):
    settings, _ = parse_settings({"all": "advisory"})
    text = getattr(rule, example)
    expected = told_by_check(text, settings)

    assert expected == told_by_the_pack(text, [rule.id for rule in BOTH])
    assert (example == "bad") == (rule.id in {name for name, *_ in expected})
