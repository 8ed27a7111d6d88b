r"""
What a text means: a value of plain types, and the bytes that are hashed for it.

The bytes are JSON without white space, the members of an object sorted by the UTF-8 bytes of their names, and nothing
escaped in a string but what JSON asks for (`\"`, `\\`, `\b \t \n \f \r`, other control characters as `\u001f`):

    null true false     themselves
    10                  a whole number that every reader spells back as `10`, of at most 18 characters
    "ab"                a text; one that begins with `!` gets another: "!!ab"
    "!1e3"              any other scalar as it is spelled: what readers take differently, floats, dates
    "!\"$A\""           and one that holds a variable, with its quotes
    "!left out"         the place of an item of a list that is stated to restart nothing
    [ITEM,...]          a list
    {"KEY":VALUE,...}   a mapping; a key that is not text is written as "!10" or "!<<"
    VALUE\nVALUE        several documents, a line each
    VALUE\n# $A         after them the comments that hold a variable, a line each: no value begins with `#`
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from ..arguments.finding import Finding

MAX_DEPTH = 100
"""How deeply lists and mappings may be nested and still be parsed."""

MAX_EXPANDED_BYTES = 8 * 1024 * 1024
"""How many bytes a value may mean, aliases expanded."""

WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]*")
"""Whole numbers in the spelling that all readers share; `-0` is none."""

MAX_DIGITS = 18
"""Longer whole numbers are 64-bit integers to some readers and rounded to others."""

_WRITER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False)


@dataclass(frozen=True)
class Spelled:
    """
    A scalar, or a key, that is only equal to the same spelling.

    One that holds a variable has also the `value` that it is read as where nobody expands it; its name is that.
    """

    text: str
    value: str | None = None

    def __repr__(self) -> str:
        return f"{self.text}]" if self.text.startswith("[") else self.text  # one in flow style

    def __str__(self) -> str:
        return self.text if self.value is None else self.value


class Documents(dict[str, object]):
    """A stream of several documents: `document 1` and so on -> value."""


@dataclass(frozen=True)
class FieldEffect:
    """
    What the change of a field does: `restart`, `reload` or `none`, its class in an operator's words, and a sentence.

    `none` is a field that the program as it is configured never reads, or that is stated to do nothing.
    """

    effect: str = "restart"
    kind: str = "restart"
    why: str = ""


@dataclass(frozen=True)
class Meaning:
    """
    What a value of a ConfigMap means.

    `format` is the word that stands in the canonical bytes, `canonical` the bytes after it, `None` if no change of it
    restarts. `structure` is the value, or what reads it: only a diff needs it. `note` says why a text counts byte for
    byte. `comments` are those that hold a variable. `effects` is field -> what its change does, for formats that know
    their fields, `stated` path -> effect as the caller says; `findings` is what the program would refuse. `alike` is
    field -> values that do the same today, and what a change between them does. With `unread` no pod reads it.
    """

    format: str
    canonical: bytes | None
    structure: object = None
    note: str = ""
    comments: tuple[str, ...] = ()
    effects: Mapping[str, FieldEffect] = field(default_factory=dict)
    alike: Mapping[str, tuple[frozenset[object], FieldEffect]] = field(default_factory=dict)
    stated: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    unread: bool = False

    @property
    def hashed(self) -> tuple[str, bytes] | None:
        """Return what of it is hashed, which two texts share if they mean the same; `None` for nothing."""
        return None if self.canonical is None else (self.format, self.canonical)

    @cached_property
    def value(self) -> object:
        """The plain structure; `None` for null, and for text that counts byte for byte."""
        return cast(Callable[[], object], self.structure)() if callable(self.structure) else self.structure


class NotUnderstood(Exception):
    """Parsers may read the text differently; the message says why, as the end of "counts byte for byte: "."""

    findings: tuple[Finding, ...] = ()
    """What is wrong with it, where the program that reads it would refuse it."""


class NotParsed(NotUnderstood):
    """No parser of the format can read the text: most likely a mistake. `line` is where, 0 if that is not known."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what + (f", line {line}" if line else ""))
        self.what, self.line = what, line


def decode_utf_8(text: bytes) -> str:
    """Return the text, or refuse bytes that are no UTF-8."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise NotUnderstood("it is not UTF-8") from None


def mapping_of(pairs: Iterable[tuple[str | Spelled, object]]) -> dict[str | Spelled, object]:
    """Return a mapping; a key that stands in it twice is refused."""
    pairs = list(pairs)
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        check_keys([key for key, _ in pairs])
    return mapping


def check_keys(keys: Iterable[object]) -> None:
    """
    Refuse keys that readers could take for one: the same, or the same but for case.

    Source: Go's `encoding/json` matches the names of struct fields without regard to case, and the last one wins.
    """
    seen = set()
    for key in map(str, keys):
        folded = key.casefold()
        if folded in seen:
            raise NotUnderstood(f"key {key!r} appears twice in one mapping, or differs only in case")
        seen.add(folded)


def encode_value(value: object) -> bytes:
    """
    Return the bytes of a value of dicts, lists, texts, bools and `None`; any other leaf is as its `str` spells it.

    Raises:
      NotUnderstood: It is too deep or too large, or has keys that readers could take for one.

    """
    if isinstance(value, Documents):
        return encode_documents([encode_value(document) for document in value.values()])
    written, _, _ = _Written().container(value) if isinstance(value, dict | list) else (_leaf(value), 0, 0)
    return write(written)


def encode_documents(documents: list[bytes]) -> bytes:
    """Return the bytes of a stream of documents; one alone is itself, none is null."""
    return b"\n".join(documents or [b"null"])


def with_comments(canonical: bytes, comments: Iterable[str]) -> bytes:
    """Return the bytes of a value with those of the comments that count."""
    return b"\n".join([canonical, *(comment.encode() for comment in comments)])


def write(written: object) -> bytes:
    """Return a structure that JSON can hold as the bytes that are hashed."""
    try:
        canonical = _WRITER.encode(written).encode()
    except UnicodeEncodeError:
        raise NotUnderstood("it contains half of a surrogate pair") from None
    if len(canonical) > MAX_EXPANDED_BYTES:
        raise NotUnderstood(_TOO_LARGE)
    return canonical


_TOO_LARGE = f"it means more than {MAX_EXPANDED_BYTES // 2**20} MiB once its aliases are expanded"


class _Written:
    """
    Turns a structure into one that JSON can hold; a part that aliases share is turned once, and stays shared.

    With each part go the least that it can take when written, and how many containers stand in one another in it.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, int, int]] = {}
        self._names: dict[tuple[object, ...], tuple[str, ...]] = {}

    def container(self, value: dict[object, object] | list[object]) -> tuple[object, int, int]:
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = self._container(value)
        return known

    def _container(self, value: dict[object, object] | list[object]) -> tuple[object, int, int]:
        size, height = 2 + len(value), 0
        items: list[object] = []
        for item in value.values() if isinstance(value, dict) else value:
            if item.__class__ is str:
                size += len(item)
                items.append("!" + item if item[:1] == "!" else item)
            elif item.__class__ is dict or item.__class__ is list:
                written, its_size, its_height = self.container(item)
                size += its_size
                height = max(height, its_height)
                items.append(written)
            else:
                items.append(_leaf(item))
        if size > MAX_EXPANDED_BYTES:
            raise NotUnderstood(_TOO_LARGE)
        if height >= MAX_DEPTH:
            raise NotUnderstood(TOO_DEEP)
        written = dict(zip(self._names_of(value), items, strict=True)) if isinstance(value, dict) else items
        return written, size, height + 1

    def _names_of(self, mapping: dict[object, object]) -> tuple[str, ...]:
        """Return the keys as they are written; most mappings of a file have the keys of another."""
        keys = tuple(mapping)
        names = self._names.get(keys)
        if names is None:
            check_keys(keys)
            names = self._names[keys] = tuple(map(_key, keys))
        return names


TOO_DEEP = f"it is nested deeper than {MAX_DEPTH}"
"""Why a text is not understood that has more containers in one another."""


def _key(key: object) -> str:
    written = spelling_of(key)
    return "!" + written if key.__class__ is not str or written[:1] == "!" else written


def spelling_of(value: object) -> str:
    """Return how a scalar or a key is spelled."""
    return value.text if isinstance(value, Spelled) else str(value)


def _leaf(value: object) -> str | int | None:
    """Return a scalar as JSON can hold it."""
    if value.__class__ is str:
        return "!" + value if value[:1] == "!" else value
    if value is None or value.__class__ is bool:
        return value
    spelling = spelling_of(value)
    whole = len(spelling) <= MAX_DIGITS and WHOLE_NUMBER.fullmatch(spelling)
    return int(spelling) if whole else "!" + spelling
