"""A DaemonSet with waves whose `updateStrategy` someone changed: who owns it, and how it is restored."""

from collections.abc import Mapping
from typing import Any

from ..kubernetes.annotations import WAVES_ANNOTATION
from ..kubernetes.objects import Object
from ..kubernetes.workload_kinds import DAEMON_SET


def is_held(daemon_set: Object) -> bool:
    """Return whether Kubernetes restarts none of its pods by itself."""
    frozen = DAEMON_SET.frozen
    return bool((daemon_set["spec"].get("updateStrategy") or frozen).get("type") == frozen["type"])


def patch() -> Object:
    """Return the merge patch that restores it."""
    return {"spec": {"updateStrategy": {**DAEMON_SET.frozen, "rollingUpdate": None}}}


def applied(daemon_set: Object) -> tuple[str, Object] | None:
    """
    Return a field manager and what it applies, where the strategy is a patch of its own beside the DaemonSet.

    Who lets go of that patch later must be the only one to hold the strategy, or it stays. The patch is found by the
    annotation that comes with it, which a change of the strategy leaves; `None` where one patch has everything.
    """
    metadata = daemon_set["metadata"]
    for entry in metadata.get("managedFields") or []:
        fields = entry.get("fieldsV1") or {}
        annotations = _names((fields.get("f:metadata") or {}).get("f:annotations") or {})
        if entry.get("operation") != "Apply" or WAVES_ANNOTATION not in annotations:
            continue
        if {*fields} - {"f:metadata", "f:spec"} or {*(fields.get("f:spec") or {})} - {"f:updateStrategy"}:
            return None
        values = metadata.get("annotations") or {}
        return str(entry["manager"]), {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "annotations": {name: values[name] for name in sorted(annotations) if name in values},
            },
            "spec": {"updateStrategy": DAEMON_SET.frozen},
        }
    return None


def _names(fields: Mapping[str, Any]) -> set[str]:
    return {name.removeprefix("f:") for name in fields if name.startswith("f:")}
