"""Rules on how many pods of a DaemonSet a rolling restart takes down at once."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..arguments.finding import Finding
from ..kubernetes.amounts import PERCENT, is_zero
from ..kubernetes.update_strategy import UpdateStrategy
from ..markers import UNKNOWN
from .objects import POD_SPEC, KubernetesObject
from .placeholders import filled_later, placeholders, with_unknowns
from .rule import Answer, Level, NotChecked, Parameter, Parameters, Rule, Severity

_ROLLING = "https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/"

_IN_A_MANIFEST = {
    "update_strategy": "spec.updateStrategy",
    "pod_spec.": "spec.template.spec.",
    "max_unavailable": "maxUnavailable",
    "max_surge": "maxSurge",
    "spec.updateStrategy.maxUnavailable": "spec.updateStrategy.rollingUpdate.maxUnavailable",
    "spec.updateStrategy.maxSurge": "spec.updateStrategy.rollingUpdate.maxSurge",
    "Pass": "Write",
    "a dict": "a mapping",
    "an int": "a whole number",
}
"""The component's words for its arguments -> those for the object, replaced in this order."""


_WHERE = "spec.updateStrategy"


def _strategy(daemon_set: KubernetesObject) -> Any:
    """Return the update strategy, with `UNKNOWN` for values that are filled into the manifest later."""
    strategy = daemon_set.get("spec", "updateStrategy")
    return strategy if daemon_set.program else with_unknowns(strategy)


def _completed_by_others(strategy: object) -> object:
    """Return the strategy of a patch, with `UNKNOWN` for the numbers that it does not set."""
    rolling = strategy.get("rollingUpdate", {}) if isinstance(strategy, Mapping) else None
    if not isinstance(strategy, Mapping) or not isinstance(rolling, Mapping):
        return strategy
    return {**strategy, "rollingUpdate": {"maxUnavailable": UNKNOWN, "maxSurge": UNKNOWN, **rolling}}


def _critical_budget(daemon_set: KubernetesObject, parameters: Parameters) -> Iterator[Answer]:
    priority = daemon_set.get(*POD_SPEC, "priorityClassName")
    if not isinstance(priority, str) or not priority.startswith("system-"):
        return
    budget = UpdateStrategy.of(_strategy(daemon_set)).max_unavailable
    where = f"{_WHERE}.rollingUpdate.maxUnavailable"
    share = PERCENT.fullmatch(budget) if isinstance(budget, str) else None
    if budget is UNKNOWN:
        yield from _unknowns(daemon_set, where)
    elif share and parameters["maxShare"] < int(share[1]) <= 100:
        yield Finding(
            where,
            f"lets {budget} of the pods with priority {priority} be unavailable at once",
            f"Use at most {parameters['maxShare']}%",
        )


def _smaller_budget(daemon_set: KubernetesObject, parameters: Parameters) -> tuple[tuple[str, ...], Any] | None:
    if any(isinstance(answer, Finding) for answer in _critical_budget(daemon_set, parameters)):
        return ("spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), f"{parameters['maxShare']}%"
    return None


def _update_strategy(daemon_set: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    strategy = _strategy(daemon_set)
    if not daemon_set.program:
        yield from _unknowns(daemon_set, _WHERE)
    if strategy is None or strategy is UNKNOWN:
        return
    from ..kubernetes.update_strategy import check_update_strategy

    if daemon_set.patch:
        strategy = _completed_by_others(strategy)
    for finding in check_update_strategy(strategy, daemon_set.pod_spec):
        yield Finding(*map(_in_a_manifest, (finding.where, finding.what, finding.fix)))


def _unknowns(daemon_set: KubernetesObject, where: str) -> Iterator[NotChecked]:
    """Yield the unknown values at or below a path: placeholders of a manifest, outputs in a program."""
    if daemon_set.program:
        yield NotChecked(where)
        return
    for path, text in placeholders(daemon_set.get("spec", "updateStrategy"), _WHERE):
        if path.startswith(where) or where.startswith(path):
            yield NotChecked(path, filled_later(text))


def _in_a_manifest(text: str) -> str:
    for ours, theirs in _IN_A_MANIFEST.items():
        text = text.replace(ours, theirs)
    return text


def _surge_on_host(daemon_set: KubernetesObject, parameters: Parameters) -> Iterator[Answer]:
    surge = UpdateStrategy.of(_strategy(daemon_set)).max_surge
    if daemon_set.get(*POD_SPEC, "hostNetwork") is not True or surge is UNKNOWN or is_zero(surge):
        return
    if any(isinstance(answer, Finding) for answer in _update_strategy(daemon_set, parameters)):
        return  # host ports, or something worse: `update-strategy` reports it
    yield Finding(
        "spec.updateStrategy.rollingUpdate.maxSurge",
        f"is {surge}, but the pods use the host network: the old and new pod of a node share its ports, and the "
        "old one may answer the new one's probe",
        "Use maxUnavailable, and set maxSurge to 0",
    )


CRITICAL_BUDGET = Rule(
    id="critical-budget",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="rollout",
    prevents="a rolling restart that takes down a large share of the pods that every node depends on",
    fix="a maxUnavailable of at most `maxShare` for pods with a `system-` priority class",
    link=_ROLLING,
    kinds=("DaemonSet",),
    check_one=_critical_budget,
    parameters=(Parameter("maxShare", "the largest share of the pods, in percent", 25, 1, 100),),
    remedy=_smaller_budget,
    bad="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  updateStrategy: {rollingUpdate: {maxUnavailable: 50%}}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      priorityClassName: system-node-critical
      containers: [{name: agent, image: "agent:1"}]
""",
    good="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  updateStrategy: {rollingUpdate: {maxUnavailable: 10%}}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      priorityClassName: system-node-critical
      containers: [{name: agent, image: "agent:1"}]
""",
)

UPDATE_STRATEGY = Rule(
    id="update-strategy",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    topic="rollout",
    prevents="an update strategy that the API server rejects, or with which new pods can never start",
    fix="exactly one of maxUnavailable and maxSurge above 0, and no maxSurge with host ports",
    link=_ROLLING,
    kinds=("DaemonSet",),
    check_one=_update_strategy,
    bad="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers: [{name: agent, image: "agent:1", ports: [{containerPort: 8080, hostPort: 8080}]}]
""",
    good="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  updateStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers: [{name: agent, image: "agent:1", ports: [{containerPort: 8080, hostPort: 8080}]}]
""",
)

SURGE_ON_HOST = Rule(
    id="surge-on-host",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="rollout",
    prevents="an old and a new pod on the same host network, where the old one answers for the new one",
    fix="maxUnavailable instead of maxSurge for pods with hostNetwork",
    link="https://github.com/kubernetes/enhancements/tree/master/keps/sig-apps/1591-daemonset-surge",
    kinds=("DaemonSet",),
    check_one=_surge_on_host,
    bad="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {hostNetwork: true, containers: [{name: agent, image: "agent:1"}]}
""",
    good="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  updateStrategy: {rollingUpdate: {maxUnavailable: 1}}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {hostNetwork: true, containers: [{name: agent, image: "agent:1"}]}
""",
)
