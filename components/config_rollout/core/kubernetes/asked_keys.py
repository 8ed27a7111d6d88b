"""The keys of ConfigMaps and Secrets that a pod spec refers to: without them a new pod waits, or finds no file."""

import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from . import pod_spec as pods
from .pod_spec import Path, SourceReference


@dataclass(frozen=True)
class Keys:
    """The keys of one ConfigMap or Secret. Environment variables are made of `text` alone, files of both."""

    text: Collection[str] = ()
    binary: Collection[str] = ()

    @property
    def all(self) -> list[str]:
        """Return all keys."""
        return [*self.text, *self.binary]


KeysOf = Callable[[str, object], Keys | None]
"""Kind and name of a ConfigMap or Secret -> its keys; `None` for an unknown one."""


def missing_keys(pod_spec: object, keys_of: KeysOf, where: str = "pod_spec") -> Iterator[Finding]:
    """
    Find keys that a pod spec refers to and that do not exist. What is `optional` is not asked for.

    Args:
      pod_spec: With snake_case or camelCase keys; a leaf that is not text is not known yet and passes.
      keys_of: Tells the keys of what the pod spec names.
      where: What the paths of the findings begin with.

    Source: kubernetes 1.36 pkg/volume/configmap `MakePayload`, pkg/kubelet/kubelet_pods.go `makeEnvironmentVariables`,
    `makeMounts`: a missing `subPath` becomes an empty directory.

    """
    files: dict[object, Collection[str] | None] = {}
    for path, volume in pods.values(pod_spec, "volumes", "*"):
        if isinstance(volume, Mapping):
            sources = list(pods.in_volume(volume, path))
            for source in sources:
                yield from _missing_items(source, keys_of, where)
            files[volume.get("name")] = _files(volume, sources, keys_of)
    for containers in pods.CONTAINERS:
        for reference, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            for path, of in pods.values(pod_spec, containers, "*", "env", "*", "valueFrom", reference):
                if isinstance(of, Mapping):
                    yield from _missing_variable(SourceReference(kind, path, of), keys_of, where)
        for path, mount in pods.values(pod_spec, containers, "*", "volumeMounts", "*"):
            if isinstance(mount, Mapping):
                yield from _missing_file(path, mount, files.get(mount.get("name")), where)


def _keys(source: SourceReference, keys_of: KeysOf) -> Keys | None:
    """Return the keys of a source; `None` where they are not known, or do not have to be there."""
    return None if source.value.get("optional") not in (None, False) else keys_of(source.kind, source.name)


def _missing_items(source: SourceReference, keys_of: KeysOf, where: str) -> Iterator[Finding]:
    keys = _keys(source, keys_of)
    for path, key in pods.values(source.value, "items", "*", "key"):
        if keys is not None and isinstance(key, str) and key not in keys.all:
            place = f"{where}.{pods.show_path((*source.path, *path))}"
            yield _missing(place, source, key, keys.all)


def _missing_variable(source: SourceReference, keys_of: KeysOf, where: str) -> Iterator[Finding]:
    keys, key = _keys(source, keys_of), source.value.get("key")
    if keys is None or not isinstance(key, str) or key in keys.text:
        return
    place = f"{where}.{pods.show_path((*source.path, 'key'))}"
    if key in keys.binary:
        what = f"refers to key {key!r}, which is binary, and a variable must be text"
        yield Finding(place, what, "Move the key to `data`, or mount it as a file")
    else:
        yield _missing(place, source, key, keys.text)


def _missing_file(path: Path, mount: Mapping[str, Any], files: Collection[str] | None, where: str) -> Iterator[Finding]:
    for field in ("subPath", "subPathExpr"):
        for below, value in pods.values(mount, field):
            if files is None or not isinstance(value, str) or "$(" in value:
                continue
            wanted = posixpath.normpath(value) if value else "."
            if wanted != "." and not any(file == wanted or file.startswith(f"{wanted}/") for file in files):
                what = f"refers to file {value!r}, which the volume does not have: a new pod would get an empty folder"
                yield Finding(f"{where}.{pods.show_path((*path, *below))}", what, _fix(wanted, files))


def _files(volume: Mapping[str, Any], sources: list[SourceReference], keys_of: KeysOf) -> Collection[str] | None:
    """Return the files of a volume; `None` where something in it is not known, or does not have to be there."""
    files: set[str] = set()
    for source in sources:
        keys = _keys(source, keys_of)
        items = [path for _, path in pods.values(source.value, "items", "*", "path")]
        if keys is None or not all(isinstance(path, str) for path in items):
            return None
        files.update(posixpath.normpath(str(path)) for path in items or keys.all)
    projected = [one for _, one in pods.values(volume, "projected", "sources", "*")]
    known = len(projected) if projected else 1
    return files if len(sources) == known else None


def _missing(place: str, source: SourceReference, key: str, known: Collection[str]) -> Finding:
    what = (
        f"refers to key {key!r}, which {source.kind} '{source.name}' does not have: a new pod would wait for it forever"
    )
    return Finding(place, what, _fix(key, known))


def _fix(wanted: str, known: Collection[str]) -> str:
    return did_you_mean(wanted, known, f"Add it, or use an existing one: {', '.join(sorted(known)[:10])}")
