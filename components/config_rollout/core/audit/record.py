"""
The audit record of a rollout or a reload: what it says, as one line of JSON and back.

Shapes, units and what may be missing are in docs/audit.md. How one is made is in writing.py.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ..arguments.finding import Finding
from ..kubernetes.workload_kinds import DAEMON_SET, KINDS, WorkloadName

VERSION = 2
"""The newest version that is understood. Fields that are added without changing the others do not raise it."""

_OF_ROLLOUTS = 1
"""The version of a rollout's record, as it was before there were reloads: older releases read it too."""

RESULTS = ("done", "halted", "restored", "failed", "stopped")
"""
How a rollout ended: finished; left as it was at a failed gate; taken back; not finished in time; stopped by a person,
or by somebody else's change.
"""

RELOAD_RESULTS = ("reloaded", "restored", "restarted", "failed", "stopped")
"""
How a reload ended: each pod has read the new text; the old text is back; all pods were restarted; the new text stays,
or it is not known to be back everywhere; stopped by a person.
"""

WELL = ("done", "reloaded", "restarted")
"""The results with which all pods have what is new."""

WITHOUT_WAVES = "all"
"""The name of the one wave of a rollout without waves, which has no gates."""

WAVE_RESULTS = ("done", "failed", "stopped")

Times = tuple[float, float | None]
"""When a node's old pod was deleted and its new one was ready, in seconds after the start; `None` if it never was."""


@dataclass(frozen=True)
class By:
    """Who did it; what is not known is `None`. `stack` is `organization/project/stack`, `ci` a URL or an id."""

    stack: str | None = None
    commit: str | None = None
    dirty: bool | None = None
    ci: str | None = None
    user: str | None = None


@dataclass(frozen=True)
class Change:
    """
    One field that changed, as preview shows it: `before` is `None` for one that was added, `after` for one removed.

    `key` is a key of the ConfigMap or Secret, empty for the pod template; `source` is the object, where there are
    several, and `kind` what it is. Of a Secret's key `before` and `after` say how long it was, never what.
    `path` is empty where the key as a whole changed; then `before` and `after` say how large it was. `effect` is
    `restart`, `reload` or `none`, `class_` (in JSON `class`) the kind of change, by docs/kube-proxy.md.
    """

    key: str
    path: str
    before: str | None
    after: str | None
    effect: str
    class_: str
    source: str = ""
    kind: str = "ConfigMap"

    @property
    def place(self) -> str:
        """The key as a person reads it, empty for the pod template."""
        return ": ".join(text for text in (self.source and f"{self.kind} {self.source}", self.key) if text)

    def plain(self) -> dict[str, Any]:
        """Return the change as JSON has it."""
        kind = "" if self.kind == "ConfigMap" else self.kind
        key = {name: text for name, text in (("kind", kind), ("source", self.source), ("key", self.key)) if text}
        sides = _known(before=self.before, after=self.after)
        return {**key, "path": self.path, **sides, "effect": self.effect, "class": self.class_}


@dataclass(frozen=True)
class WaveRecord:
    """What one wave did; a rollout without waves has one, called `all`. Times as in the record."""

    name: str
    started: str
    ended: str
    nodes: int
    restarts: int
    retries: int = 0
    result: str = "done"
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reload:
    """
    What running pods read again: hashes of its text (`old_hash` is empty where it is not known).

    `away` are the nodes without a pod that was ready, which nobody asked. `seconds` is how long after the text was
    written the last pod was seen to have read it; `None` if not all did.
    """

    old_hash: str
    new_hash: str
    away: tuple[str, ...] = ()
    seconds: float | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return _known(old_hash=self.old_hash, new_hash=self.new_hash, away=self.away, seconds=self.seconds)


@dataclass(frozen=True)
class AuditRecord:
    """
    One rollout, or one reload. Times are RFC 3339 in UTC, hashes 64 hex digits (`old_hash` is empty where there was
    none).

    `old_revision` and `new_revision` are what `kubectl rollout undo --to-revision` takes. `pods` is node -> `Times`,
    or the name of a pod where it is not a DaemonSet's, and `None` where the record no longer has them. `kind` is the
    workload's; a DaemonSet's record does not say it.

    With `reload` the configuration of the pod template and its revision are the same before and after, and `Times` are
    when the text was written and when the pod was seen to have read it.
    """

    namespace: str
    name: str
    started: str
    ended: str
    old_hash: str
    new_hash: str
    result: str
    reason: str = ""
    by: By = By()
    old_revision: int | None = None
    new_revision: int | None = None
    changes: tuple[Change, ...] = ()
    template_changes: tuple[Change, ...] = ()
    waves: tuple[WaveRecord, ...] = ()
    restarts: int = 0
    retries: int = 0
    pods: Mapping[str, Times] | None = field(default=None, hash=False)
    kind: str = DAEMON_SET.kind
    reload: Reload | None = None

    @property
    def workload(self) -> WorkloadName:
        """Whose rollout it was."""
        return WorkloadName(KINDS[self.kind], self.namespace, self.name)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (moment(self.ended) - moment(self.started)).total_seconds()

    def to_json(self) -> str:
        """Return the record as one line, without unknown fields."""
        return json.dumps(
            _known(
                version=VERSION if self.reload else _OF_ROLLOUTS,
                kind=None if self.kind == DAEMON_SET.kind else self.kind,
                namespace=self.namespace, name=self.name, started=self.started, ended=self.ended,
                by=_known(**vars(self.by)), old_hash=self.old_hash, new_hash=self.new_hash,
                old_revision=self.old_revision, new_revision=self.new_revision,
                changes=[change.plain() for change in self.changes],
                template_changes=[change.plain() for change in self.template_changes],
                waves=[vars(wave) for wave in self.waves], restarts=self.restarts, retries=self.retries,
                pods=self.pods, result=self.result, reason=self.reason,
                reload=self.reload.plain() if self.reload else None,
            ),
            ensure_ascii=False, separators=(",", ":"),
        )  # fmt: skip


def utc(seconds: float) -> str:
    """Return a time, in seconds since 1970, as a record has it: RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(time: str) -> datetime:
    """Return a record's time as a datetime in UTC."""
    return datetime.fromisoformat(time)


def parse_records(text: str, where: str) -> tuple[list[AuditRecord], list[Finding]]:
    """
    Return the records of JSON lines in their order, and what is wrong with those lines that hold none.

    Args:
      text: One record a line; empty lines are passed over.
      where: What the text is, for the findings: `ConfigMap kube-system/kube-proxy-rollouts`.

    """
    records: list[AuditRecord] = []
    findings: list[Finding] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                records.append(_record(json.loads(line)))
            except json.JSONDecodeError as error:
                what = f"is not valid JSON (column {error.colno}: {error.msg})"
                findings.append(Finding(f"{where}: line {number}", what, _DAMAGED))
            except RecursionError:
                findings.append(Finding(f"{where}: line {number}", "is nested too deeply", _DAMAGED))
            except _Newer as error:
                fix = "Use a newer release of config-rollout to read it"
                findings.append(Finding(f"{where}: line {number}", str(error), fix))
            except _Damaged as error:
                findings.append(Finding(f"{where}: line {number}", str(error), _DAMAGED))
    return records, findings


_DAMAGED = "It is left out; delete the line if it cannot be mended"


class _Damaged(Exception):
    """What is wrong with a record."""


class _Newer(Exception):
    """The record has a newer version than this release reads."""


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _record(value: Any) -> AuditRecord:
    of = _mapping(value, "record")
    version = _number(of.get("version"), "version")
    if version > VERSION:
        raise _Newer(f"has version {version}, and this release reads up to {VERSION}")
    texts: dict[str, Any] = {n: _text(of.get(n), n) for n in ("namespace", "name", "old_hash", "new_hash")}
    revisions = {name: _maybe(of.get(name), name, _number) for name in ("old_revision", "new_revision")}
    reload = _maybe(of.get("reload"), "reload", _read_reload)
    return AuditRecord(
        **texts,
        started=_time(of.get("started"), "started"),
        ended=_time(of.get("ended"), "ended"),
        result=_one_of(of.get("result"), "result", RELOAD_RESULTS if reload else RESULTS),
        reason=_text(of.get("reason", ""), "reason"),
        by=_read_by(of.get("by", {}), "by"),
        **revisions,
        changes=_each(of.get("changes", []), "changes", _read_change),
        template_changes=_each(of.get("template_changes", []), "template_changes", _read_change),
        waves=_each(of.get("waves"), "waves", _read_wave),
        restarts=_number(of.get("restarts"), "restarts"),
        retries=_number(of.get("retries"), "retries"),
        pods=_maybe(of.get("pods"), "pods", _read_pods),
        kind=_one_of(of.get("kind", DAEMON_SET.kind), "kind", tuple(KINDS)),
        reload=reload,
    )


def rollouts(records: Sequence[AuditRecord]) -> list[AuditRecord]:
    """Return the records of rollouts, without those of reloads."""
    return [record for record in records if not record.reload]


def reloads(records: Sequence[AuditRecord]) -> list[AuditRecord]:
    """Return the records of reloads."""
    return [record for record in records if record.reload]


def _read_by(value: Any, where: str) -> By:
    of = _mapping(value, where)
    texts = {name: _maybe(of.get(name), f"{where}.{name}", _text) for name in ("stack", "commit", "ci", "user")}
    return By(**texts, dirty=_maybe(of.get("dirty"), f"{where}.dirty", _flag))


def _read_change(value: Any, where: str) -> Change:
    of = _mapping(value, where)
    sides = {name: _maybe(of.get(name), f"{where}.{name}", _text) for name in ("before", "after")}
    return Change(
        kind=_text(of.get("kind", "ConfigMap"), f"{where}.kind"),
        source=_text(of.get("source", ""), f"{where}.source"),
        key=_text(of.get("key", ""), f"{where}.key"),
        path=_text(of.get("path"), f"{where}.path"),
        **sides,
        effect=_text(of.get("effect"), f"{where}.effect"),
        class_=_text(of.get("class"), f"{where}.class"),
    )


def _read_wave(value: Any, where: str) -> WaveRecord:
    of = _mapping(value, where)
    numbers = {name: _number(of.get(name), f"{where}.{name}") for name in ("nodes", "restarts", "retries")}
    return WaveRecord(
        name=_text(of.get("name"), f"{where}.name"),
        started=_time(of.get("started"), f"{where}.started"),
        ended=_time(of.get("ended"), f"{where}.ended"),
        **numbers,
        result=_one_of(of.get("result"), f"{where}.result", WAVE_RESULTS),
        findings=_each(of.get("findings", []), f"{where}.findings", _text),
    )


def _read_reload(value: Any, where: str) -> Reload:
    of = _mapping(value, where)
    texts = {name: _text(of.get(name), f"{where}.{name}") for name in ("old_hash", "new_hash")}
    seconds = of.get("seconds")
    if seconds is not None and not _is_seconds(seconds):
        raise _wrong("a number of seconds", seconds, f"{where}.seconds")
    return Reload(**texts, away=_each(of.get("away", []), f"{where}.away", _text), seconds=seconds)


def _read_pods(value: Any, where: str) -> dict[str, Times]:
    pods: dict[str, Times] = {}
    for node, times in _mapping(value, where).items():
        match times:
            case [deleted, None] if _is_seconds(deleted):
                pods[node] = float(deleted), None
            case [deleted, ready] if _is_seconds(deleted) and _is_seconds(ready):
                pods[node] = float(deleted), float(ready)
            case _:
                raise _Damaged(f"{where}.{node} is not [seconds, seconds or null] (got {_shown(times)})")
    return pods


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    return _of(dict, "a JSON object", value, where)  # type: ignore[no-any-return]


def _text(value: Any, where: str) -> str:
    return _of(str, "text", value, where)  # type: ignore[no-any-return]


def _flag(value: Any, where: str) -> bool:
    return _of(bool, "true or false", value, where)  # type: ignore[no-any-return]


def _number(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _wrong("a whole number of at least 0", value, where)
    return value


def _time(value: Any, where: str) -> str:
    try:
        if moment(_text(value, where)).utcoffset() == timedelta(0):
            return str(value)
    except ValueError:
        pass
    raise _wrong("a time in UTC", value, where)


def _one_of(value: Any, where: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _wrong(f"one of {', '.join(known)}", value, where)
    return str(value)


def _maybe(value: Any, where: str, read: Callable[[Any, str], Any]) -> Any:
    return None if value is None else read(value, where)


def _each(value: Any, where: str, read: Callable[[Any, str], Any]) -> tuple[Any, ...]:
    items = _of(list, "a list", value, where)
    return tuple(read(item, f"{where}[{number}]") for number, item in enumerate(items))


def _of(kind: type, called: str, value: Any, where: str) -> Any:
    if not isinstance(value, kind):
        raise _wrong(called, value, where)
    return value


def _wrong(called: str, value: Any, where: str) -> _Damaged:
    if value is None:
        return _Damaged(f"{where} is required")
    return _Damaged(f"{where} must be {called} (got {_shown(value)})")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
