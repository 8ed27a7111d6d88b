"""The kinds of workload, and what each is to Kubernetes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WorkloadKind:
    """
    A kind of workload. Its pod template is `spec.template`.

    `revisions` is the kind of object that keeps an earlier template. `frozen` is the update strategy with which
    Kubernetes restarts no pod by itself, also none that becomes unready in the middle; empty where there is none.
    """

    api_version: str
    kind: str
    revisions: str
    frozen: Mapping[str, Any]


DAEMON_SET = WorkloadKind("apps/v1", "DaemonSet", "ControllerRevision", {"type": "OnDelete"})
"""Source: kubernetes 1.36 pkg/controller/daemon/update.go; Kubernetes "Perform a Rolling Update on a DaemonSet"."""
