"""Rules on when a pod of a DaemonSet counts as good, which is all that can stop a bad rollout."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..finding import Finding
from ..update_strategy import UpdateStrategy
from .objects import POD_SPEC, UNKNOWN, KubernetesObject
from .rule import Level, NotChecked, Parameter, Parameters, Rule, Said, Severity

_PAUSE = re.compile(r"(^|/)pause([:@]|$)")


def _readiness_probe(daemon_set: KubernetesObject, _: Parameters) -> Iterator[Said]:
    if daemon_set.patch:
        return
    for path in (("spec",), ("spec", "template"), ("spec", "template", "spec"), (*POD_SPEC, "containers")):
        if daemon_set.get(*path) is UNKNOWN:
            yield NotChecked(".".join(path))
            return
    containers = [container for _, container in daemon_set.in_pods("containers", "*")]
    known = [container for container in containers if isinstance(container, Mapping)]
    if not known or len(known) < len(containers) or any(container.get("readinessProbe") for container in known):
        return
    if all(_PAUSE.search(str(container.get("image"))) for container in known):
        return  # its work is done by init containers, and nothing is left to be ready
    yield Finding(
        "spec.template.spec.containers",
        "no container has a readinessProbe, so a pod counts as good as soon as it runs, and a bad change goes through "
        "every node",
        "Add a readinessProbe that fails while the program does not do its work",
    )


def _min_ready_seconds(daemon_set: KubernetesObject, _: Parameters) -> Iterator[Said]:
    strategy = UpdateStrategy.of(daemon_set.get("spec", "updateStrategy"))
    if daemon_set.patch or not isinstance(daemon_set.get("spec"), Mapping) or strategy.type == "OnDelete":
        return
    if daemon_set.get("spec", "minReadySeconds") in (None, 0):
        yield Finding(
            "spec.minReadySeconds",
            "is 0, so a pod that is ready for a moment and then crashes does not stop the rollout",
            "Set it to as many seconds as a bad configuration needs to show",
        )


def _wait_a_little(daemon_set: KubernetesObject, given: Parameters) -> tuple[tuple[str, ...], Any] | None:
    if any(isinstance(said, Finding) for said in _min_ready_seconds(daemon_set, given)):
        return ("spec", "minReadySeconds"), given["seconds"]
    return None


READINESS_PROBE = Rule(
    id="readiness-probe",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="rollout",
    prevents="a bad change that reaches every node, because nothing tells a good pod from a bad one",
    fix="a readinessProbe that fails while the program does not do its work",
    link="https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
    kinds=("DaemonSet",),
    check_one=_readiness_probe,
    bad="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers: [{name: agent, image: "agent:1"}]
""",
    good="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers:
        - {name: agent, image: "agent:1", readinessProbe: {httpGet: {path: /ready, port: 8080}}}
""",
)

MIN_READY_SECONDS = Rule(
    id="min-ready-seconds",
    level=Level.DISABLED,  # nearly every DaemonSet has 0, and a good probe can be enough
    severity=Severity.LOW,
    topic="rollout",
    prevents="a rollout that continues although each new pod crashes shortly after it became ready",
    fix="minReadySeconds of as long as a bad configuration needs to show; off unless configured",
    link="https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/",
    kinds=("DaemonSet",),
    check_one=_min_ready_seconds,
    parameters=(Parameter("seconds", "what the remediation sets, in seconds", 10, 1, 3600),),
    remedy=_wait_a_little,
    bad="""
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
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  minReadySeconds: 10
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1"}]}
""",
)
