"""Which ConfigMaps and Secrets something besides the configured workloads reads, so that they keep their names too."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ..kubernetes.pod_spec import follow
from ..rules.objects import CONFIGURATION, WITH_PODS, KubernetesObject
from .scope import CRD

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*[a-z0-9]|[a-z0-9]")
_NOT_A_REFERENCE = frozenset(
    [
        "apiGroup",
        "apiVersion",
        "kind",
        "labels",
        "matchLabels",
        "metadata",
        "roleRef",
        "selector",
        "serviceAccount",
        "serviceAccountName",
        "subjects",
    ]
)
"""Fields in which the name of a ConfigMap stands by chance: labels, and other kinds of objects."""

_IN_A_POD = ("args", "command", "env", "imagePullSecrets", "csi", "flexVolume")
"""Fields of a pod spec in which a program is told a name, or another kind of volume has a Secret."""


def mentioned(
    others: Iterable[KubernetesObject], configured: Iterable[tuple[KubernetesObject, Collection[tuple[str, str]]]]
) -> set[str]:
    """
    Return the names that may be those of ConfigMaps and Secrets which something reads, of any namespace.

    `configured` are the workloads that read their own, with kind and name of these. What is mentioned by chance only
    keeps its name.
    """
    names: set[str] = set()
    for o in others:
        if o.kind in WITH_PODS:
            names |= _in_pods(o, ())
        elif o.kind not in (*CONFIGURATION, CRD):
            names |= {name for text in _texts(o.value) for name in _NAME.findall(text)}
    for o, counted in configured:
        names |= _in_pods(o, counted)
    return names


def _in_pods(o: KubernetesObject, counted: Collection[tuple[str, str]]) -> set[str]:
    """Return what a pod spec reads apart from what is counted, and what its programs are told."""
    maps, secrets = ({name: None for kind, name in counted if kind == one} for one in CONFIGURATION)
    rest = follow(o.pod_spec, maps, secrets) if isinstance(o.pod_spec, Mapping) else {}
    left = KubernetesObject(o.kind, _at(o.template, {"spec": rest}))
    names = {str(reference.name) for reference in left.references if isinstance(reference.name, str)}
    return names | {name for text in _told(rest) for name in _NAME.findall(text)}


def _at(path: tuple[str, ...], value: dict[str, Any]) -> dict[str, Any]:
    for step in reversed(path):
        value = {step: value}
    return value


def _told(value: Any, asked: bool = False) -> Iterator[str]:
    """Yield the texts in the fields of `_IN_A_POD`."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _told(item, asked or key in _IN_A_POD)
    elif isinstance(value, list):
        for item in value:
            yield from _told(item, asked)
    elif asked and isinstance(value, str):
        yield value


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in an object, apart from those that are no references."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in _NOT_A_REFERENCE:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
