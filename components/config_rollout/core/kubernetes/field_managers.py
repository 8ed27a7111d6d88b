"""Field managers: the names under which we write, and who has written a field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from .annotations import SKIP_AWAIT
from .objects import Object

MANAGER = "config-rollout"
"""Field manager of everything that is patched: it identifies the fields that are ours."""

OWNER = "config-rollout-own"
"""Field manager of a DaemonSet that is ours as a whole: adopting it later lets nothing of it go."""

MANAGER_ANNOTATION = "pulumi.com/patchFieldManager"
"""The annotation that sets the Kubernetes provider's field manager."""

FORCED = {"pulumi.com/patchForce": "true"}
"""
Makes the Kubernetes provider write fields that someone else has changed, as `kubectl rollout undo` does.

Without it the `up --refresh` that restores them fails with a conflict of field managers, even in its preview.
Source: pulumi-kubernetes 4.25 await.go `getServerSideApplyPatchOptions`; Kubernetes "Server-Side Apply", Conflicts.
"""

DRIVEN = {**SKIP_AWAIT, **FORCED}
"""
On a workload with waves: the provider would wait for pods that only the waves restart, and could not restore what
someone else has overwritten.
"""


def managed_by(manager: str) -> dict[str, str]:
    """Return annotations that make the Kubernetes provider write as this field manager, whoever owns the fields now."""
    return {MANAGER_ANNOTATION: manager, **FORCED}


PROVIDERS_OWN = "__fieldManager"
"""
Where the outputs of a resource say as which field manager the Kubernetes provider writes it.

Each resource has its own name, `pulumi-kubernetes-` with eight random digits, unless an annotation chooses one.
Source: pulumi-kubernetes 4.25 provider.go `checkpointObject`, `fieldManagerName`.
"""

_KEPT = ("f:finalizers", "f:ownerReferences")
"""What of an object's metadata stays whoever takes the object over."""

DRIVER = "config-rollout-driver"
"""
Field manager of what the driver of waves notes in annotations, and of the `partition` of a StatefulSet.

Not `MANAGER`: the provider would take what its own manager has for drift of a patch. Source: cluster/owners.py.
"""

AUDITOR = "config-rollout-audit"
"""Field manager of what the audit writes, so that nothing of it is taken for the provider's."""

_STAYS = (OWNER, "Apply"), (DRIVER, "Apply"), *((name, "Update") for name in (MANAGER, DRIVER, AUDITOR))


def others(thing: Object) -> list[Mapping[str, Any]]:
    """
    Return the managed fields of others than our `OWNER`, who lose them to whoever takes an object over.

    What was written through a subresource stays where it is, and so does what the driver of waves notes for itself.
    """
    entries = thing["metadata"].get("managedFields") or []
    whole = [one for one in entries if not one.get("subresource")]
    return [one for one in whole if (one.get("manager"), one.get("operation")) not in _STAYS]


def handed_over(thing: Object, left_alone: Sequence[str] = ()) -> list[Mapping[str, Any]]:
    """
    Return the managed fields of an object in which all that others wrote is our `OWNER`'s.

    The next apply then removes what it leaves out, as if the object had always been ours; but the fields of `spec` that
    are `left_alone` are nobody's, so that no apply removes them. kubectl does the same when it goes from client-side to
    server-side apply.
    Source: client-go 0.36 util/csaupgrade/upgrade.go; Kubernetes "Server-Side Apply", Transferring ownership.
    """
    entries, theirs = thing["metadata"].get("managedFields") or [], others(thing)
    rest = [one for one in entries if one not in theirs]
    ours = [one for one in rest if one.get("manager") == OWNER and one.get("operation") == "Apply"]
    if not theirs:
        return entries
    newest = max([*ours, *theirs], key=lambda one: str(one.get("time") or ""))
    fields: dict[str, Any] = reduce(_union, [one.get("fieldsV1") or {} for one in [*ours, *theirs]])
    metadata = {key: of for key, of in fields.get("f:metadata", {}).items() if key not in _KEPT}
    fields = {**fields, **({"f:metadata": metadata} if metadata else {})}
    spec = {key: of for key, of in fields.get("f:spec", {}).items() if key not in {f"f:{of}" for of in left_alone}}
    fields = {**fields, **({"f:spec": spec} if spec else {})}
    mine = {**newest, "manager": OWNER, "operation": "Apply", "fieldsV1": fields}
    return [mine, *(one for one in rest if one not in ours)]


def ours_alone(thing: Object, manager: str) -> list[Mapping[str, Any]]:
    """
    Return the managed fields of an object in which what a manager of ours has applied is nobody else's.

    What only others wrote stays theirs, so that no apply removes it. A field of two managers can be changed by neither
    alone: that is a conflict.
    Source: Kubernetes "Server-Side Apply", Conflicts.
    """
    entries = thing["metadata"].get("managedFields") or []
    ours = [one for one in entries if (one.get("manager"), one.get("operation")) == (manager, "Apply")]
    fields: Mapping[str, Any] = reduce(_union, [one.get("fieldsV1") or {} for one in ours], {})
    kept = []
    for one in entries:
        if one in ours or one.get("subresource"):
            kept.append(one)
        elif left := _without(one.get("fieldsV1") or {}, fields):
            kept.append({**one, "fieldsV1": left})
    return kept


def managing(thing: Object, managed: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the operations (RFC 6902) that give an object these managed fields, unless it was written meanwhile."""
    fields = {"managedFields": managed, "resourceVersion": thing["metadata"]["resourceVersion"]}
    return [{"op": "replace", "path": f"/metadata/{of}", "value": new} for of, new in fields.items()]


def _without(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of one set that are not in the other."""
    left = {}
    for key, of in one.items():
        if key not in other:
            left[key] = of
        elif of and (rest := _without(of, other[key])):
            left[key] = rest
    return left if {*left} - {"."} else {}


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of both sets; where a step is one field as a whole in one of them, `.` says so."""
    if not one or not other:
        return {".": {}, **one, **other} if one or other else {}
    both = {key: _union(one[key], other[key]) for key in one if key in other}
    return {**one, **other, **both}


@dataclass(frozen=True)
class Written:
    """Who last wrote something, as the API server's field manager, and when."""

    manager: str = ""
    time: str = ""


def managers_of(thing: Mapping[str, Any]) -> set[str]:
    """Return which of our field managers have written an object, as its managed fields or its annotation say."""
    metadata: Mapping[str, Any] = thing.get("metadata") or {}
    managers = [str(entry.get("manager")) for entry in metadata.get("managedFields") or []]
    annotation = str((metadata.get("annotations") or {}).get(MANAGER_ANNOTATION))
    return {MANAGER, OWNER} & {*managers, annotation}


def written(thing: Object, *paths: Sequence[str]) -> Written:
    """
    Return the newest writer of one of the fields, from the object's `managedFields`.

    Source: Kubernetes "Server-Side Apply", Field management: `time` changes when the manager changes a field.
    """
    newest = Written()
    for entry in thing["metadata"].get("managedFields") or []:
        if any(_holds(entry.get("fieldsV1"), path) for path in paths):
            newest = max(
                newest, Written(str(entry.get("manager", "")), str(entry.get("time", ""))), key=lambda w: w.time
            )
    return newest


def _holds(fields: object, path: Sequence[str]) -> bool:
    for step in path:
        if not isinstance(fields, Mapping) or step not in fields:
            return False
        fields = fields[step]
    return True
