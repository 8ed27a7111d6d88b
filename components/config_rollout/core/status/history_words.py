"""What `history` prints: a line for each rollout, or one in full."""

from collections.abc import Sequence

from ..audit.record import AuditRecord, Change, moment
from ..audit.reloads import asked, how_it_went, not_read
from ..configuration.digest import short_hash
from ..kubernetes.workload_kinds import KINDS
from ..revisions.observation import names_in, parts_of
from ..waves.words import duration, names
from ..words.table import aligned
from .history import Rollout
from .observation import WorkloadView, short

_HEAD = ("REVISION", "WHEN", "WHO", "WHAT", "RESTARTED", "TOOK", "RESULT")
_MOST_WHAT = 60
_NOT_RECORDED = "not recorded"


def table(rollouts: Sequence[Rollout]) -> list[str]:
    """Return a line for each rollout below a head."""
    return aligned([_HEAD, *(_row(rollout) for rollout in rollouts)])


def in_full(view: WorkloadView, rollout: Rollout) -> list[str]:
    """Return everything that is known about one rollout."""
    record, revision = rollout.record, rollout.revision
    lines = [f"{view.where} revision {_number(rollout)}: {record.result if record else _NOT_RECORDED}"]
    if record and record.reason:
        lines.append(f"  {record.reason}")
    facts = [
        ("when", f"{rollout.when}{f', took {_took(record)}' if record else ''}"),
        ("who", who(rollout, all_of=True)),
    ]
    before = f"{short(record.old_hash)} => " if record and record.old_hash else ""
    facts.append(("configuration", f"{before}{short(rollout.config_hash)}"))
    if record and record.reload:
        facts[-1] = ("text", f"{_text(record.reload.old_hash)} => {_text(record.reload.new_hash)}")
        facts.append(("pods", how_it_went(record)))
        facts += [("not asked", names(record.reload.away))] if record.reload.away else []
    if revision:
        mounts = revision.config_map or "none"
        gone = "" if all(name in view.config_maps for name in names_in(revision.config_map)) else ", which is missing"
        pods = sum(pod.revision == revision.hash for pod in view.pods)
        facts += [
            ("reads" if len(parts_of(mounts)) > 1 else "ConfigMap", f"{mounts}{gone}"),
            ("kept", f"yes, {pods:,} of {len(view.pods):,} pods have it"),
        ]
        facts += [("change cause", rollout.change_cause)] if rollout.change_cause else []
    else:
        facts.append(("kept", "no, Kubernetes has removed the revision"))
    if record:
        facts.append(("restarts", f"{record.restarts:,}{f', {record.retries:,} retries' if record.retries else ''}"))
    lines += aligned([fact for fact in facts if fact[1]], indent=2)
    return [*lines, *(_record_lines(record) if record else _template_lines(rollout.template_changes))]


def who(rollout: Rollout, all_of: bool = False) -> str:
    """Return who did it: the stack and commit, or whoever is known; `all_of` for everything."""
    if rollout.record is None:
        return rollout.manager
    by = rollout.record.by
    commit = (
        f"commit {by.commit if all_of else by.commit[:10]}{' with changes' if by.dirty else ''}" if by.commit else ""
    )
    if all_of:
        known = (by.stack, commit, by.ci, f"user {by.user}" if by.user else "")
        return ", ".join(text for text in known if text)
    return " ".join(text for text in (by.stack, commit) if text) or by.user or by.ci or ""


def change_line(change: Change) -> str:
    """Return a change as a line with Pulumi's signs, and what it does where that is more than a restart."""
    sign = "+" if change.before is None else "-" if change.after is None else "~"
    values = " => ".join(value for value in (change.before, change.after) if value is not None)
    kind = "" if change.class_ == "restart" else f" ({change.class_})"
    return f"{sign} {change.path}: {values}{kind}" if change.path else f"{sign} {values}{kind}"


def _row(rollout: Rollout) -> tuple[str, ...]:
    record = rollout.record
    if record is None:
        what = _cut(rollout.change_cause) or _what(rollout)
        return _number(rollout), rollout.when, who(rollout), what, "", "", _NOT_RECORDED
    if rollout.only_reloads:
        how = f"0, {asked(record) - not_read(record):,} of {asked(record):,} reloaded"
        return _number(rollout), record.started, who(rollout), _what(rollout), how, _took(record), record.result
    nodes = min(record.restarts, sum(wave.nodes for wave in record.waves)) if record.pods is None else len(record.pods)
    return _number(rollout), record.started, who(rollout), _what(rollout), f"{nodes:,}", _took(record), record.result


def _what(rollout: Rollout) -> str:
    """Return the first field that changed, and how many more there are."""
    changes = [*(rollout.record.changes if rollout.record else ()), *rollout.template_changes]
    if not changes:
        return f"configuration {short(rollout.config_hash)}"
    first = changes[0]
    more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
    key = f"{first.place}: " if first.place else ""
    sign = "" if first.before is not None and first.after is not None else change_line(first)[:2]
    return _cut(f"{key}{sign}{change_line(first)[2:]}", len(more)) + more


def _record_lines(record: AuditRecord) -> list[str]:
    lines: list[str] = []
    for place in dict.fromkeys(change.place for change in record.changes):
        of = [f"    {change_line(change)}" for change in record.changes if change.place == place]
        lines += [f"  {place or 'configuration'}", *of]
    lines += _template_lines(record.template_changes)
    rows = [
        (w.name, f"{w.nodes:,}", f"{w.restarts:,}", w.started, duration(_seconds(w.started, w.ended)), w.result)
        for w in record.waves
    ]
    head, *waves = aligned([("wave", KINDS[record.kind].places, "restarts", "from", "took", "result"), *rows], indent=2)
    lines.append(head)
    for line, wave in zip(waves, record.waves, strict=True):
        lines += [line, *(f"    {finding}" for finding in wave.findings)]
    return lines


def _template_lines(changes: Sequence[Change]) -> list[str]:
    return ["  pod template", *(f"    {change_line(change)}" for change in changes)] if changes else []


def _text(full_hash: str) -> str:
    """Return the hash of a text that changes in place as it appears in sentences."""
    return short_hash(full_hash) or "an unknown text"


def _took(record: AuditRecord) -> str:
    return duration(round(record.seconds))


def _seconds(started: str, ended: str) -> int:
    return round((moment(ended) - moment(started)).total_seconds())


def _number(rollout: Rollout) -> str:
    return "?" if rollout.number is None else str(rollout.number)


def _cut(text: str, taken: int = 0) -> str:
    most = _MOST_WHAT - taken
    return text if len(text) <= most else f"{text[: most - 3]}..."
