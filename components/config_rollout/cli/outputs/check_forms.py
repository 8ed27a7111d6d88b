"""What `check` prints, in each output format."""

import json
from collections.abc import Callable

from .annotations import annotations
from .check_report import Report
from .junit import junit
from .sarif import sarif


def _text(report: Report, _: set[int]) -> str:
    """Return a line for each finding, and the counts."""
    lines = [f"{row.file}:{row.line}: {row.level.value}: {row.message} [{row.rule.id}]" for row in report.new]
    return "\n".join([*lines, report.summary()])


def _json(report: Report, _: set[int]) -> str:
    """Return what docs/schemas/check.json describes."""
    findings = [
        {
            "rule": row.rule.id,
            "level": row.level.value,
            "severity": row.rule.severity.value,
            "file": row.file,
            "line": row.line,
            "resource": row.resource,
            "kustomizations": list(row.rendered),
            "path": row.finding.where,
            "message": row.finding.what,
            "fix": row.finding.fix,
            "old": row.old,
        }
        for row in report.rows
    ]
    gaps = [{"reason": one.reason.id, "where": one.where, "detail": one.detail} for one in report.gaps]
    everything = {
        "findings": findings,
        "notChecked": gaps,
        "objects": report.objects,
        "skipped": dict(report.skipped),
    }
    return json.dumps(everything, indent=2)


FORMS: dict[str, Callable[[Report, set[int]], str]] = {
    "text": _text,
    "json": _json,
    "sarif": lambda report, _: json.dumps(sarif(report), indent=2),
    "github": lambda report, _: "\n".join(annotations(report)),
    "junit": junit,
}
"""Output format -> the text of a report in it; the set contains `id` of the rows that fail the run."""
