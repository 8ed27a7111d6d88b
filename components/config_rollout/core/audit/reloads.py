"""What an audit record says of a reload, and the words of its Event. Not here: asking the pods (driver/reload.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..words.shown import cut, escaped
from .record import WELL, WITHOUT_WAVES, AuditRecord, Reload, WaveRecord, parse_records, reloads, utc
from .writing import MAX_EVENT_CHARACTERS, shown_findings, what_and_who

_ENDS = {"reloaded": "Reloaded", "restored": "ReloadRestored", "restarted": "ReloadRestarted",
         "failed": "ReloadFailed", "stopped": "ReloadStopped"}  # fmt: skip
"""Result -> reason of its Event."""


@dataclass(frozen=True)
class Reloaded:
    """
    How a reload went. Times are seconds since 1970; `asked_until` is before a text is taken back, or pods restart.

    `nodes` had a pod that was asked, `away` none; `read` is node -> when its pod was seen to have read the text, and
    `wrong` node -> why it has not. The empty node is a command that answered for all.
    """

    result: str
    began: float
    asked_until: float
    ended: float
    nodes: Sequence[str]
    away: Sequence[str] = ()
    read: Mapping[str, float] | None = None
    wrong: Mapping[str, str] | None = None
    reason: str = ""
    restarts: int = 0


def reload_record(base: AuditRecord, of: Reloaded, hashes: tuple[str, str]) -> AuditRecord:
    """Return the record of a reload; `base` says whose, by whom and what changed, `hashes` the texts before and now."""
    read, wrong = of.read or {}, of.wrong or {}
    pods = {node: (0.0, round(read[node] - of.began, 3) if node in read else None) for node in sorted(of.nodes)}
    slowest = max((seconds for _, seconds in pods.values() if seconds is not None), default=0.0)
    result = "done" if not wrong and of.result in WELL else "stopped" if of.result == "stopped" else "failed"
    findings = shown_findings([f"{node}: {why}" if node else why for node, why in sorted(wrong.items())])
    started, ended = utc(of.began), utc(of.ended)
    wave = WaveRecord(WITHOUT_WAVES, started, utc(of.asked_until), len(of.nodes), of.restarts, 0, result, findings)
    seconds = slowest if len(read) == len(pods) and not wrong else None
    return replace(
        base, started=started, ended=ended, result=of.result, reason=of.reason, waves=(wave,), restarts=of.restarts,
        pods=pods, reload=Reload(*hashes, tuple(of.away), seconds),
    )  # fmt: skip


def with_what_reloaded(record: AuditRecord, history: str) -> AuditRecord:
    """Return a record that says what changed, from the one of an `up` that tried the same text before."""
    if record.changes or not record.reload:
        return record
    before = reloads(parse_records(history, "history")[0])
    if not before or before[-1].reload is None or before[-1].reload.new_hash != record.reload.new_hash:
        return record
    return replace(record, changes=before[-1].changes)


def reload_event(record: AuditRecord) -> tuple[str, str, str]:
    """Return type, reason and message of the Event at the end of a reload."""
    ended = f"{record.reason}: " if record.reason else ""
    message = f"{ended}{what_and_who(record.changes, record)}: {how_it_went(record)}"
    kind = "Normal" if record.result == "reloaded" else "Warning"
    return kind, _ENDS[record.result], cut(escaped(message), MAX_EVENT_CHARACTERS)


def how_it_went(record: AuditRecord) -> str:
    """Return how many pods have read the text again, and how long that took."""
    count, seconds = asked(record), record.reload.seconds if record.reload else None
    if record.result == "restarted":
        return f"{_pods(count)} restarted in {record.seconds:,.0f} s"
    if seconds is not None:
        return f"{_pods(count)} read it again within {seconds:,.0f} s"
    return f"{count - not_read(record):,} of {_pods(count)} read it again"


def asked(record: AuditRecord) -> int:
    """Return how many pods had to read the text again."""
    return sum(wave.nodes for wave in record.waves)


def not_read(record: AuditRecord) -> int:
    """Return how many of them were not seen to have read it; all of them if the record no longer has that."""
    if record.pods is None:
        return 0 if record.result == "reloaded" else asked(record)
    return sum(read is None for _, read in record.pods.values())


def _pods(count: int) -> str:
    return f"{count:,} pod{'' if count == 1 else 's'}"
