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
    MAX_DIGITS,
    TOO_DEEP,
    WHOLE_NUMBER,
    Documents,
    Meaning,
    NotParsed,
    NotUnderstood,
    Spelled,
    decode_utf_8,
    encode_documents,
    encode_value,
    mapping_of,
)

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}

# Plain scalars that at least one reader does not take for text, once `_` and `,` are taken out: YAML 1.1
# (yaml.org/type), YAML 1.2 core schema, PyYAML's resolver and Go's, which takes out every `_` (go.yaml.in/yaml/v2
# resolve.go). Generous: a match only costs the freedom to quote.
SOME_READER_DIFFERS = re.compile(
    r"""(?xia)
    y|n|yes|no|on|off|=|<<                                       # YAML 1.1 booleans, value and merge key
    | [-+]?(0x[0-9a-f]*|0b[01]*|0o[0-7]*|[0-9]+)                 # whole numbers in any base
    | [-+]?([0-9]+(\.[0-9]*)?|\.[0-9]*)(e[-+]?[0-9]*)?            # floats
    | [-+]?0x[0-9a-f]*(\.[0-9a-f]*)?p[-+]?[0-9]*                 # hexadecimal floats
    | [-+]?\.?(inf|infinity|nan)                                 # not finite
    | [-+]?[0-9]+(:[0-9]{1,2})+(\.[0-9]*)?                       # base 60
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*                           # dates and times
    """
)

_MAYBE_BARE_TAG = re.compile(rb"!(?:[\s,\[\]{}<]|\Z)")

_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

_ONLY_SOME_READ = [
    ((b"\n%", b"\r%"), "it has a YAML directive"),
    (tuple(letter.encode() for letter in "\x85\u2028\u2029"), "it has a line break that only YAML 1.1 knows"),
    ((b"{{", b"{%", b"<%"), "it looks like a template"),
]


class _Parser(CParser):
    """Composes nodes; the tag of a scalar without one says whether it was written plain."""

    depth = 0

    def resolve(self, kind: type, value: object, implicit: Any) -> str:
        return "plain" if kind is yaml.ScalarNode and implicit[0] else "quoted"

    def descend_resolver(self, *_: object) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH + 1:  # a scalar may stand in the deepest list
            raise NotUnderstood(TOO_DEEP)

    def ascend_resolver(self) -> None:
        self.depth -= 1


def read_yaml(text: bytes) -> Meaning:
    """
    Return what a YAML text means.

    Raises:
      NotUnderstood: Readers could read it differently, or not at all.

    """
    if text.startswith(_BYTE_ORDER_MARKS):
        raise NotUnderstood("it begins with a byte order mark")
    for signs, why in _ONLY_SOME_READ:
        if any(sign in text for sign in signs) or (text[:1] == b"%" and b"\n%" in signs):
            raise NotUnderstood(why)
    documents = load_documents(text)
    encoded = encode_documents([encode_value(document) for document in documents])
    if len(documents) < 2:
        return Meaning("yaml", encoded, documents[0] if documents else None)
    numbered = {f"document {number}": value for number, value in enumerate(documents, start=1)}
    return Meaning("yaml", encoded, Documents(numbered))


def load_documents(text: bytes) -> list[Any]:
    """
    Return the plain values of a stream of YAML documents, JSON included; what aliases share is shared in them.

    Raises:
      NotUnderstood: It is no YAML, or nothing that is the same to all readers.

    """
    decode_utf_8(text)
    try:
        if _MAYBE_BARE_TAG.search(text):
            _check_bare_tag(text)
        parser, documents = _Parser(text), []
        while parser.check_node():
            root = parser.get_node()
            documents.append(_Reader().read(root, 0))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise NotParsed(f"it is not valid YAML ({problem})", mark.line + 1 if mark else 0) from None
    return documents


class _Reader:
    """
    Turns the nodes of one document into plain values; a node that aliases name is turned once.

    Nodes are known by their identity, so the document's root must live as long as its reader.
    """

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        self._plain: dict[str, str | bool | Spelled | None] = {}

    def read(self, node: Any, depth: int) -> Any:
        if node.__class__ is yaml.ScalarNode:
            return self._scalar(node)
        if id(node) in self._known:
            return self._known[id(node)]
        if depth >= MAX_DEPTH:
            raise NotUnderstood(TOO_DEEP)
        if node.tag != "quoted":
            raise NotUnderstood(f"it has the tag {node.tag}")
        result: Any
        if node.__class__ is yaml.SequenceNode:
            result = [self.read(item, depth + 1) for item in node.value]
        else:
            result = mapping_of([(self._key(key), self.read(value, depth + 1)) for key, value in node.value])
        self._known[id(node)] = result
        return result

    def _scalar(self, node: Any) -> str | bool | Spelled | None:
        """Return the value of a scalar; most plain ones stand in a file many times."""
        text: str = node.value
        if node.tag == "quoted":
            return text
        if node.tag != "plain":
            raise NotUnderstood(f"it has the tag {node.tag}")
        if text not in self._plain:
            self._plain[text] = plain_scalar(text)
        return self._plain[text]

    def _key(self, node: Any) -> str | Spelled:
        """Return a key: text, a whole number, or the merge key as it is written."""
        if node.__class__ is not yaml.ScalarNode:
            raise NotUnderstood("a key is not a scalar")
        key = self._scalar(node)
        if isinstance(key, str) or (isinstance(key, Spelled) and _may_be_key(key.text)):
            return key
        raise NotUnderstood(f"readers take the key {node.value or 'null'!s} for different things")


def plain_scalar(text: str) -> str | bool | Spelled | None:
    """Return the value of a scalar that is written plain."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    bare = text.replace("_", "").replace(",", "")
    return Spelled(text) if SOME_READER_DIFFERS.fullmatch(bare) else text


def _may_be_key(spelling: str) -> bool:
    return spelling == "<<" or (len(spelling) <= MAX_DIGITS and WHOLE_NUMBER.fullmatch(spelling) is not None)


def _check_bare_tag(text: bytes) -> None:
    """Refuse the tag `!`: `! 12` is a text to YAML 1.2 and a number to PyYAML. Nodes do not show it."""
    if any(getattr(event, "tag", None) == "!" for event in yaml.parse(text, Loader=yaml.CSafeLoader)):
        raise NotUnderstood("it has the tag !")
