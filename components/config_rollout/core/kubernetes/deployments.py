"""What a Deployment says about a rollout: whether it has ended, and what keeps it from that."""

from .annotations import SKIP_AWAIT
from .objects import Object, annotations_of
from .workload_kinds import DEPLOYMENT
from .workloads import is_observed, pod_counts

_WAIT_FOR = "pulumi.com/waitFor"
"""On a workload: what the provider waits for in place of the rollout."""


def is_rolled_out(deployment: Object) -> bool:
    """
    Return whether all pods have its template and are available, and no older one is left.

    Source: kubernetes 1.36 kubectl polymorphichelpers/rollout_status.go `DeploymentStatusViewer`.
    """
    counts = pod_counts({**deployment, "kind": DEPLOYMENT.kind})
    there = int((deployment.get("status") or {}).get("replicas") or 0)
    return is_observed(deployment) and counts.wanted == counts.updated == counts.available == there


def is_held(workload: Object) -> bool:
    """Return whether `kubectl rollout pause` keeps a Deployment from getting its pod template to its pods."""
    return bool(workload["spec"].get("paused"))


def is_over(deployment: Object) -> bool:
    """
    Return whether `up` need not wait for a Deployment: it has rolled out, is paused, or asks for another wait or none.

    Source: pulumi-kubernetes 4.25 pkg/metadata/overrides.go `SkipAwaitLogic`, `ReadyCondition`.
    """
    annotations = annotations_of(deployment)
    asked = SKIP_AWAIT.items() <= annotations.items() or _WAIT_FOR in annotations
    return asked or is_held(deployment) or is_rolled_out(deployment)


def trouble_of(workload: Object) -> str:
    """
    Return why its controller cannot make the pods of a Deployment; empty where there is no such condition.

    Source: kubernetes 1.36 pkg/controller/deployment/progress.go `syncRolloutStatus`, `getReplicaFailures`.
    """
    conditions = {of.get("type"): of for of in (workload.get("status") or {}).get("conditions") or []}
    failure = conditions.get("ReplicaFailure") or {}
    return str(failure.get("message") or "") if failure.get("status") == "True" else ""


def ran_out_of_time(workload: Object) -> bool:
    """Return whether a Deployment made no progress for its `progressDeadlineSeconds`, as its controller says."""
    conditions = (workload.get("status") or {}).get("conditions") or []
    return any(of.get("reason") == "ProgressDeadlineExceeded" and of.get("status") == "False" for of in conditions)
