"""
The text of a manifest as the objects that rules know, and a note on everything that was left out.

Documents are told apart by their `---` lines, so one that cannot be read leaves the others.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..formats.meaning import MAX_DEPTH, NotUnderstood
from ..kinds import KUBE_PROXY
from ..kubernetes.manifest_text import Document, documents
from .objects import KINDS, KubernetesObject, is_known, is_partial

_TEMPLATE = re.compile(rb"\{\{|\{%")


@dataclass(frozen=True)
class Place:
    """Where an object stands: the file, and the line on which its document begins."""

    file: str
    line: int


@dataclass
class Manifest:
    """What a text holds. `skipped` counts what no rule looks at, in words; `notes` say what could not be read."""

    objects: list[KubernetesObject] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def parse_manifest(file: str, text: bytes, into: Manifest) -> None:
    """Add what a text holds: YAML documents, JSON, and Lists of objects. Never raises for what is in the text."""
    for document in documents(text):
        place, kinds = Place(file, document.line), document.kinds
        if not document.line:
            into.skipped["empty document"] += 1
        elif document.is_kube_proxy:
            held = {"data": {KUBE_PROXY: document.text.decode(errors="replace")}}
            into.objects.append(KubernetesObject(KUBE_PROXY, held, place))
        elif len(kinds) == 1 and not (kind := kinds.pop()).endswith("List") and kind not in KINDS:
            into.skipped[kind] += 1  # not worth reading: of a large chart that is most of the text
        else:
            _read(document, place, into)


def _read(document: Document, place: Place, into: Manifest) -> None:
    try:
        value = document.value()
    except NotUnderstood as why:
        reason = "has template syntax; render it first" if _TEMPLATE.search(document.text) else str(why)
        into.notes.append(f"{place.file}:{place.line}: {reason}")
        return
    for item in _items(value, 0):
        _add(item, place, into)


def _items(value: Any, depth: int) -> Iterator[Any]:
    """Yield the items of a List or a JSON list, or the object itself."""
    if isinstance(value, list):
        items = value
    elif (
        isinstance(value, Mapping) and str(value.get("kind")).endswith("List") and isinstance(value.get("items"), list)
    ):
        items = value["items"]
        if (kind := str(value["kind"]).removesuffix("List")) and kind in KINDS:  # their items may leave these out
            head = {"apiVersion": value.get("apiVersion"), "kind": kind}
            items = [head | item if isinstance(item, dict) else item for item in items]
    else:
        yield value
        return
    for item in items if depth < MAX_DEPTH else ():
        yield from _items(item, depth + 1)


def _add(item: Any, place: Place, into: Manifest) -> None:
    if item is None:
        into.skipped["empty document"] += 1
    elif not isinstance(item, Mapping) or not isinstance(item.get("kind"), str) or not item.get("apiVersion"):
        into.notes.append(f"{place.file}:{place.line}: is no Kubernetes object")
    elif not is_known(kind := item["kind"], str(item["apiVersion"])):
        into.skipped[kind] += 1
    else:
        into.objects.append(KubernetesObject(kind, item, place, patch=is_partial(kind, item)))
