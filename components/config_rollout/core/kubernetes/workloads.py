"""What a workload of any kind says, read from it as the API server sends it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .annotations import CONFIG_HASH_ANNOTATION, STACK_ANNOTATION
from .daemon_sets import covered
from .objects import Object, annotations_of
from .workload_kinds import DAEMON_SET, WorkloadKind, kind_of


@dataclass(frozen=True)
class PodCounts:
    """How many pods a workload should have, and how many of them are of its newest revision, and available."""

    wanted: int
    updated: int
    available: int


def name_of(workload: Mapping[str, Any]) -> str:
    """Return a workload as messages name it: `DaemonSet NAMESPACE/NAME`."""
    metadata = workload.get("metadata")
    fields = metadata if isinstance(metadata, Mapping) else {}
    return kind_of(workload).where(fields.get("namespace", "default"), fields.get("name", "?"))


def stack_of(workload: Object) -> str:
    """Return the Pulumi stack that owns a workload; empty if it does not say."""
    return str(annotations_of(workload).get(STACK_ANNOTATION, ""))


def config_hash_of(workload: Mapping[str, Any]) -> str:
    """Return the config hash in the pod template; empty if there is none."""
    template = workload["spec"].get("template", {}).get("metadata") or {}
    return str((template.get("annotations") or {}).get(CONFIG_HASH_ANNOTATION, ""))


def selector_of(workload: Object) -> str:
    """Return the label selector of the pods, as a query."""
    selector = workload["spec"]["selector"]
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or []:
        key, values = expression["key"], ",".join(expression.get("values") or [])
        parts.append({"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}.get(
            expression["operator"], f"!{key}"))  # fmt: skip
    return ",".join(parts)


def makers_of_pods(workload: Object, revisions: Iterable[str]) -> set[str]:
    """Return the UIDs of what makes a workload's pods: itself, or its revisions, whose UIDs are passed then."""
    return {*revisions} if kind_of(workload).revisions_make_pods else {str(workload["metadata"]["uid"])}


def is_observed(workload: Object) -> bool:
    """Return whether the controller has seen the current workload, and so created its revision."""
    status = workload.get("status") or {}
    return int(status.get("observedGeneration") or 0) >= int(workload["metadata"].get("generation") or 0)


def pod_counts(workload: Object) -> PodCounts:
    """Return how many pods a workload has, as its controller said last."""
    status, kind = workload.get("status") or {}, kind_of(workload)
    if kind is DAEMON_SET:
        names = ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
        return PodCounts(*(int(status.get(name) or 0) for name in names))
    replicas = workload["spec"].get("replicas")
    wanted = 1 if replicas is None else int(replicas)
    return PodCounts(wanted, *(int(status.get(name) or 0) for name in ("updatedReplicas", "availableReplicas")))


def replaced_pods(workload: Object, kind: WorkloadKind) -> int:
    """Return how many pods a rolling restart replaces, as far as the controller has said."""
    return covered(workload) if kind is DAEMON_SET else pod_counts({**workload, "kind": kind.kind}).wanted
