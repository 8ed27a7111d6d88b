"""
Reads a manifest into the objects that rules check, and everything that was not checked, with the reason.

Documents are split at their `---` lines, so one that cannot be read does not affect the others.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..formats.meaning import MAX_DEPTH, NotUnderstood
from ..kinds import KUBE_PROXY
from ..kubernetes.manifest_text import Document, documents
from .gaps import INVALID, NO_OBJECT, PART, TEMPLATE, Gap
from .objects import KINDS, KubernetesObject, is_known, is_partial

_RENDERED_FROM = re.compile(rb"\A\s*# Source: (\S+\.(?:ya?ml|tpl))\s")
"""What `helm template` writes before each document."""

_TEMPLATE = re.compile(rb"\{\{|\{%")


@dataclass(frozen=True)
class Place:
    """
    Where an object is: the file, and the line on which its document begins.

    `item` is the path of the object in the document, empty unless the document is a list. `rendered` names the
    kustomizations that the object was rendered from.
    """

    file: str
    line: int
    document: Document | None = field(default=None, compare=False, repr=False)
    item: tuple[str | int, ...] = field(default=(), compare=False, repr=False)
    rendered: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass
class Manifest:
    """
    The contents of manifests.

    `skipped` counts the objects that no rule checks, by kind. `others` is the number of documents that are not
    Kubernetes objects, such as a chart's values. `gaps` lists what was not checked, or only in part.
    """

    objects: list[KubernetesObject] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    others: int = 0
    gaps: list[Gap] = field(default_factory=list)


def parse_manifest(file: str, text: bytes, into: Manifest) -> None:
    """Add the objects of a text: YAML documents, JSON, and Lists of objects. Never raises, whatever the text is."""
    for document in documents(text):
        place, kinds = Place(file, document.line, document), document.kinds
        if not document.line:
            into.skipped["empty document"] += 1
        elif document.is_kube_proxy:
            config_map = {"data": {KUBE_PROXY: document.text.decode(errors="replace")}}
            into.objects.append(KubernetesObject(KUBE_PROXY, config_map, place))
        elif len(kinds) == 1 and not (kind := kinds.pop()).endswith("List") and kind not in KINDS:
            into.skipped[kind] += 1  # not worth reading, and most of the text of a large chart
        else:
            _read(document, place, into)


def _read(document: Document, place: Place, into: Manifest) -> None:
    try:
        value = document.value()
    except NotUnderstood as why:
        if _TEMPLATE.search(document.text):
            into.gaps.append(Gap(TEMPLATE, str(place)))
        elif place.file.lower().endswith(".json") and b"kind" not in document.text:
            into.others += 1  # JSON with comments, such as an editor's settings
        else:
            into.gaps.append(Gap(INVALID, str(place), str(why)))
        return
    for path, item in items_of(value):
        _add(item, Place(place.file, place.line, document, path), into)


def items_of(
    value: Any, path: tuple[str | int, ...] = (), depth: int = 0
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield path and value of each item of a List or a JSON list, or of the object itself."""
    if isinstance(value, list):
        items = value
    elif (
        isinstance(value, Mapping) and str(value.get("kind")).endswith("List") and isinstance(value.get("items"), list)
    ):
        items, path = value["items"], (*path, "items")
        if (kind := str(value["kind"]).removesuffix("List")) and kind in KINDS:  # their items may leave these out
            head = {"apiVersion": value.get("apiVersion"), "kind": kind}
            items = [head | item if isinstance(item, dict) else item for item in items]
    else:
        yield path, value
        return
    for position, item in enumerate(items if depth < MAX_DEPTH else ()):
        yield from items_of(item, (*path, position), depth + 1)


def _add(item: Any, place: Place, into: Manifest) -> None:
    if item is None:
        into.skipped["empty document"] += 1
    elif not isinstance(item, Mapping):
        into.gaps.append(Gap(NO_OBJECT, str(place)))
    elif not isinstance(item.get("kind"), str) or not item.get("apiVersion"):
        into.others += 1
    elif not is_known(kind := item["kind"], str(item["apiVersion"])):
        into.skipped[kind] += 1
    else:
        if partial := is_partial(kind, item):
            into.gaps.append(Gap(PART, str(place)))
        file = _RENDERED_FROM.search(place.document.text) if place.document else None
        template_file = file[1].decode(errors="replace") if file else ""
        into.objects.append(KubernetesObject(kind, item, place, patch=partial, template_file=template_file))
