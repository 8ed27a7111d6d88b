"""What `status` says of the ConfigMaps that change in place, and of the last reload of their text."""

from collections.abc import Collection, Iterator

from ..arguments.finding import Finding
from ..audit.record import WELL, AuditRecord
from ..audit.reloads import asked, how_it_went, not_read
from ..kubernetes.pods import place_of
from ..revisions.reload_note import ReloadNote
from ..waves.reload_programs import Question
from ..waves.words import names
from .observation import PROGRAMS, WorkloadView

_THEN = {"back": "the old text was written again", "keep": "the new text stays"}
"""What became of a text that not all have read."""


def reload_state(view: WorkloadView) -> tuple[str, str, str]:
    """
    Return how the last reload ended, when, and how it went; the first is `none` if there was none.

    One that failed, and whose text is no longer wanted, is `given up`.
    """
    record = view.reload
    if record is None:
        return "none", "", ""
    given_up = record.result not in WELL and not _note(view).failed
    return "given up" if given_up else record.result, record.ended, how_it_went(record)


def question_of(view: WorkloadView) -> tuple[Question, Collection[str]] | None:
    """
    Return what pods answer to tell which text they run, and what stands for older ones; `None` if nothing tells.

    After a reload that was taken back no answer tells the two texts apart.
    """
    note = _note(view)
    if not note.ask or note.failed == "back":
        return None
    try:
        return Question(**note.ask), note.known  # type: ignore[arg-type]
    except TypeError:
        return None


def reports_now(view: WorkloadView) -> str:
    """Return how many pods run the text, by their own answers; empty where none was asked."""
    if view.not_asked:
        return f", pods not asked: may not {view.not_asked}"
    good = sum(not why for why in view.reports.values())
    return f", {good:,} of {len(view.reports):,} report it now" if view.reports else ""


def reload_json(view: WorkloadView) -> dict[str, object] | None:
    """Return the same as `status --json` has it; `None` where nothing changes in place."""
    if not view.in_place:
        return None
    record, (state, ended, _) = view.reload, reload_state(view)
    return {
        "config_maps": view.in_place,
        "state": state,
        "ended": ended or None,
        "pods": asked(record) if record else None,
        "unread": not_read(record) if record else None,
        "reports": dict(view.reports) if view.reports else None,
    }


def reload_findings(view: WorkloadView) -> Iterator[Finding]:
    """Find a ConfigMap that changes in place and is missing or another's, and a text that not all pods have read."""
    for name in view.in_place:
        there = view.config_maps.get(name)
        if there is None:
            who = f"{len(view.pods):,} pods read" if len(view.pods) != 1 else "1 pod reads"
            what = f"is missing: {who} it, and none can start without it"
            yield Finding(f"ConfigMap {name}", what, "Run `pulumi up --refresh`, which recreates it")
        elif there.manager and not there.manager.startswith(PROGRAMS):
            what = f"was written by {there.manager} at {there.written}, and nobody has asked the pods since"
            yield Finding(f"ConfigMap {name}", what, "Run `pulumi up --refresh`, which restores the program's text")
    others: dict[str, list[str]] = {}
    for pod in view.pods:
        if why := view.reports.get(pod.name):
            others.setdefault(why, []).append(place_of(view.kind, pod))
    for why, places in sorted(others.items()):
        what = f"{len(places):,} of {len(view.reports):,}: {why}: {names(sorted(places))}"
        yield Finding("pods that reload", what, "Find out why, or delete these pods: a new one begins with the text")
    record, failed = view.reload, _note(view).failed
    if record and failed in _THEN and record.result not in WELL:
        what = f"failed at {record.ended}, {how_it_went(record)}{_who_did_not(record)}; {_THEN[failed]}"
        yield Finding("reload", what, "Correct the text, or restore the previous one, and run `pulumi up`")


def _who_did_not(record: AuditRecord) -> str:
    wrong = [finding for wave in record.waves for finding in wave.findings]
    return f": {wrong[0]}{f', and {len(wrong) - 1:,} more' if len(wrong) > 1 else ''}" if wrong else ""


def _note(view: WorkloadView) -> ReloadNote:
    there = [view.config_maps[name] for name in view.in_place if name in view.config_maps]
    return there[0].note if there else ReloadNote()
