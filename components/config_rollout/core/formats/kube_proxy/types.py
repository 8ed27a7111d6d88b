"""
The types of a KubeProxyConfiguration's fields: a value as written -> the effective value, or why it does not have the
type.

Not the limits beyond its type (validation.py).
"""

from .fields import Field, Kind
from .text import Several
from .values import MAX_INT32, MAX_INT64, Number, duration, float32, integer, quantity, show_duration


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()
"""Stands for the value of a missing field."""


class Refused(Exception):
    """A value does not have its field's type; the arguments are what is wrong and what to do."""


def value_of(field: Field, given: object) -> object:
    """Return the effective value: the default for a missing one, and for a null or zero that Go treats as missing."""
    if isinstance(given, Several):
        return _last(field, given)
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    if given is ABSENT or (given is None and field.null_is_default):
        return _zero_of(field, default)
    value = _CONVERT[field.kind](given)
    if not field.pointer and value in ("", "0s", 0) and not isinstance(value, bool):
        return _zero_of(field, default)
    return value


def _last(field: Field, given: Several) -> object:
    """Return the last of several values; kube-proxy decodes them all, so all have to be of the field's type."""
    if any(isinstance(one, list | dict) for one in given.values):
        raise Refused("appears more than once, as a list or a mapping", "Keep one of them")
    values = [value_of(field, one) for one in given.values]
    said = [value for value, one in zip(values, given.values, strict=True) if one is not None or field.pointer]
    return said[-1] if said else values[-1]


def _zero_of(field: Field, default: object) -> object:
    """Return the default, but nothing if another field or the mode decides it."""
    return "" if field.path in ("mode", "healthzBindAddress", "metricsBindAddress") else default


def _string(given: object) -> str:
    if not isinstance(given, str):
        raise Refused(f"must be text (got {show(given)})", "Quote it")
    return given


def _bool(given: object) -> bool:
    if not isinstance(given, bool):
        raise Refused(f"must be true or false (got {show(given)})", "Write it without quotes")
    return given


def _int(given: object, least: int = -MAX_INT32 - 1, most: int = MAX_INT32) -> int:
    value = integer(given, least, most) if isinstance(given, Number) else None
    if value is None:
        raise Refused(
            f"must be a whole number from {least} to {most} (got {show(given)})", "Write it in digits, without quotes"
        )
    return value


def _float(given: object) -> float:
    value = float32(given) if isinstance(given, Number) else None
    if value is None:
        raise Refused(f"must be a number (got {show(given)})", "Write it in digits, without quotes")
    return int(value) if value.is_integer() and abs(value) < 10**15 else value


def _duration(given: object) -> str:
    value = duration(given) if isinstance(given, str) else None
    if value is None:
        raise Refused(f"must be a duration (got {show(given)})", "Write it like '30s' or '1h30m', with a unit")
    return show_duration(value)


def _duration_or_nanoseconds(given: object) -> str:
    return show_duration(_int(given, -MAX_INT64 - 1, MAX_INT64)) if isinstance(given, Number) else _duration(given)


def _quantity(given: object) -> int:
    text = given.literal if isinstance(given, Number) else given
    value = quantity(text) if isinstance(text, str) else None
    if value is None:
        raise Refused(f"must be a quantity (got {show(given)})", "Write it like '64Ki'")
    return value


def _strings(given: object) -> list[str]:
    if not isinstance(given, list):
        raise Refused(f"must be a list (got {show(given)})", "Put '-' before each item")
    return ["" if item is None else _string(item) for item in given]


def _gates(given: object) -> dict[str, bool]:
    if not isinstance(given, dict):
        raise Refused(f"must be a mapping (got {show(given)})", "Write it like {AllAlpha: false}")
    return {name: False if value is None else _bool(value) for name, value in sorted(given.items())}


def _vmodule(given: object) -> list[dict[str, object]]:
    if not isinstance(given, list):
        raise Refused(f"must be a list (got {show(given)})", "Put '-' before each item")
    items = []
    for item in given:
        if not isinstance(item, dict):
            raise Refused(f"must hold mappings (got {show(item)})", "Write items of filePattern and verbosity")
        pattern, verbosity = item.get("filePattern"), item.get("verbosity")
        items.append(
            {
                "filePattern": "" if pattern is None else _string(pattern),
                "verbosity": 0 if verbosity is None else _int(verbosity, 0),
            }
        )
    return items


_CONVERT = {
    Kind.STRING: _string,
    Kind.BOOL: _bool,
    Kind.INT32: _int,
    Kind.UINT31: lambda given: _int(given, 0),
    Kind.FLOAT32: _float,
    Kind.DURATION: _duration,
    Kind.DURATION_OR_NS: _duration_or_nanoseconds,
    Kind.QUANTITY: _quantity,
    Kind.STRINGS: _strings,
    Kind.GATES: _gates,
    Kind.VMODULE: _vmodule,
}
"""Kind -> what makes a value of it, or raises `Refused`."""


def show(value: object) -> str:
    """Return a value as a message shows it."""
    if isinstance(value, Number):
        return value.literal
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
