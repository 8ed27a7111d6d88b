"""What a rollout looked like over time: which configuration each node had when, from its audit record."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ..configuration.digest import short_hash
from .record import WITHOUT_WAVES, AuditRecord, WaveRecord, moment
from .reloads import how_it_went

_TICKS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
"""Distances between ticks that read well on a clock, in seconds."""

_MOST_TICKS = 9
_AFTER = 0.03
"""How much is shown after the end of a rollout, as a share of its length, so that its final state is visible."""


_ROUNDED = 0.1
"""How much less exact the times of pods are than those of waves, in seconds."""


class State(Enum):
    """What a node had, in the words of the legend."""

    NEW = "new configuration"
    RESTARTING = "restarting"
    NOT_READY = "not ready"
    BACK = "being taken back"
    OLD = "old configuration"


@dataclass(frozen=True)
class Segment:
    """From when to when a node had a state, in seconds after the start of the rollout."""

    start: float
    end: float
    state: State


@dataclass(frozen=True)
class Row:
    """A node, or several without a name, and what it had from the start to the end."""

    node: str
    segments: tuple[Segment, ...]
    nodes: int = 1


@dataclass(frozen=True)
class Band:
    """
    A wave: from when to when it ran, and the rows of the nodes that were restarted in it, in that order.

    `held` is from when all its pods were ready and it soaked or asked its gates; `None` if they never were. `others`
    counts nodes of the wave that were not restarted, and `others_had` is what they had all the time.
    """

    name: str
    start: float
    end: float
    held: float | None
    result: str
    findings: tuple[str, ...]
    rows: tuple[Row, ...]
    others: int
    others_had: State

    @property
    def restarted(self) -> int:
        """How many of its nodes were restarted."""
        return sum(row.nodes for row in self.rows)

    @property
    def nodes(self) -> int:
        """How many nodes it has."""
        return self.restarted + self.others


@dataclass(frozen=True)
class _Ran:
    """A wave, and from when to when it ran."""

    wave: WaveRecord
    start: float
    end: float


@dataclass(frozen=True)
class _Restart:
    """When the old pod of a node, or of several, was deleted and the new one was ready; `None` if it never was."""

    deleted: float
    node: str
    ready: float | None
    nodes: int


@dataclass(frozen=True)
class Timeline:
    """A rollout: its waves in their order, `end` and `shown` in seconds after its start, and what is said of it."""

    title: str
    about: str
    changes: str
    trouble: str
    """Why it did not end well, empty if it did."""
    bands: tuple[Band, ...]
    end: float
    shown: float
    failed: float | None
    """When the first wave failed."""
    result: str
    counts: str = "nodes"
    """What its rows are: nodes, or the pods of a workload that is no DaemonSet."""
    restarts: bool = True
    """Whether pods restarted; else they read a text again that changed in place."""

    @property
    def nodes(self) -> int:
        """How many nodes all waves have."""
        return sum(band.nodes for band in self.bands)

    def word(self, state: State) -> str:
        """Return what a state is called."""
        return state.value if self.restarts or state is not State.NOT_READY else "did not read it"

    def states(self) -> list[State]:
        """Return the states that occur, in the order of the legend."""
        states = {segment.state for band in self.bands for row in band.rows for segment in row.segments}
        states |= {band.others_had for band in self.bands if band.others}
        return [state for state in State if state in states]


def timeline(record: AuditRecord) -> Timeline:
    """
    Return what a record says about the nodes over time.

    A record does not say which wave a node was in: it is the one that ran when the node's pod was deleted. In a record
    that no longer holds the times of pods all restarts of a wave take all of its time, and are one row without a name.
    """
    end = max(record.seconds, _ROUNDED)

    def ran(wave: WaveRecord) -> _Ran:
        since, until = (
            _within(0.0, (moment(time) - moment(record.started)).total_seconds(), end)
            for time in (wave.started, wave.ended)
        )
        return _Ran(wave, since, max(since, until))

    waves = [ran(wave) for wave in record.waves or (_whole(record),)]
    failed = min((one.end for one in waves if one.wave.result == "failed"), default=None)
    turned = failed if record.result == "restored" else None
    shown = end * (1 + _AFTER)
    rows: list[list[Row]] = [[] for _ in waves]
    blamed = {finding.partition(":")[0] for one in waves for finding in one.wave.findings}
    for place, restart in _restarts(record, waves, end):
        unknown = State.NOT_READY if restart.ready is None or restart.node in blamed else State.NEW
        waits = State.RESTARTING if record.result == "stopped" else unknown
        segments = _segments(restart, waits, turned, end, shown)
        if record.reload:
            segments = _reload_segments(restart.ready, record.result, waves[place].end, end, shown)
        rows[place].append(Row(_printable(restart.node), segments, restart.nodes))
    plain = [one.wave.name for one in waves] == [WITHOUT_WAVES]
    bands = [_band(one, of, not plain) for one, of in zip(waves, rows, strict=True)]
    return Timeline(
        title=_title(record),
        about=_about(record, end),
        changes=_changes(record),
        trouble=_trouble(record),
        bands=tuple(bands),
        end=end,
        shown=shown,
        failed=failed,
        result=record.result,
        counts=record.workload.kind.places,
        restarts=not record.reload or record.restarts > 0,
    )


def _whole(record: AuditRecord) -> WaveRecord:
    """Return a rollout whose record names no wave as one."""
    nodes, result = len(record.pods or {}), "done" if record.result == "done" else "stopped"
    return WaveRecord(WITHOUT_WAVES, record.started, record.ended, nodes, record.restarts, record.retries, result)


def _restarts(record: AuditRecord, waves: Sequence[_Ran], end: float) -> list[tuple[int, _Restart]]:
    """Return the restarts in their order, each with the place of its wave: the last that had begun by then."""
    if record.pods is None:
        every = [(place, ran, min(ran.wave.restarts, ran.wave.nodes)) for place, ran in enumerate(waves)]
        return [
            (place, _Restart(ran.start, "", None if ran.wave.result == "failed" else ran.end, nodes))
            for place, ran, nodes in every
            if nodes
        ]
    restarts = []
    for node, (deleted, ready) in record.pods.items():
        start = _within(0.0, deleted, end)
        place = max((place for place, ran in enumerate(waves) if ran.start <= start + _ROUNDED), default=0)
        restarts.append((place, _Restart(start, node, None if ready is None else _within(start, ready, end), 1)))
    return sorted(restarts, key=lambda one: (one[1].deleted, one[1].node))


def _segments(restart: _Restart, waits: State, turned: float | None, end: float, shown: float) -> tuple[Segment, ...]:
    """
    Return what a restarted node had.

    Args:
      restart: When.
      waits: What it had while nobody knows that its new pod was ready.
      turned: When the failed wave began to be taken back; `None` if none was.
      end: Of the rollout.
      shown: Until when the picture goes on.

    """
    deleted, ready = restart.deleted, restart.ready
    if turned is None and ready is not None:
        parts = [(deleted, State.OLD), (ready, State.RESTARTING), (shown, State.NEW)]
    elif turned is None:
        parts = [(deleted, State.OLD), (shown, waits)]
    elif deleted >= turned:  # restarted only to be taken back: it had the failed configuration from an earlier attempt
        parts = [(deleted, State.NEW), (end if ready is None else ready, State.BACK), (shown, State.OLD)]
    elif ready is not None and ready <= turned:
        parts = [(deleted, State.OLD), (ready, State.RESTARTING), (turned, State.NEW), (end, State.BACK)]
        parts += [(shown, State.OLD)]
    else:
        parts = [(deleted, State.OLD), (turned, waits), (end if ready is None else ready, State.BACK)]
        parts += [(shown, State.OLD)]
    starts = [0.0, *(until for until, _ in parts)]
    every = [Segment(since, until, state) for since, (until, state) in zip(starts, parts, strict=False)]
    return tuple(segment for segment in every if segment.end > segment.start)


def _reload_segments(
    read: float | None, result: str, asked_until: float, end: float, shown: float
) -> tuple[Segment, ...]:
    """
    Return what a node had whose process was to read a text again, which was written at the start.

    One that did not read it is `NOT_READY` as long as that is so, and `word` says it.
    """
    never = State.OLD if result in ("stopped", "restarted") else State.NOT_READY
    has = [(asked_until, never)] if read is None else [(read, State.OLD), (asked_until, State.NEW)]
    parts = {
        "restored": [(end, never if read is None else State.BACK), (shown, State.OLD)],
        "restarted": [(end, State.RESTARTING), (shown, State.NEW)],
    }.get(result, [(shown, has[-1][1])])
    return _joined([*has, *parts])


def _joined(parts: Sequence[tuple[float, State]]) -> tuple[Segment, ...]:
    """Return the segments of what was until when, without empty ones; the same state twice is one."""
    segments: list[Segment] = []
    for until, state in parts:
        start = segments[-1].end if segments else 0.0
        if segments and segments[-1].state is state:
            segments[-1] = Segment(segments[-1].start, max(start, until), state)
        elif until > start:
            segments.append(Segment(start, until, state))
    return tuple(segments)


def _band(ran: _Ran, rows: Sequence[Row], can_be_held: bool) -> Band:
    wave, restarted = ran.wave, sum(row.nodes for row in rows)
    waits = {State.RESTARTING, State.NOT_READY}
    ready = [segment.end for row in rows for segment in row.segments if segment.state in waits]
    last_ready = max((ran.start, *ready))
    is_held = can_be_held and wave.nodes > 0 and ran.end - last_ready > _ROUNDED
    return Band(
        name=_printable(wave.name),
        start=ran.start,
        end=ran.end,
        held=last_ready if is_held else None,
        result=wave.result,
        findings=tuple(map(_printable, wave.findings)),
        rows=tuple(rows),
        others=max(0, wave.nodes - restarted),
        others_had=State.NEW if wave.result == "done" else State.OLD,
    )


def areas(band: Band, shown: float, columns: int) -> tuple[list[float], dict[State, list[int]]]:
    """Return so many moments, evenly spread, and for each state how many nodes of the wave had it at each of them."""
    step = shown / columns
    counts = {state: [0] * (columns + 1) for state in State}
    for row in band.rows:
        for segment in row.segments:
            counts[segment.state][min(columns, math.ceil(segment.start / step))] += row.nodes
            counts[segment.state][min(columns, math.ceil(segment.end / step))] -= row.nodes
    for of in counts.values():
        for column in range(1, columns + 1):
            of[column] += of[column - 1]
    others = counts[band.others_had]
    counts[band.others_had] = [count + band.others for count in others]
    return [column * step for column in range(columns)], {state: of[:columns] for state, of in counts.items()}


def as_json(shown: Timeline) -> dict[str, object]:
    """Return a timeline as `timeline --json` prints it."""
    return {
        "title": shown.title,
        "result": shown.result,
        "seconds": round(shown.end, 3),
        "waves": [
            {
                "name": band.name,
                "start": round(band.start, 3),
                "end": round(band.end, 3),
                "held": band.held,
                "result": band.result,
                "findings": list(band.findings),
                "restarted": band.restarted if shown.restarts else 0,
                "not_restarted": band.others if shown.restarts else band.nodes,
                "nodes": [{"name": row.node, "states": _states(row, shown)} for row in band.rows if row.node],
            }
            for band in shown.bands
        ],
    }


def _states(row: Row, of: Timeline) -> list[dict[str, object]]:
    """Return what a node had as a reader of JSON wants it: what, and from when."""
    names = {state: state.name.lower() for state in State} | ({} if of.restarts else {State.NOT_READY: "unread"})
    return [{"from": round(segment.start, 3), "state": names[segment.state]} for segment in row.segments]


def ticks(seconds: float) -> list[tuple[float, str]]:
    """Return the ticks of an axis of so many seconds: where, and as a clock writes it."""
    apart = next((one for one in _TICKS if seconds / one <= _MOST_TICKS), seconds / _MOST_TICKS)
    return [(number * apart, clock(number * apart)) for number in range(int(seconds / apart) + 1)]


def short_names(nodes: Sequence[str]) -> dict[str, str]:
    """Return node -> its name without the domain that all of them share."""
    domains = {node.partition(".")[2] for node in nodes}
    shared = f".{domains.pop()}" if len(domains) == 1 else ""
    return {node: node.removesuffix(shared) if shared != "." else node for node in nodes}


def clock(seconds: float) -> str:
    """Return seconds as a clock writes them: `0:42`, `12:05`, `1:02:05`; tenths only where there are some."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    tenths = f".{int(seconds * 10) % 10}" if seconds != whole else ""
    return f"{hours}:{minutes:02}:{rest:02}{tenths}" if hours else f"{minutes}:{rest:02}{tenths}"


def lasted(seconds: float) -> str:
    """Return how long something took, in words with two units at most."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _title(record: AuditRecord) -> str:
    of = record.reload or record
    old = short_hash(of.old_hash) or ("unknown" if record.reload else "nothing")
    return _printable(f"{record.workload}: {old} => {short_hash(of.new_hash)}, {record.result}")


def _about(record: AuditRecord, end: float) -> str:
    """Return when it was, how long, how many pods restarted, and who did it."""
    when = moment(record.started).strftime("%Y-%m-%d %H:%M:%S UTC")
    parts = [when, lasted(end), how_it_went(record) if record.reload else _many(record.restarts, "restart")]
    commit = f"{record.by.commit[:10]}{', edited' if record.by.dirty else ''}" if record.by.commit else ""
    parts += [text for text in (record.by.stack, commit) if text]
    return _printable(", ".join(parts))


def _changes(record: AuditRecord) -> str:
    """Return the first change, and how many more there are."""
    every = [*record.changes, *record.template_changes]
    if not every:
        return ""
    first = every[0]
    where = ": ".join(part for part in (first.key, first.path) if part)
    what = "added" if first.before is None else "removed" if first.after is None else f"{first.before} => {first.after}"
    more = f", and {len(every) - 1:,} more" if len(every) > 1 else ""
    return _printable(f"{where} {what}{more}")


def _trouble(record: AuditRecord) -> str:
    """Return the reason, and the first finding of the wave that failed if the reason does not name it."""
    findings = [finding for wave in record.waves if wave.result == "failed" for finding in wave.findings]
    more = [finding for finding in findings[:1] if finding not in record.reason]
    return _printable(": ".join(part for part in (record.reason, *more) if part))


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _printable(text: str) -> str:
    """Return a text without what cannot be drawn or written: records hold whatever a person or a program said."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _within(least: float, value: float, most: float) -> float:
    return max(least, min(value, most))
