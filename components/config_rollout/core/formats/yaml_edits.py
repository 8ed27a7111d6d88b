"""Sets one text in a YAML or JSON document by editing its text, so that comments, order and layout stay as they are."""

import json
import re
from collections.abc import Sequence

from .yaml_places import Node, Path, find

_NULLS = ("", "~", "null", "Null", "NULL")
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*")


class NotEdited(Exception):
    """Why a document is not edited; the message ends the sentence "it ..."."""


def set_text(document: str, path: Path, value: str) -> str:
    """
    Return a document in which a text stands at a path of keys; mappings that are missing above it are made.

    Raises:
      NotEdited: The place has an anchor or is an alias, so that the edit would change more, or holds something else.

    """
    nodes = find(document, [path])
    above = [nodes[path[:end]] for end in range(len(path) + 1) if path[:end] in nodes]
    if not above:
        raise NotEdited("is empty or not YAML")
    if any(node.shared or node.kind == "alias" for node in above):
        raise NotEdited("uses anchors or aliases there")
    node, missing = above[-1], path[len(above) - 1 :]
    if any(isinstance(step, int) for step in missing):
        raise NotEdited("has no such item")
    if not missing:
        return _replaced(document, node, json.dumps(value))
    if node.kind == "mapping" and node.first is not None:
        return (_into_flow if node.flow else _into_block)(document, node, [str(key) for key in missing], value)
    if node.kind == "mapping" or (node.kind == "scalar" and not node.style and node.text in _NULLS):
        blank = "" if document[node.start - 1 : node.start] in (" ", "") else " "
        quoted = document.lstrip()[:1] == "{"
        return _replaced(document, node, f"{blank}{{{_flow([str(key) for key in missing], value, quoted)}}}")
    raise NotEdited(f"has no mapping at {'.'.join(map(str, path[: len(above) - 1]))}")


def _replaced(document: str, node: Node, text: str) -> str:
    if node.kind not in ("scalar", "mapping") or node.style in ("|", ">"):
        raise NotEdited("holds something else there than a short text")
    return document[: node.start] + text + document[node.end :]


def _into_block(document: str, node: Node, keys: Sequence[str], value: str) -> str:
    """Insert an entry as the first one, on lines of its own below the key of the mapping."""
    assert node.first is not None
    line_end = "\r\n" if "\r\n" in document else "\n"
    start = document.rfind("\n", 0, node.first) + 1
    column = node.first - start
    lines = [f"{' ' * (column + 2 * depth)}{_key(key)}:" for depth, key in enumerate(keys)]
    lines[-1] += f" {json.dumps(value)}"
    if document[start : node.first].strip():  # behind the dash of a list item
        entry = line_end.join([*lines, " " * column]).lstrip(" ")
        return document[: node.first] + entry + document[node.first :]
    at = min(document.find("\n", node.key) + 1 or start, start)
    return document[:at] + line_end.join([*lines, ""]) + document[at:]


def _into_flow(document: str, node: Node, keys: Sequence[str], value: str) -> str:
    """Insert an entry behind the bracket, laid out as the one that was first."""
    assert node.first is not None
    at = node.start + 1
    between = document[at : node.first]
    blank = between if not between.strip() else ""
    entry = _flow(keys, value, quoted=document[node.first] == '"')
    return f"{document[:at]}{blank}{entry},{'' if blank else ' '}{document[at:]}"


def _flow(keys: Sequence[str], value: str, quoted: bool) -> str:
    entry = json.dumps(value)
    for number, key in enumerate(reversed(keys)):
        entry = f"{json.dumps(key) if quoted else _key(key)}: {f'{{{entry}}}' if number else entry}"
    return entry


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else json.dumps(key)
