"""
Which pod templates a fleet has finished: what a failed rollout may go back to, and what needs no further gates.

The driver keeps it in an annotation of the workload. Not here: when it is written (driver/rollout.py).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..kubernetes.annotations import FINISHED_ANNOTATION
from ..kubernetes.objects import Object, revision_of
from ..kubernetes.pods import Pod
from ..kubernetes.workloads import config_hash_of
from ..waves.order import REST
from .record import AuditRecord


@dataclass(frozen=True)
class Finished:
    """
    Names of ControllerRevisions: `revisions` have finished, the newest last; the rollout to `bringing` has not yet.

    `generations` are the one that the provider's write gave and the one after the driver's own writes; else empty.
    """

    revisions: tuple[str, ...] = ()
    bringing: str = ""
    generations: tuple[int, ...] = ()

    def __str__(self) -> str:
        of = {"revisions": list(self.revisions), "bringing": self.bringing, "generations": list(self.generations)}
        return json.dumps({key: value for key, value in of.items() if value})

    @property
    def base(self) -> str:
        """The revision that finished last, which the fleet runs; empty if none is known."""
        return self.revisions[-1] if self.revisions else ""

    def begins(self, revision: str, names: Collection[str], more: Sequence[str] = ()) -> "Finished":
        """
        Return the state when a rollout to a revision begins: it has not finished, even if it once had.

        `names` are those of all revisions; others are forgotten. `more` finished by other signs.
        """
        if revision == self.base:
            return self
        every = [one for one in self.revisions if one not in more] + list(more)
        return Finished(tuple(one for one in every if one in names and one != revision), revision)

    def ends(self, revision: str, generations: tuple[int, ...]) -> "Finished":
        """Return the state when the last wave of a rollout to a revision has passed."""
        return Finished((*(one for one in self.revisions if one != revision), revision), "", generations)


def finished(daemon_set: Object) -> Finished:
    """Return what the annotation says; nothing if it is missing or not one of ours."""
    text = (daemon_set["metadata"].get("annotations") or {}).get(FINISHED_ANNOTATION, "")
    try:
        of = json.loads(text)
        revisions = tuple(str(one) for one in of.get("revisions", []))
        generations = tuple(int(one) for one in of.get("generations", []))
        return Finished(revisions, str(of.get("bringing", "")), generations)
    except (ValueError, TypeError, AttributeError):
        return Finished()


def asked_generation(metadata: Mapping[str, Any]) -> int:
    """
    Return the generation that the provider's last write gave, of a workload's metadata.

    A rollout that was taken back and tried again has raised it by writes of the driver, which ask for nothing new.
    """
    generation = int(metadata["generation"])
    asked, *became = finished({"metadata": metadata}).generations or (generation,)
    return asked if became == [generation] else generation


def found_finished(
    known: Finished, revisions: Sequence[Object], pods: Sequence[Pod], records: Sequence[AuditRecord], wanted: str
) -> list[str]:
    """
    Return the names of revisions that finished although no driver recorded it, the newest last.

    All pods have it, most of them ready: it came before the waves, or without them. Or a record of an earlier version
    says so.

    Args:
      known: What was noted.
      revisions: The workload's ControllerRevisions.
      pods: Its pods, those of nodes that are not Ready left out.
      records: The audit records of its rollouts, the oldest first.
      wanted: The name of the revision that is being rolled out.

    """
    by_hash = {revision_of(revision): _name(revision) for revision in revisions}
    there = {by_hash.get(pod.revision, "") for pod in pods}
    names = [] if known.revisions else [_name(one) for one in _recorded(revisions, records)]
    if len(there) == 1 and 2 * sum(pod.available for pod in pods) > len(pods):
        names = [*(one for one in names if one not in there), *there]
    return [one for one in names if one not in ("", wanted, known.bringing)]


def way_back(known: Finished, revisions: Sequence[Object], wanted: str) -> Object | None:
    """Return the newest finished revision that is still kept, other than the wanted one; `None` if there is none."""
    by_name = {_name(revision): revision for revision in revisions}
    return next((by_name[one] for one in reversed(known.revisions) if one in by_name and one != wanted), None)


def _recorded(revisions: Sequence[Object], records: Sequence[AuditRecord]) -> list[Object]:
    """Return the revisions that a record reports as finished: by number, or by config hash if only one has it."""
    matches = []
    for record in records:
        last = record.waves[-1] if record.waves else None
        if record.result != "done" or not last or last.name not in (REST, "all"):
            continue
        of_hash = [one for one in revisions if config_hash_of(one["data"]) == record.new_hash]
        by_number = [one for one in of_hash if int(one["revision"]) == record.new_revision]
        matches += by_number or (of_hash if len(of_hash) == 1 else [])
    return list({_name(one): one for one in matches}.values())


def _name(revision: Object) -> str:
    return str(revision["metadata"]["name"])
