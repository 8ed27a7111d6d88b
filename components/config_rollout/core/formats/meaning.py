r"""
What a text means: a value of plain types, and the bytes that are hashed for it.

Typed bytes, unambiguous because every kind begins with its own letter and every text with its length:

    n                   null
    t, f                true, false
    i10;                a whole number that every reader spells back as `10`
    s2:ab               text, its length in bytes of UTF-8
    p3:1e3              a scalar that readers take for different things, or a number with a spelling of its own
    [ITEM...]           a list
    {KEY VALUE...}      a mapping, sorted by the bytes of its keys
    _                   the place of an item of a list that is stated to restart nothing
    (DOCUMENT...)       a stream of several documents
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..finding import Finding

MAX_DEPTH = 100
"""How deep a value may be nested and still be understood."""

MAX_EXPANDED_BYTES = 8 * 1024 * 1024
"""How many bytes a value may mean, aliases expanded."""

WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]*")
"""Whole numbers in the spelling that all readers share; `-0` is none."""

MAX_DIGITS = 18
"""Longer whole numbers are 64-bit integers to some readers and rounded to others."""


@dataclass(frozen=True)
class Spelled:
    """A scalar that is only equal to the same spelling."""

    text: str

    def __repr__(self) -> str:
        return self.text


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
    restarts. `value` is the plain structure for a diff; `None` stands for text that counts byte for byte, and `note`
    says why it does. `effects` is field -> what its change does, for formats that know their fields, `stated` path ->
    effect as the caller says; `findings` is what the program would refuse.
    """

    format: str
    canonical: bytes | None
    value: object = None
    note: str = ""
    effects: Mapping[str, FieldEffect] = field(default_factory=dict)
    stated: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


class NotUnderstood(Exception):
    """The text cannot be read in one way only; the message says why, as the end of "counts byte for byte: "."""


def encode_text(text: str, kind: bytes = b"s") -> bytes:
    """Return the typed bytes of a text (`s`) or of a spelled scalar (`p`)."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise NotUnderstood("it holds half of a surrogate pair") from None
    return b"%b%d:%b" % (kind, len(raw), raw)


def encode_number(spelling: str) -> bytes:
    """Return the typed bytes of a number: as a whole number where all readers agree, else as it is spelled."""
    whole = WHOLE_NUMBER.fullmatch(spelling) and len(spelling) <= MAX_DIGITS
    return b"i%b;" % spelling.encode() if whole else encode_text(spelling, b"p")


def encode_list(items: list[bytes]) -> bytes:
    """Return the typed bytes of a list."""
    return _joined(b"[", items, b"]")


def encode_mapping(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Return the typed bytes of a mapping, its entries in the order of their keys' bytes."""
    return _joined(b"{", [part for entry in sorted(entries) for part in entry], b"}")


def encode_documents(documents: list[bytes]) -> bytes:
    """Return the typed bytes of a stream of documents; one alone is itself."""
    return documents[0] if len(documents) == 1 else _joined(b"(", documents, b")")


def check_utf_8(text: bytes) -> None:
    """Refuse bytes that are no UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        raise NotUnderstood("it is not UTF-8") from None


def check_keys(keys: list[str]) -> None:
    """
    Refuse keys that readers could take for one: the same, or the same but for case.

    Source: Go's `encoding/json` matches the names of struct fields without regard to case, and the last one wins.
    """
    if len(set(map(str.casefold, keys))) < len(keys):
        twice = next(key for key in keys if sum(other.casefold() == key.casefold() for other in keys) > 1)
        raise NotUnderstood(f"key {twice!r} stands in one mapping twice, or differs only in case")


def encode_value(value: object, number: Callable[[object], bytes], depth: int = 0) -> bytes:
    """Return the typed bytes of a parsed structure; `number` encodes every leaf that is no text, bool or null."""
    if depth > MAX_DEPTH:
        raise NotUnderstood(f"it is nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        check_keys([str(key) for key in value])
        return encode_mapping([(_encode_key(k), encode_value(v, number, depth + 1)) for k, v in value.items()])
    if isinstance(value, list):
        return encode_list([encode_value(item, number, depth + 1) for item in value])
    if value is None:
        return b"n"
    if isinstance(value, bool):
        return b"t" if value else b"f"
    return encode_text(value) if isinstance(value, str) else number(value)


def _encode_key(key: object) -> bytes:
    return encode_number(key.text) if isinstance(key, Spelled) else encode_text(str(key))


def _joined(first: bytes, parts: list[bytes], last: bytes) -> bytes:
    if sum(map(len, parts)) > MAX_EXPANDED_BYTES:
        raise NotUnderstood(f"it means more than {MAX_EXPANDED_BYTES // 2**20} MiB once its aliases are expanded")
    return b"".join((first, *parts, last))
