"""
What makes pods notice new content in the ConfigMaps and Secrets that they read, for each source and each key.

Only known conventions count: a hash in the pod template (conventions.py), a name that follows the content, a
controller that restarts the pods, and a program that reads its files again (reloading.py).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..markers import UNKNOWN
from .conventions import HELM, Claim, Named, assign, claims
from .names import is_taken_along
from .objects import KubernetesObject, Objects, has_content, is_named_by_pulumi, name_follows_content
from .reloading import reads_again, watches
from .uses import Use, keys_of, uses

_RELOADER, _WAVE, _KAPP = "reloader.stakater.com", "wave.pusher.com", "kapp.k14s.io"
_KINDS = {"ConfigMap": ("configmap", "configmaps"), "Secret": ("secret", "secrets")}
_RESTARTED_BY_RELOADER = ("DaemonSet", "Deployment", "StatefulSet", "Rollout", "DeploymentConfig")
_RESTARTED_BY_WAVE = ("DaemonSet", "Deployment", "StatefulSet")


@dataclass(frozen=True)
class Reason:
    """
    Why a source needs nothing more: `what` completes "covered: ...", `where` is the path that shows it, if any.

    Without `sure` it is only possible, and the rules then report nothing either way.
    """

    what: str
    where: str = ""
    sure: bool = True


@dataclass(frozen=True)
class Coverage:
    """One key of a source as one container reads it, and why new content reaches it; `None` if nothing ensures that."""

    source: KubernetesObject
    key: str | None
    use: Use
    reason: Reason | None

    def __str__(self) -> str:
        of = f"{self.source.kind} '{self.source.name}'" + (f", key {self.key!r}" if self.key is not None else "")
        if self.reason is None:
            return f"{of}, read {self.use.how.value} at {self.use.where}: nothing covers it"
        covered = "covered" if self.reason.sure else "perhaps covered"
        at = f", at {self.reason.where}" if self.reason.where else ""
        return f"{of}, read {self.use.how.value} at {self.use.where}: {covered}: {self.reason.what}{at}"


def coverage(workload: KubernetesObject, objects: Objects) -> list[Coverage]:
    """
    Return what covers each key that the pods read from the ConfigMaps and Secrets among the objects.

    A key that the source does not have is not read, nor is a volume that no container mounts. The result is cached,
    because several rules ask for it.
    """
    if id(workload) not in objects.coverage:
        objects.coverage[id(workload)] = _coverage(workload, objects)
    return objects.coverage[id(workload)]


def _coverage(workload: KubernetesObject, objects: Objects) -> list[Coverage]:
    sources = {(o.kind, o.name): o for _, o in objects.read_by(workload)}
    if not sources:
        return []
    reading = list(uses(workload))
    by_claim = _by_claim(workload, reading, sources)
    every = []
    for use in reading:
        source = sources.get((use.kind, use.name)) if isinstance(use.name, str) else None
        if source is None:
            continue
        reason = _by_its_name(workload, source) or by_claim.get((use.kind, str(use.name)))
        if reason is None or not reason.sure:
            reason = _by_a_controller(workload, source) or _by_itself(watches(use, reading)) or reason
        content = source.texts("data") | source.texts("stringData")
        for key in keys_read(use, source):
            again = None if reason and reason.sure else _by_itself(reads_again(use, key, content, reading))
            every.append(Coverage(source, key, use, again or reason))
    return every


def _by_itself(why: str | None) -> Reason | None:
    return Reason(why) if why else None


def keys_read(use: Use, source: KubernetesObject) -> tuple[str | None, ...]:
    """Return the keys of a source that a use of it reads; `None` stands for keys that are not known."""
    keys = keys_of(source)
    if keys is None:
        return use.keys or (None,)
    return keys if use.keys is None else tuple(key for key in use.keys if key in keys)


def _by_its_name(workload: KubernetesObject, o: KubernetesObject) -> Reason | None:
    """Return why the pod template changes with a source: its name changes whenever its content does."""
    if what := name_follows_content(o):
        return Reason(f"its name ends in {what}")
    if o.get("immutable") is True:
        return Reason("it is immutable", "immutable")
    if not has_content(o):
        return Reason("it is empty here, so something else fills it")
    if is_named_by_pulumi(o) and o.program and o.program.replaces is not False:
        return Reason("Pulumi names it, and gives it a new name when its content changes")
    if is_taken_along(workload, o):
        return Reason("Pulumi replaces the workload with it (hash-from-resource)")
    if f"{_KAPP}/versioned" in o.texts("metadata", "annotations"):
        return Reason("kapp gives it another name when it changes", f"metadata.annotations['{_KAPP}/versioned']")
    return None


def _by_claim(
    workload: KubernetesObject, reading: list[Use], sources: Mapping[tuple[str, object], KubernetesObject]
) -> dict[tuple[str, str], Reason]:
    """Return (kind, name) of a source -> its hash in the pod template, preferring a certain one."""
    hashes = claims(workload)
    if not hashes:
        return {}
    names = named_sources(reading, sources)
    reasons: dict[tuple[str, str], Reason] = {}
    files: dict[str, Reason] = {}
    for source, claim, sure in assign(workload, hashes, names):
        key, reason = (source.kind, source.name), _reason(claim, sure)
        if key not in reasons or (sure and not reasons[key].sure):
            reasons[key] = reason
        if sure and claim.convention == HELM and key in sources and (file := sources[key].template_file):
            files[file] = reason
    for (kind, name), o in sources.items():
        if o.template_file in files:  # Helm's checksum covers everything in the file
            reasons.setdefault((kind, str(name)), files[o.template_file])
    return reasons


def named_sources(reading: list[Use], sources: Mapping[tuple[str, object], KubernetesObject]) -> list[Named]:
    """Return what pods read, by kind and name, with the keys of what is among the objects."""
    by_source: dict[tuple[str, str], list[Use]] = {}
    for use in reading:
        if isinstance(use.name, str):
            by_source.setdefault((use.kind, use.name), []).append(use)
    return [
        Named(kind, name, (keys_of(sources[kind, name]) or ()) if (kind, name) in sources else (), tuple(its))
        for (kind, name), its in by_source.items()
    ]


def _reason(claim: Claim, sure: bool) -> Reason:
    doubt = "" if sure else "; its name does not say which of several sources it belongs to"
    return Reason(f"{claim.key} is its hash by {claim.convention}{doubt}", claim.where, sure)


def _by_a_controller(workload: KubernetesObject, source: KubernetesObject) -> Reason | None:
    """Return which controller restarts the pods for this source: stakater's Reloader or wave."""
    own = workload.texts("metadata", "annotations")
    pods = workload.of_template("annotations")
    key = f"{_WAVE}/update-on-config-change"
    if workload.kind in _RESTARTED_BY_WAVE and own.get(key) == "true":
        return Reason("wave restarts the pods when it changes", f"metadata.annotations['{key}']")
    if workload.kind not in _RESTARTED_BY_RELOADER:
        return None
    # Source: stakater/Reloader v1.4.21 pkg/common/common.go, `ShouldReload`.
    for annotations, where in ((own, "metadata"), (pods, workload.in_template("metadata"))):
        if asks := _asks_reloader(annotations, source):
            return Reason("Reloader restarts the pods when it changes", f"{where}.annotations['{asks}']")
    return None


def _asks_reloader(annotations: Mapping[str, object], source: KubernetesObject) -> str | None:
    """Return the annotation that asks Reloader for a restart when a source changes."""
    theirs = source.texts("metadata", "annotations")
    one, several = _KINDS[source.kind]
    excluded = _names(annotations.get(f"{several}.exclude.{_RELOADER}/reload"))
    if theirs.get(f"{_RELOADER}/ignore") == "true" or source.name in excluded:
        return None
    if any(_matches(name, str(source.name)) for name in _names(annotations.get(f"{one}.{_RELOADER}/reload"))):
        return f"{one}.{_RELOADER}/reload"
    for key in (f"{_RELOADER}/auto", f"{one}.{_RELOADER}/auto"):
        if str(annotations.get(key)).lower() in ("true", "t", "1"):
            return key
    if annotations.get(f"{_RELOADER}/search") == "true" and theirs.get(f"{_RELOADER}/match") == "true":
        return f"{_RELOADER}/search"
    return None


def _names(listed: object) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()] if isinstance(listed, str) else []


def _matches(pattern: str, name: str) -> bool:
    try:
        return bool(re.fullmatch(pattern, name))
    except re.error:
        return pattern == name


def unknown_part(workload: KubernetesObject) -> str | None:
    """Return the path of the first unknown value that hides references or hashes."""
    template = workload.template
    parts = [template[:depth] for depth in range(1, len(template) + 1)]
    for path in (*parts, (*template, "spec"), (*template, "metadata", "annotations")):
        if workload.get(*path) is UNKNOWN:
            return ".".join(path)
    return None


def explained(objects: Objects, *kinds: str) -> Iterator[tuple[KubernetesObject, Coverage]]:
    """Yield what covers each source of every complete workload of these kinds, for `check --explain`."""
    for workload in objects.kind(*kinds):
        if not workload.patch and unknown_part(workload) is None:
            yield from ((workload, one) for one in coverage(workload, objects))
