"""Field managers: the names under which we write, and who has written a field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def managed_by(manager: str) -> dict[str, str]:
    """Return annotations that make the Kubernetes provider write as this field manager, whoever owns the fields now."""
    return {MANAGER_ANNOTATION: manager, **FORCED}


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
