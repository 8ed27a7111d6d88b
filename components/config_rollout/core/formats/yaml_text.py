"""
YAML, as every reader reads it: two texts mean the same only if YAML 1.1 and 1.2, PyYAML and Go's YAML agree.

Comments, layout, key order, quote and block style, anchors against what they stand for, and spellings of null mean
nothing. A plain scalar that some reader takes for a text and another for something else counts as it is spelled.
"""

import re
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined] # its stubs do not say so

from .meaning import (
    MAX_DEPTH,
    Documents,
    Meaning,
    NotUnderstood,
    Spelled,
    check_keys,
    check_utf_8,
    encode_documents,
    encode_list,
    encode_mapping,
    encode_number,
    encode_text,
)

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}

# Plain scalars that at least one reader does not take for text: YAML 1.1 (yaml.org/type), YAML 1.2 core schema,
# PyYAML's resolver and Go's (go.yaml.in/yaml/v2 resolve.go). Generous: a match only costs the freedom to quote.
_SOME_READER_DIFFERS = re.compile(
    r"""(?xi)
    y|n|yes|no|on|off|=|<<                                                  # YAML 1.1 booleans, value and merge key
    | [-+]?(0x[0-9a-f_]*|0b[01_]*|0o?[0-7_]*|[0-9][0-9_,]*)                 # whole numbers in any base
    | [-+]?([0-9][0-9_,]*)?\.?[0-9_]*(e[-+]?[0-9_]+)?                       # floats
    | [-+]?(0x[0-9a-f_]*\.?[0-9a-f_]*p[-+]?[0-9]+)                          # hexadecimal floats
    | [-+]?\.?(inf|infinity|nan)                                            # not finite
    | [-+]?[0-9][0-9_]*(:[0-9]{1,2})+(\.[0-9_]*)?                           # base 60
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*                                      # dates and times
    """
)

_ONLY_SOME_READ = [
    (re.compile(rb"\A\xef\xbb\xbf|\A\xff\xfe|\A\xfe\xff"), "it begins with a byte order mark"),
    (re.compile(rb"(?m)^%"), "it has a YAML directive"),
    (re.compile("[\x85\u2028\u2029]".encode()), "it has a line break that only YAML 1.1 knows"),
    (re.compile(rb"\{\{|\{%|<%"), "it looks like a template"),
]

_MAYBE_DEEP = 300
_INDENT = re.compile(rb"(?m)^[ \-?:]{300}")


class _Parser(CParser):
    """Composes nodes; the tag of a scalar without one says whether it was written plain."""

    def resolve(self, kind: type, value: object, implicit: Any) -> str:
        return "plain" if kind is yaml.ScalarNode and implicit[0] else "quoted"

    def descend_resolver(self, *_: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


def read_yaml(text: bytes) -> Meaning:
    """
    Return what a YAML text means.

    Raises:
      NotUnderstood: Readers could read it differently, or not at all.

    """
    for pattern, why in _ONLY_SOME_READ:
        if pattern.search(text):
            raise NotUnderstood(why)
    documents = _documents(text) or [(b"n", None)]
    encoded = encode_documents([canonical for canonical, _ in documents])
    if len(documents) == 1:
        return Meaning("yaml", encoded, documents[0][1])
    numbered = Documents({f"document {number}": value for number, (_, value) in enumerate(documents, start=1)})
    return Meaning("yaml", encoded, numbered)


def load_documents(text: bytes) -> list[Any]:
    """
    Return the plain values of a stream of YAML documents, JSON included.

    Raises:
      NotUnderstood: It is no YAML, or nothing that is the same to all readers.

    """
    return [value for _, value in _documents(text)]


def _documents(text: bytes) -> list[tuple[bytes, Any]]:
    """Return typed bytes and value of each document."""
    check_utf_8(text)
    try:
        _check_depth(text)
        parser, documents = _Parser(text), []
        while parser.check_node():
            root = parser.get_node()
            documents.append(_Reader().read(root, 0))
    except yaml.YAMLError as error:
        raise NotUnderstood(f"it is no YAML that all readers accept ({_problem(error)})") from None
    return documents


class _Reader:
    """
    Turns the nodes of one document into typed bytes and plain values; a node that aliases name is turned once.

    Nodes are known by their identity, so the document's root must live as long as its reader.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[bytes, Any]] = {}
        self._scalars: dict[tuple[str, str], tuple[bytes, Any]] = {}

    def read(self, node: Any, depth: int) -> tuple[bytes, Any]:
        if node.__class__ is yaml.ScalarNode:
            return self._scalar(node.tag, node.value)
        known = self._known.get(id(node))
        if known is not None:
            return known
        if depth > MAX_DEPTH:
            raise NotUnderstood(f"it is nested deeper than {MAX_DEPTH}")
        if node.tag != "quoted":
            raise NotUnderstood(f"it has the tag {node.tag}")
        if node.__class__ is yaml.SequenceNode:
            items = [self.read(item, depth + 1) for item in node.value]
            result: tuple[bytes, Any] = encode_list([item[0] for item in items]), [item[1] for item in items]
        else:
            result = self._mapping(node.value, depth)
        self._known[id(node)] = result
        return result

    def _mapping(self, pairs: list[tuple[Any, Any]], depth: int) -> tuple[bytes, dict[str | Spelled, Any]]:
        entries: list[tuple[bytes, bytes]] = []
        value: dict[str | Spelled, Any] = {}
        for key_node, value_node in pairs:
            key = self._key(key_node)
            encoded, plain = self.read(value_node, depth + 1)
            entries.append((key, encoded))
            value[key_node.value if key[:1] == b"s" else Spelled(key_node.value)] = plain
        check_keys([key_node.value for key_node, _ in pairs])
        return encode_mapping(entries), value

    def _scalar(self, tag: str, text: str) -> tuple[bytes, Any]:
        """Return typed bytes and value of a scalar; most texts stand in a file many times."""
        known = self._scalars.get((tag, text))
        if known is None:
            known = self._scalars[tag, text] = _scalar(tag, text)
        return known

    def _key(self, node: Any) -> bytes:
        """Return the typed bytes of a key: text, a whole number, or the merge key as it is written."""
        if node.__class__ is not yaml.ScalarNode:
            raise NotUnderstood("a key is not a scalar")
        encoded, _ = self._scalar(node.tag, node.value)
        if encoded[:1] in b"si" or node.value == "<<":
            return encoded
        raise NotUnderstood(f"readers take the key {node.value or 'null'!s} for different things")


def _scalar(tag: str, text: str) -> tuple[bytes, Any]:
    """Return typed bytes and value of a scalar."""
    if tag == "quoted":
        return encode_text(text), text
    if tag != "plain":
        raise NotUnderstood(f"it has the tag {tag}")
    if text in _NULL:
        return b"n", None
    if text in _BOOLEANS:
        value = _BOOLEANS[text]
        return (b"t" if value else b"f"), value
    if _SOME_READER_DIFFERS.fullmatch(text):
        return encode_number(text), Spelled(text)
    return encode_text(text), text


def _check_depth(text: bytes) -> None:
    """Refuse a text that is nested too deep before the parser, which works by recursion, is given it."""
    if text.count(b"[") + text.count(b"{") < _MAYBE_DEEP and not _INDENT.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise NotUnderstood(f"it is nested deeper than {MAX_DEPTH}")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _problem(error: yaml.YAMLError) -> str:
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    return f"{problem}, line {mark.line + 1}" if problem and mark else str(error).splitlines()[0]
