"""Rules on when a DaemonSet's pod counts as ready, which is all that can stop a bad rollout."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..arguments.finding import Finding
from ..kubernetes.update_strategy import UpdateStrategy
from ..markers import UNKNOWN
from .objects import POD_SPEC, KubernetesObject
from .reloading import image_of
from .rule import Answer, Level, NotChecked, Parameter, Parameters, Rule, Severity


def _readiness_probe(daemon_set: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    if daemon_set.patch:
        return
    for path in (("spec",), ("spec", "template"), ("spec", "template", "spec"), (*POD_SPEC, "containers")):
        if daemon_set.get(*path) is UNKNOWN:
            yield NotChecked(".".join(path))
            return
    containers = [container for _, container in daemon_set.in_pods("containers", "*")]
    known = [container for container in containers if isinstance(container, Mapping)]
    if not known or len(known) < len(containers) or _is_gated(daemon_set):
        return
    if all(image_of(container) == "pause" for container in known):
        return  # init containers do the work, so there is nothing to probe
    with_probe = [container for container in known if _is_probed(container)]
    if not with_probe:
        yield Finding("spec.template.spec.containers", f"no container has a readinessProbe, {_AS_SOON}", _ADD)
    elif main := _main_without(daemon_set, known, with_probe):
        where = f"spec.template.spec.containers[{known.index(main)}]"
        of = " and ".join(f"'{container.get('name')}'" for container in with_probe)
        yield Finding(where, f"has no readinessProbe, only {of} has one, {_AS_SOON}", _ADD)


_AS_SOON = "so a pod is ready as soon as it runs, and a bad change reaches every node"
_ADD = "Add a readinessProbe that fails while the program does not work"

_SIDECARS = re.compile(
    r"kube-rbac-proxy|oauth2?-proxy|config-?(map)?-?reload|(^|-)(istio-?)?proxyv?2?$|linkerd|envoy|cloud-?sql-proxy"
    r"|livenessprobe|driver-registrar|-exporter$|k8s-sidecar|vault|filebeat|fluent-?bit|vector|promtail"
)
"""Images of sidecars, which run beside a pod's main program."""


def _is_probed(container: Mapping[str, Any]) -> bool:
    """Return whether a container is ready only after a probe. Source: Kubernetes "Pod Lifecycle", startupProbe."""
    return bool(container.get("readinessProbe") or container.get("startupProbe"))


def _is_gated(daemon_set: KubernetesObject) -> bool:
    """
    Return whether a native sidecar has a probe, or a readiness gate waits for an outside controller.

    Source: Kubernetes "Sidecar Containers": the probe of a restartable init container counts for the pod's readiness.
    """
    natives = [container for _, container in daemon_set.in_pods("initContainers", "*")]
    gates = daemon_set.get(*POD_SPEC, "readinessGates")
    return bool(gates) or any(
        isinstance(container, Mapping) and container.get("restartPolicy") == "Always" and _is_probed(container)
        for container in natives
    )


def _main_without(
    daemon_set: KubernetesObject, known: list[Mapping[str, Any]], with_probe: list[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Return the main container, if it can be identified and has no probe."""
    by_name = {container["name"]: container for container in known if isinstance(container.get("name"), str)}
    names = (
        daemon_set.of_template("annotations").get("kubectl.kubernetes.io/default-container"),
        daemon_set.name,
        daemon_set.of_template("labels").get("app.kubernetes.io/name"),
    )
    main = next((by_name[name] for name in names if isinstance(name, str) and name in by_name), None)
    if main is None and all(_SIDECARS.search(image_of(container)) for container in with_probe):
        left = [container for container in known if not _SIDECARS.search(image_of(container))]
        main = left[0] if len(left) == 1 else None
    return main if main is not None and not _is_probed(main) else None


def _min_ready_seconds(daemon_set: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    strategy = UpdateStrategy.of(daemon_set.get("spec", "updateStrategy"))
    if daemon_set.patch or not isinstance(daemon_set.get("spec"), Mapping) or strategy.type == "OnDelete":
        return
    if daemon_set.get("spec", "minReadySeconds") in (None, 0):
        yield Finding(
            "spec.minReadySeconds",
            "is 0, so a pod that becomes ready and then crashes does not stop the rollout",
            "Set it to the number of seconds that a bad configuration takes to show",
        )


def _wait_a_little(daemon_set: KubernetesObject, parameters: Parameters) -> tuple[tuple[str, ...], Any] | None:
    if any(isinstance(answer, Finding) for answer in _min_ready_seconds(daemon_set, parameters)):
        return ("spec", "minReadySeconds"), parameters["seconds"]
    return None


READINESS_PROBE = Rule(
    id="readiness-probe",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="rollout",
    prevents="a bad change that reaches every node, because a broken pod counts as ready",
    fix="a readinessProbe that fails while the program does not work",
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
    level=Level.DISABLED,  # nearly every DaemonSet has 0, and a good probe may be enough
    severity=Severity.LOW,
    topic="rollout",
    prevents="a rollout that continues although each new pod crashes shortly after becoming ready",
    fix="minReadySeconds as long as a bad configuration takes to show; off by default",
    link="https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/",
    kinds=("DaemonSet",),
    check_one=_min_ready_seconds,
    parameters=(Parameter("seconds", "the value that remediation sets, in seconds", 10, 1, 3600),),
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
