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


def value_of(field: Field, raw: object) -> object:
    """Return the effective value: the default for a missing one, and for a null or zero that Go treats as missing."""
    if isinstance(raw, Several):
        return _last(field, raw)
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    if raw is ABSENT or (raw is None and field.null_is_default):
        return _zero_of(field, default)
    value = _CONVERT[field.kind](raw)
    if not field.pointer and value in ("", "0s", 0) and not isinstance(value, bool):
        return _zero_of(field, default)
    return value


def _last(field: Field, several: Several) -> object:
    """Return the last of several values; kube-proxy decodes them all, so all have to be of the field's type."""
    if any(isinstance(one, list | dict) for one in several.values):
        raise Refused("appears more than once, as a list or a mapping", "Keep one of them")
    values = [value_of(field, one) for one in several.values]
    usable = [value for value, one in zip(values, several.values, strict=True) if one is not None or field.pointer]
    return usable[-1] if usable else values[-1]


def _zero_of(field: Field, default: object) -> object:
    """Return the default, but nothing if another field or the mode decides it."""
    return "" if field.path in ("mode", "healthzBindAddress", "metricsBindAddress") else default


def _string(raw: object) -> str:
    if not isinstance(raw, str):
        raise Refused(f"must be text (got {show(raw)})", "Quote it")
    return raw


def _bool(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise Refused(f"must be true or false (got {show(raw)})", "Write it without quotes")
    return raw


def _int(raw: object, least: int = -MAX_INT32 - 1, most: int = MAX_INT32) -> int:
    value = integer(raw, least, most) if isinstance(raw, Number) else None
    if value is None:
        raise Refused(
            f"must be a whole number from {least} to {most} (got {show(raw)})", "Write it in digits, without quotes"
        )
    return value


def _float(raw: object) -> float:
    value = float32(raw) if isinstance(raw, Number) else None
    if value is None:
        raise Refused(f"must be a number (got {show(raw)})", "Write it in digits, without quotes")
    return int(value) if value.is_integer() and abs(value) < 10**15 else value


def _duration(raw: object) -> str:
    value = duration(raw) if isinstance(raw, str) else None
    if value is None:
        raise Refused(f"must be a duration (got {show(raw)})", "Write it like '30s' or '1h30m', with a unit")
    return show_duration(value)


def _duration_or_nanoseconds(raw: object) -> str:
    return show_duration(_int(raw, -MAX_INT64 - 1, MAX_INT64)) if isinstance(raw, Number) else _duration(raw)


def _quantity(raw: object) -> int:
    text = raw.literal if isinstance(raw, Number) else raw
    value = quantity(text) if isinstance(text, str) else None
    if value is None:
        raise Refused(f"must be a quantity (got {show(raw)})", "Write it like '64Ki'")
    return value


def _strings(raw: object) -> list[str]:
    if not isinstance(raw, list):
        raise Refused(f"must be a list (got {show(raw)})", "Put '-' before each item")
    return ["" if item is None else _string(item) for item in raw]


def _gates(raw: object) -> dict[str, bool]:
    if not isinstance(raw, dict):
        raise Refused(f"must be a mapping (got {show(raw)})", "Write it like {AllAlpha: false}")
    return {name: False if value is None else _bool(value) for name, value in sorted(raw.items())}


def _vmodule(raw: object) -> list[dict[str, object]]:
    if not isinstance(raw, list):
        raise Refused(f"must be a list (got {show(raw)})", "Put '-' before each item")
    items = []
    for item in raw:
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
    Kind.UINT31: lambda raw: _int(raw, 0),
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
