"""
The text of a component's configuration as Go's sigs.k8s.io/yaml and encoding/json read it: untyped, unchecked.

A text that begins with `{` is JSON, any other is YAML in which plain scalars mean what Go takes them for. What two
parsers could read differently (tags, aliases, merge keys, several documents, duplicate keys) is not understood.
"""

import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml

from .kube_proxy_values import Number
from .meaning import MAX_DEPTH, NotUnderstood, decode_utf_8

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_ONLY_SOME_READ = re.compile("\ufeff|[\x85\u2028\u2029\x00]|^%", re.MULTILINE)

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGERS = [
    (re.compile(r"([-+]?)(0)"), 10),
    (re.compile(r"([-+]?)([1-9][0-9]*)"), 10),
    (re.compile(r"([-+]?)0[xX]([0-9a-fA-F]+)"), 16),
    (re.compile(r"([-+]?)0[bB]([01]+)"), 2),
    (re.compile(r"([-+]?)0[oO]?([0-7]+)"), 8),
]
_LONGEST_NUMBER = 1000
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def parse_text(text: bytes) -> object:
    """
    Return null, bool, text, `Number`, list and dict as the text nests them.

    Raises:
      NotUnderstood: Go and this could read it differently, or not at all.

    """
    decoded = decode_utf_8(text)
    if found := _ONLY_SOME_READ.search(decoded):
        raise NotUnderstood(f"it holds {found[0]!r}, which not every reader knows")
    return _parse_json(decoded) if decoded.lstrip().startswith("{") else _parse_yaml(decoded)


def resolve(text: str) -> bool | str | Number | None:
    """
    Return what Go takes a plain scalar for. YAML 1.1 booleans and octal numbers are known, base 60 and dates are not.

    Source: go.yaml.in/yaml/v2 `resolve`, and encoding/json for the spelling of its floats.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_FINITE.fullmatch(text):
        return Number("NaN")
    if text[0] not in "+-.0123456789":
        return text
    if len(text) > _LONGEST_NUMBER:
        raise NotUnderstood(f"a scalar that begins like a number has more than {_LONGEST_NUMBER} characters")
    plain = text if text[0] == "." else text.replace("_", "")
    for pattern, base in _INTEGERS:
        if found := pattern.fullmatch(plain):
            value = int(found[1] + found[2], base)
            if -(2**63) <= value < 2**64 and not (value >= 2**63 and found[1] == "+"):
                return Number(str(value))
    if _FLOAT.fullmatch(plain):
        number = float(plain)
        if math.isinf(number):  # out of range for Go, and so a text
            return text
        whole = number.is_integer() and abs(number) < 1e21
        return Number(str(int(Decimal(repr(number)))) if whole else repr(number))
    return text


def _parse_json(text: str) -> object:
    if "\\u" in text:  # a quantity is read from the raw bytes
        raise NotUnderstood("it spells characters by their number")
    try:
        return json.loads(
            text, object_pairs_hook=_mapping, parse_int=Number, parse_float=Number, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        raise NotUnderstood(f"it is no JSON ({error.msg}, line {error.lineno})") from None
    except RecursionError:
        raise NotUnderstood("it is nested too deep") from None


def _no_constant(name: str) -> object:
    raise NotUnderstood(f"{name} is no JSON number")


def _parse_yaml(text: str) -> object:
    try:
        events = yaml.parse(text, Loader=_LOADER)
        next(events)  # the start of the stream
        if isinstance(next(events), yaml.StreamEndEvent):
            raise NotUnderstood("it is empty")
        value = _node(next(events), events, 0)
        next(events)  # the end of the document
        if not isinstance(next(events), yaml.StreamEndEvent):
            raise NotUnderstood("it has several documents")
    except yaml.YAMLError as error:
        raise NotUnderstood(f"it is no YAML ({str(error).splitlines()[0]})") from None
    return value


def _node(event: Any, events: Iterator[Any], depth: int) -> object:
    """Return the value that begins with this event."""
    if depth > MAX_DEPTH:
        raise NotUnderstood(f"it is nested deeper than {MAX_DEPTH}")
    if isinstance(event, yaml.AliasEvent) or event.anchor or event.tag:
        raise NotUnderstood("it has a tag, an anchor or an alias")
    if isinstance(event, yaml.ScalarEvent):
        value: str = event.value
        return resolve(value) if event.implicit[0] else value
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(_node(item, events, depth + 1))
        return items
    pairs = []
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        name = _key(key, _node(key, events, depth + 1))
        pairs.append((name, _node(next(events), events, depth + 1)))
    return _mapping(pairs)


def _key(event: Any, value: object) -> str:
    """Return a key as the JSON that Go makes of the YAML has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number) and re.fullmatch(r"-?[0-9]{1,18}", value.literal):
        return value.literal
    if not isinstance(value, str) or (value == "<<" and event.implicit[0]):
        raise NotUnderstood("it has a merge key, or a key that is neither text nor a whole number")
    return value


def _mapping(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotUnderstood("a key stands in one mapping twice")
    return found
