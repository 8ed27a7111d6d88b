"""The rule on what changes with every deployment in a pod template, and so restarts every pod for nothing."""

import re
from collections.abc import Iterator, Mapping

from ..finding import Finding
from .objects import WORKLOADS, KubernetesObject
from .rule import Level, Parameters, Rule, Said, Severity

_TEMPLATE = ("spec", "template", "metadata")

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T _][0-9]{2}[:-]?[0-9]{2}.*")
_SECONDS = re.compile(r"1[4-9][0-9]{8}(\.[0-9]+|[0-9]{3}|[0-9]{6}|[0-9]{9})?")
"""Seconds since 1970, of the years 2014 to 2033, also in thousandths and finer."""

_TIME_KEY = re.compile(r"(?i)(time|date|(deploy|restart|updat|creat|generat|roll|releas|appl)(ed)?[-_.]?(at|on))$")
_RUN_KEY = re.compile(r"(?i)(build|run|pipeline|deploy(ment)?)[-_.]?(number|num|no|id|counter)$")
_RUN = re.compile(r"[0-9][0-9._-]*|[0-9a-f]{8}-[0-9a-f]{4}-.*")
_RANDOM_KEY = re.compile(r"(?i)(^|[-_./])(rollme|nonce|random)$")
_COMMIT_KEY = re.compile(r"(?i)(^|[-_./])(git|commit|vcs)([-_./]|$)|(git|commit)[-_.]?(sha|hash|id|ref)|revision$")
_ALWAYS = "so every deployment restarts every pod"

_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_CHART = re.compile(r".*-v?[0-9]+\.[0-9]+\.[0-9]+.*")


def _volatile_template(workload: KubernetesObject, _: Parameters) -> Iterator[Said]:
    for section in ("annotations", "labels"):
        for key, value in workload.texts(*_TEMPLATE, section).items():
            if isinstance(value, str) and (what := _volatile(workload, key, value, bool(_is_time(value)))):
                where = f"spec.template.metadata.{section}['{key}']"
                fix = (
                    f"Move it to metadata.{section}, which restarts nothing"
                    if key != "kubectl.kubernetes.io/restartedAt"
                    else "Leave it to kubectl rollout restart"
                )
                yield Finding(where, what, fix)
    yield from _volatile_variables(workload)


def _volatile_variables(workload: KubernetesObject) -> Iterator[Said]:
    """Find volatile environment variables. Their values are never shown: one may be a secret."""
    for containers in ("containers", "initContainers"):
        for path, entry in workload.in_pods(containers, "*", "env", "*"):
            name, value = (entry.get("name"), entry.get("value")) if isinstance(entry, Mapping) else (None, None)
            if not isinstance(name, str) or not isinstance(value, str):
                continue
            if what := _volatile(workload, name, value, bool(_is_time(value) and _TIME_KEY.search(name))):
                fix = "Leave it out of the pod template; what is only to be read belongs on metadata"
                yield Finding(f"{path}, {name}", re.sub(r" \(got .*\)", "", what), fix)


def _is_time(value: str) -> bool:
    return bool(_TIME.fullmatch(value) or _SECONDS.fullmatch(value))


def _volatile(workload: KubernetesObject, key: str, value: str, is_time: bool) -> str | None:
    """Return what is volatile about a value, and what follows."""
    if key == "kubectl.kubernetes.io/restartedAt":
        return f"is the time of a restart by hand, {_ALWAYS}"
    if key in ("helm.sh/chart", "chart") and _CHART.fullmatch(value):
        return f"is the chart's version (got {value!r}), so every release of the chart restarts every pod"
    if is_time:
        return f"is a time (got {value!r}), {_ALWAYS}"
    if _RUN_KEY.search(key) and _RUN.fullmatch(value):
        return f"is the number of a run (got {value!r}), {_ALWAYS}"
    if _RANDOM_KEY.search(key) and value:
        return f"is random (got {value!r}), {_ALWAYS}"
    if _COMMIT_KEY.search(key) and _COMMIT.fullmatch(value) and not _in_an_image(workload, value):
        return f"is a commit (got {value!r}), {_ALWAYS}"
    return None


def _in_an_image(workload: KubernetesObject, commit: str) -> bool:
    """Return whether an image is of that commit: then the pods restart with it anyway."""
    images = [str(image) for _, image in workload.in_pods("containers", "*", "image")]
    return any(commit[:7] in image for image in images)


VOLATILE_TEMPLATE = Rule(
    id="volatile-template",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="needless restarts",
    prevents="a restart of every pod at every deployment, because of a time, run number, commit or chart version",
    fix="such facts on the workload's own metadata, which restarts nothing",
    link="https://github.com/open-telemetry/opentelemetry-helm-charts/issues/2402",
    kinds=WORKLOADS,
    check_one=_volatile_template,
    bad="""
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  template:
    metadata:
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
  template:
    spec:
      containers: [{name: agent, image: "agent:1"}]
""",
)
