"""How pods read ConfigMaps and Secrets: which keys, through what, and whether a running pod ever sees a new content."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..configuration.diff import UNKNOWN
from ..kubernetes import pod_spec as pods
from .objects import KubernetesObject

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


class How(Enum):
    """
    Through what a container reads a source. Only the files of a directory change under a running container.

    Source: Kubernetes "ConfigMaps", "Mounted ConfigMaps are updated automatically": neither variables nor `subPath`.
    """

    ENVIRONMENT = "as environment variables"
    SUB_PATH = "as a file by subPath"
    AT_START = "in an init container"
    DIRECTORY = "as a directory"

    @property
    def is_updated(self) -> bool:
        """Return whether a running container finds the new content."""
        return self is How.DIRECTORY


@dataclass(frozen=True)
class Use:
    """
    One container's reading of a ConfigMap or Secret; `name` may be unknown.

    `where` is the path of the name in the object. `keys` are those that it asks for, `None` for all of them; `optional`
    ones need not be there. `folder` is where a volume is mounted, and `files` maps the keys with a path of their own
    to it. `container` is the plain value, `volume` the volume's name.
    """

    kind: str
    name: object
    where: str
    how: How
    keys: tuple[str, ...] | None = None
    optional: bool = False
    container: Mapping[str, Any] = field(default_factory=dict, compare=False)
    volume: str = ""
    folder: str = ""
    files: Mapping[str, str] = field(default_factory=dict, compare=False)

    def path_of(self, key: str) -> str:
        """Return where the container finds a key as a file."""
        return posixpath.join(self.folder, self.files.get(key, key))


def uses(workload: KubernetesObject) -> Iterator[Use]:
    """Yield every reading of a ConfigMap or Secret by a container; a volume that none mounts is not read."""
    spec = workload.pod_spec
    volumes = {name: volume for name, volume in _volumes(spec)}
    for containers in _CONTAINERS:
        for path, container in pods.values(spec, containers, "*"):
            if isinstance(container, Mapping):
                place = workload.in_template("spec", pods.show_path(path))
                yield from _variables(container, place)
                starts = containers == "initContainers" and container.get("restartPolicy") != "Always"
                for mount in _mappings(container, "volumeMounts"):
                    for source in volumes.get(mount.get("name"), ()):
                        where = workload.in_template("spec", source.where)
                        yield _mounted(source, mount, container, where, starts)


@dataclass(frozen=True)
class _Source:
    """A ConfigMap or Secret in a volume."""

    kind: str
    name: object
    where: str
    value: Mapping[str, Any]


def _volumes(spec: object) -> Iterator[tuple[object, list[_Source]]]:
    for path, volume in pods.values(spec, "volumes", "*"):
        if isinstance(volume, Mapping):
            sources = []
            for pattern, kind, field_name in _IN_VOLUMES:
                for below, value in pods.values(volume, *pattern):
                    if isinstance(value, Mapping):
                        at = pods.show_path((*path, *below, field_name))
                        sources.append(_Source(kind, value.get(field_name), at, value))
            yield volume.get("name"), sources


_IN_VOLUMES = (
    (("configMap",), "ConfigMap", "name"),
    (("secret",), "Secret", "secretName"),
    (("projected", "sources", "*", "configMap"), "ConfigMap", "name"),
    (("projected", "sources", "*", "secret"), "Secret", "name"),
)


def _mounted(source: _Source, mount: Mapping[str, Any], container: Mapping[str, Any], where: str, starts: bool) -> Use:
    files = {
        str(item["key"]): str(item["path"])
        for item in _mappings(source.value, "items")
        if isinstance(item.get("key"), str) and isinstance(item.get("path"), str)
    }
    sub_path = mount.get("subPath") or mount.get("subPathExpr")
    keys = tuple(files) or None
    if isinstance(sub_path, str):
        wanted = posixpath.normpath(sub_path)
        keys = tuple(key for key, path in files.items() if posixpath.normpath(path) == wanted) if files else (wanted,)
        if not keys or "$(" in sub_path:
            keys = tuple(files) or None
    how = How.AT_START if starts else How.SUB_PATH if sub_path else How.DIRECTORY
    return Use(
        source.kind, source.name, where, how, keys, source.value.get("optional") is True, container,
        str(mount.get("name")), str(mount.get("mountPath") or ""), {} if sub_path else files,
    )  # fmt: skip


def _variables(container: Mapping[str, Any], place: str) -> Iterator[Use]:
    for position, entry in enumerate(_list(container, "env")):
        origin = entry.get("valueFrom") if isinstance(entry, Mapping) else None
        for reference, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            value = origin.get(reference) if isinstance(origin, Mapping) else None
            if isinstance(value, Mapping):
                where = f"{place}.env[{position}].valueFrom.{reference}.name"
                keys = (key,) if isinstance(key := value.get("key"), str) else None
                optional = value.get("optional") is True
                yield Use(kind, value.get("name"), where, How.ENVIRONMENT, keys, optional, container)
    for position, entry in enumerate(_list(container, "envFrom")):
        for reference, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            value = entry.get(reference) if isinstance(entry, Mapping) else None
            if isinstance(value, Mapping):
                where = f"{place}.envFrom[{position}].{reference}.name"
                yield Use(
                    kind, value.get("name"), where, How.ENVIRONMENT, None, value.get("optional") is True, container
                )


def _list(of: Mapping[str, Any], key: str) -> list[Any]:
    value = of.get(key)
    return value if isinstance(value, list) else []


def _mappings(of: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [item for item in _list(of, key) if isinstance(item, Mapping)]


def keys_of(o: KubernetesObject) -> tuple[str, ...] | None:
    """Return the keys of a ConfigMap or Secret; `None` where they are not known yet."""
    sections = [o.get(section) for section in ("data", "stringData", "binaryData")]
    if UNKNOWN in sections:
        return None
    return tuple(dict.fromkeys(str(key) for section in sections if isinstance(section, Mapping) for key in section))
