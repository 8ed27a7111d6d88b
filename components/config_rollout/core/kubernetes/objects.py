"""What any object says of itself: its annotations, its owner, its revision."""

from collections.abc import Iterable, Mapping
from typing import Any

from .annotations import REVISION_ANNOTATION
from .workload_kinds import DAEMON_SET, WorkloadKind

Object = dict[str, Any]


def maker_of(thing: Object) -> str:
    """Return the UID of the controller that made an object, of which there is one at most; empty without one."""
    owners = thing["metadata"].get("ownerReferences") or []
    return next((str(owner.get("uid")) for owner in owners if owner.get("controller")), "")


def is_owned_by(thing: Object, uid: str) -> bool:
    """Return whether a controller with this UID made the object."""
    return maker_of(thing) == uid


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


def template_kept_by(revision: Object, kind: WorkloadKind) -> Object:
    """Return the pod template that a revision keeps, without the label that a ReplicaSet's has beside."""
    template = dict(kept_by(revision)["spec"].get("template") or {})
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != kind.revision_label}
    return {**template, "metadata": {**metadata, "labels": labels}} if "labels" in metadata else template


def revision_of(thing: Object, kind: WorkloadKind = DAEMON_SET) -> str:
    """
    Return what a revision and its pods have in common: a hash; of a StatefulSet the name of the revision.

    Empty for a pod that no controller made.
    Source: kubernetes 1.36 pkg/controller/daemon/update.go `snapshot`, pkg/controller/deployment/sync.go
    `getNewReplicaSet`, pkg/controller/statefulset/stateful_set_utils.go `setPodRevision`.
    """
    name = thing["metadata"]["name"] if "revision" in thing else ""
    return str((thing["metadata"].get("labels") or {}).get(kind.revision_label, name))


def is_down(node: Object) -> bool:
    """Return whether a node is not Ready."""
    conditions = (node.get("status") or {}).get("conditions") or []
    return not any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def annotations_of(thing: Object) -> Mapping[str, str]:
    """Return the annotations of an object; empty if it has none."""
    return thing["metadata"].get("annotations") or {}
