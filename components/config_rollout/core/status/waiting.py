"""What pods that are behind wait for: by kind and strategy, Kubernetes replaces them or leaves them as they are."""

from ..kubernetes.annotations import WAVES_ANNOTATION
from ..kubernetes.deployments import is_held
from ..kubernetes.objects import annotations_of
from ..kubernetes.stateful_sets import ordinal_of
from ..kubernetes.workload_kinds import STATEFUL_SET
from ..revisions.observation import ObservedPod
from .observation import WorkloadView


def what_replaces_pods(view: WorkloadView, state: str) -> str:
    """Return what to do about pods that do not have the newest revision; `state` is state.py's."""
    strategy = view.workload["spec"].get(view.kind.strategy) or {}
    by_hand, waves = "delete the pods", WAVES_ANNOTATION in annotations_of(view.workload)
    if strategy.get("type") == "OnDelete":
        return f"OnDelete restarts nothing by itself: {'run `pulumi up`' if waves else by_hand}"
    if is_held(view.workload):
        return "They are not replaced while it is paused"
    if view.kind is STATEFUL_SET:
        partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
        behind = [pod for pod in view.pods if view.current and pod.revision != view.current.hash]
        if behind and all(ordinal_of(pod.name) < partition for pod in behind):
            fix = "run `pulumi up`" if waves else "lower it"
            return f"Kubernetes leaves pods with an ordinal below `partition` {partition} as they are: {fix}"
        if blocking := _blocking(view, behind):
            delete = f"`kubectl -n {view.namespace} delete pod {blocking}`"
            return f"Kubernetes waits until {blocking} is ready: if that needs the newest revision, {delete}"
    return "The rollout continues by itself" if state == "rolling" else "Find out why they are not replaced"


def _blocking(view: WorkloadView, behind: list[ObservedPod]) -> str:
    """
    Return the pod behind that is not ready, so that nothing is replaced before it is; empty if there is none.

    Source: Kubernetes "StatefulSets", Forced rollback; with `podManagementPolicy: Parallel` nothing waits.
    """
    if view.workload["spec"].get("podManagementPolicy") == "Parallel":
        return ""
    return max((pod.name for pod in behind if not pod.available), key=ordinal_of, default="")
