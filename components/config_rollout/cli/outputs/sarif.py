"""
The findings of `check` as SARIF 2.1.0, which code scanning shows next to the lines.

Source: OASIS "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub "SARIF support for code
scanning".
"""

import hashlib
from collections import Counter
from importlib import metadata
from typing import Any
from urllib.parse import quote

from ...core.rules import RULES
from ...core.rules.rule import Level, Rule, Severity
from .check_report import Report, Row

_RULES = {rule.id: number for number, rule in enumerate(RULES)}
_ROOT = "%SRCROOT%"


def sarif(report: Report) -> dict[str, Any]:
    """Return the log of one run: all rules, the findings, and the notes as notifications of the tool."""
    driver = {
        "name": "config-rollout",
        "version": metadata.version("pulumi-config-rollout"),
        "rules": [_rule(rule, report.settings.of(rule).level or rule.level) for rule in RULES],
    }
    invocation = {
        "executionSuccessful": report.code != 2,
        "exitCode": report.code,
        "toolExecutionNotifications": [{"level": "note", "message": {"text": note}} for note in report.notes],
    }
    counts: Counter[tuple[str, ...]] = Counter()
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [invocation],
                "results": [_result(row, counts) for row in report.new],
                "columnKind": "utf16CodeUnits",
            }
        ],
    }


def _level(level: Level, severity: Severity) -> str:
    if level is Level.MANDATORY:
        return "error"
    return "note" if severity is Severity.LOW else "warning"


def _rule(rule: Rule, level: Level) -> dict[str, Any]:
    sarif_level = _level(level, rule.severity)
    fix = f"{rule.fix[:1].upper()}{rule.fix[1:]}."
    return {
        "id": rule.id,
        "shortDescription": {"text": f"Prevents {rule.prevents}."},
        "fullDescription": {"text": f"Prevents {rule.prevents}. {fix}"},
        "help": {"text": f"{fix} {rule.link}", "markdown": f"{fix} [Source]({rule.link})"},
        "helpUri": rule.link,
        "defaultConfiguration": {"enabled": level is not Level.DISABLED, "level": sarif_level},
        "properties": {
            "tags": [rule.topic],
            "precision": "high",
            "problem.severity": "recommendation" if sarif_level == "note" else sarif_level,
        },
    }


def _result(row: Row, counts: Counter[tuple[str, ...]]) -> dict[str, Any]:
    counts[row.key] += 1
    fingerprint = hashlib.sha256("\0".join((*row.key, str(counts[row.key]))).encode()).hexdigest()
    relative = not row.file.startswith("/")
    return {
        "ruleId": row.rule.id,
        "ruleIndex": _RULES[row.rule.id],
        "level": _level(row.level, row.rule.severity),
        "message": {"text": row.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(row.file)} | ({"uriBaseId": _ROOT} if relative else {}),
                    "region": {"startLine": row.line},
                },
                "logicalLocations": [{"fullyQualifiedName": f"{row.resource}: {row.finding.where}"}],
            }
        ],
        "partialFingerprints": {"ruleFileResourcePath/v1": fingerprint},
    }
