"""Runs `check`: reads sets of manifests, runs the rules over each set and prints the findings."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...core.rules import BY_ID
from ...core.rules.check_settings import FAIL_ON
from ...core.rules.checking import Violation, check
from ...core.rules.coverage import explained
from ...core.rules.gaps import NOT_KNOWN, Gap, summary
from ...core.rules.lines import lines
from ...core.rules.manifest import Manifest, Place, parse_manifest
from ...core.rules.objects import WORKLOADS, KubernetesObject, Objects
from ...core.rules.rule import Level
from ...core.rules.settings import Settings
from ...core.rules.skips import SkipLog
from ..errors import Trouble
from ..inputs.check_config import CheckConfig, read_baseline, read_config
from ..inputs.manifests import Manifests, ManifestSet, Pattern, display_name
from ..inputs.rendered import relocate
from ..outputs.check_forms import FORMS
from ..outputs.check_report import Report, Row, mark_old, merge

NO_FINDING, FINDING, INCOMPLETE = 0, 1, 2
"""The exit codes. `INCOMPLETE` means that something could not be checked."""

_MOST_KINDS = 10


@dataclass(frozen=True)
class Options:
    """
    The options of the command line; `None` and `False` leave a choice to the configuration file.

    `exclude` contains rules, and patterns of files and folders. `form` is `text`, `json`, `sarif`, `github` or `junit`.
    With `fix`, edits are shown instead of findings, and with `write` they are also written.
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
    Check the manifests at the paths, print the findings and return the exit code.

    Raises:
      Trouble: A path, option or configuration file is wrong, or there is nothing to check.

    """
    config = read_config(options.config)
    settings = config.settings.restrict(options.only, [rule for rule in options.exclude if rule in BY_ID])
    old = _baseline(options, config)
    baseline = read_baseline(old) if old else Counter()
    ours = [file for file in (config.file, old) if file]
    together = options.together or config.check.together
    manifests = Manifests(options.paths, _patterns(options, config), ours, together)
    if options.fix:
        from .fixing import fix

        return fix(manifests, settings, options.write)
    report = check_sets(manifests, settings)
    report.rows = list(mark_old(merge(report.rows), baseline))
    report.notes += _baseline_note(baseline)
    if config.file and config.file.parent != Path.cwd() and options.config is None:
        report.notes.append(f"using the settings in {config.file}")
    for note in report.notes:
        print(f"config-rollout: note: {note}", file=sys.stderr)
    fails = _failing(report, options.fail_on or config.check.fail_on)
    report.code = FINDING if fails else NO_FINDING
    if report.trouble or ((options.strict or config.check.strict) and report.gaps):
        report.code = INCOMPLETE
    if report.trouble:
        if options.form == "text":
            raise Trouble(report.trouble)
        print(f"config-rollout: {report.trouble}", file=sys.stderr)
    print(FORMS[options.form](report, fails))
    return report.code


def check_sets(manifests: Manifests, settings: Settings) -> Report:
    """
    Return what the rules find in all sets; only one set is in memory at a time.

    Raises:
      Trouble: As `run`.

    """
    report, log = Report(settings), SkipLog()
    skipped: Counter[str] = Counter()
    others = 0
    for manifest_set in manifests.sets():
        manifest = _read(manifest_set, report.files)
        violations, unchecked = check(manifest.objects, settings, log)
        report.rows += _rows(violations, manifest_set)
        report.objects += len(manifest.objects)
        report.gaps += manifest.gaps
        report.gaps += [Gap(NOT_KNOWN, str(o.place), f"{o.title}: {what}") for o, what in unchecked]
        skipped += manifest.skipped
        others += manifest.others
    report.gaps[:0] = manifests.gaps
    report.skipped = log.counts
    report.notes += [*summary(report.gaps), *_passed_over(skipped, others, manifests), *log.notes]
    report.notes += log.without_match(settings.skips())
    nothing = not report.objects and (report.gaps or not (others or skipped.keys() - {"empty document"}))
    if nothing and (report.gaps or not manifests.excluded):
        report.trouble = (
            f"{' '.join(manifests.paths)}: contains no readable Kubernetes object. Pass rendered manifests."
        )
    return report


def _read(manifest_set: ManifestSet, files: list[str]) -> Manifest:
    """Return the objects of a set, and add its files to `files`; a rendered object has its place in its source."""
    manifest = Manifest()
    for name, text in manifest_set.texts:
        files.append(name)
        parse_manifest(name, text, manifest)
    if rendered := manifest_set.rendered:
        manifest.objects = relocate(manifest.objects, rendered)
        manifest.gaps = [replace(gap, where=display_name(rendered.root)) for gap in manifest.gaps]
    return manifest


def explain(paths: Sequence[str], config: str | None, together: bool) -> None:
    """Print for each ConfigMap and Secret that pods read whether and how new content reaches them."""
    settings = read_config(config)
    patterns = [Pattern(text, settings.folder) for text in settings.check.exclude]
    for manifest_set in Manifests(paths, patterns, (), together or settings.check.together).sets():
        reasons = list(explained(Objects.of(_read(manifest_set, []).objects), *WORKLOADS))
        places = lines([(_place(workload), coverage.use.where) for workload, coverage in reasons])
        for (workload, coverage), line in zip(reasons, places, strict=True):
            print(f"{_place(workload).file}:{line}: {workload.title}: {coverage}")


def _rows(violations: list[Violation], manifest_set: ManifestSet) -> Iterator[Row]:
    rendered = (display_name(manifest_set.rendered.root),) if manifest_set.rendered else ()
    places = [(_place(violation.object), violation.finding.where) for violation in violations]
    for violation, (place, _), line in zip(violations, places, lines(places), strict=True):
        title = violation.object.title
        yield Row(violation.rule, violation.level, title, place.file, line, violation.finding, rendered)


def _place(o: KubernetesObject) -> Place:
    assert isinstance(o.place, Place)
    return o.place


def _patterns(options: Options, config: CheckConfig) -> list[Pattern]:
    here = [Pattern(text) for text in options.exclude if text not in BY_ID]
    return [*here, *(Pattern(text, config.folder) for text in config.check.exclude)]


def _baseline(options: Options, config: CheckConfig) -> Path | None:
    if options.baseline is not None:
        return Path(options.baseline)
    return config.folder / config.check.baseline if config.check.baseline else None


def _baseline_note(left: Counter[tuple[str, str, str, str]]) -> Iterator[str]:
    if gone := left.total():
        what = "finding of the baseline is" if gone == 1 else "findings of the baseline are"
        yield f"{gone:,} {what} gone. Write the baseline again with --json."


def _failing(report: Report, fail_on: str) -> set[int]:
    """Return `id` of the rows that make the exit code 1."""
    assert fail_on in FAIL_ON
    levels = {"mandatory": {Level.MANDATORY}, "advisory": {Level.MANDATORY, Level.ADVISORY}}.get(fail_on, set())
    return {id(row) for row in report.rows if not row.old and row.level in levels}


def _passed_over(skipped: Counter[str], others: int, manifests: Manifests) -> Iterator[str]:
    """Yield what there was besides objects that rules check, the most frequent kind first."""
    if skipped:
        kinds = skipped.most_common(_MOST_KINDS)
        counts = ", ".join(f"{kind} ({count:,})" for kind, count in kinds)
        more = f" and {len(skipped) - len(kinds):,} other kinds" if len(skipped) > len(kinds) else ""
        yield f"not covered by any rule: {counts}{more}"
    if others:
        what = "document is not a Kubernetes object" if others == 1 else "documents are not Kubernetes objects"
        yield f"{others:,} {what}, such as a chart's values"
    if manifests.excluded:
        what = "file or folder" if manifests.excluded == 1 else "files and folders"
        yield f"{manifests.excluded:,} {what} left out by patterns"
    for pattern in manifests.unmatched:
        yield f"--exclude {pattern}: matches no rule, file or folder. Correct it, or remove it."
