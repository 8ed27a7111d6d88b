"""What runs pods, apart from the configuration that they read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..kubernetes.workload_kinds import WorkloadKind


@dataclass(frozen=True)
class Workload:
    """
    A workload as the program wants it. The leaves of all mappings may be anything.

    `pod_spec` names each source as the program does. `spec` is what stands beside the pod template, with camelCase
    keys. `owner` are annotations of every object, `annotations` those of the workload alone. With `is_patch` it exists,
    someone else made it, and only the fields that are here are written to it.
    """

    kind: WorkloadKind
    name: str
    namespace: Any
    pod_spec: Mapping[str, Any]
    spec: Mapping[str, Any] = field(default_factory=dict)
    selector: Mapping[str, str] | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, Any] = field(default_factory=dict)
    owner: Mapping[str, Any] = field(default_factory=dict)
    pod_labels: Mapping[str, Any] | None = None
    pod_annotations: Mapping[str, Any] = field(default_factory=dict)
    is_patch: bool = False
