"""What a DaemonSet says, read from it as the API server sends it."""

import json
from dataclasses import dataclass

from .annotations import (
    FINISHED_ANNOTATION,
    PAUSED_ANNOTATION,
    RESTORED_ANNOTATION,
    WAVES_ANNOTATION,
)
from .objects import Object, annotations_of


@dataclass(frozen=True)
class Restored:
    """What a failed rollout took back: the name of a ControllerRevision, and the generation that asked for it."""

    revision: str
    generation: int

    def __str__(self) -> str:
        return json.dumps({"generation": self.generation, "revision": self.revision})


def restored(daemon_set: Object) -> Restored | None:
    """Return what was taken back and not tried again since; nothing without waves, where it may be stale."""
    if WAVES_ANNOTATION not in annotations_of(daemon_set):
        return None
    try:
        fields = json.loads(annotations_of(daemon_set)[RESTORED_ANNOTATION])
        return Restored(str(fields["revision"]), int(fields["generation"]))
    except (KeyError, ValueError, TypeError):
        return None


def leftovers(daemon_set: Object) -> list[str]:
    """Return the annotations that the driver of waves has written, which nothing maintains without it."""
    return [name for name in (RESTORED_ANNOTATION, FINISHED_ANNOTATION) if name in annotations_of(daemon_set)]


def is_paused(daemon_set: Object) -> bool:
    """Return whether someone has stopped the rollout."""
    return bool(annotations_of(daemon_set).get(PAUSED_ANNOTATION, "false") != "false")


def wanted(daemon_set: Object) -> int:
    """Return how many nodes should have a pod, as reported by the controller."""
    return int((daemon_set.get("status") or {}).get("desiredNumberScheduled") or 0)


def covered(daemon_set: Object) -> int:
    """
    Return how many nodes should have a pod, or have one where none would be made, as far as the controller has said.

    A node that becomes NotReady, or gets another taint `NoSchedule`, is no longer wanted, but keeps the pod it has.
    Source: kubernetes 1.34 pkg/controller/daemon/daemon_controller.go `NodeShouldRunDaemonPod`, `updateDaemonSetStatus`
    """
    return wanted(daemon_set) + int((daemon_set.get("status") or {}).get("numberMisscheduled") or 0)
