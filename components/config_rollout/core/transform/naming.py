"""ConfigMaps that are named after their content and cannot change, and the references to them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..arguments.finding import Finding
from ..configuration.content import Content
from ..configuration.digest import SHORT_HASH_LENGTH, config_hash, short_hash
from ..formats.yaml_edits import Edit
from ..kubernetes.annotations import CONTENT_NAMED_LABEL
from ..rules.objects import KubernetesObject
from .hashing import Changes
from .reading import Readings
from .stream import Stream, is_hook, line_of

MAX_NAME_LENGTH = 253
"""The longest name of a ConfigMap, in characters. Source: apimachinery `NameIsDNSSubdomain`."""

_SUFFIX = re.compile(rf"-[0-9a-f]{{{SHORT_HASH_LENGTH}}}$")
_NAMED_LATER = "internal.config.kubernetes.io/needsHashSuffix"
"""On what kustomize names after its content when all functions have run. Source: kustomize api/internal/utils."""

_KEPT = {
    "helm.sh/resource-policy": ("keep",),
    "argocd.argoproj.io/sync-options": ("Prune=false",),
    "argocd.argoproj.io/compare-options": ("IgnoreExtraneous",),
}
"""
Annotation -> what keeps an object that is no longer among the manifests.

Source: Helm, "Chart Development Tips and Tricks"; Argo CD, "Sync Options", "Compare Options".
"""


def content_names(stream: Stream, readings: Readings) -> dict[int, str]:
    """
    Return the new name of each ConfigMap that pods read, by the identity of the object.

    A name changes with every byte: what is immutable cannot be rewritten, not even with the same meaning.
    """
    names = {}
    for o in stream.with_pods():
        for reference in o.references:
            config_map = (
                readings.find(o, reference.kind, str(reference.name)) if reference.kind == "ConfigMap" else None
            )
            if config_map is None or id(config_map) in names or not is_named(config_map):
                continue
            if content := readings.content(config_map):
                names[id(config_map)] = f"{_plain_name(config_map)}-{short_hash(config_hash(_as_text(content)))}"
    return names


def is_named(config_map: KubernetesObject) -> bool:
    """Return whether a ConfigMap can be named after its content: neither Helm nor kustomize does more with it."""
    return not is_hook(config_map) and _NAMED_LATER not in config_map.texts("metadata", "annotations")


def named(config_map: KubernetesObject, name: str) -> Changes:
    """Return what becomes of a ConfigMap that gets a name of its content."""
    values: dict[tuple[str, ...], object] = {("metadata", "name"): name, ("immutable",): True}
    values["metadata", "labels", CONTENT_NAMED_LABEL] = "true"
    known = config_map.texts("metadata", "annotations")
    for key, wanted in _KEPT.items():
        there = [word.strip() for word in str(known.get(key) or "").split(",") if word.strip()]
        values["metadata", "annotations", key] = ",".join(dict.fromkeys([*there, *wanted]))
    changed = [Edit(path, value) for path, value in values.items() if config_map.get(*path) != value]
    return Changes(config_map, changed)


def too_long(stream: Stream, names: Mapping[int, str]) -> Iterator[Finding]:
    """Find names that have no room for a hash."""
    for o in stream.objects.kind("ConfigMap"):
        if len(names.get(id(o), "")) > MAX_NAME_LENGTH:
            most = MAX_NAME_LENGTH - 1 - SHORT_HASH_LENGTH
            what = f"has {len(str(o.name))} characters, and a name with a hash has room for {most}"
            yield Finding(f"{line_of(o)}: ConfigMap: metadata.name", what, "Give it a shorter name")


def renamed(o: KubernetesObject, readings: Readings, names: Mapping[int, str]) -> dict[str, str]:
    """Return name -> new name of the ConfigMaps that an object's pods read."""
    new = {}
    for reference in o.references:
        config_map = readings.find(o, reference.kind, str(reference.name))
        if config_map is not None and id(config_map) in names:
            new[str(reference.name)] = names[id(config_map)]
    return new


def followed(o: KubernetesObject, new: Mapping[str, str]) -> list[Edit]:
    """Return the edits by which the references of an object follow the new names."""
    return [
        Edit((*o.template, "spec", *reference.path), new[str(reference.name)])
        for reference in o.references
        if reference.kind == "ConfigMap" and new.get(str(reference.name), reference.name) != reference.name
    ]


def secrets(o: KubernetesObject, readings: Readings) -> Iterator[str]:
    """Yield what stays as it is although pods read it."""
    for name in dict.fromkeys(str(r.name) for r in o.references if r.kind == "Secret"):
        if readings.find(o, "Secret", name):
            yield f"Secret '{name}' keeps its name: anyone could test guesses against a hash of it in a name"


def _plain_name(config_map: KubernetesObject) -> str:
    """Return the name without the hash of an earlier run."""
    name = str(config_map.name)
    return _SUFFIX.sub("", name) if CONTENT_NAMED_LABEL in config_map.texts("metadata", "labels") else name


def _as_text(content: Content) -> Content:
    """Return a content of which every byte counts."""
    return replace(
        content, formats=dict.fromkeys(content.data, "text"), effects={}, text_version="", unread=frozenset()
    )
