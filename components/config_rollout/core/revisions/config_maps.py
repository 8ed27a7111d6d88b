"""
The ConfigMaps and Secrets of earlier configurations: each lives as long as a revision that mounts it.

So `kubectl rollout undo` finds what it brings back, and Kubernetes' own garbage collector takes away what no revision
needs. Not here: reading and writing them (prepare/revisions.py).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..arguments.finding import Finding
from ..configuration.content import Content, parse_content
from ..configuration.digest import config_hash, short_hash
from ..configuration.read_as import ReadAs, read_as
from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION, EXTERNAL_ANNOTATION
from ..kubernetes.objects import Object, kept_by, revision_number
from ..kubernetes.pod_spec import references_of
from ..kubernetes.workload_kinds import WorkloadKind, kind_of
from .naming import history_name, is_content_name, is_reload_name, source_name


@dataclass(frozen=True)
class Ownership:
    """The owners that a ConfigMap is to have; none if no revision mounts it, so that nothing would collect it."""

    name: str
    uid: str
    version: str
    owners: Sequence[Mapping[str, str]]

    def patch(self) -> dict[str, Any]:
        """Return the merge patch that writes them, refused if the ConfigMap has changed meanwhile."""
        return {"metadata": {"ownerReferences": list(self.owners), "resourceVersion": self.version}}


def mounted(of: Object, kind: str = "ConfigMap") -> set[str]:
    """Return the ConfigMaps or Secrets that the pod template of a workload, or of what a revision keeps, reads."""
    pod_spec = of["spec"]["template"]["spec"]
    return {reference.name for reference in references_of(kind, pod_spec) if isinstance(reference.name, str)}


def secrets_of(workload: Object, revisions: Iterable[Object]) -> set[str]:
    """Return the content-named Secrets that the workload or a kept revision reads."""
    every = (mounted(of, "Secret") for of in (workload, *map(kept_by, revisions)))
    return {one for names in every for one in names if is_content_name(one, workload["metadata"]["name"])}


def plain_names(pod_spec: object, name: str, config_hash: object, kind: str = "ConfigMap") -> dict[str, str]:
    """
    Return content-named object -> what the program calls it, of those of a kind that a pod spec of `name` reads.

    A ConfigMap that is all it reads must be that of the config hash, where that is known: else something has put
    another one in its place.
    """
    read = {of: [reference.name for reference in references_of(of, pod_spec)] for of in ("ConfigMap", "Secret")}
    named = {
        of: {str(one): source for one in names if isinstance(one, str) and (source := source_name(one, name))}
        for of, names in read.items()
    }
    config_maps = named["ConfigMap"]
    is_alone = len(config_maps) == 1 and not named["Secret"]
    ending = f"-{short_hash(config_hash)}" if isinstance(config_hash, str) else ""
    return {} if is_alone and not next(iter(config_maps)).endswith(ending) else named[kind]


def hash_in_name(annotations: Mapping[str, object]) -> object:
    """
    Return the config hash in a pod template's annotations, after which a ConfigMap is named that is all pods read.

    `None` where others own some of what they read: no name tells that hash.
    """
    return None if EXTERNAL_ANNOTATION in annotations else annotations.get(CONFIG_HASH_ANNOTATION, "")


def ownerships(
    workload: Object,
    revisions: Sequence[Object],
    config_maps: Iterable[Object],
    wanted: Collection[str],
    coming: Object | None = None,
    kind: str = "ConfigMap",
) -> list[Ownership]:
    """
    Return what has to be written so that each ConfigMap, or each Secret, is kept exactly as long as it is needed.

    An earlier one is owned by the revisions that mount it. What new pods mount, and what the program wants, is owned by
    the workload: a `kubectl rollout restart` makes revisions that nobody here hears of, and once the older ones are
    deleted the ConfigMap of all pods would be deleted with them. So is the history of its rollouts, which has lost its
    owner where the workload was deleted without its pods, and made again.

    Args:
      workload: As it is now.
      revisions: All ControllerRevisions or ReplicaSets that it owns.
      config_maps: Those of the kind that may be the workload's; only their metadata is read.
      wanted: The names of those that the program wants.
      coming: What holds the pod template that the workload is about to have.
      kind: ConfigMap or Secret.

    """
    name, of_kind = workload["metadata"]["name"], kind_of(workload)
    ours, history = (of_kind.kind, of_kind.revisions), history_name(name, of_kind)
    current = mounted(workload, kind) | {*wanted, history} | (mounted(coming, kind) if coming else set())
    mounting: dict[str, list[Mapping[str, str]]] = {}
    for revision in sorted(revisions, key=revision_number):
        for mounts in mounted(kept_by(revision), kind):
            mounting.setdefault(mounts, []).append(_reference(of_kind, of_kind.revisions, revision))
    changes = []
    for config_map in config_maps:
        metadata = config_map["metadata"]
        called, before = metadata["name"], metadata.get("ownerReferences") or []
        if not (_is_made_for(called, name) or called == history) or "deletionTimestamp" in metadata:
            continue
        owners = [_reference(of_kind, of_kind.kind, workload)] if called in current else mounting.get(called, [])
        every = [*(owner for owner in before if owner["kind"] not in ours), *owners] if owners else []
        if not owners or {owner["uid"] for owner in before} != {owner["uid"] for owner in every}:
            changes.append(Ownership(called, metadata["uid"], str(metadata["resourceVersion"]), every))
    return changes


def lost(
    workload: Object, revisions: Iterable[Object], config_maps: Iterable[Object], kind: str = "ConfigMap"
) -> list[str]:
    """Return the missing content-named ConfigMaps, or Secrets, that the workload or a kept revision mounts."""
    name = workload["metadata"]["name"]
    needed = mounted(workload, kind).union(*(mounted(kept_by(revision), kind) for revision in revisions))
    there = {config_map["metadata"]["name"] for config_map in config_maps}
    return sorted(one for one in needed - there if _is_made_for(one, name))


def content_of(config_map: Object, like: Content | None = None) -> Content:
    """
    Return what a ConfigMap holds, read by the formats and effects of `like`, which may have other keys.

    Its text version, the keys that pods read, and formats that `like` does not know are those that it says itself.
    """
    text, binary = config_map.get("data") or {}, config_map.get("binaryData") or {}
    reading = read_as(config_map)[0] or ReadAs()
    formats = {**reading.formats, **(like.formats if like else {})}
    effects = {**reading.effects, **like.declared_effects} if like else reading.effects
    known = {key: name for key, name in formats.items() if key in text}
    stated = {where: effect for where, effect in effects.items() if where.partition(":")[0] in {*text, *binary}}
    return parse_content(text, binary, known, stated, reading.text_version)[0].as_read(reading.reads)


def check_same(config_map: Object, full_hash: str, like: Content) -> list[Finding]:
    """Find a ConfigMap whose content differs from what its name says: then kubelets may serve either."""
    return [] if config_hash(content_of(config_map, like)) == full_hash else [other_content(config_map)]


def check_reload(config_map: Object | None, kind: WorkloadKind, name: str) -> list[Finding]:
    """Find a ConfigMap under the name of the one that changes in place, and that is not the workload's."""
    if config_map is None or (config_map["metadata"].get("labels") or {}).get(kind.label) == name:
        return []
    metadata = config_map["metadata"]
    place = f"ConfigMap {metadata['namespace']}/{metadata['name']}"
    what = f"already exists, and is not that of {kind.kind} {name}, which would write what its pods read again there"
    return [Finding(place, what, "Rename one of the two, or delete it once nothing reads it")]


def check_keys(config_map: Object, workload: Object | None, reload_name: str, keys: Collection[str]) -> list[Finding]:
    """
    Find that a ConfigMap has not the keys which pods have read from the one that changes in place until now.

    It is immutable, and what restarts nothing is not in its name.
    """
    there = {**(config_map.get("data") or {}), **(config_map.get("binaryData") or {})}
    missing = [key for key in keys if key not in there]
    if not missing or workload is None or reload_name not in mounted(workload):
        return []
    metadata = config_map["metadata"]
    what = f"has no key {missing[0]!r}, which reloaded until now, and cannot be changed"
    return [Finding(f"ConfigMap {metadata['namespace']}/{metadata['name']}", what, "Pass a new `text_version` with it")]


def other_content(thing: Object) -> Finding:
    """Tell that a ConfigMap or Secret holds something else than its name says."""
    metadata = thing["metadata"]
    what = "already exists, with a different configuration from the one that its name says"
    place = f"{thing.get('kind') or 'ConfigMap'} {metadata['namespace']}/{metadata['name']}"
    return Finding(place, what, "Delete it once no pod mounts it, and run this again")


def _is_made_for(called: str, name: str) -> bool:
    """Tell whether an object's name is one that this library makes for the workload of a name."""
    return is_content_name(called, name) or is_reload_name(called, name)


def _reference(workload: WorkloadKind, kind: str, of: Object) -> dict[str, str]:
    metadata = of["metadata"]
    return {"apiVersion": workload.api_version, "kind": kind, "name": metadata["name"], "uid": metadata["uid"]}
