"""The rule on the keys of ConfigMaps and Secrets that pods refer to."""

from collections.abc import Iterator, Mapping, Sequence

from ..kubernetes.asked_keys import Keys, missing_keys
from .objects import WITH_PODS, KubernetesObject, Objects, has_content
from .placeholders import filled_later, placeholder_in, with_unknowns
from .rule import Answer, Level, NotChecked, Parameters, Rule, Severity


def _missing_keys(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    for workload in objects.kind(*WITH_PODS):
        if workload.patch and not workload.program:
            continue  # the ConfigMap beside a patch may be partial too
        known = {
            (reference.kind, o.name): _either(objects.variants(workload, reference.kind, str(o.name)))
            for reference, o in objects.read_by(workload)
        }

        def keys_of(kind: str, name: object, known: Mapping[tuple[str, object], Keys | None] = known) -> Keys | None:
            return known.get((kind, name)) if isinstance(name, str) else None

        spec = workload.pod_spec if workload.program else with_unknowns(workload.pod_spec)
        for finding in missing_keys(spec, keys_of, workload.in_template("spec")) if known else ():
            yield workload, finding
        for where, text in _filled_later(workload) if known and not workload.program else ():
            yield workload, NotChecked(where, filled_later(text))


def _filled_later(workload: KubernetesObject) -> Iterator[tuple[str, str]]:
    """Yield path and text of the keys of ConfigMaps and Secrets that are not known yet."""
    for pattern in _KEYS:
        for path, key in workload.in_pods(*pattern):
            if placeholder_in(key):
                yield path, str(key)


_KEYS = (
    ("volumes", "*", "configMap", "items", "*", "key"),
    ("volumes", "*", "secret", "items", "*", "key"),
    *(
        (containers, "*", "env", "*", "valueFrom", reference, "key")
        for containers in ("containers", "initContainers")
        for reference in ("configMapKeyRef", "secretKeyRef")
    ),
)


def _either(variants: Sequence[KubernetesObject]) -> Keys | None:
    """Return the keys of all objects with the same name, if it is not known which one the pods get."""
    known = [keys for o in variants if (keys := _keys(o)) is not None]
    if len(known) < len(variants):
        return None
    return Keys([key for keys in known for key in keys.text], [key for keys in known for key in keys.binary])


def _keys(o: KubernetesObject) -> Keys | None:
    """Return the keys of a ConfigMap or Secret; `None` if they are not known yet or something else adds them."""
    sections = [o.get(section) for section in ("data", "stringData", "binaryData")]
    if o.patch or not has_content(o) or not all(isinstance(one, Mapping) or one is None for one in sections):
        return None
    data, strings, binary = ([str(key) for key in section or ()] for section in sections)
    return Keys([*data, *strings], binary)


MISSING_KEY = Rule(
    id="missing-key",
    level=Level.MANDATORY,
    severity=Severity.HIGH,
    topic="configuration",
    prevents="new pods that wait forever for a missing key, or get an empty folder instead of a file",
    fix="a key that the ConfigMap or Secret has, in `items`, `configMapKeyRef`, `secretKeyRef` and `subPath`",
    link="https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/#optional-references",
    check_all=_missing_keys,
    bad="""
apiVersion: v1
kind: ConfigMap
metadata: {name: agent}
data: {agent.yaml: "level: info"}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers: [{name: agent, image: "agent:1", volumeMounts: [{name: config, mountPath: /etc/agent}]}]
      volumes: [{name: config, configMap: {name: agent, items: [{key: agent.yml, path: agent.yaml}]}}]
""",
    good="""
apiVersion: v1
kind: ConfigMap
metadata: {name: agent}
data: {agent.yaml: "level: info"}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers: [{name: agent, image: "agent:1", volumeMounts: [{name: config, mountPath: /etc/agent}]}]
      volumes: [{name: config, configMap: {name: agent, items: [{key: agent.yaml, path: agent.yaml}]}}]
""",
)
