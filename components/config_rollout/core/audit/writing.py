"""What an audit record says about a rollout, the history in the cluster, and the words of its Events."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..configuration.diff import EXTERNAL, KEYED, LINES, SECRET_KIND, FieldChange, KeyChange
from ..configuration.digest import short_hash
from ..configuration.secret_values import SECRET, hide
from ..explain.reasons import WorkloadUpdate
from ..kubernetes.annotations import OURS
from ..kubernetes.objects import Object
from ..kubernetes.pods import Pod, place_of
from ..kubernetes.workload_kinds import DEPLOYMENT, KINDS, kind_of
from ..markers import ABSENT
from ..revisions.naming import HISTORY_KEY, history_name
from ..waves.words import not_ready
from ..words.changes import bytes_words, field_name
from ..words.shown import cut, escaped, shown_pair
from .record import AuditRecord, By, Change, WaveRecord, moment, parse_records, rollouts, utc

MAX_HISTORY_BYTES = 256 * 1024
"""How large the history in the cluster may be: an object in etcd may have 1.5 MiB, a ConfigMap 1 MiB of data."""

MAX_CHANGES = 100
"""How many changes a record keeps in the cluster if it is too large by itself."""

MAX_EVENT_CHARACTERS = 1024
"""Source: Kubernetes 1.36 pkg/apis/core/validation/events.go `NoteLengthLimit`."""

_MAX_CAUSE_CHARACTERS = 250
_MAX_FINDINGS = 20
_MAX_LINE = 500

_ENDS = {"done": "RolloutDone", "halted": "RolloutHalted", "restored": "RolloutRestored",
         "failed": "RolloutFailed", "stopped": "RolloutStopped"}  # fmt: skip
"""Result -> reason of its Event."""


def changes_of(update: WorkloadUpdate) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Return what changed in the configuration, and what else in the pod template."""
    return changes_between(update.told_keys(), update.template_changes(), update.secret)


def changes_between(
    keys: Sequence[KeyChange], template: Sequence[FieldChange], secret: bool = False
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Return the same for changes that were found in another way than from an update."""
    return _of_keys(keys), tuple(_change("", change, secret) for change in template)


def _of_keys(keys: Sequence[KeyChange]) -> tuple[Change, ...]:
    changes: list[Change] = []
    for key in keys:
        of = key.effect.effect, key.effect.kind, key.source, key.kind
        if key.section in LINES:
            before, after = (None if value is None else value.decode() for value in (key.old, key.new))
            changes.append(Change("", key.section, before, after, *of))
        elif key.section == KEYED:
            sizes = iter([bytes_words([f"{size:,}"]) for size in key.sizes])
            before, after = (None if value is None else next(sizes) for value in (key.old, key.new))
            changes.append(Change(key.key, "", before, after, *of))
        elif key.fields is None:
            before, after = (None if value is None else _size(key, value) for value in (key.old, key.new))
            changes.append(Change(key.key, "", before, after, *of))
        else:
            fields = [_change(key.key, one, secret=False) for one in key.fields]
            changes += [replace(one, source=key.source, kind=key.kind) for one in fields]
    return tuple(changes)


def _change(key: str, change: FieldChange, secret: bool) -> Change:
    name = field_name(change.path)
    sides = [SECRET if secret else hide(value, name) for value in (change.old, change.new)]
    before, after = shown_pair(*sides)
    before_or_none = None if change.old is ABSENT else before
    after_or_none = None if change.new is ABSENT else after
    return Change(key, change.path, before_or_none, after_or_none, change.effect.effect, change.effect.kind)


def _size(key: KeyChange, value: bytes) -> str:
    lines = len(value.splitlines())
    return f"{len(value):,} bytes" if key.section != "data" else f"{lines:,} line{'' if lines == 1 else 's'}"


def change_cause(record: AuditRecord) -> str:
    """Return in one line what changed and who did it."""
    changes = [change for change in record.changes if change.effect == "restart"] + [*record.template_changes]
    return what_and_who(changes, record)


def what_and_who(changes: Sequence[Change], record: AuditRecord) -> str:
    """Return the first of some changes, how many more there are, and who made them, in one line."""
    what = _change_words(changes[0]) if changes else "configuration"
    more = f", and {len(changes) - 1:,} more" if len(changes) > 1 else ""
    commit = f"commit {record.by.commit[:10]}" if record.by.commit else ""
    dirty = " and uncommitted changes" if commit and record.by.dirty else ""
    who = ", ".join(text for text in (record.by.stack, commit + dirty) if text)
    return cut(escaped(f"{what}{more}{f' ({who})' if who else ''}"), _MAX_CAUSE_CHARACTERS)


def _change_words(change: Change) -> str:
    name = ": ".join(text for text in (change.place, change.path) if text)
    if change.kind.removeprefix(EXTERNAL) == SECRET_KIND and change.key:
        what = "added" if change.before is None else "removed" if change.after is None else "changed"
        return (
            f"{name}: {bytes_words([side.partition(' ')[0] for side in (change.before, change.after) if side])} {what}"
        )
    if change.before is not None and change.after is not None:
        return f"{name} {change.before} => {change.after}"
    return f"{name} {'removed' if change.before is not None else 'added'}"


def begun_event(record: AuditRecord) -> tuple[str, str, str]:
    """Return type, reason and message of the Event at the start of a rollout."""
    changed = record.old_hash != record.new_hash
    hashes = f": {short_hash(record.old_hash) or 'none'} => {short_hash(record.new_hash)}" if changed else ""
    message = cut(f"{change_cause(record)}{hashes}", MAX_EVENT_CHARACTERS)
    return "Normal", "ConfigurationChanged" if changed else "PodTemplateChanged", message


def ended_event(record: AuditRecord) -> tuple[str, str, str]:
    """Return type, reason and message of the Event at its end."""
    pods = f"{record.restarts:,} pod{'' if record.restarts == 1 else 's'} restarted in {record.seconds:,.0f} s"
    message = f"{record.reason or f'config hash {short_hash(record.new_hash)}'}: {pods}"
    kind = "Normal" if record.result == "done" else "Warning"
    return kind, _ENDS[record.result], cut(escaped(message), MAX_EVENT_CHARACTERS)


def history(workload: Object, text: str) -> Object:
    """Return the ConfigMap that keeps the history; Kubernetes deletes it with the workload."""
    metadata, kind = workload["metadata"], kind_of(workload)
    name, namespace = metadata["name"], metadata["namespace"]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": history_name(name, kind),
            "namespace": namespace,
            "labels": {**OURS, kind.label: name},
            "ownerReferences": [
                {"apiVersion": kind.api_version, "kind": kind.kind, "name": name, "uid": metadata["uid"]}
            ],
        },
        "data": {HISTORY_KEY: text},
    }


def event(workload: Object, words: tuple[str, str, str], nanoseconds: int) -> Object:
    """
    Return an Event of the core group, as `kubectl describe` lists it, for type, reason and message.

    Source: kubectl 0.35 pkg/describe/describe.go `searchEvents`; client-go tools/record `makeEvent`.
    """
    metadata, (kind, reason, message) = workload["metadata"], words
    now = utc(nanoseconds / 1e9)[:19] + "Z"
    namespace, name = metadata["namespace"], metadata["name"]
    of = {"apiVersion": "apps/v1", "kind": kind_of(workload).kind, "namespace": namespace, "name": name,
          "uid": metadata["uid"]}  # fmt: skip
    return {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": f"{name}.{nanoseconds:x}", "namespace": namespace},
        "involvedObject": of, "type": kind, "reason": reason, "message": message,
        "source": {"component": "config-rollout"}, "firstTimestamp": now, "lastTimestamp": now, "count": 1,
    }  # fmt: skip


def with_record(history: str, record: AuditRecord, most: int = MAX_HISTORY_BYTES) -> str:
    """
    Return a history with one more record, within that many bytes of UTF-8.

    The oldest records first lose their pods' times, then are dropped; the newest always stays. Lines of a newer
    version, or damaged ones, are kept and dropped like the others.
    """
    *older, newest = [*(line for line in history.split("\n") if line.strip()), record.to_json()]
    size = sum(len(line.encode()) + 1 for line in (*older, newest))
    for number, line in enumerate(older):
        if size <= most:
            break
        older[number] = _without_pods(line)
        size -= len(line.encode()) - len(older[number].encode())
    while older and size > most:
        size -= len(older.pop(0).encode()) + 1
    if size > most:
        newest = replace(record, pods=None).to_json()
    if len(newest.encode()) + 1 > most:
        newest = replace(record, pods=None, **_cut_changes(record)).to_json()
    return "".join(f"{line}\n" for line in (*older, newest))


def _without_pods(line: str) -> str:
    if '"pods":' not in line:
        return line
    try:
        of = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(of, dict) or "pods" not in of:
        return line
    del of["pods"]
    return json.dumps(of, ensure_ascii=False, separators=(",", ":"))


def _cut_changes(record: AuditRecord) -> dict[str, Any]:
    """Return the first changes, and one that says how many more there were."""
    short = {}
    for name in ("changes", "template_changes"):
        changes = getattr(record, name)
        more = Change("", f"and {len(changes) - MAX_CHANGES:,} more", None, None, "restart", "restart")
        short[name] = (*changes[:MAX_CHANGES], *([more] if len(changes) > MAX_CHANGES else []))
    return short


def shown_findings(findings: Sequence[str]) -> tuple[str, ...]:
    """Return the first findings of a wave, each in one line, and how many more there were."""
    more = [f"and {len(findings) - _MAX_FINDINGS:,} more"] if len(findings) > _MAX_FINDINGS else []
    return (*(one_line(finding) for finding in findings[:_MAX_FINDINGS]), *more)


def one_line(text: str) -> str:
    """Return a text in one line that is not too long, and not at all if it looks secret."""
    return cut(escaped(str(hide(" ".join(text.split())))), _MAX_LINE)


def by(stack: str, commit: str, dirty: bool | None, environment: Mapping[str, str], user: str) -> By:
    """Return who makes a change; what is empty is not known."""
    return By(stack or None, commit or None, dirty if commit else None, ci_run(environment) or None, user or None)


_CI_URLS = ("CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "TRAVIS_BUILD_WEB_URL", "BUILD_URL")
"""
The variables that hold a run's own address: GitLab, Buildkite, CircleCI, Travis CI and Jenkins.

Source: each one's list of predefined variables; so in `ci_run`.
"""


def ci_run(environment: Mapping[str, str]) -> str:
    """Return the address of the CI run that this is a part of, without what looks secret; empty if there is none."""
    of = environment.get
    address = next((environment[name] for name in _CI_URLS if of(name)), "")
    if of("GITHUB_RUN_ID"):
        address = f"{of('GITHUB_SERVER_URL', '')}/{of('GITHUB_REPOSITORY', '')}/actions/runs/{of('GITHUB_RUN_ID')}"
    elif of("BUILD_BUILDID") and of("SYSTEM_COLLECTIONURI"):
        project = of("SYSTEM_TEAMPROJECT", "")
        address = f"{of('SYSTEM_COLLECTIONURI')}{project}/_build/results?buildId={of('BUILD_BUILDID')}"
    elif of("BITBUCKET_BUILD_NUMBER") and of("BITBUCKET_GIT_HTTP_ORIGIN"):
        address = f"{of('BITBUCKET_GIT_HTTP_ORIGIN')}/pipelines/results/{of('BITBUCKET_BUILD_NUMBER')}"
    return str(hide(address, "ci"))


def continued(history: str, new_hash: str, new_revision: int | None) -> AuditRecord | None:
    """Return the history's last record if this rollout continues it, or tries it again."""
    records = rollouts(parse_records(history, "history")[0])
    last = records[-1] if records else None
    if last is None or last.new_hash != new_hash:
        return None
    return last if last.result == "restored" or last.new_revision == new_revision else None


def ended_well(history: str, config_hash: str) -> bool:
    """Return whether the newest record of a history is of a finished rollout to this configuration."""
    records = rollouts(parse_records(history, "history")[0])
    return bool(records) and (records[-1].new_hash, records[-1].result) == (config_hash, "done")


def with_what_changed(record: AuditRecord, before: AuditRecord | None) -> AuditRecord:
    """Return a record with what the one it continues says; revisions that were taken back have new numbers."""
    if before is None:
        return record
    old_revision = None if before.result == "restored" else before.old_revision
    return replace(
        record, old_hash=before.old_hash, old_revision=old_revision, changes=before.changes,
        template_changes=before.template_changes,
    )  # fmt: skip


def rollout_of(
    record: AuditRecord, before: Mapping[str, str], pods: Sequence[Pod], times: Mapping[str, tuple[float, float | None]]
) -> AuditRecord:
    """
    Return the record of a rollout that Kubernetes did by itself, with one wave called `all`.

    Args:
      record: What is known without the pods, `retries` included.
      before: UID -> `place_of` the pods at the start. Only a place that had one is restarted; of a Deployment, whose
        pods get new names, no more are than there were.
      pods: The pods at the end.
      times: UID -> when the pod was made and when it was ready, in seconds since 1970.

    """
    started, kind = moment(record.started).timestamp(), KINDS[record.kind]
    had = set(before.values())
    new = {place_of(kind, pod): pod for pod in pods if pod.uid not in before and not pod.leaving}
    if kind is DEPLOYMENT:
        new = dict(sorted(new.items(), key=lambda item: times[item[1].uid][0])[: len(before)])
    else:
        new = {place: pod for place, pod in new.items() if place in had}
    result = "done" if record.result == "done" else "failed"
    findings = () if result == "done" else tuple(
        not_ready(pod, "is not ready") for pod in new.values() if not pod.available
    )  # fmt: skip
    places = {place_of(kind, pod) for pod in pods if not pod.leaving} | (set() if kind is DEPLOYMENT else had)
    wave = WaveRecord("all", record.started, record.ended, len(places), len(new), record.retries, result,
                      shown_findings(findings))  # fmt: skip
    at = {place: times[pod.uid] for place, pod in sorted(new.items())}
    seconds = {place: (_since(started, made), _since(started, ready)) for place, (made, ready) in at.items()}
    return replace(record, waves=(wave,), restarts=len(new), pods=seconds)  # type: ignore[arg-type]


def _since(started: float, then: float | None) -> float | None:
    """Return so many seconds after the start; the clocks are two, and one has whole seconds."""
    return None if then is None else round(max(0.0, then - started), 3)
