"""What selects pods by a label, so that no fix breaks a selector."""

from collections.abc import Iterator, Mapping
from typing import Any

from .objects import KubernetesObject, Objects


def labels_in(selector: object) -> set[str]:
    """Return the names of the labels in a label selector."""
    if not isinstance(selector, Mapping):
        return set()
    labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    names = {str(key) for key in labels} if isinstance(labels, Mapping) else set()
    names |= (
        {str(one.get("key")) for one in expressions if isinstance(one, Mapping)}
        if isinstance(expressions, list)
        else set()
    )
    return names


def selector_labels(workload: KubernetesObject) -> set[str]:
    """Return the names of the labels in a workload's own selector; a DeploymentConfig's is a plain mapping."""
    selector = workload.get("spec", "selector")
    if workload.kind == "DeploymentConfig":
        return {str(key) for key in selector} if isinstance(selector, Mapping) else set()
    return labels_in(selector)


class Selecting:
    """What selects pods by which label, apart from the selector of their workload."""

    def __init__(self, objects: Objects) -> None:
        self._budgets: dict[tuple[str, str], str] = {}
        for budget in objects.kind("PodDisruptionBudget"):
            for label in labels_in(budget.get("spec", "selector")):
                self._budgets.setdefault((str(budget.namespace), label), f"the selector of {budget.title}")

    def by(self, workload: KubernetesObject, label: str) -> str | None:
        """Return what selects the pods of a workload by a label: a path, or a budget's selector."""
        for path, selector in _in_the_pod_spec(workload):
            if label in labels_in(selector):
                return path
        return self._budgets.get((str(workload.namespace), label))


def _in_the_pod_spec(workload: KubernetesObject) -> Iterator[tuple[str, Any]]:
    yield from workload.in_pods("topologySpreadConstraints", "*", "labelSelector")
    for kind in ("podAffinity", "podAntiAffinity"):
        required, preferred = (f"{how}DuringSchedulingIgnoredDuringExecution" for how in ("required", "preferred"))
        yield from workload.in_pods("affinity", kind, required, "*", "labelSelector")
        yield from workload.in_pods("affinity", kind, preferred, "*", "podAffinityTerm", "labelSelector")
