"""How containers read ConfigMaps and Secrets: which keys, through what, and whether they see a new content."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from typing import Any

from ..arguments.case import snake_case
from . import pod_spec as pods
from .pod_spec import SourceReference


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


Place = Callable[[str], str]
"""Path in the pod spec -> path in the object that holds it."""


def uses(pod_spec: object, place: Place) -> Iterator[Use]:
    """
    Yield every reading of a ConfigMap or Secret by a container; a volume that none mounts is not read.

    The pod spec may have snake_case keys. A mount or volume whose name is not known yet may be any.
    """
    volumes = [
        (volume.get("name"), list(pods.in_volume(volume, path)))
        for path, volume in pods.values(pod_spec, "volumes", "*")
        if isinstance(volume, Mapping)
    ]
    for containers in pods.CONTAINERS:
        for path, container in pods.values(pod_spec, containers, "*"):
            if isinstance(container, Mapping):
                yield from _variables(container, pods.show_path(path), place)
                starts = containers == "initContainers" and _get(container, "restartPolicy") != "Always"
                for mount in _mappings(container, "volumeMounts"):
                    mounted = [sources for name, sources in volumes if _may_be_same(mount.get("name"), name)]
                    for source in chain.from_iterable(mounted):
                        where = place(pods.show_path((*source.path, source.name_field)))
                        yield _mounted(source, mount, container, where, starts)


def _may_be_same(mount: object, volume: object) -> bool:
    return mount == volume if isinstance(mount, str) and isinstance(volume, str) else True


def _mounted(
    source: SourceReference, mount: Mapping[str, Any], container: Mapping[str, Any], where: str, starts: bool
) -> Use:
    items = _mappings(source.value, "items")
    files = {
        str(item["key"]): str(item["path"])
        for item in items
        if isinstance(item.get("key"), str) and isinstance(item.get("path"), str)
    }
    sub_path = _get(mount, "subPath") or _get(mount, "subPathExpr")
    every = tuple(files) or None if len(files) == len(items) else None  # some item may be any key
    keys = every
    if isinstance(sub_path, str) and "$(" not in sub_path and len(files) == len(items):
        wanted = posixpath.normpath(sub_path)
        keys = tuple(key for key, path in files.items() if posixpath.normpath(path) == wanted) if files else (wanted,)
        keys = every if not keys or wanted == "." else keys
    how = How.AT_START if starts else How.SUB_PATH if sub_path else How.DIRECTORY
    return Use(
        source.kind, source.name, where, how, keys, source.value.get("optional") is True, container,
        str(mount.get("name")), str(_get(mount, "mountPath") or ""), {} if sub_path else files,
    )  # fmt: skip


def _variables(container: Mapping[str, Any], at: str, place: Place) -> Iterator[Use]:
    for position, entry in enumerate(_list(container, "env")):
        origin = _get(entry, "valueFrom") if isinstance(entry, Mapping) else None
        for reference, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            value = _get(origin, reference) if isinstance(origin, Mapping) else None
            if isinstance(value, Mapping):
                where = place(f"{at}.env[{position}].valueFrom.{reference}.name")
                keys = (key,) if isinstance(key := value.get("key"), str) else None
                optional = value.get("optional") is True
                yield Use(kind, value.get("name"), where, How.ENVIRONMENT, keys, optional, container)
    for position, entry in enumerate(_list(container, "envFrom")):
        for reference, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            value = _get(entry, reference) if isinstance(entry, Mapping) else None
            if isinstance(value, Mapping):
                where = place(f"{at}.envFrom[{position}].{reference}.name")
                optional = value.get("optional") is True
                yield Use(kind, value.get("name"), where, How.ENVIRONMENT, None, optional, container)


def _get(of: Mapping[str, Any], key: str) -> Any:
    return of[key] if key in of else of.get(snake_case(key))


def _list(of: Mapping[str, Any], key: str) -> list[Any]:
    value = _get(of, key)
    return value if isinstance(value, list) else []


def _mappings(of: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [item for item in _list(of, key) if isinstance(item, Mapping)]


@dataclass(frozen=True)
class KeysRead:
    """Which keys of one ConfigMap or Secret pods read: files of any key, variables of text alone."""

    files: bool = False
    """Whether all keys are read, as files; `text` tells it of those that hold text."""
    text: bool = False
    keys: frozenset[str] = frozenset()

    def reads(self, key: str, is_text: bool) -> bool:
        """Return whether pods read a key."""
        return self.files or key in self.keys or (self.text and is_text)


ALL = KeysRead(files=True)


def keys_read(pod_spec: object, kind: str, name: str) -> KeysRead:
    """
    Return which keys of a ConfigMap or Secret the containers read; what is not known yet may be any key.

    Source: kubernetes 1.36 pkg/kubelet/kubelet_pods.go `makeEnvironmentVariables`: variables are made of `data` alone.
    """
    of_object = [
        use for use in uses(pod_spec, str) if use.kind == kind and use.name == name and isinstance(use.name, str)
    ]
    whole = [use for use in of_object if use.keys is None]
    return KeysRead(
        any(use.how is not How.ENVIRONMENT for use in whole),
        any(use.how is How.ENVIRONMENT for use in whole),
        frozenset(key for use in of_object for key in use.keys or ()),
    )
