"""
The findings of `check` as workflow commands, which GitHub shows beside the lines of a pull request.

Source: GitHub "Workflow commands for GitHub Actions"; actions/toolkit packages/core/src/command.ts for the escapes.
"""

from collections.abc import Iterator

from ...core.rules.rule import Level, Severity
from .check_report import Report, Row

_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}


def annotations(report: Report) -> Iterator[str]:
    """Yield a command for each finding, and the counts."""
    for row in report.new:
        places = {"file": row.file, "line": str(row.line), "title": row.rule.id}
        properties = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in places.items())
        yield f"::{_command(row)} {properties}::{_escaped(row.message, _IN_MESSAGE)}"
    yield report.summary()


def _command(row: Row) -> str:
    if row.level is Level.MANDATORY:
        return "error"
    return "notice" if row.rule.severity is Severity.LOW else "warning"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
