"""Rules on settings that seem to make a DaemonSet's rollout safe, or happen at all, but do not."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..arguments.finding import Finding
from ..kubernetes.update_strategy import UpdateStrategy
from .objects import WITH_PODS, KubernetesObject, Objects
from .rule import Answer, Level, Parameters, Rule, Severity


def _on_delete(daemon_set: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    if UpdateStrategy.of(daemon_set.get("spec", "updateStrategy")).type != "OnDelete" or daemon_set.patch:
        return
    if daemon_set.program and daemon_set.program.of_this_library:
        return  # the component deletes the pods, or waits for whoever does
    yield Finding(
        "spec.updateStrategy.type",
        "is OnDelete, and nothing here deletes the pods: a change reaches a node only when its pod is replaced",
        "Use RollingUpdate, or skip this rule and give what deletes them as the reason",
    )


def _disruption_budget(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    pods = _PodLabels(objects.kind(*WITH_PODS))
    for budget in objects.kind("PodDisruptionBudget"):
        selector = budget.get("spec", "selector")
        if not isinstance(selector, Mapping) or not (selector.get("matchLabels") or selector.get("matchExpressions")):
            continue
        chosen = pods.selected(str(budget.namespace), selector)
        if chosen and all(o.kind == "DaemonSet" for o in chosen):
            yield (
                budget,
                Finding(
                    "spec.selector",
                    f"selects the pods of DaemonSet '{chosen[0].name}', but its rolling update ignores disruption "
                    "budgets, and `kubectl drain` leaves its pods alone",
                    "Set updateStrategy.rollingUpdate.maxUnavailable on the DaemonSet, and remove this budget",
                ),
            )


class _PodLabels:
    """Workloads by the labels of their pods, so that no selector is compared with every workload."""

    def __init__(self, workloads: Iterable[KubernetesObject]) -> None:
        self._by_label: dict[tuple[object, ...], list[KubernetesObject]] = {}
        self._selected: dict[tuple[str, str], list[KubernetesObject]] = {}
        for workload in workloads:
            namespace = str(workload.namespace)
            for name, value in workload.of_template("labels").items():
                for key in ((namespace, name), (namespace, name, repr(value))):
                    self._by_label.setdefault(key, []).append(workload)
            self._by_label.setdefault((namespace,), []).append(workload)

    def selected(self, namespace: str, selector: Mapping[str, Any]) -> list[KubernetesObject]:
        """Return the workloads of a namespace that a label selector matches."""
        asked = (namespace, repr(selector))
        if asked not in self._selected:
            keys = ((namespace, *label) for label in _needed_labels(selector))
            rarest = min(keys, key=lambda key: len(self._by_label.get(key, ())))
            self._selected[asked] = [o for o in self._by_label.get(rarest, ()) if _selects(selector, o)]
        return self._selected[asked]


def _needed_labels(selector: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield labels that pods must have for a selector to match: a name and value, a name, or nothing."""
    yield ()
    labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    for name, value in labels.items() if isinstance(labels, Mapping) else ():
        yield str(name), repr(value)
    for expression in expressions if isinstance(expressions, list) else ():
        if isinstance(expression, Mapping) and expression.get("operator") in ("In", "Exists"):
            name, values = str(expression.get("key")), expression.get("values")
            one_value = expression["operator"] == "In" and isinstance(values, list) and len(values) == 1
            yield (name, *map(repr, values or ())) if one_value else (name,)


def _selects(selector: Mapping[str, Any], workload: KubernetesObject) -> bool:
    """Return whether a label selector matches the pods of a workload. Source: apimachinery `LabelSelector`."""
    labels = workload.of_template("labels")
    wanted = selector.get("matchLabels") or {}
    if not isinstance(wanted, Mapping) or any(labels.get(str(key)) != value for key, value in wanted.items()):
        return False
    expressions = selector.get("matchExpressions") or []
    return isinstance(expressions, list) and all(_holds(expression, labels) for expression in expressions)


def _holds(expression: object, labels: Mapping[str, object]) -> bool:
    if not isinstance(expression, Mapping):
        return False
    key, values = expression.get("key"), expression.get("values") or []
    if not isinstance(values, list):
        return False
    return {
        "In": key in labels and labels.get(str(key)) in values,
        "NotIn": key not in labels or labels.get(str(key)) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }.get(str(expression.get("operator")), False)


ON_DELETE = Rule(
    id="on-delete",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    topic="rollout",
    prevents="a change that reaches each node only at its next crash or reboot, in no particular order",
    fix="RollingUpdate, the waves of config-rollout, or a skip that names what deletes the pods",
    link="https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/",
    kinds=("DaemonSet",),
    check_one=_on_delete,
    bad="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  updateStrategy: {type: OnDelete}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1"}]}
""",
    good="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  updateStrategy: {type: RollingUpdate}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1"}]}
""",
)

DISRUPTION_BUDGET = Rule(
    id="disruption-budget",
    level=Level.ADVISORY,
    severity=Severity.LOW,
    topic="rollout",
    prevents="reliance on a PodDisruptionBudget, which a DaemonSet's rolling update ignores",
    fix="maxUnavailable on the DaemonSet",
    link="https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
    check_all=_disruption_budget,
    bad="""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: agent}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: agent}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1"}]}
""",
    good="""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1"}]}
""",
)
