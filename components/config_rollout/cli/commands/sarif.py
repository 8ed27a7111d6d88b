"""
What `check` found as SARIF 2.1.0, which code scanning shows beside the line.

Source: OASIS "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from typing import Any
from urllib.parse import quote

from ...core.rules import RULES
from ...core.rules.checking import Violation
from ...core.rules.manifest import Place
from ...core.rules.rule import Level, Rule
from ...core.rules.settings import Settings

_LEVELS = {Level.MANDATORY: "error", Level.ADVISORY: "warning", Level.DISABLED: "none"}
_RULES = {rule.id: number for number, rule in enumerate(RULES)}


def sarif(violations: list[Violation], notes: list[str], settings: Settings) -> dict[str, Any]:
    """Return a log of one run: all rules, the findings, and the notes as notifications of the tool."""
    driver = {
        "name": "config-rollout",
        "rules": [_rule(rule, settings.of(rule).level or rule.level) for rule in RULES],
    }
    invocation = {
        "executionSuccessful": True,
        "toolExecutionNotifications": [{"level": "note", "message": {"text": note}} for note in notes],
    }
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [invocation],
                "results": [_result(violation) for violation in violations],
                "columnKind": "utf16CodeUnits",
            }
        ],
    }


def _rule(rule: Rule, level: Level) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": f"Prevents {rule.prevents}."},
        "help": {"text": f"{rule.fix[:1].upper()}{rule.fix[1:]}."},
        "helpUri": rule.link,
        "defaultConfiguration": {"level": _LEVELS[level]},
        "properties": {"tags": [rule.topic], "problem.severity": rule.severity.value},
    }


def _result(violation: Violation) -> dict[str, Any]:
    place = violation.object.place
    assert isinstance(place, Place)
    return {
        "ruleId": violation.rule.id,
        "ruleIndex": _RULES[violation.rule.id],
        "level": _LEVELS[violation.level],
        "message": {"text": f"{violation.object.title}: {violation.finding}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(place.file)},
                    "region": {"startLine": place.line},
                },
                "logicalLocations": [{"fullyQualifiedName": f"{violation.object.title}: {violation.finding.where}"}],
            }
        ],
    }
