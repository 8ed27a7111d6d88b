"""What any object says of itself: its annotations, its owner, its revision."""

from collections.abc import Iterable, Mapping
from typing import Any

Object = dict[str, Any]


def is_owned_by(thing: Object, uid: str) -> bool:
    """Return whether a controller with this UID made the object."""
    owners = thing["metadata"].get("ownerReferences") or []
    return any(owner.get("uid") == uid and owner.get("controller") for owner in owners)


def newest_revision(revisions: Iterable[Object]) -> Object | None:
    """Return the ControllerRevision that new pods get."""
    return max(revisions, key=lambda revision: int(revision["revision"]), default=None)


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
