"""
The text of a manifest as the objects that rules know, and a note on everything that was left out.

Documents are told apart by their `---` lines, so one that cannot be read leaves the others.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..formats.kube_proxy_values import Number, resolve
from ..formats.meaning import MAX_DEPTH, NotUnderstood, Spelled, encode_value
from ..formats.yaml_text import load_documents
from .objects import CONFIGURATION, WORKLOADS, KubernetesObject

KINDS = frozenset({*WORKLOADS, *CONFIGURATION, "PodDisruptionBudget"})
"""The kinds that some rule looks at."""

_GROUPS = re.compile(r"(apps|policy|extensions)/v[0-9a-z]+|v1")

_SEPARATOR = re.compile(rb"(?m)^---(?=[ \t\r\n]|\Z)")
_NOT_A_COMMENT = re.compile(rb"(?m)^[ \t]*[^#\s]")
_KIND = re.compile(rb"(?m)^[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?([A-Za-z0-9]+)[\"']?[ \t]*(#.*)?\r?$")
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
    for line, document in _documents(text.removeprefix(b"\xef\xbb\xbf")):
        content = _NOT_A_COMMENT.search(document)
        if not content:
            into.skipped["empty document"] += 1
            continue
        line += document.count(b"\n", 0, content.start())
        kinds = {kind.decode() for kind, _ in _KIND.findall(document)}
        if len(kinds) == 1 and not (kind := kinds.pop()).endswith("List") and kind not in KINDS:
            into.skipped[kind] += 1  # not worth reading: of a large chart that is most of the text
            continue
        try:
            value = _value(document)
        except NotUnderstood as why:
            reason = "has template syntax; render it first" if _TEMPLATE.search(document) else str(why)
            into.notes.append(f"{file}:{line}: {reason}")
            continue
        for item in _items(value, 0):
            _add(item, Place(file, line), into)


def _documents(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the first line and the text of every document."""
    line, start = 1, 0
    for separator in _SEPARATOR.finditer(text):
        if separator.start():
            yield line, text[start : separator.start()]
        line += text.count(b"\n", start, separator.start())
        start = separator.end()
    yield line, text[start:]


def _value(document: bytes) -> Any:
    """Return the plain value of a document; scalars as Go takes them."""
    if document.lstrip()[:1] in (b"{", b"["):
        try:
            return _checked(json.loads(document), 0)
        except (ValueError, RecursionError):
            pass  # YAML may begin like that too
    found = load_documents(document)
    if len(found) > 1:
        raise NotUnderstood("it is more than one document, in a way that not all readers see")
    if b"*" in document:
        encode_value(found)  # refuses what aliases make too large
    return _checked(found[0] if found else None, 0)


def _checked(value: Any, depth: int) -> Any:
    """Return a value in which what readers spell in their own way is what Go takes it for."""
    if depth > MAX_DEPTH:
        raise NotUnderstood(f"it is nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        if "<<" in map(str, value):
            raise NotUnderstood("it has a merge key")
        return {str(key): _checked(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_checked(item, depth + 1) for item in value]
    return _scalar(value) if isinstance(value, Spelled) else value


def _scalar(value: Spelled) -> Any:
    resolved = resolve(value.text) if value.text else None
    if not isinstance(resolved, Number):
        return resolved
    try:
        return int(resolved.literal)
    except ValueError:
        return float(resolved.literal)


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
    elif item["kind"] not in KINDS or not _GROUPS.fullmatch(str(item["apiVersion"])):
        into.skipped[item["kind"]] += 1
    else:
        into.objects.append(KubernetesObject(item["kind"], item, place))
