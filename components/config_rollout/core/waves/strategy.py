"""The `updateStrategy` of a workload with waves: what holds its pods back, who owns that, and how it is restored."""

from collections.abc import Mapping
from typing import Any

from ..kubernetes.amounts import ON_DELETE
from ..kubernetes.annotations import WAVES_ANNOTATION
from ..kubernetes.field_managers import DRIVER
from ..kubernetes.objects import Object
from ..kubernetes.strategies import StatefulSetStrategy
from ..kubernetes.workload_kinds import DAEMON_SET, STATEFUL_SET, WorkloadKind


def is_held(workload: Object, kind: WorkloadKind = DAEMON_SET, partition: int = 0) -> bool:
    """
    Return whether Kubernetes restarts none of its pods by itself.

    Of a StatefulSet only those from the ordinal of this partition up.
    """
    if kind is STATEFUL_SET:
        strategy = StatefulSetStrategy.of(workload["spec"].get("updateStrategy"))
        return strategy.type != ON_DELETE and strategy.first >= partition
    frozen = DAEMON_SET.frozen
    return bool((workload["spec"].get("updateStrategy") or frozen).get("type") == frozen["type"])


def with_partition(namespace: str, name: str, partition: int | None) -> Object:
    """
    Return what the driver applies to a StatefulSet as `DRIVER`, so that pods below a partition stay as they are.

    With `None` nothing of it remains, and Kubernetes' default, 0, takes its place.
    """
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
    return {
        "apiVersion": STATEFUL_SET.api_version,
        "kind": STATEFUL_SET.kind,
        "metadata": {"name": name, "namespace": namespace},
        **({} if partition is None else {"spec": {"updateStrategy": strategy}}),
    }


def has_partition_of_driver(stateful_set: Object) -> bool:
    """Return whether its partition is what the driver has applied, and no one else has changed since."""
    every = stateful_set["metadata"].get("managedFields") or []
    ours = [of for of in every if (of.get("manager"), of.get("operation")) == (DRIVER, "Apply")]
    return any("f:updateStrategy" in (((of.get("fieldsV1") or {}).get("f:spec")) or {}) for of in ours)


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
