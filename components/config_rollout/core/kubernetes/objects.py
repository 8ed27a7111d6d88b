"""What any object says of itself: its annotations, its owner, its revision."""

from collections.abc import Iterable, Mapping
from typing import Any

from .annotations import REVISION_ANNOTATION

Object = dict[str, Any]


def is_owned_by(thing: Object, uid: str) -> bool:
    """Return whether a controller with this UID made the object."""
    owners = thing["metadata"].get("ownerReferences") or []
    return any(owner.get("uid") == uid and owner.get("controller") for owner in owners)


def newest_revision(revisions: Iterable[Object]) -> Object | None:
    """Return the ControllerRevision or ReplicaSet that new pods get."""
    return max(revisions, key=revision_number, default=None)


def revision_number(revision: Object) -> int:
    """Return the number of a ControllerRevision or of a Deployment's ReplicaSet; 0 before the controller gave one."""
    return int(revision["revision"] if "revision" in revision else annotations_of(revision).get(REVISION_ANNOTATION, 0))


def kept_by(revision: Object) -> Object:
    """Return what a revision keeps of its workload: `spec.template`."""
    of: Object = revision.get("data", revision)
    return of


def revision_of(thing: Object) -> str:
    """Return the revision's hash, of a pod or of a ControllerRevision."""
    return str((thing["metadata"].get("labels") or {}).get("controller-revision-hash", ""))


def is_down(node: Object) -> bool:
    """Return whether a node is not Ready."""
    conditions = (node.get("status") or {}).get("conditions") or []
    return not any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def annotations_of(thing: Object) -> Mapping[str, str]:
    """Return the annotations of an object; empty if it has none."""
    return thing["metadata"].get("annotations") or {}
