"""Edits single values of a YAML or JSON document in its text, so that comments, order and layout stay as they are."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .yaml_places import Node, Path, find

_NULLS = ("", "~", "null", "Null", "NULL")
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*")
_REST_OF_LINE = re.compile(r"[ \t]*(#[^\r\n]*)?(\r?\n|\Z)")


class NotEdited(Exception):
    """Why a document is not edited; the message ends the sentence "it ..."."""


class _Removed:
    """The value of an edit that takes an entry out."""


REMOVED = _Removed()


@dataclass(frozen=True)
class Edit:
    """
    What is to stand at a path of keys: a plain value, which JSON can hold, or `REMOVED`.

    Mappings that are missing above a value are made, and those that a removal leaves empty go with it.
    """

    path: Path
    value: Any


_Change = tuple[int, int, str]
"""Start and end of what goes, in characters, and what takes its place."""


def set_text(document: str, path: Path, value: str) -> str:
    """
    Return a document in which a text stands at a path of keys; mappings that are missing above it are made.

    Raises:
      NotEdited: The place has an anchor or is an alias, so that the edit would change more, or holds something else.

    """
    return edited(document, [Edit(path, value)])


def edited(document: str, edits: Iterable[Edit]) -> str:
    """
    Return a document with all edits made, in one pass over it where no two of them meet in one mapping.

    Raises:
      NotEdited: As of `set_text`.

    """
    every = list(edits)
    # What is removed may take the mapping with it, so everything else has to be in it before.
    for left in ([edit for edit in every if edit.value is not REMOVED], [e for e in every if e.value is REMOVED]):
        document = _all_edited(document, left)
    return document


def _all_edited(document: str, left: list[Edit]) -> str:
    while left:
        paths = {edit.path[:end] for edit in left for end in range(len(edit.path) + 1)}
        nodes = find(document, paths)
        changes: dict[Path, _Change] = {}
        later = []
        for edit in left:
            at, change = _change(document, nodes, edit)
            if change is None:
                continue
            if at in changes:
                later.append(edit)
            else:
                changes[at] = change
        document = _applied(document, changes.values())
        left = later
    return document


def _applied(document: str, changes: Iterable[_Change]) -> str:
    parts, at = [], 0
    for start, end, text in sorted(changes):
        parts += [document[at:start], text]
        at = end
    return "".join([*parts, document[at:]])


def _change(document: str, nodes: Mapping[Path, Node], edit: Edit) -> tuple[Path, _Change | None]:
    """Return the mapping that an edit changes, and how; nothing for a removal of what is not there."""
    path = edit.path
    above = [nodes[path[:end]] for end in range(len(path) + 1) if path[:end] in nodes]
    if not above:
        raise NotEdited("is empty or not YAML")
    if any(node.shared or node.kind == "alias" for node in above):
        raise NotEdited("uses anchors or aliases there")
    node, missing = above[-1], path[len(above) - 1 :]
    if edit.value is REMOVED:
        return _removal(document, above, path) if not missing else (path, None)
    if any(isinstance(step, int) for step in missing):
        raise NotEdited("has no such item")
    if not missing:
        return path[:-1], _replaced(node, json.dumps(edit.value, ensure_ascii=False))
    return path[: len(above) - 1], _insertion(document, node, [str(key) for key in missing], edit)


def _insertion(document: str, node: Node, keys: Sequence[str], edit: Edit) -> _Change:
    if node.kind == "mapping" and node.first is not None:
        return (_into_flow if node.flow else _into_block)(document, node, keys, edit.value)
    if node.kind == "mapping" or (node.kind == "scalar" and not node.style and node.text in _NULLS):
        blank = "" if document[node.start - 1 : node.start] in (" ", "") else " "
        quoted = document.lstrip()[:1] == "{"
        return _replaced(node, f"{blank}{{{_flow(keys, edit.value, quoted)}}}")
    raise NotEdited(f"has no mapping at {'.'.join(map(str, edit.path[: len(edit.path) - len(keys)]))}")


def _replaced(node: Node, text: str) -> _Change:
    if node.kind not in ("scalar", "mapping") or node.style in ("|", ">"):
        raise NotEdited("holds something else there than a short text")
    return node.start, node.end, text


def _removal(document: str, above: Sequence[Node], path: Path) -> tuple[Path, _Change]:
    """Return how an entry of a mapping goes, with the mappings above it that have no other."""
    depth = len(path)
    while depth > 1 and above[depth - 1].size == 1 and isinstance(path[depth - 2], str):
        depth -= 1
    node, parent = above[depth], above[depth - 1]
    if above[-1].kind != "scalar" or above[-1].style in ("|", ">") or parent.kind != "mapping":
        raise NotEdited("holds something else there than a short text")
    last = next((one.end for one in above[depth:] if one.flow), above[-1].end)
    return path[: depth - 1], (_out_of_flow if parent.flow else _out_of_block)(document, node, last)


def _out_of_block(document: str, node: Node, last: int) -> _Change:
    start = document.rfind("\n", 0, node.key) + 1
    rest = _REST_OF_LINE.match(document, last)
    if document[start : node.key].strip() or rest is None:
        raise NotEdited("has other things on the line")
    return start, rest.end(), ""


def _out_of_flow(document: str, node: Node, last: int) -> _Change:
    behind = re.compile(r"\s*,\s*").match(document, last)
    if behind:
        return node.key, behind.end(), ""
    start = document.rfind(",", 0, node.key)
    if start < 0 or document[start + 1 : node.key].strip():
        raise NotEdited("has other things in the brackets")
    return start, last, ""


def _into_block(document: str, node: Node, keys: Sequence[str], value: Any) -> _Change:
    """Insert an entry as the first one, on lines of its own below the key of the mapping."""
    assert node.first is not None
    line_end = "\r\n" if "\r\n" in document else "\n"
    start = document.rfind("\n", 0, node.first) + 1
    column = node.first - start
    lines = [f"{' ' * (column + 2 * depth)}{_key(key)}:" for depth, key in enumerate(keys)]
    lines[-1] += f" {json.dumps(value, ensure_ascii=False)}"
    if document[start : node.first].strip():  # behind the dash of a list item
        entry = line_end.join([*lines, " " * column]).lstrip(" ")
        return node.first, node.first, entry
    at = min(document.find("\n", node.key) + 1 or start, start)
    return at, at, line_end.join([*lines, ""])


def _into_flow(document: str, node: Node, keys: Sequence[str], value: Any) -> _Change:
    """Insert an entry behind the bracket, laid out as the one that was first."""
    assert node.first is not None
    at = node.start + 1
    between = document[at : node.first]
    blank = between if not between.strip() else ""
    entry = _flow(keys, value, quoted=document[node.first] == '"')
    return at, at, f"{blank}{entry},{'' if blank else ' '}"


def _flow(keys: Sequence[str], value: Any, quoted: bool) -> str:
    entry = json.dumps(value, ensure_ascii=False)
    for number, key in enumerate(reversed(keys)):
        entry = f"{json.dumps(key) if quoted else _key(key)}: {f'{{{entry}}}' if number else entry}"
    return entry


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else json.dumps(key)
