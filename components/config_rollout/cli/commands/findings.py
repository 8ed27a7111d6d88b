"""What `check` finds, as text, as JSON or as SARIF; check.py is its place on the command line."""

import json
import sys

from ...core.arguments.finding import report
from ...core.rules.checking import Violation, check
from ...core.rules.manifest import Manifest, parse_manifest
from ...core.rules.objects import KubernetesObject
from ...core.rules.rule import Level
from ...core.rules.settings import Settings, parse_settings
from ..errors import Trouble
from ..inputs.files import read_manifests
from .sarif import sarif

NOTHING_MANDATORY, MANDATORY = 0, 1
"""The exit codes."""


def run(path: str, config: str | None, form: str) -> int:
    """
    Check the manifests at a path, print what is found and return the exit code.

    Args:
      path: A file, a folder, or `-` for standard input.
      config: A JSON file with settings.
      form: `text`, `json` or `sarif`.

    Raises:
      Trouble: Something cannot be read, or holds nothing to check.

    """
    settings = _settings(config) if config else Settings()
    manifest = Manifest()
    for name, text in read_manifests(path):
        parse_manifest(name, text, manifest)
    violations, unchecked = check(manifest.objects, settings)
    notes = [*manifest.notes, *(f"{_where(o)}: {o.title}: {what}" for o, what in unchecked), *_skipped(manifest)]
    for note in notes:
        print(f"config-rollout: note: {note}", file=sys.stderr)
    if not manifest.objects and not manifest.skipped.keys() - {"empty document"}:
        raise Trouble(f"{path}: holds no Kubernetes object that can be read. Name rendered manifests.")
    if form == "json":
        print(json.dumps({"findings": [_row(violation) for violation in violations]}, indent=2))
    elif form == "sarif":
        print(json.dumps(sarif(violations, notes, settings), indent=2))
    else:
        _tell(violations, len(manifest.objects))
    return MANDATORY if any(violation.level is Level.MANDATORY for violation in violations) else NOTHING_MANDATORY


def _settings(path: str) -> Settings:
    """Return the settings in a JSON file."""
    try:
        with open(path, encoding="utf-8") as file:
            given = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else f"is no JSON ({error})"
        raise Trouble(f"{path}: {reason[:1].lower()}{reason[1:]}. Name a JSON file.") from None
    settings, findings = parse_settings(given)
    if findings:
        raise Trouble(report(path, findings))
    return settings


def _tell(violations: list[Violation], objects: int) -> None:
    for violation in violations:
        about = f"{violation.level.value}: {violation.object.title}: {violation.finding}"
        print(f"{_where(violation.object)}: {about} [{violation.rule.id}]")
    mandatory = sum(violation.level is Level.MANDATORY for violation in violations)
    print(f"{len(violations):,} findings, {mandatory:,} mandatory, in {objects:,} objects")


def _row(violation: Violation) -> dict[str, str]:
    return {
        "rule": violation.rule.id,
        "level": violation.level.value,
        "resource": violation.object.title,
        "path": violation.finding.where,
        "message": violation.finding.what,
        "fix": violation.finding.fix,
    }


def _skipped(manifest: Manifest) -> list[str]:
    """Return one line on the objects that no rule looks at, the most frequent kind first."""
    counts = ", ".join(f"{kind} ({count:,})" for kind, count in manifest.skipped.most_common())
    return [f"no rule looks at: {counts}"] if counts else []


def _where(o: KubernetesObject) -> str:
    return f"{o.place.file}:{o.place.line}"  # type: ignore[attr-defined]
