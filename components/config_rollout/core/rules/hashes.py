"""Rules on hashes without effect: outside the pod template, or not of the content."""

import hashlib
import re
from collections.abc import Iterator

from ..arguments.finding import Finding
from .conventions import BASE64_OF_A_HASH, HASH, Claim, Named, assign, claims, is_hash, subject_of
from .coverage import unknown_part
from .objects import WORKLOADS, KubernetesObject
from .placeholders import placeholder_in
from .rule import Answer, Level, NotChecked, Parameters, Rule, Severity
from .uses import Use, uses

_SHORTEST = 8
"""The fewest hex digits that count as a hash: 32 bits, as in Gardener's names."""

_ALGORITHMS = {64: "sha256", 40: "sha1", 32: "md5", 128: "sha512", 56: "sha224", 96: "sha384"}
"""Number of hex digits -> algorithm."""

_CHART_FILES = ("configmap", "config-map", "config", "cm", "secret", "secrets", "configmap-agent", "env")


def _hash_beside_template(workload: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    own = workload.texts("metadata", "annotations")
    beside = [(key, words) for key, value in own.items() if (words := _meant_for_pods(key, value)) is not None]
    if workload.patch or not beside or workload.get(*workload.template) is None:
        return
    if where := unknown_part(workload):
        yield NotChecked(where)
        return
    sources = _sources(workload)
    inside = {(source.kind, source.name) for source, _, _ in assign(workload, claims(workload), sources)}
    for key, words in beside:
        claim = Claim(key, f"metadata.annotations['{key}']", str(own[key]), words)
        if any((source.kind, source.name) not in inside for source, _, _ in assign(workload, [claim], sources)):
            there = workload.in_template("metadata", f"annotations['{key}']")
            what = f"is on the {workload.kind} itself, and only annotations of the pod template restart pods"
            yield Finding(claim.where, what, f"Move it to {there}")


def _meant_for_pods(key: str, value: object) -> tuple[str, ...] | None:
    """Return the words of an annotation that is a hash of configuration by its name and by its value."""
    return subject_of(key) if isinstance(value, str) and (is_hash(value) or placeholder_in(value)) else None


def _sources(workload: KubernetesObject) -> list[Named]:
    """Return the ConfigMaps and Secrets that the pods read, whether or not they are among the objects."""
    by_source: dict[tuple[str, str], list[Use]] = {}
    for use in uses(workload):
        if isinstance(use.name, str):
            by_source.setdefault((use.kind, use.name), []).append(use)
    return [Named(kind, name, (), tuple(its)) for (kind, name), its in by_source.items()]


def _hash_not_of_content(workload: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    for key, value in workload.of_template("annotations").items():
        words = subject_of(key)
        if words is None or not isinstance(value, str) or placeholder_in(value):
            continue
        where = workload.in_template("metadata", f"annotations['{key}']")
        text = re.sub(r"(?i)^sha[0-9]+[-:=]", "", value.strip())
        fix = "Write the hash of the content, at least 8 hex digits"
        if not text:
            yield Finding(where, "is empty, so it never changes", fix)
        elif "/" in text and not _is_base64_of_a_hash(text):
            yield Finding(where, f"is a path (got {value!r}), which does not change with the content", fix)
        elif len(text) < _SHORTEST:
            yield Finding(where, f"is too short to be a hash (got {value!r})", fix)
        elif (hashed := _hashed_name(workload, text)) is not None:
            if hashed in _NOTHING and not _is_of_something_read(workload, Claim(key, where, value, words)):
                continue  # there is no content, and no pod reads any
            of = "an empty text, which" if hashed in _NOTHING else f"{hashed!r}, which"
            yield Finding(where, f"is the hash of {of} does not change with the content", fix)


_NOTHING = ("", "\n", "null", "null\n", "{}", "{}\n")
"""What a chart hashes if it has no content of its own."""


def _is_of_something_read(workload: KubernetesObject, claim: Claim) -> bool:
    return any(True for _ in assign(workload, [claim], _sources(workload)))


def _is_base64_of_a_hash(text: str) -> bool:
    return bool(BASE64_OF_A_HASH.fullmatch(text))


def _hashed_name(workload: KubernetesObject, value: str) -> str | None:
    """Return the name or path that the value is the hash of, among those that the workload mentions."""
    if not HASH.fullmatch(value):
        return None
    algorithms = [_ALGORITHMS[len(value)]] if len(value) in _ALGORITHMS else list(_ALGORITHMS.values())
    for name in _names(workload):
        digests = (hashlib.new(algorithm, name.encode(), usedforsecurity=False) for algorithm in algorithms)
        if any(digest.hexdigest().startswith(value.lower()) for digest in digests):
            return name
    return None


def _names(workload: KubernetesObject) -> Iterator[str]:
    """Yield names and paths that someone might hash instead of the content, the empty text included."""
    yield from _NOTHING
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


HASH_BESIDE_TEMPLATE = Rule(
    id="hash-beside-template",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="configuration",
    prevents="a hash that changes but restarts nothing, because it is not in the pod template",
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
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers: [{name: agent, image: "agent:1", envFrom: [{configMapRef: {name: agent}}]}]
""",
    good="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata:
      labels: {app: agent}
      annotations: {checksum/config: dad9e804111c1992163cb47a4b66398287e28aa4}
    spec:
      containers: [{name: agent, image: "agent:1", envFrom: [{configMapRef: {name: agent}}]}]
""",
)

HASH_NOT_OF_CONTENT = Rule(
    id="hash-not-of-content",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="configuration",
    prevents="an annotation that looks like a hash but does not change with the content",
    fix="the hash of the content, not of its path, its name or an empty text; at least 8 hex digits",
    link="https://github.com/vectordotdev/vector/issues/7060",
    kinds=WORKLOADS,
    check_one=_hash_not_of_content,
    bad="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, labels: {app.kubernetes.io/name: agent}}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata:
      labels: {app: agent}
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
  selector: {matchLabels: {app: agent}}
  template:
    metadata:
      labels: {app: agent}
      annotations:
        checksum/config: dad9e804111c1992163cb47a4b66398287e28aa42bfcd5d34465eb65c6e03bbe
    spec:
      containers: [{name: agent, image: "agent:1"}]
""",
)
