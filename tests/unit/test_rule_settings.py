"""Levels, parameters and skips."""

import pytest

from config_rollout.core.rules import RULES
from config_rollout.core.rules.checking import check
from config_rollout.core.rules.rule import Level
from config_rollout.core.rules.settings import Settings, parse_settings
from tests.objects.rule_examples import manifest

TEXT = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: system}
spec:
  selector: {matchLabels: {app: agent}}
  minReadySeconds: 10
  updateStrategy: {rollingUpdate: {maxUnavailable: 50%}}
  template:
    metadata: {labels: {app: agent}}
    spec: {priorityClassName: system-node-critical}
"""
RULE = "critical-budget"
SKIP = {"namespace": "system", "name": "agent", "reason": "it is short"}


def levels(given: object) -> list[str]:
    settings, wrong = parse_settings(given)
    violations, _ = check(manifest(TEXT).objects, settings)
    assert [] == wrong
    return [violation.level.value for violation in violations]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["advisory"]),
        ({RULE: "mandatory"}, ["mandatory"]),
        ({RULE: {"enforcementLevel": "mandatory"}}, ["mandatory"]),
        ({RULE: "remediate"}, ["advisory"]),
        ({RULE: "disabled"}, []),
        ({"all": "disabled"}, []),
        ({"all": {"enforcementLevel": "mandatory"}}, ["mandatory"]),
        ({"all": "disabled", RULE: "advisory"}, ["advisory"]),
        ({"all": "mandatory", RULE: {"maxShare": 10}}, ["mandatory"]),
        ({RULE: {"maxShare": 50}}, []),
        ({RULE: {"skip": [SKIP]}}, []),
        ({RULE: {"skip": [{"namespace": "sys*", "reason": "x"}]}}, []),
        ({RULE: {"skip": [{"name": "agent", "reason": "x"}]}}, []),
        ({RULE: {"skip": [SKIP | {"name": "other"}]}}, ["advisory"]),
        ({RULE: {"skip": [SKIP | {"namespace": "kube-system"}]}}, ["advisory"]),
    ],
)
def test_settings(given, expected):
    assert expected == levels(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "settings: must be a mapping (got list)"),
        ({"critical-budge": "advisory"}, "is not a rule. Write 'critical-budget', if that was meant"),
        ({RULE: "high"}, "is not a valid level (got 'high'). Use one of advisory, mandatory"),
        ({RULE: {"enforcementLevel": 1}}, "is not a valid level (got 1)"),
        ({RULE: {"share": 1}}, "is not a setting. Known settings: enforcementLevel, skip, maxShare"),
        ({RULE: {"maxShare": "5"}}, "is not valid (got '5'). Use a whole number from 1 to 100"),
        ({RULE: {"maxShare": 0}}, "is not valid (got 0)"),
        ({RULE: {"maxShare": True}}, "is not valid (got True)"),
        ({RULE: {"skip": SKIP}}, "must be a list (got dict)"),
        ({RULE: {"skip": ["agent"]}}, "skip[0]: must be a mapping (got str)"),
        ({RULE: {"skip": [{"name": "agent"}]}}, "has no reason. Add one"),
        ({RULE: {"skip": [{"name": "agent", "reason": " "}]}}, "has no reason"),
        ({RULE: {"skip": [{"reason": "x"}]}}, "names nothing"),
        ({RULE: {"skip": [SKIP | {"kind": "x"}]}}, "kind: is not a key of a skip"),
    ],
)
def test_wrong_settings_are_told(given, message):
    _, wrong = parse_settings(given)

    assert message in "\n".join(map(str, wrong))


def test_defaults():
    levels = {rule.id: Settings().of(rule).level for rule in RULES}

    assert {
        Level.MANDATORY: {
            "hash-from-resource",
            "missing-key",
            "update-strategy",
            "kube-proxy-refuses",
            "kube-proxy-release",
        },
        Level.DISABLED: {"min-ready-seconds", "patch-on-destroy"},
    } == {kind: {name for name, level in levels.items() if level is kind} for kind in (Level.MANDATORY, Level.DISABLED)}


def test_all_switches_on_what_is_off_as_the_engine_does():
    settings, _ = parse_settings({"all": "advisory"})

    assert {Level.ADVISORY} == {settings.of(rule).level for rule in RULES}
