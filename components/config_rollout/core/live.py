"""What the objects of a DaemonSet say, read from them as the API server sends them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .checks import CONFIG_HASH_ANNOTATION
from .restarts import Pod, ProbedPod

PAUSED_ANNOTATION = "config-rollout/paused"
"""On the DaemonSet: `true` stops every driver before the next pod."""

RESTORED_ANNOTATION = "config-rollout/restored-from"
"""On the DaemonSet: which revision a failed rollout took back, and of which generation of the DaemonSet that was."""

FINISHED_ANNOTATION = "config-rollout/finished"
"""
On the DaemonSet: the ControllerRevisions that all waves have finished, and the one that a rollout is bringing.

By name, which Kubernetes makes of the template: a revision that is deleted and made again has the same one.
Source: Kubernetes 1.36 pkg/controller/daemon/update.go `snapshot`.
"""

STACK_ANNOTATION = "config-rollout/stack"
"""On what a component makes: the Pulumi stack that owns it, as ORGANIZATION/PROJECT/STACK; see ownership.py."""
WAVES_ANNOTATION = "config-rollout/waves"
"""On the DaemonSet: which nodes are in which wave, as `Waves.membership`, for whoever looks at a rollout."""

CHANGE_CAUSE_ANNOTATION = "kubernetes.io/change-cause"
"""
What `kubectl rollout history` shows for a revision.

The controller copies the DaemonSet's annotations when it makes a ControllerRevision, and never again: so it has to be
there before the pod template changes, and a revision that is taken up again (A, B, A) gets it by itself.
Source: Kubernetes 1.36 pkg/controller/daemon/update.go `snapshot`, kubectl polymorphichelpers `getChangeCause`.
"""

Object = dict[str, Any]


@dataclass(frozen=True)
class Restored:
    """What a failed rollout took back: the name of a ControllerRevision, and the generation that had asked for it."""

    revision: str
    generation: int

    def __str__(self) -> str:
        return json.dumps({"generation": self.generation, "revision": self.revision})


def restored(daemon_set: Object) -> Restored | None:
    """Return what was taken back and not tried again since; without waves nothing is, and nothing clears the note."""
    if WAVES_ANNOTATION not in _annotations(daemon_set):
        return None
    try:
        given = json.loads(_annotations(daemon_set)[RESTORED_ANNOTATION])
        return Restored(str(given["revision"]), int(given["generation"]))
    except (KeyError, ValueError, TypeError):
        return None


def leftovers(daemon_set: Object) -> list[str]:
    """Return the annotations that the driver of waves has written, which nobody looks after where it is gone."""
    return [name for name in (RESTORED_ANNOTATION, FINISHED_ANNOTATION) if name in _annotations(daemon_set)]


def is_paused(daemon_set: Object) -> bool:
    """Return whether someone has stopped the rollout."""
    return bool(_annotations(daemon_set).get(PAUSED_ANNOTATION, "false") != "false")


def stack_of(daemon_set: Object) -> str:
    """Return the Pulumi stack that owns a DaemonSet; empty if it does not say."""
    return str(_annotations(daemon_set).get(STACK_ANNOTATION, ""))


def config_hash_of(daemon_set: Mapping[str, Any]) -> str:
    """Return the config hash in the pod template; empty if there is none."""
    template = daemon_set["spec"].get("template", {}).get("metadata") or {}
    return str((template.get("annotations") or {}).get(CONFIG_HASH_ANNOTATION, ""))


def config_hash_of_pod(pod: Object) -> str:
    """Return the config hash that a pod was made with; empty if there is none."""
    return str(_annotations(pod).get(CONFIG_HASH_ANNOTATION, ""))


def selector_of(daemon_set: Object) -> str:
    """Return the label selector of the pods, as a query."""
    selector = daemon_set["spec"]["selector"]
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or []:
        key, values = expression["key"], ",".join(expression.get("values") or [])
        parts.append({"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}.get(
            expression["operator"], f"!{key}"))  # fmt: skip
    return ",".join(parts)


def is_observed(daemon_set: Object) -> bool:
    """Return whether the controller has seen the DaemonSet as it is, and so made its revision."""
    status = daemon_set.get("status") or {}
    return int(status.get("observedGeneration") or 0) >= int(daemon_set["metadata"].get("generation") or 0)


def wanted(daemon_set: Object) -> int:
    """Return how many nodes should have a pod, as far as the controller has said."""
    return int((daemon_set.get("status") or {}).get("desiredNumberScheduled") or 0)


def covered(daemon_set: Object) -> int:
    """
    Return how many nodes should have a pod, or have one where none would be made, as far as the controller has said.

    A node that becomes NotReady, or gets another taint `NoSchedule`, is no longer wanted, but keeps the pod it has.
    Source: kubernetes 1.34 pkg/controller/daemon/daemon_controller.go `NodeShouldRunDaemonPod`, `updateDaemonSetStatus`
    """
    return wanted(daemon_set) + int((daemon_set.get("status") or {}).get("numberMisscheduled") or 0)


def is_owned_by(thing: Object, uid: str) -> bool:
    """Return whether a controller with this UID made the object."""
    owners = thing["metadata"].get("ownerReferences") or []
    return any(owner.get("uid") == uid and owner.get("controller") for owner in owners)


def newest(revisions: Iterable[Object]) -> Object | None:
    """Return the ControllerRevision that new pods get."""
    return max(revisions, key=lambda revision: int(revision["revision"]), default=None)


def revision_of(thing: Object) -> str:
    """Return the revision's hash, of a pod or of a ControllerRevision."""
    return str((thing["metadata"].get("labels") or {}).get("controller-revision-hash", ""))


def node_of(pod: Object) -> str:
    """Return the node that a DaemonSet's pod is for, also before the scheduler has bound it."""
    spec = pod["spec"]
    if spec.get("nodeName"):
        return str(spec["nodeName"])
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or []
    names = [value for term in terms for field in term.get("matchFields") or [] for value in field["values"]]
    return str(names[0]) if names else ""


def ready_since(pod: Object) -> str:
    """Return since when a pod is ready, in the API server's form; empty if it is not."""
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition["type"] == "Ready" and condition["status"] == "True":
            return str(condition.get("lastTransitionTime") or "1970-01-01T00:00:00Z")
    return ""


def why_not_ready(pod: Object) -> str:
    """Return why a pod is not ready, in the kubelet's words; empty where it says nothing."""
    status = pod.get("status") or {}
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        state = container.get("state") or {}
        for kind in ("waiting", "terminated"):
            if kind in state and not container.get("ready"):
                return str(state[kind].get("reason") or kind)
    return "" if status.get("phase") == "Running" else str(status.get("phase") or "")


def pod_of(pod: Object) -> Pod:
    """Return what counts of a pod; one that is ready is taken for available."""
    metadata = pod["metadata"]
    return Pod(metadata["name"], metadata["uid"], node_of(pod), revision_of(pod), bool(ready_since(pod)),
               "deletionTimestamp" in metadata, why_not_ready(pod))  # fmt: skip


def probed_pod(pod: Object, restarts: int = 0) -> ProbedPod:
    """Return what gates have to know of a pod whose containers restarted so often since it was ready."""
    status = pod.get("status") or {}
    running = [(of.get("state") or {}).get("running") or {} for of in status.get("containerStatuses") or []]
    started = max((str(of.get("startedAt") or "") for of in running), default="") or str(status.get("startTime") or "")
    addresses = [str(of.get("ip")) for of in status.get("podIPs") or []]
    families = dict.fromkeys("IPv6" if ":" in address else "IPv4" for address in addresses)
    return ProbedPod(pod["metadata"]["name"], node_of(pod), started, tuple(families), restarts)


def container_restarts(pod: Object) -> int:
    """Return how often the containers of a pod have restarted."""
    return sum(int(of.get("restartCount") or 0) for of in (pod.get("status") or {}).get("containerStatuses") or [])


def is_down(node: Object) -> bool:
    """Return whether a node is not Ready."""
    conditions = (node.get("status") or {}).get("conditions") or []
    return not any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _annotations(thing: Object) -> Mapping[str, str]:
    return thing["metadata"].get("annotations") or {}
