"""
JSON: key order and white space mean nothing; the spelling of a number does, and that of a text with a variable.

Source: RFC 8259; readers differ on duplicate keys, NaN and what is beyond a double, so those count byte for byte.
"""

import json
import re
from itertools import chain, compress
from typing import Any

from .meaning import (
    MAX_DEPTH,
    MAX_DIGITS,
    TOO_DEEP,
    Meaning,
    NotParsed,
    NotUnderstood,
    Spelled,
    decode_utf_8,
    encode_value,
    mapping_of,
    write,
)
from .variables import holds_variable, marked, refuse_templates, unmarked

_CONTAINERS = {dict, list}
_MINUS_ZERO = re.compile(r"-0(?:[\s,\]}]|\Z)")
_DIGITS_AS_ZERO = bytes(0x30 if chr(byte).isascii() and chr(byte).isdigit() else byte for byte in range(256))
_MANY_DIGITS = b"0" * MAX_DIGITS  # perhaps one too many, or in a text
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def read_json(text: bytes) -> Meaning:
    """
    Return what a JSON text means.

    Raises:
      NotUnderstood: Parsers could read it differently, or not at all.

    """
    refuse_templates(text)
    decoded = decode_utf_8(text)
    canonical = encode_plainly(decoded)
    return Meaning("json", encode_value(load(decoded)) if canonical is None else canonical, lambda: load(decoded))


def load(text: str) -> object:
    """Return the plain value of a JSON text, its numbers and the texts with a variable as they are spelled."""
    try:
        value = _loads(text)
        return _with_spellings(text) if holds_variable(text) else value
    except json.JSONDecodeError as error:
        raise NotParsed(f"it is not valid JSON ({error.msg})", error.lineno) from None
    except RecursionError:
        raise NotUnderstood(TOO_DEEP) from None


def _loads(text: str) -> object:
    return json.loads(
        text, object_pairs_hook=mapping_of, parse_int=Spelled, parse_float=Spelled, parse_constant=_constant
    )


def _with_spellings(text: str) -> object:
    """Return the value of a text that is JSON, in which quotes stand around strings only."""
    return unmarked(_loads(_STRING.sub(lambda string: marked(string[0], json.loads), text)), json.loads)


def encode_plainly(text: str) -> bytes | None:
    """
    Return what `encode_value(load(text))` does, several times faster; `None` for texts that need a closer look.

    Nearly all of it is a parser and a writer in C. What they would drop or take for the same is looked for in the
    text and in the result: a key that stands twice leaves fewer colons than there were.
    """
    if ("!" in text and '"!' in text) or ("\\" in text and "\\u" in text) or _MINUS_ZERO.search(text):
        return None
    if holds_variable(text):
        return None
    try:
        value = json.loads(text, parse_float="!".__add__, parse_constant=_constant)
    except (ValueError, RecursionError):
        return None
    canonical = write(value)
    if canonical.count(b":") != text.count(":") or _MANY_DIGITS in canonical.translate(_DIGITS_AS_ZERO):
        return None
    return canonical if _is_shallow_and_its_keys_differ(value) else None


def _is_shallow_and_its_keys_differ(value: Any) -> bool:
    """Tell whether no two keys anywhere differ only in case, and it is nested as deep as may be or less."""
    keys: set[str] = set()
    level: list[Any] = [value] if value.__class__ in _CONTAINERS else []
    for _ in range(MAX_DEPTH):
        mappings = [container for container in level if container.__class__ is dict]
        keys.update(*mappings)
        lists = (container for container in level if container.__class__ is list)
        items = list(chain(chain.from_iterable(map(dict.values, mappings)), chain.from_iterable(lists)))
        level = list(compress(items, map(_CONTAINERS.__contains__, map(type, items))))
    return not level and len(set(map(str.casefold, keys))) == len(keys)


def _constant(name: str) -> object:
    raise NotUnderstood(f"{name} is not a JSON number")
