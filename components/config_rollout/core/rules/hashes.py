"""Rules on what ties a pod template to the content that its pods read: a hash in it, and of the content."""

import hashlib
import re
from collections.abc import Iterator

from ..finding import Finding
from .names import is_taken_along
from .objects import (
    UNKNOWN,
    WORKLOADS,
    KubernetesObject,
    Objects,
    Reference,
    has_content,
    is_named_by_pulumi,
    name_follows_content,
)
from .rule import Level, NotChecked, Parameters, Rule, Said, Severity

_ANNOTATIONS = ("spec", "template", "metadata", "annotations")

_HASH_KEY = re.compile(r"(?i)checksum|(config|secret)(map)?[-_./]?(map)?[-_./]?(hash|sha[0-9]*|md5|digest)")
"""Annotations that are meant to hold a hash of a configuration, `checksum/config` above all."""

_ANY_HASH_KEY = re.compile(r"(?i)hash|checksum|digest|sha[0-9]|md5")
_HASH = re.compile(r"(?i)[0-9a-f]{8,128}")

_RESTARTED_BY_OTHERS = re.compile(r"reloader\.stakater\.com|wave\.pusher\.com|wave-k8s")
"""Annotations that ask a controller in the cluster for the restart."""

_RELOADING_ARGUMENT = re.compile(r"(?i)watch[-_.]config|(hot|config|runtime)[-_.]?reload")
_SIGNS: tuple[tuple[re.Pattern[str], *tuple[str, ...]], ...] = (
    (_ANY_HASH_KEY, "env", "*", "name"),
    (re.compile(r"config(map)?-reload|k8s-sidecar"), "image"),
    (_RELOADING_ARGUMENT, "args", "*"),
    (_RELOADING_ARGUMENT, "command", "*"),
)
"""What a container has that follows the content, and where."""

_RELOADING_COREFILE = re.compile(r"(?m)^\s*reload(\s|$)")

_SHORTEST = 8
"""The fewest hex digits of a hash that is one: 32 bits, which is what Gardener's names carry."""

_ALGORITHMS = {64: "sha256", 40: "sha1", 32: "md5", 128: "sha512", 56: "sha224", 96: "sha384"}
"""How many hex digits a hash has -> what made it."""

_CHART_FILES = ("configmap", "config-map", "config", "cm", "secret", "secrets", "configmap-agent", "env")


def _not_hashed(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Said]]:
    for workload in objects.kind(*WORKLOADS):
        if workload.patch or _follows(workload) or _beside(workload):
            continue
        if where := _unknown_part(workload):
            yield workload, NotChecked(where)
            continue
        left = [
            (r, o) for r, o in objects.read_by(workload) if not (_restarts_by_itself(o) or is_taken_along(workload, o))
        ]
        if left:
            yield workload, _reads(left)
            continue
        unknown = [reference.where for reference in workload.references if reference.name is UNKNOWN]
        if unknown:
            yield workload, NotChecked(f"spec.template.spec.{unknown[0]}")


def _reads(left: list[tuple[Reference, KubernetesObject]]) -> Finding:
    names = list(dict.fromkeys(f"{o.kind} '{o.name}'" for _, o in left))
    them = " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"
    return Finding(
        f"spec.template.spec.{left[0][0].where}",
        f"reads {them}, and nothing in the pod template changes with the content, so pods keep the old one until "
        "something else restarts them",
        "Write a hash of the content into an annotation of the pod template, or name the object after its content",
    )


def _unknown_part(workload: KubernetesObject) -> str | None:
    """Return what has to be known to look for references and annotations, and is not."""
    for path in (("spec",), ("spec", "template"), ("spec", "template", "spec"), _ANNOTATIONS):
        if workload.get(*path) is UNKNOWN:
            return ".".join(path)
    return None


def _follows(workload: KubernetesObject) -> bool:
    """Return whether something in the template, or a controller or sidecar, follows the content."""
    template = workload.texts(*_ANNOTATIONS) | workload.texts("spec", "template", "metadata", "labels")
    if any(_ANY_HASH_KEY.search(key) or _is_hash(value) for key, value in template.items()):
        return True
    if any(_RESTARTED_BY_OTHERS.search(key) for key in (*template, *workload.texts("metadata", "annotations"))):
        return True
    return any(
        isinstance(word, str) and sign.search(word)
        for sign, *pattern in _SIGNS
        for containers in ("containers", "initContainers")
        for _, word in workload.in_pods(containers, "*", *pattern)
    )


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and bool(_HASH.fullmatch(value)) and not value.isdigit()


def _restarts_by_itself(o: KubernetesObject) -> bool:
    """Return whether no hash is needed: the name changes, the program looks itself, or nothing is held here."""
    if name_follows_content(o) or o.get("immutable") is True or not has_content(o):
        return True
    if is_named_by_pulumi(o) and o.program and o.program.replaces is not False:
        return True
    corefile = o.texts("data").get("Corefile")
    return isinstance(corefile, str) and bool(_RELOADING_COREFILE.search(corefile))


def _beside(workload: KubernetesObject) -> list[str]:
    """Return the annotations of the workload itself that are meant as a hash, if the pod template has none."""
    if any(_HASH_KEY.search(key) for key in workload.texts(*_ANNOTATIONS)):
        return []
    return [key for key in workload.texts("metadata", "annotations") if _HASH_KEY.search(key)]


def _hash_beside_template(workload: KubernetesObject, _: Parameters) -> Iterator[Said]:
    if workload.get("spec", "template") is None:
        return
    if workload.get(*_ANNOTATIONS) is UNKNOWN:
        if workload.texts("metadata", "annotations"):
            yield NotChecked(".".join(_ANNOTATIONS))
        return
    for key in _beside(workload):
        yield Finding(
            f"metadata.annotations['{key}']",
            f"is the {workload.kind}'s own annotation, and only the pod template's restart pods",
            f"Move it to spec.template.metadata.annotations['{key}']",
        )


def _hash_not_of_content(workload: KubernetesObject, _: Parameters) -> Iterator[Said]:
    for key, value in workload.texts(*_ANNOTATIONS).items():
        if not _HASH_KEY.search(key) or not isinstance(value, str) or "{{" in value:
            continue
        where = f"spec.template.metadata.annotations['{key}']"
        text = re.sub(r"(?i)^sha[0-9]+[-:=]", "", value.strip())
        fix = "Write the hash of the content, at least 8 hex digits"
        if not text:
            yield Finding(where, "is empty, so it never changes", fix)
        elif "/" in text and not _is_base64_of_a_hash(text):
            yield Finding(where, f"is a path (got {value!r}), which does not change with the content", fix)
        elif len(text) < _SHORTEST:
            yield Finding(where, f"is too short to be a hash (got {value!r})", fix)
        elif (hashed := _hashed_name(workload, text)) is not None:
            of = f"{hashed!r}, a name that" if hashed.strip() else "an empty text, which"
            yield Finding(where, f"is the hash of {of} does not change with the content", fix)


def _is_base64_of_a_hash(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9+/]{27,86}={0,2}", text))


def _hashed_name(workload: KubernetesObject, value: str) -> str | None:
    """Return the name or path whose hash the value is, of those that the workload itself mentions."""
    if not _HASH.fullmatch(value):
        return None
    algorithms = [_ALGORITHMS[len(value)]] if len(value) in _ALGORITHMS else list(_ALGORITHMS.values())
    for name in _names(workload):
        digests = (hashlib.new(algorithm, name.encode(), usedforsecurity=False) for algorithm in algorithms)
        if any(digest.hexdigest().startswith(value.lower()) for digest in digests):
            return name
    return None


def _names(workload: KubernetesObject) -> Iterator[str]:
    """Yield names and paths that someone could hash in place of the content, nothing at all among them."""
    yield from ("", "\n", "null", "{}")
    for reference in workload.references:
        if isinstance(reference.name, str):
            yield from (reference.name, f"{workload.namespace}/{reference.name}")
    for _, folder in workload.in_pods("containers", "*", "volumeMounts", "*", "mountPath"):
        if isinstance(folder, str):
            yield folder
            for _, key in workload.in_pods("volumes", "*", "configMap", "items", "*", "path"):
                yield f"{folder.rstrip('/')}/{key}"
    charts = [workload.texts("metadata", "labels").get(key) for key in ("helm.sh/chart", "app.kubernetes.io/name")]
    for chart in {re.sub(r"-v?[0-9]+\.[0-9].*$", "", chart) for chart in charts if isinstance(chart, str)}:
        for file in _CHART_FILES:
            yield f"{chart}/templates/{file}.yaml"
            yield f"{chart}/templates/{workload.kind.lower()}/{file}.yaml"


NOT_HASHED = Rule(
    id="config-not-hashed",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="configuration",
    prevents="a changed ConfigMap or Secret that no pod notices, or each pod at a different time",
    fix="a hash of the content in an annotation of the pod template, or a name that follows the content",
    link="https://kubernetes.io/docs/tutorials/configuration/updating-configuration-via-a-configmap/",
    check_all=_not_hashed,
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
  template:
    spec:
      containers: [{name: agent, image: "agent:1"}]
      volumes: [{name: config, configMap: {name: agent}}]
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
  template:
    metadata:
      annotations: {checksum/config: dad9e804111c1992163cb47a4b66398287e28aa42bfcd5d34465eb65c6e03bbe}
    spec:
      containers: [{name: agent, image: "agent:1"}]
      volumes: [{name: config, configMap: {name: agent}}]
""",
)

HASH_BESIDE_TEMPLATE = Rule(
    id="hash-beside-template",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="configuration",
    prevents="a hash that changes and restarts nothing, since it is not in the pod template",
    fix="the annotation under spec.template.metadata",
    link="https://github.com/helm/helm/issues/2610",
    kinds=WORKLOADS,
    check_one=_hash_beside_template,
    bad="""
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  annotations: {checksum/config: dad9e804111c1992163cb47a4b66398287e28aa4}
spec:
  template:
    spec:
      containers: [{name: agent, image: "agent:1"}]
""",
    good="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  template:
    metadata:
      annotations: {checksum/config: dad9e804111c1992163cb47a4b66398287e28aa4}
    spec:
      containers: [{name: agent, image: "agent:1"}]
""",
)

HASH_NOT_OF_CONTENT = Rule(
    id="hash-not-of-content",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="configuration",
    prevents="an annotation that looks like a hash and stays the same when the content changes",
    fix="the hash of the content: not of its path or name, not of nothing, at least 8 hex digits",
    link="https://github.com/vectordotdev/vector/issues/7060",
    kinds=WORKLOADS,
    check_one=_hash_not_of_content,
    bad="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, labels: {app.kubernetes.io/name: agent}}
spec:
  template:
    metadata:
      annotations:  # the SHA-256 of the text "agent/templates/configmap.yaml"
        checksum/config: 853b14e0663968c5fb6f7ceeb6da8e743df89219f1ab255ca0019cbce5940e2f
    spec:
      containers: [{name: agent, image: "agent:1"}]
""",
    good="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, labels: {app.kubernetes.io/name: agent}}
spec:
  template:
    metadata:
      annotations:
        checksum/config: dad9e804111c1992163cb47a4b66398287e28aa42bfcd5d34465eb65c6e03bbe
    spec:
      containers: [{name: agent, image: "agent:1"}]
""",
)
