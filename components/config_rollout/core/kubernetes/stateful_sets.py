"""What a StatefulSet and its pods say about a rollout: whether it has ended, what keeps it from that, its ordinals."""

from collections.abc import Iterator, Mapping, Sequence

from ..arguments.case import snake_case
from ..arguments.finding import Finding
from .amounts import ON_DELETE
from .objects import Object
from .pods import Pod
from .strategies import StatefulSetStrategy
from .template import differences
from .workload_kinds import STATEFUL_SET
from .workloads import is_observed, pod_counts

_STARTING = ("", "ContainerCreating", "PodInitializing")
"""What the kubelet says of a pod that runs, or is about to."""


def is_rolled_out(stateful_set: Object) -> bool:
    """
    Return whether all pods are available, and those that its strategy updates are updated.

    With a `partition` the pods below it stay as they are; with `OnDelete` all do until someone deletes them.
    Source: kubernetes 1.36 pkg/controller/statefulset/stateful_set_control.go `updateStatefulSet`.
    """
    counts, strategy = pod_counts(stateful_set), _strategy(stateful_set)
    there = int((stateful_set.get("status") or {}).get("replicas") or 0)
    whole = is_observed(stateful_set) and there == counts.available == counts.wanted
    return whole and (strategy.type == ON_DELETE or counts.updated >= counts.wanted - strategy.first)


def all_updated(stateful_set: Object) -> bool:
    """Return whether all pods have the newest revision, as the controller said last of what it is now."""
    counts = pod_counts({**stateful_set, "kind": STATEFUL_SET.kind})
    return is_observed(stateful_set) and counts.updated == counts.wanted


def stuck(stateful_set: Object, pods: Sequence[Pod], has_finished: bool) -> list[Pod]:
    """
    Return the pods that only a delete brings to the wanted revision: the controller waits until they are ready.

    They are of another revision and not ready: those of a rollout that never finished, and those that fail. With
    `has_finished` some rollout has, so a pod of the revision before may only be slow and is waited for.
    Source: Kubernetes "StatefulSets", Forced rollback; kubernetes 1.36 `processReplica`.
    """
    status = stateful_set.get("status") or {}
    wanted, before = status.get("updateRevision"), status.get("currentRevision")
    if not is_observed(stateful_set) or not wanted or _strategy(stateful_set).type == ON_DELETE:
        return []
    outdated = [pod for pod in pods if pod.revision != wanted and not (pod.available or pod.leaving)]
    slow = has_finished and wanted != before
    return [pod for pod in outdated if not (slow and pod.revision == before and pod.why in _STARTING)]


def unfinished(stateful_set: Object, pods: Sequence[Pod]) -> list[str]:
    """Return why a rollout has not ended, a line for each pod that is not ready; else how many have to follow."""
    there = [pod for pod in pods if not pod.leaving]
    lines = [
        f"pod {pod.name} is not ready{pod.because}"
        for pod in sorted(there, key=lambda pod: pod.name)
        if not pod.available
    ]
    if lines:
        return lines
    counts = pod_counts(stateful_set)
    if len(there) > counts.wanted:
        return [f"{len(there):,} pods are there, more than the {counts.wanted:,} that are wanted"]
    if len(there) < counts.wanted:
        return [f"{len(there):,} of {counts.wanted:,} pods are there"]
    if not is_observed(stateful_set):
        return ["no controller has seen it: make sure that kube-controller-manager runs"]
    return [f"{counts.updated:,} of {counts.wanted:,} pods are updated and {counts.available:,} available"]


def ordinal_of(name: str) -> int:
    """Return the ordinal of a StatefulSet's pod, which its name ends in."""
    number = name.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def pod_names(stateful_set: Object) -> list[str]:
    """Return the names of the pods that it is to have, the highest ordinal first: that is the order of an update."""
    start, wanted = _start(stateful_set), pod_counts({**stateful_set, "kind": STATEFUL_SET.kind}).wanted
    return [f"{stateful_set['metadata']['name']}-{start + place}" for place in reversed(range(wanted))]


def partition_of(stateful_set: Object) -> int:
    """Return how many pods Kubernetes leaves as they are, those of the lowest ordinals."""
    return _strategy(stateful_set).first


def partition_for(stateful_set: Object, pod: str) -> int:
    """
    Return the `partition` with which this pod is the lowest that Kubernetes updates.

    It counts from the first ordinal, which `spec.ordinals.start` may have moved.
    Source: kubernetes 1.36 pkg/controller/statefulset/stateful_set_utils.go `newVersionedStatefulSetPod`.
    """
    return ordinal_of(pod) - _start(stateful_set)


def check_fixed(
    wanted: Mapping[str, object], stateful_set: Object, where: str, takes: bool = False
) -> Iterator[Finding]:
    """
    Find fields that differ from those of a live StatefulSet and that it cannot get in place.

    `wanted` is field of `spec` -> what the program says, `None` where it says nothing; what is not in it is not known.
    With `takes` somebody else made it, and the program has yet to say the same.
    """
    metadata = stateful_set["metadata"]
    delete = f"`kubectl -n {metadata['namespace']} delete statefulset {metadata['name']} --cascade=orphan`"
    for field, value in wanted.items():
        default = STATEFUL_SET.fixed[field]
        live = stateful_set["spec"].get(field, default)
        if differences(default if value is None else value, live):
            what = f"differs from {where}, which would have to be deleted and made again"
            has = "" if isinstance(live, list) else f": {live!r}"
            same = f"Pass what it has{has}" if takes else "Put it back"
            fix = f"{same}. Or run {delete}, which keeps the pods, and then `pulumi up --refresh`"
            yield Finding(snake_case(field), what, fix)


def _start(stateful_set: Object) -> int:
    return int((stateful_set["spec"].get("ordinals") or {}).get("start") or 0)


def _strategy(stateful_set: Object) -> StatefulSetStrategy:
    return StatefulSetStrategy.of(stateful_set["spec"].get("updateStrategy"))
