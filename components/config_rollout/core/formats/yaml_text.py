"""
YAML, as every reader reads it: two texts mean the same only if YAML 1.1 and 1.2, PyYAML and Go's YAML agree.

Comments, layout, key order, quote and block style, anchors against what they stand for, and spellings of null mean
nothing. A plain scalar that some reader takes for a text and another for something else counts as it is spelled, and so
does any scalar with a variable, which a program may expand before it parses.
"""

import re
from collections.abc import Callable, Iterator
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
    with_comments,
)
from .variables import holds_variable, refuse_templates, with_variables

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
    (tuple(letter.encode() for letter in "\x85\u2028\u2029"), "it has a line break that only YAML 1.1 allows"),
]

_COMMENT = re.compile(r"#[^\r\n]*")
_ANCHOR = re.compile(r"&[^ \t\r\n]+(?:[ \t\r\n]|#[^\r\n]*)*")
_KEEPS_EMPTY_LINES = re.compile(r"[^\r\n]*\+")
_EMPTY_LINES = re.compile(r"[\r\n]+\Z")


def read_yaml(text: bytes) -> Meaning:
    """
    Return what a YAML text means.

    Raises:
      NotUnderstood: Parsers could read it differently, or not at all.

    """
    if text.startswith(_BYTE_ORDER_MARKS):
        raise NotUnderstood("it begins with a byte order mark")
    for signs, why in _ONLY_SOME_READ:
        if any(sign in text for sign in signs) or (text[:1] == b"%" and b"\n%" in signs):
            raise NotUnderstood(why)
    refuse_templates(text)
    decoded = decode_utf_8(text)
    if holds_variable(decoded):
        documents = _load(text, lambda next_event: _SpellingReader(next_event, decoded))
        comments = with_variables(_comments(decoded))
    else:
        documents, comments = _load(text, _Reader), ()
    encoded = with_comments(encode_documents([encode_value(document) for document in documents]), comments)
    numbered = {f"document {number}": value for number, value in enumerate(documents, start=1)}
    value = Documents(numbered) if len(documents) > 1 else documents[0] if documents else None
    return Meaning("yaml", encoded, value, comments=comments)


def load_documents(text: bytes) -> list[Any]:
    """
    Return the plain values of a stream of YAML documents, JSON included; what aliases share is shared in them.

    Raises:
      NotUnderstood: It is not YAML, or not the same to all readers.

    """
    decode_utf_8(text)
    return _load(text, _Reader)


def _load(text: bytes, new_reader: "Callable[[_NextEvent], _Reader]") -> list[Any]:
    try:
        if _MAYBE_BARE_TAG.search(text):
            _check_bare_tag(text)
        return _read(text, new_reader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise NotParsed(f"it is not valid YAML ({problem})", mark.line + 1 if mark else 0) from None


def _read(text: bytes, new_reader: "Callable[[_NextEvent], _Reader]") -> list[Any]:
    documents: list[Any] = []
    next_event = CParser(text).get_event
    next_event()  # the stream begins
    while next_event().__class__ is not yaml.StreamEndEvent:
        try:
            documents.append(new_reader(next_event).read(next_event(), 0))
        except NotUnderstood:
            _compose(text, len(documents) + 1)  # what no parser can read says that, before what readers differ on
            raise
        next_event()  # the document ends
    return documents


def _compose(text: bytes, number: int) -> None:
    """Compose the first documents: refuses what is no YAML, or nested too deeply."""
    composer = _Composer(text)
    for _ in range(number):
        composer.check_node()
        composer.get_node()


class _Composer(CParser):
    """Composes nodes, as long as they are not nested too deeply."""

    depth = 0

    def resolve(self, *_: object) -> str:
        return ""

    def descend_resolver(self, *_: object) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH + 1:  # a scalar may stand in the deepest list
            raise NotUnderstood(TOO_DEEP)

    def ascend_resolver(self) -> None:
        self.depth -= 1


_Scalar = str | bool | Spelled | None
_NextEvent = Callable[[], Any]


class _Reader:
    """
    Turns the events of one document into plain values; what an alias names is turned once, and shared.

    Events come and go one by one: the nodes of a text would take fifty times its memory.
    """

    def __init__(self, next_event: _NextEvent) -> None:
        self._next = next_event
        self._plain: dict[str, _Scalar] = {}
        self._anchors: dict[str, tuple[Any, Any]] = {}
        """Anchor -> the event that has it, and what that was turned into."""

    def read(self, event: Any, depth: int) -> Any:
        kind = event.__class__
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if kind is yaml.AliasEvent:
            value = self._anchored(event)[1]
            if value is _OPEN:  # it stands in itself
                raise NotUnderstood(TOO_DEEP)
            return value
        if depth >= MAX_DEPTH:
            raise NotUnderstood(TOO_DEEP)
        if (event.tag or "quoted") != "quoted":
            raise NotUnderstood(f"it has the tag {event.tag}")
        if event.anchor is None:
            return self._items(event, depth + 1)
        self._keep(event, _OPEN)
        self._anchors[event.anchor] = event, self._items(event, depth + 1)
        return self._anchors[event.anchor][1]

    def _items(self, opening: Any, depth: int) -> Any:
        """Return what a list or a mapping holds."""
        read, next_event = self.read, self._next
        if opening.__class__ is yaml.SequenceStartEvent:
            items = []
            while (event := next_event()).__class__ is not yaml.SequenceEndEvent:
                items.append(read(event, depth))
            return items
        pairs = []
        while (event := next_event()).__class__ is not yaml.MappingEndEvent:
            pairs.append((self._key(event), read(next_event(), depth)))
        return mapping_of(pairs)

    def _scalar(self, event: Any) -> _Scalar:
        value = self._value(event)
        if event.anchor is not None:
            self._keep(event, value)
        return value

    def _value(self, event: Any) -> _Scalar:
        """Return the value of a scalar; most plain ones stand in a file many times."""
        text: str = event.value
        tag = event.tag or ("plain" if event.implicit[0] else "quoted")
        if tag == "quoted":
            return text
        if tag != "plain":
            raise NotUnderstood(f"it has the tag {tag}")
        if text not in self._plain:
            self._plain[text] = plain_scalar(text)
        return self._plain[text]

    def _key(self, event: Any) -> str | Spelled:
        """Return a key: text, a whole number, or the merge key as it is written."""
        at, key = self._anchored(event) if event.__class__ is yaml.AliasEvent else (event, None)
        if at.__class__ is not yaml.ScalarEvent:
            raise NotUnderstood("a key is not a scalar")
        if at is event:
            key = self._scalar(event)
        if isinstance(key, str) or (isinstance(key, Spelled) and (key.value is not None or _may_be_key(key.text))):
            return key
        raise NotUnderstood(f"readers take the key {at.value or 'null'!s} differently")

    def _keep(self, event: Any, value: object) -> None:
        if event.anchor in self._anchors:
            raise NotUnderstood(f"it has the anchor &{event.anchor} twice")
        self._anchors[event.anchor] = event, value

    def _anchored(self, alias: Any) -> tuple[Any, Any]:
        if alias.anchor not in self._anchors:
            raise NotUnderstood(f"it has no anchor for *{alias.anchor}")
        return self._anchors[alias.anchor]


_OPEN = object()
"""The value of an anchor whose list or mapping has not ended."""


class _SpellingReader(_Reader):
    """
    Reads a document in which scalars with a variable count as they are spelled.

    Where a comma in the value would end an item, the spelling of a plain scalar begins with `[`, which none does.
    """

    def __init__(self, next_event: _NextEvent, text: str) -> None:
        super().__init__(next_event)
        self._text = text
        self._in_flow = False

    def _items(self, opening: Any, depth: int) -> Any:
        outside, self._in_flow = self._in_flow, bool(opening.flow_style)
        try:
            return super()._items(opening, depth)
        finally:
            self._in_flow = outside

    def _value(self, event: Any) -> _Scalar:
        value = super()._value(event)  # refuses its tag
        if "$" not in event.value and event.style not in ("|", ">"):
            return value
        spelling = self._spelling(event)
        return Spelled(spelling, event.value) if holds_variable(spelling) else value

    def _spelling(self, event: Any) -> str:
        written = self._text[event.start_mark.index : event.end_mark.index]
        anchor = _ANCHOR.match(written)  # no scalar begins with `&`
        spelling = written[anchor.end() :] if anchor else written
        if event.implicit[0]:
            return "[" + spelling if self._in_flow else spelling
        if event.style in ("|", ">") and not _KEEPS_EMPTY_LINES.match(spelling):
            return _EMPTY_LINES.sub("\n", spelling)
        return spelling


def _comments(text: str) -> Iterator[str]:
    """Yield the comments of a text that is YAML, in order: nothing else but white space stands between its tokens."""
    end = 0
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        if token.start_mark.index > end:
            yield from _COMMENT.findall(text, end, token.start_mark.index)
        end = max(end, token.end_mark.index)
    yield from _COMMENT.findall(text, end)


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
