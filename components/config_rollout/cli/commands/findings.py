"""What `check` does: reads sets of manifests, runs the rules over each, and tells what they find."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.rules import BY_ID
from ...core.rules.check_settings import FAIL_ON
from ...core.rules.checking import Violation, check
from ...core.rules.coverage import explained
from ...core.rules.lines import lines
from ...core.rules.manifest import Manifest, Place, parse_manifest
from ...core.rules.objects import WORKLOADS, KubernetesObject, Objects
from ...core.rules.rule import Level
from ...core.rules.settings import Settings
from ...core.rules.skips import SkipLog
from ...core.rules.unread import NOT_KNOWN, Unread, summary
from ..errors import Trouble
from ..inputs.check_config import CheckConfig, read_baseline, read_config
from ..inputs.manifests import Manifests, ManifestSet, Pattern, shown
from ..inputs.rendered import relocated
from ..outputs.check_forms import FORMS
from ..outputs.check_report import Report, Row, folded, without_old

NO_FINDING, FINDING, NOT_LOOKED_AT = 0, 1, 2
"""The exit codes: nothing that fails, something that does, and something that could not be looked at."""

_MOST_KINDS = 10


@dataclass(frozen=True)
class Options:
    """
    What the command line says; `None` and `False` leave it to the configuration file.

    `exclude` names rules, or files and folders by patterns. `form` is `text`, `json`, `sarif`, `github` or `junit`.
    With `fix`, edits are shown in place of findings, and with `write` too they are written.
    """

    paths: Sequence[str]
    config: str | None = None
    only: Sequence[str] = ()
    exclude: Sequence[str] = ()
    fail_on: str | None = None
    baseline: str | None = None
    strict: bool = False
    together: bool = False
    form: str = "text"
    fix: bool = False
    write: bool = False


def run(options: Options) -> int:
    """
    Check the manifests at the paths, print what is found and return the exit code.

    Raises:
      Trouble: Something that was named cannot be read, or there is nothing to check.

    """
    config = read_config(options.config)
    settings = config.settings.limited(options.only, [one for one in options.exclude if one in BY_ID])
    old = _baseline(options, config)
    baseline = read_baseline(old) if old else Counter()
    ours = [file for file in (config.file, old) if file]
    together = options.together or config.check.together
    manifests = Manifests(options.paths, _patterns(options, config), ours, together)
    if options.fix:
        from .fixing import fix

        return fix(manifests, settings, options.write)
    report = checked(manifests, settings)
    report.rows = list(without_old(folded(report.rows), baseline))
    report.notes += _baseline_note(baseline)
    if config.file and config.file.parent != Path.cwd() and options.config is None:
        report.notes.append(f"settings are those of {config.file}")
    for note in report.notes:
        print(f"config-rollout: note: {note}", file=sys.stderr)
    fails = _failing(report, options.fail_on or config.check.fail_on)
    report.code = FINDING if fails else NO_FINDING
    if report.trouble or ((options.strict or config.check.strict) and report.unread):
        report.code = NOT_LOOKED_AT
    if report.trouble:
        if options.form == "text":
            raise Trouble(report.trouble)
        print(f"config-rollout: {report.trouble}", file=sys.stderr)
    print(FORMS[options.form](report, fails))
    return report.code


def checked(manifests: Manifests, settings: Settings) -> Report:
    """
    Return what the rules find in all sets, each of which is forgotten when the next is read.

    Raises:
      Trouble: As `run`.

    """
    report, log = Report(settings), SkipLog()
    skipped: Counter[str] = Counter()
    others = 0
    for one in manifests.sets():
        manifest = _read(one, report.files)
        violations, unchecked = check(manifest.objects, settings, log)
        report.rows += _rows(violations, one)
        report.objects += len(manifest.objects)
        report.unread += manifest.unread
        report.unread += [Unread(NOT_KNOWN, str(o.place), f"{o.title}: {what}") for o, what in unchecked]
        skipped += manifest.skipped
        others += manifest.others
    report.unread[:0] = manifests.unread
    report.skipped = log.counts
    report.notes += [*summary(report.unread), *_passed_over(skipped, others, manifests), *log.notes]
    report.notes += log.unused(settings.skips())
    looked_at = report.objects or (not report.unread and (others or skipped.keys() - {"empty document"}))
    if not looked_at and (report.unread or not manifests.excluded):
        report.trouble = (
            f"{' '.join(manifests.paths)}: holds no Kubernetes object that can be read. Name rendered manifests."
        )
    return report


def _read(one: ManifestSet, files: list[str]) -> Manifest:
    """Return what a set holds, each object at its place in a source, and note the files."""
    manifest = Manifest()
    for name, text in one.texts:
        files.append(name)
        parse_manifest(name, text, manifest)
    if one.rendered:
        manifest.objects = relocated(manifest.objects, one.rendered)
    return manifest


def explain(paths: Sequence[str], config: str | None, together: bool) -> None:
    """Print of each ConfigMap and Secret that pods read whether a new content reaches them, and by what."""
    found = read_config(config)
    for one in Manifests(paths, [Pattern(text, found.folder) for text in found.check.exclude], (), together).sets():
        told = list(explained(Objects.of(_read(one, []).objects), *WORKLOADS))
        places = lines([(_place(workload), coverage.use.where) for workload, coverage in told])
        for (workload, coverage), line in zip(told, places, strict=True):
            print(f"{_place(workload).file}:{line}: {workload.title}: {coverage}")


def _rows(violations: list[Violation], one: ManifestSet) -> Iterator[Row]:
    rendered = (shown(one.rendered.root),) if one.rendered else ()
    places = [(_place(violation.object), violation.finding.where) for violation in violations]
    for violation, (place, _), line in zip(violations, places, lines(places), strict=True):
        title = violation.object.title
        yield Row(violation.rule, violation.level, title, place.file, line, violation.finding, rendered)


def _place(o: KubernetesObject) -> Place:
    assert isinstance(o.place, Place)
    return o.place


def _patterns(options: Options, config: CheckConfig) -> list[Pattern]:
    here = [Pattern(one) for one in options.exclude if one not in BY_ID]
    return [*here, *(Pattern(one, config.folder) for one in config.check.exclude)]


def _baseline(options: Options, config: CheckConfig) -> Path | None:
    if options.baseline is not None:
        return Path(options.baseline)
    return config.folder / config.check.baseline if config.check.baseline else None


def _baseline_note(left: Counter[tuple[str, str, str, str]]) -> Iterator[str]:
    if gone := left.total():
        what = "finding of the baseline is" if gone == 1 else "findings of the baseline are"
        yield f"{gone:,} {what} no longer there. Write it again with --json."


def _failing(report: Report, fail_on: str) -> set[int]:
    """Return `id` of the rows that make the exit code 1."""
    assert fail_on in FAIL_ON
    levels = {"mandatory": {Level.MANDATORY}, "advisory": {Level.MANDATORY, Level.ADVISORY}}.get(fail_on, set())
    return {id(row) for row in report.rows if not row.old and row.level in levels}


def _passed_over(skipped: Counter[str], others: int, manifests: Manifests) -> Iterator[str]:
    """Yield what there was beside the objects that rules look at, the most frequent kind first."""
    if skipped:
        shown_kinds = skipped.most_common(_MOST_KINDS)
        counts = ", ".join(f"{kind} ({count:,})" for kind, count in shown_kinds)
        more = f" and {len(skipped) - len(shown_kinds):,} other kinds" if len(skipped) > len(shown_kinds) else ""
        yield f"no rule looks at: {counts}{more}"
    if others:
        what = "document is no Kubernetes object" if others == 1 else "documents are no Kubernetes objects"
        yield f"{others:,} {what}, such as a chart's values"
    if manifests.excluded:
        what = "file or folder" if manifests.excluded == 1 else "files and folders"
        yield f"{manifests.excluded:,} {what} left out, as the patterns say"
    for pattern in manifests.unmatched:
        yield f"--exclude {pattern}: fits no rule, file or folder. Correct it, or remove it."
