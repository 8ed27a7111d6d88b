"""What a pod says, read from it as the API server sends it."""

from dataclasses import dataclass

from .annotations import CONFIG_HASH_ANNOTATION
from .objects import Object, annotations_of, revision_of
from .workload_kinds import DAEMON_SET, WorkloadKind


@dataclass(frozen=True)
class Pod:
    """The relevant parts of a pod. `available` is ready for `min_ready_seconds`, `leaving` is being deleted."""

    name: str
    uid: str
    node: str
    revision: str
    available: bool
    leaving: bool = False
    why: str = ""
    """Why it is not ready, in the kubelet's words."""
    exited: str = ""
    """How the container ended that keeps it from being ready; empty where none did."""

    @property
    def because(self) -> str:
        """Why it is not ready, in parentheses; empty where nothing says it."""
        reason = self.exited or self.why
        return f" ({reason})" if reason else ""


@dataclass(frozen=True)
class ProbedPod:
    """
    What a gate has to know of a pod.

    `started` is when its containers last started, by the node's clock and in the API server's form; `families` are
    those of its addresses, `IPv4` and `IPv6`; `restarts` is how often containers restarted since it became ready.
    A pod of a StatefulSet has the name of the one before it, and another `uid`.
    """

    name: str
    node: str
    started: str = ""
    families: tuple[str, ...] = ()
    restarts: int = 0
    uid: str = ""


def config_hash_of_pod(pod: Object) -> str:
    """Return the config hash that a pod was made with; empty if there is none."""
    return str(annotations_of(pod).get(CONFIG_HASH_ANNOTATION, ""))


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
    for container in _unready_containers(pod):
        state = container.get("state") or {}
        for kind in ("waiting", "terminated"):
            if kind in state:
                return str(state[kind].get("reason") or kind)
    phase = str((pod.get("status") or {}).get("phase") or "")
    return "" if phase == "Running" else phase


def how_it_exited(pod: Object) -> str:
    """
    Return which container that is not ready ended, and how; empty if none did.

    It stays the same while the kubelet starts the container again and again: that runs, has ended, or waits, in turns.
    """
    for container in _unready_containers(pod):
        states = [(container.get(of) or {}).get("terminated") or {} for of in ("state", "lastState")]
        for ended in states:
            if "exitCode" in ended:
                how = f"container '{container.get('name')}' exited with {ended['exitCode']}"
                reason = str(ended.get("reason") or "Error")
                return how if reason in ("Error", "Completed") else f"{how}, {reason}"
    return ""


def _unready_containers(pod: Object) -> list[Object]:
    """Return what the kubelet says of the containers that are not ready, in the order in which they start."""
    status = pod.get("status") or {}
    every = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return [one for one in every if not one.get("ready")]


def pod_of(pod: Object, kind: WorkloadKind = DAEMON_SET) -> Pod:
    """Return what counts of a pod of a workload of that kind; one that is ready is taken for available."""
    metadata = pod["metadata"]
    return Pod(metadata["name"], metadata["uid"], node_of(pod), revision_of(pod, kind), bool(ready_since(pod)),
               "deletionTimestamp" in metadata, why_not_ready(pod), how_it_exited(pod))  # fmt: skip


def place_of(kind: WorkloadKind, pod: Pod) -> str:
    """Return what a pod is known by: the node of a DaemonSet's, of others the name."""
    return pod.node if kind is DAEMON_SET else pod.name


def is_over(pod: Object) -> bool:
    """
    Return whether a pod has ended for good, evicted for example: a ReplicaSet has made another one by then.

    Source: kubernetes 1.36 pkg/controller/controller_utils.go `IsPodActive`.
    """
    return (pod.get("status") or {}).get("phase") in ("Failed", "Succeeded")


def probed_pod(pod: Object, restarts: int = 0) -> ProbedPod:
    """Return what gates have to know of a pod whose containers restarted so often since it was ready."""
    status = pod.get("status") or {}
    running = [(of.get("state") or {}).get("running") or {} for of in status.get("containerStatuses") or []]
    started = max((str(of.get("startedAt") or "") for of in running), default="") or str(status.get("startTime") or "")
    addresses = [str(of.get("ip")) for of in status.get("podIPs") or []]
    families = dict.fromkeys("IPv6" if ":" in address else "IPv4" for address in addresses)
    metadata = pod["metadata"]
    return ProbedPod(metadata["name"], node_of(pod), started, tuple(families), restarts, metadata.get("uid", ""))


def container_restarts(pod: Object) -> int:
    """Return how often the containers of a pod have restarted."""
    return sum(int(of.get("restartCount") or 0) for of in (pod.get("status") or {}).get("containerStatuses") or [])
