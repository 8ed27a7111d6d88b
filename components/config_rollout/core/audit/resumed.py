"""A rollout that took more than one `up`: each left a record of its own, or none if it was killed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from .record import AuditRecord, Times, WaveRecord, moment, rollouts, utc

_UNFINISHED = ("stopped", "halted", "failed")
"""Results after which the next `up` with the same configuration continues the rollout."""


def whole(records: Sequence[AuditRecord]) -> AuditRecord:
    """Return the last record, merged with those that it continued, the oldest first; a reload continues none."""
    parts = [records[-1]]
    if parts[0].reload:
        return parts[0]
    for record in reversed(rollouts(records[:-1])):
        if not _goes_on(record, parts[0]):
            break
        parts.insert(0, record)
    joined = parts[0]
    for part in parts[1:]:
        joined = _joined(joined, part)
    return joined


def since_it_began(
    record: AuditRecord, began: str, moved: Mapping[str, Times], nodes: Mapping[str, Collection[str]]
) -> AuditRecord:
    """
    Return the record of a rollout begun by an `up` that left none, for example because it was killed.

    Args:
      record: What this `up` did.
      began: When the pod template was written.
      moved: Node -> when the pod was made and when it was ready, in seconds since 1970, of those that moved before.
      nodes: Wave -> its nodes.

    """
    start = moment(began).timestamp()
    shift = moment(record.started).timestamp() - start
    if not moved or record.pods is None or shift <= 0:
        return record
    before = {node: (_after(start, made), _after(start, ready)) for node, (made, ready) in moved.items()}
    pods = {**before, **{node: _shifted(times, shift) for node, times in record.pods.items()}}
    waves = tuple(_with_before(wave, [moved[node] for node in nodes[wave.name] if node in moved])
                  for wave in record.waves)  # fmt: skip
    return replace(record, started=began, pods=pods, waves=waves)  # type: ignore[arg-type]


def _goes_on(before: AuditRecord, after: AuditRecord) -> bool:
    same = (before.new_hash, before.new_revision) == (after.new_hash, after.new_revision)
    return before.result in _UNFINISHED and same and after.new_revision is not None


def _joined(first: AuditRecord, then: AuditRecord) -> AuditRecord:
    waves = {wave.name: wave for wave in first.waves}
    for wave in then.waves:
        before = waves.get(wave.name)
        if before is None:
            waves[wave.name] = wave
        elif wave.restarts or wave.result != before.result:
            restarts, retries = before.restarts + wave.restarts, before.retries + wave.retries
            waves[wave.name] = replace(wave, started=before.started, restarts=restarts, retries=retries)
    pods = None
    if first.pods is not None and then.pods is not None:
        shift = (moment(then.started) - moment(first.started)).total_seconds()
        later = {node: _shifted(times, shift) for node, times in then.pods.items()}
        again = {node: (first.pods[node][0], later[node][1]) for node in first.pods.keys() & later.keys()}
        pods = {**first.pods, **later, **again}
    return replace(
        then, started=first.started, old_hash=first.old_hash, old_revision=first.old_revision, changes=first.changes,
        template_changes=first.template_changes, waves=tuple(waves.values()), pods=pods,
        restarts=first.restarts + then.restarts, retries=first.retries + then.retries,
    )  # fmt: skip


def _with_before(wave: WaveRecord, moved: Sequence[Times]) -> WaveRecord:
    """Return a wave from when its first pod was made, to when its last was ready if none came later."""
    if not moved:
        return wave
    started = utc(min(made for made, _ in moved))
    ended = wave.ended if wave.restarts else utc(max(made if ready is None else ready for made, ready in moved))
    return replace(wave, started=min(started, wave.started), ended=ended)


def _shifted(times: Times, shift: float) -> Times:
    deleted, ready = times
    return round(deleted + shift, 3), None if ready is None else round(ready + shift, 3)


def _after(start: float, then: float | None) -> float | None:
    return None if then is None else round(max(0.0, then - start), 3)
