"""The policy pack says of resources what `check` says of manifests: of every set of manifests and every example."""

from typing import Any

import pytest
import yaml

from config_rollout.core.rules import RULES
from config_rollout.core.rules.checking import check
from config_rollout.core.rules.settings import Settings, parse_settings
from tests.objects.pack_requests import NOT_RUN, URN, answer, everything, one, stack
from tests.objects.rule_examples import manifest
from tests.objects.stacks import STACKS, text_of

BOTH = [rule for rule in RULES if not rule.programs_only]
PACK = everything()


def resources(text: str | bytes) -> list[tuple[str, str, dict[str, Any]]]:
    """Return type, number and properties of the resources that a program of a text has, without parts of objects."""
    found = []
    for number, value in enumerate(yaml.safe_load_all(text)):
        group, _, version = value["apiVersion"].rpartition("/") if value else ("", "", "")
        if value and not (
            value["kind"] in ("DaemonSet", "Deployment", "StatefulSet") and "selector" not in value["spec"]
        ):
            found.append((f"kubernetes:{group or 'core'}/{version}:{value['kind']}", str(number), value))
    return found


def told_by_the_pack(text: str | bytes, rules: list[str]) -> set[tuple[str, str, str]]:
    """Return (rule, name of the object, message) of every policy's findings, asked as the engine asks."""
    made = resources(text)
    names = {URN.format(kind, number): value["metadata"]["name"] for kind, number, value in made}
    requests = [
        stack(*((*each, {}) for each in made)),
        *(one(kind, value, name=number) for kind, number, value in made),
    ]
    return {
        (said.policyName, names[said.urn], said.message.partition("\n")[2])
        for request in requests
        for said in answer(request, PACK)
        if said.policyName in rules and not said.message.startswith(NOT_RUN)
    }


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
