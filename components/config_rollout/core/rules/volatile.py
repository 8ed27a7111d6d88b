"""The rule on values in a pod template that change with every deployment, and so restart every pod needlessly."""

import re
from collections.abc import Iterator, Mapping

from ..arguments.finding import Finding
from .changing import changing_parts, commit_in, is_install_information, is_random, is_run, time_in, words_of
from .conventions import claims
from .coverage import Coverage, coverage, unknown_part
from .labels import Selecting, selector_labels
from .objects import WORKLOADS, KubernetesObject, Objects
from .placeholders import placeholder_in
from .rule import Answer, Level, Parameters, Rule, Severity

_ALWAYS = "so every deployment restarts every pod"
_CHART = re.compile(r".*-v?[0-9]+\.[0-9]+\.[0-9]+.*")
_RESTARTED = "kubectl.kubernetes.io/restartedAt"


def _volatile_template(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    selecting = Selecting(objects)
    for workload in objects.kind(*WORKLOADS):
        for section in ("annotations", "labels"):
            for key, value in workload.of_template(section).items():
                if isinstance(value, str) and (what := _volatile(workload, key, value)):
                    where = workload.in_template("metadata", f"{section}['{key}']")
                    yield workload, _finding(workload, selecting, section, key, where, what)
        yield from ((workload, finding) for finding in _volatile_variables(workload))
        yield from ((workload, finding) for finding in _volatile_checksums(workload, objects))


def _finding(
    workload: KubernetesObject, selecting: Selecting, section: str, key: str, where: str, what: str
) -> Finding:
    """Return the finding, with a fix that does not break a selector."""
    if key == _RESTARTED:
        return Finding(where, what, "Leave it to kubectl rollout restart")
    if section == "labels":
        if key in selector_labels(workload):
            what = f"{what.rpartition(', so ')[0]}, and spec.selector requires it: the API server rejects another value"
            fix = f"Recreate the {workload.kind} without it in selector and labels: a selector cannot be changed"
            return Finding(where, what, fix)
        if who := selecting.by(workload, key):
            return Finding(where, what, f"Remove it from {who} first, then from the pod template")
        if workload.patch:
            return Finding(where, what, "Move it to metadata.labels, unless a selector uses it")
    if reader := _reads_of_itself(workload, section, key):
        return Finding(where, what, f"Remove it together with {reader}, which reads it")
    if key in workload.texts("metadata", section):
        return Finding(where, what, f"Remove it here: metadata.{section} has it too, and restarts nothing")
    return Finding(where, what, f"Move it to metadata.{section}, which restarts nothing")


def _reads_of_itself(workload: KubernetesObject, section: str, key: str) -> str | None:
    """Return the path at which the pods read this label or annotation of their own."""
    field = f"metadata.{section}['{key}']"
    patterns = (
        ("containers", "*", "env", "*", "valueFrom", "fieldRef", "fieldPath"),
        ("initContainers", "*", "env", "*", "valueFrom", "fieldRef", "fieldPath"),
        ("volumes", "*", "downwardAPI", "items", "*", "fieldRef", "fieldPath"),
    )
    readers = (path for pattern in patterns for path, value in workload.in_pods(*pattern) if value == field)
    return next(readers, None)


def _volatile_variables(workload: KubernetesObject) -> Iterator[Finding]:
    """Find volatile environment variables. Their values are never shown: one may be a secret."""
    for containers in ("containers", "initContainers"):
        for path, entry in workload.in_pods(containers, "*", "env", "*"):
            name, value = (entry.get("name"), entry.get("value")) if isinstance(entry, Mapping) else (None, None)
            if not isinstance(name, str) or not isinstance(value, str):
                continue
            if what := _volatile(workload, name, value, is_variable=True):
                fix = "Remove it from the pod template; mere information belongs in metadata"
                yield Finding(f"{path}, {name}", re.sub(r" \(got .*\)", "", what), fix)


def _volatile_checksums(workload: KubernetesObject, objects: Objects) -> Iterator[Finding]:
    """Find hashes of content that changes with every deployment."""
    hashes = [claim for claim in claims(workload) if claim.value]
    every = coverage(workload, objects) if hashes and unknown_part(workload) is None else []
    for claim in hashes:
        part = next((part for one in _sources_of(every, claim.where) for part in changing_parts(one, sure=True)), None)
        if part is None and is_install_information(claim.words):
            part = "information about the installation"
        if part:
            yield Finding(
                claim.where,
                f"is a hash of content in which {part} changes with every deployment or release, so every pod restarts",
                "Exclude that from the hash",
            )


def _sources_of(every: list[Coverage], where: str) -> list[KubernetesObject]:
    sources = {id(one.source): one.source for one in every if one.reason and one.reason.where == where}
    return list(sources.values())


def _volatile(workload: KubernetesObject, key: str, value: str, is_variable: bool = False) -> str | None:
    """Return why a value is volatile, and what that causes."""
    if key == _RESTARTED:
        return f"is the time of a manual restart, {_ALWAYS}"
    if key in ("helm.sh/chart", "chart") and _CHART.fullmatch(value):
        return f"is the chart's version (got {value!r}), so every release of the chart restarts every pod"
    if placeholder_in(value):
        return None
    words = words_of(key)
    if time_in(words, value, any_name=not is_variable):
        return f"is a time (got {value!r}), {_ALWAYS}"
    if is_run(words, value):
        return f"is a run number (got {value!r}), {_ALWAYS}"
    if is_random(words) and value:
        return f"is random (got {value!r}), {_ALWAYS}"
    commit = commit_in(words, value, is_variable)
    if commit and not _in_an_image(workload, commit):
        return f"is a commit (got {value!r}), {_ALWAYS}"
    return None


def _in_an_image(workload: KubernetesObject, commit: str) -> bool:
    """Return whether an image is tagged with that commit: then the pods restart anyway."""
    images = [str(image) for _, image in workload.in_pods("containers", "*", "image")]
    return any(commit[:7] in image for image in images)


VOLATILE_TEMPLATE = Rule(
    id="volatile-template",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="needless restarts",
    prevents="a restart of every pod with every deployment, caused by a time, run number, commit or chart version",
    fix="such information in the workload's own metadata, where it restarts nothing",
    link="https://github.com/open-telemetry/opentelemetry-helm-charts/issues/2402",
    check_all=_volatile_template,
    bad="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata:
      labels: {app: agent}
      annotations: {deployed-at: "2026-03-01T12:00:00Z"}
    spec:
      containers: [{name: agent, image: "agent:1"}]
""",
    good="""
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  annotations: {deployed-at: "2026-03-01T12:00:00Z"}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers: [{name: agent, image: "agent:1"}]
""",
)
