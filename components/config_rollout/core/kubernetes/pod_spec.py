"""
Where a pod spec refers to ConfigMaps and Secrets, and how the references follow a content-named one.

A pod spec here is plain mappings and lists with snake_case or camelCase keys; leaves may be anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..arguments.case import snake_case

Path = tuple[str | int, ...]
"""Keys and positions from the pod spec down to one value."""

CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
"""The lists of containers in a pod spec."""

# Where a pod spec can name a ConfigMap; `*` stands for every item of a list.
# Source: kubernetes 1.36 `VisitPodConfigmapNames` in pkg/api/v1/pod/util.go.
_REFERENCES = [
    ("volumes", "*", "configMap", "name"),
    ("volumes", "*", "projected", "sources", "*", "configMap", "name"),
    *(
        (containers, "*", *reference)
        for containers in CONTAINERS
        for reference in (
            ("env", "*", "valueFrom", "configMapKeyRef", "name"),
            ("envFrom", "*", "configMapRef", "name"),
        )
    ),
]


# Where it can name a Secret that its containers read.
# Source: kubernetes 1.36 `VisitPodSecretNames` in pkg/api/v1/pod/util.go, without what only the kubelet reads.
_SECRETS = [
    ("volumes", "*", "secret", "secretName"),
    ("volumes", "*", "projected", "sources", "*", "secret", "name"),
    *(
        (containers, "*", *reference)
        for containers in CONTAINERS
        for reference in (("env", "*", "valueFrom", "secretKeyRef", "name"), ("envFrom", "*", "secretRef", "name"))
    ),
]


@dataclass(frozen=True)
class Reference:
    """A place in a pod spec that names a ConfigMap or Secret; `name` may be a value that is not known yet."""

    path: Path
    name: object
    kind: str = "ConfigMap"

    @property
    def where(self) -> str:
        """The path as text."""
        return show_path(self.path)


_IN_VOLUMES = (
    (("configMap",), "ConfigMap", "name"),
    (("secret",), "Secret", "secretName"),
    (("projected", "sources", "*", "configMap"), "ConfigMap", "name"),
    (("projected", "sources", "*", "secret"), "Secret", "name"),
)


@dataclass(frozen=True)
class SourceReference:
    """
    The part of a volume or of a variable that reads a ConfigMap or Secret.

    `value` is that part, `path` where it is, and `name_field` the field of it that has the name.
    """

    kind: str
    path: Path
    value: Mapping[str, Any]
    name_field: str = "name"

    @property
    def name(self) -> object:
        """The name; it may be a value that is not known yet."""
        return next((name for _, name in values(self.value, self.name_field)), None)


def in_volume(volume: Mapping[str, Any], path: Path) -> Iterator[SourceReference]:
    """Yield the ConfigMaps and Secrets of the volume at `path`."""
    for pattern, kind, name_field in _IN_VOLUMES:
        for below, value in values(volume, *pattern):
            if isinstance(value, Mapping):
                yield SourceReference(kind, (*path, *below), value, name_field)


def references(pod_spec: object) -> list[Reference]:
    """Return every place of the pod spec that names a ConfigMap."""
    return [Reference(path, name) for pattern in _REFERENCES for path, name in _match(pod_spec, pattern, ())]


def secret_references(pod_spec: object) -> list[Reference]:
    """Return every place of the pod spec that names a Secret which its containers read."""
    return [Reference(path, name, "Secret") for pattern in _SECRETS for path, name in _match(pod_spec, pattern, ())]


def references_of(kind: str, pod_spec: object) -> list[Reference]:
    """Return every place of the pod spec that names an object of a kind, ConfigMap or Secret."""
    return secret_references(pod_spec) if kind == "Secret" else references(pod_spec)


def follow(
    pod_spec: Mapping[str, object], names: Mapping[str, object], secret_names: Mapping[str, object] | None = None
) -> dict[str, object]:
    """
    Return a copy of the pod spec in which each reference to a ConfigMap of `names` has the name given there.

    `secret_names` are those of Secrets.
    """
    copy = dict(pod_spec)
    for kind, new in (("ConfigMap", names), ("Secret", secret_names or {})):
        for reference in references_of(kind, pod_spec):
            if isinstance(reference.name, str) and reference.name in new:
                copy = _replaced(copy, reference.path, new[reference.name])
    return copy


def values(pod_spec: object, *pattern: str) -> Iterator[tuple[Path, object]]:
    """Yield path and value of every place that a pattern of camelCase keys and `*` fits."""
    yield from _match(pod_spec, pattern, ())


def platform(pod_spec: object) -> str:
    """
    Return `linux` or `windows` where the pod spec says on which nodes the pods run, else nothing.

    Source: Kubernetes "Well-Known Labels", `kubernetes.io/os`; core/v1 `PodOS`.
    """
    systems = [name for _, name in values(pod_spec, "os", "name")]
    for _, selector in values(pod_spec, "nodeSelector"):
        if isinstance(selector, Mapping):
            systems += [selector.get("kubernetes.io/os"), selector.get("beta.kubernetes.io/os")]
    systems += _in_every_term(pod_spec)
    return next((name for name in systems if isinstance(name, str) and name in ("linux", "windows")), "")


def _in_every_term(pod_spec: object) -> list[object]:
    """Return the platform that every term of the required node affinity asks for; the terms are alternatives."""
    terms = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms", "*")
    asked = []
    for _, term in values(pod_spec, *terms):
        platforms: list[object] = [None]
        for _, one in values(term, "matchExpressions", "*"):
            if isinstance(one, Mapping) and one.get("key") in ("kubernetes.io/os", "beta.kubernetes.io/os"):
                wanted = one.get("values")
                if one.get("operator") == "In" and isinstance(wanted, list) and len(wanted) == 1:
                    platforms = wanted
        asked.append(platforms[0])
    return asked[:1] if asked and all(one == asked[0] for one in asked) else []


def show_path(path: Path) -> str:
    """Return a path as text: `volumes[0].config_map.name`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _match(value: object, pattern: Sequence[str], path: Path) -> Iterator[tuple[Path, object]]:
    if not pattern:
        yield path, value
    elif pattern[0] == "*":
        if isinstance(value, list | Sequence) and not isinstance(value, str | bytes):
            for position, item in enumerate(value):
                yield from _match(item, pattern[1:], (*path, position))
    elif isinstance(value, dict | Mapping):
        for key in _spellings(pattern[0]):
            if key in value:
                yield from _match(value[key], pattern[1:], (*path, key))


@lru_cache(1024)
def _spellings(key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((key, snake_case(key))))


def _replaced(value: Any, path: Path, leaf: object) -> Any:
    """Return a copy of the structure with another leaf; what the path does not touch is shared."""
    if not path:
        return leaf
    step, rest = path[0], path[1:]
    copy: Any = dict(value) if isinstance(value, Mapping) else list(value)
    copy[step] = _replaced(value[step], rest, leaf)
    return copy
