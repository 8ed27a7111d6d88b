"""
The rollouts of a workload, from its audit records; without a record, from the revisions that Kubernetes keeps.

Not here: the words (history_words.py).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..audit.record import AuditRecord, Change
from ..audit.record import rollouts as rollouts_only
from ..audit.writing import change_cause, changes_of
from ..explain.reasons import WorkloadUpdate
from ..kubernetes.field_managers import written
from ..revisions.naming import content_name, is_content_name
from ..revisions.observation import names_in, parts_of
from .observation import TEMPLATE_FIELD, Revision, WorkloadView


@dataclass(frozen=True)
class Rollout:
    """
    One rollout, or one reload: its record, or a revision that has none; both where the revision is still kept.

    `when` is the start, or since when there is the revision as far as anything tells; `manager` who wrote it then,
    `change_cause` what its change cause says of it, `template_changes` what changed beside the configuration: by the
    record, or else by the kept revision before it.
    """

    record: AuditRecord | None
    revision: Revision | None
    when: str
    manager: str = ""
    change_cause: str = ""
    template_changes: tuple[Change, ...] = ()

    @property
    def number(self) -> int | None:
        """The revision that it led to."""
        return self.record.new_revision if self.record else self.revision.number if self.revision else None

    @property
    def only_reloads(self) -> bool:
        """Whether running pods have read something again, and nothing restarted."""
        return bool(self.record and self.record.reload and not self.record.restarts)

    @property
    def config_hash(self) -> str:
        """The configuration that it led to."""
        return self.record.new_hash if self.record else self.revision.config_hash if self.revision else ""


def rollouts_of(view: WorkloadView) -> list[Rollout]:
    """
    Return the rollouts, the oldest first.

    A rollout that was taken back has led to two revisions: the one that it tried, and the previous one under a new
    number. Only the first is listed.
    """
    revisions = {revision.number: revision for revision in view.revisions}
    rollouts = []
    for record in view.records:
        of = revisions.get(record.new_revision or 0)
        cause = of.change_cause if of else ""
        rollouts.append(Rollout(record, of, record.started, "", cause, record.template_changes))
    led = [record for record in view.records if not record.reload or record.restarts]
    numbers = {record.new_revision for record in led}
    numbers |= {(r.new_revision or 0) + 1 for r in led if r.result == "restored" and r.new_revision}
    by = written(view.workload, TEMPLATE_FIELD)
    for earlier, revision in zip([None, *view.revisions], view.revisions, strict=False):
        if revision.number in numbers:
            continue
        when, manager = revision.created, ""
        if revision == view.current and by.time:
            when, manager = max(by.time, revision.created), by.manager
        cause = _own_cause(revision, earlier, view.records)
        changes = changes_of(between(view.name, earlier, revision))[1] if earlier else ()
        rollouts.append(Rollout(None, revision, when, manager, cause, changes))
    # By number first: an old revision that is in force again has a new number and its old creation time.
    return _in_order(rollouts)


def between(name: str, old: Revision, new: Revision) -> WorkloadUpdate:
    """Return the difference of two revisions of a workload, as an update from one to the other."""
    one, other = ({"metadata": {"name": name}, "spec": {"template": of.template}} for of in (old, new))
    return WorkloadUpdate(one, other)


def _own_cause(revision: Revision, earlier: Revision | None, records: Sequence[AuditRecord]) -> str:
    """
    Return the change cause of a revision without a record; empty if it is an earlier rollout's.

    The controller copies it from the workload, where `kubectl set image` and `rollout restart` leave it as it was;
    `kubectl rollout undo` gives an old revision, with its old cause, a new number.
    Source: kubernetes 1.36 pkg/controller/daemon/update.go `snapshot`, `dedupCurHistories`,
    pkg/controller/deployment/util/deployment_util.go `SetNewReplicaSetAnnotations`.
    """
    before = {change_cause(record) for record in rollouts_only(records)}
    if earlier:
        before.add(earlier.change_cause)
    is_old = earlier is not None and earlier.created > revision.created
    return "" if is_old or revision.change_cause in before else revision.change_cause


def of_revision(rollouts: Iterable[Rollout], number: int) -> Rollout | None:
    """Return the newest rollout that led to a revision."""
    return next((one for one in reversed([*rollouts]) if one.number == number and not one.only_reloads), None)


def reloads_of(rollouts: Iterable[Rollout], number: int) -> list[Rollout]:
    """Return the reloads while a revision was in force, the oldest first."""
    return [one for one in rollouts if one.number == number and one.only_reloads]


def config_maps_of_revision(view: WorkloadView, number: int) -> tuple[list[str], str] | None:
    """Return ConfigMaps and config hash of a revision, from itself or from a record; `None` if neither is kept."""
    for revision in view.revisions:
        if revision.number == number:
            return names_in(revision.config_map), revision.config_hash
    for record in reversed(rollouts_only(view.records)):
        for known, config_hash in ((record.new_revision, record.new_hash), (record.old_revision, record.old_hash)):
            if known == number and config_hash:
                return [content_name(view.name, config_hash)], config_hash
    return None


def secrets_of_revision(view: WorkloadView, number: int) -> list[str]:
    """Return the content-named Secrets of a kept revision, each as `Secret NAME`."""
    every = [parts_of(one.config_map) for one in view.revisions if one.number == number]
    return [part for parts in every for part in parts if part not in names_in(", ".join(parts))]


def why_no_diff(view: WorkloadView, number: int) -> str:
    """Return why the configuration of a revision is unavailable; empty if its ConfigMap exists under its own name."""
    config_maps = config_maps_of_revision(view, number)
    where = view.where
    if config_maps is None:
        known = sorted({one.number for one in rollouts_of(view) if one.number is not None})
        there = f"Kept revisions: {', '.join(map(str, known))}" if known else "No revision is kept"
        return f"{where}: revision {number}: does not exist. {there}."
    names, _ = config_maps
    if wrong := [
        name
        for name in names or ([] if secrets_of_revision(view, number) else [""])
        if not is_content_name(name, view.name)
    ]:
        mounted = f"mounts ConfigMap {wrong[0]}, which changes in place" if wrong[0] else "mounts no ConfigMap"
        return (
            f"{where}: revision {number}: {mounted}, so its configuration is not kept. See the history of your program."
        )
    if gone := [name for name in names if name not in view.config_maps]:
        return (
            f"{where}: revision {number}: its ConfigMap {gone[0]} is missing, so its configuration is not kept. See "
            "the history of your program, or choose another revision."
        )
    return ""


def history_json(rollouts: Sequence[tuple[WorkloadView, Rollout]]) -> dict[str, object]:
    """Return what `history --json` prints, as docs/schemas/history.json describes it."""
    return {"rollouts": [_json(view, rollout) for view, rollout in rollouts]}


def _in_order(rollouts: list[Rollout]) -> list[Rollout]:
    """Return them in the order of their revisions, records of one revision as they are; those without one by time."""
    placed = [one for one in rollouts if one.record]
    for one in (r for r in rollouts if not r.record):
        place = next((n for n, other in enumerate(placed) if (other.number or 0) > (one.number or 0)), len(placed))
        placed.insert(place, one)
    return placed


def _json(view: WorkloadView, rollout: Rollout) -> dict[str, object]:
    revision = rollout.revision
    state = {
        "revision_kept": revision is not None,
        "change_cause": rollout.change_cause or None,
    }
    if rollout.record:
        fields = json.loads(rollout.record.to_json())
        defaults = {"kind": rollout.record.kind, "old_revision": None, "new_revision": None, "pods": None}
        return {**defaults, **{key: value for key, value in fields.items() if key != "version"}, **state}
    by = {"manager": rollout.manager} if rollout.manager else {}
    template = [change.plain() for change in rollout.template_changes]
    return {
        "kind": view.kind.kind, "namespace": view.namespace, "name": view.name,
        "started": rollout.when, "ended": None, "by": by,
        "old_hash": None, "new_hash": rollout.config_hash, "old_revision": None, "new_revision": rollout.number,
        "changes": [], "template_changes": template, "waves": [], "restarts": None, "retries": None, "pods": None,
        "result": None, "reason": "", **state,
    }  # fmt: skip
