"""The objects of manifests, one by one: as the rules see them, and as they are written."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..arguments.finding import Finding
from ..formats.meaning import NotUnderstood
from ..kubernetes.annotations import SKIP_AWAIT
from ..kubernetes.field_managers import FORCED
from ..kubernetes.manifest_text import documents
from ..markers import UNKNOWN
from ..rules.gaps import INVALID, NO_OBJECT, TEMPLATE, Gap
from ..rules.manifest import items_of
from ..rules.objects import KubernetesObject
from ..transform.stream import left_templates, title, unreadable
from .scope import group_of

_TEMPLATE = re.compile(rb"\{\{|\{%")

_CHOSEN = {
    ("", "Service"): ("clusterIP", "clusterIPs"),
    ("", "PersistentVolumeClaim"): ("volumeName", "volumeMode", "storageClassName"),
}
"""Group and kind -> the fields of `spec`."""


@dataclass(frozen=True)
class Item:
    """
    One object. `of` is plain, with `UNKNOWN` for what a preview does not know, and has the place for messages.

    `written` is what is to be registered; its leaves may be anything.
    """

    of: KubernetesObject
    written: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What no two objects share: group, kind, namespace (empty for none) and name."""
        namespace = self.of.get("metadata", "namespace")
        return group_of(self.of), self.of.kind, str(namespace or ""), str(self.of.name)

    @property
    def name(self) -> str:
        """The name below a component: `NAMESPACE/NAME`, or `NAME` outside of namespaces."""
        return "/".join(filter(None, self.key[2:]))

    @property
    def chosen_by_the_cluster(self) -> list[str]:
        """
        The paths that the cluster fills in where the manifest leaves them out, and that nobody can change afterwards.

        An object that is taken over has them, and the provider would take their absence for a change that replaces it.
        Source: pulumi-kubernetes 4.25 provider/pkg/provider/diff.go `core`; Kubernetes API reference, both specs.
        """
        spec = self.of.get("spec")
        fields = _CHOSEN.get((self.key[0], self.key[1]), ())
        return [f"spec.{field}" for field in fields if isinstance(spec, Mapping) and field not in spec]

    @property
    def taken_over_with(self) -> Mapping[str, str]:
        """
        The annotations with which it is taken over.

        The provider waits until a claim that it makes is `Pending`, if its class waits for a first pod. One that is
        there is `Bound`, and it would wait for five minutes and fail.
        Source: pulumi-kubernetes 4.25 awaiters.go `untilCoreV1PersistentVolumeClaimReady`.
        """
        return {**FORCED, **(SKIP_AWAIT if self.key[:2] == ("", "PersistentVolumeClaim") else {})}

    def within(self, namespace: str) -> "Item":
        """Return the object in a namespace, if it does not say another."""
        value, written = (_in(side, namespace) for side in (self.of.value, self.written))
        return Item(replace(self.of, value=value), written)


def items_of_text(file: str, text: bytes) -> tuple[list[Item], list[Finding]]:
    """Return the objects of YAML documents, JSON, or Lists of objects, and what of them cannot be read."""
    items: list[Item] = []
    gaps: list[Gap] = []
    for document in documents(text):
        if not document.line:
            continue
        place = f"{file}:{document.line}"
        try:
            values = [value for _, value in items_of(document.value())]
        except NotUnderstood as why:
            is_template = bool(_TEMPLATE.search(document.text))
            gaps.append(Gap(TEMPLATE, place) if is_template else Gap(INVALID, place, str(why)))
            continue
        items += (_item(value, value, place) for value in values if isinstance(value, Mapping))
        gaps += (Gap(NO_OBJECT, place) for value in values if not isinstance(value, Mapping | None))
    return items, [unreadable(gap) for gap in gaps]


def items_of_objects(where: str, plain: object, written: object) -> tuple[list[Item], list[Finding]]:
    """Return the objects that a program passes as mappings, Lists among them; `where` is the argument."""
    pairs = list(zip(items_of(plain), items_of(written), strict=True))
    items = [_item(value, of, where) for (_, value), (_, of) in pairs if isinstance(value, Mapping)]
    gaps = [Gap(NO_OBJECT, where) for (_, value), _ in pairs if not isinstance(value, Mapping)]
    return items, [unreadable(gap) for gap in gaps]


def check_items(items: Iterable[Item]) -> Iterator[Finding]:
    """Find what cannot be registered as an object, before its namespace is known."""
    items = list(items)
    for item in items:
        yield from _check(item.of)
    yield from left_templates(item.of for item in items)


def check_twice(items: Iterable[Item]) -> Iterator[Finding]:
    """Find objects that are there twice."""
    first: dict[tuple[str, str, str, str], Item] = {}
    for item in items:
        known = first.setdefault(item.key, item)
        if known is not item:
            yield Finding(f"{item.of.place}: {title(item.of)}", f"is also in {known.of.place}", "Keep one of them")


def _check(o: KubernetesObject) -> Iterator[Finding]:
    version, kind, name = o.get("apiVersion"), o.value.get("kind"), o.get("metadata", "name")
    identity = {"apiVersion": version, "kind": kind, "metadata.name": name, "metadata.namespace": o.namespace}
    if unknown := [field for field, value in identity.items() if value is UNKNOWN]:
        fix = "Pass plain text"
        yield Finding(str(o.place), f"{' and '.join(unknown)} must be known in preview, since they name it", fix)
        return
    if not isinstance(version, str) or not isinstance(kind, str) or not version or not kind:
        yield Finding(str(o.place), "is not a Kubernetes object: it has no apiVersion and kind", "Pass manifests")
    elif o.get("metadata", "generateName") and not name:
        what = "has generateName and no name, so each `up` would make another one"
        yield Finding(f"{o.place}: {kind}", what, "Give it a name")
    elif not isinstance(name, str) or not name:
        yield Finding(f"{o.place}: {kind}", "has no metadata.name", "Give it a name")


def _item(value: Mapping[str, Any], written: Mapping[str, Any], place: str) -> Item:
    return Item(KubernetesObject(str(value.get("kind") or ""), value, place), written)


def _in(value: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    metadata = value.get("metadata") or {}
    return {**value, "metadata": {**metadata, "namespace": metadata.get("namespace") or namespace}}
