"""The report of `check`, for all output formats."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ...core.arguments.finding import Finding
from ...core.rules.gaps import Gap
from ...core.rules.rule import Level, Rule
from ...core.rules.settings import Settings

_MOST = 2
"""How many kustomizations a message names; `--json` names all."""


@dataclass(frozen=True)
class Row:
    """
    One finding.

    `line` is that of the field. `rendered` names the kustomizations whose rendered objects have it; empty for a plain
    file. An `old` finding is in the baseline.
    """

    rule: Rule
    level: Level
    resource: str
    file: str
    line: int
    finding: Finding
    rendered: tuple[str, ...] = ()
    old: bool = False

    @property
    def message(self) -> str:
        """Return the finding without place, level and rule."""
        more = f" and {len(self.rendered) - _MOST:,} more" if len(self.rendered) > _MOST else ""
        of = f" of {', '.join(self.rendered[:_MOST])}{more}" if self.rendered else ""
        return f"{self.resource}{of}: {self.finding}"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what stays the same if lines move: rule, file, resource and path."""
        return self.rule.id, self.file, self.resource, self.finding.where


@dataclass
class Report:
    """
    What one run reports.

    `rows` includes old findings. `files` are the files that were read. `code` is the exit code, and `trouble` says why
    nothing could be checked.
    """

    settings: Settings
    rows: list[Row] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    objects: int = 0
    gaps: list[Gap] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    code: int = 0
    trouble: str = ""

    @property
    def new(self) -> list[Row]:
        """Return the findings that are not in the baseline."""
        return [row for row in self.rows if not row.old]

    def summary(self) -> str:
        """Return the counts as one line."""
        mandatory = sum(row.level is Level.MANDATORY for row in self.new)
        also = {"skipped": sum(self.skipped.values()), "in the baseline": len(self.rows) - len(self.new)}
        more = "".join(f", {count:,} {what}" for what, count in also.items() if count)
        findings = f"{len(self.new):,} {'finding' if len(self.new) == 1 else 'findings'}"
        objects = f"{self.objects:,} {'object' if self.objects == 1 else 'objects'}"
        return f"{findings}, {mandatory:,} mandatory, in {objects}{more}"


def merge(rows: Iterable[Row]) -> list[Row]:
    """Return the rows; a finding that several kustomizations share is one row with all of their names."""
    merged: dict[tuple[object, ...], Row] = {}
    for number, row in enumerate(rows):
        key = (row.rule.id, row.file, row.line, row.finding) if row.rendered else (number,)
        if known := merged.get(key):
            row = replace(known, rendered=(*known.rendered, *row.rendered))
        merged[key] = row
    return list(merged.values())


def mark_old(rows: Iterable[Row], baseline: Counter[tuple[str, str, str, str]]) -> Iterator[Row]:
    """Yield the rows, marked as old if the baseline has them, and remove these from the baseline."""
    for row in rows:
        old = baseline[row.key] > 0
        if old:
            baseline[row.key] -= 1
        yield replace(row, old=old)
