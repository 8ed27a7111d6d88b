"""Fields of a mapping that a caller passed: their names, numbers and seconds. What they mean is their owner's."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .case import snake_case
from .finding import Finding
from .nearest import did_you_mean

_NOWHERE: Mapping[str, str] = {}

_EXACT = 2**53
"""From here on a float is not every whole number."""

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def wrong_value(where: str, what: str, value: object, fix: str) -> Finding:
    """Return the finding on the value of a field: it is missing, or it is wrong and shown as it was written."""
    return Finding(where, "is required" if value is None else f"{what} (got {as_written(value)})", fix)


def as_written(value: object) -> str:
    """Return a value as Python spells it, whole numbers without `.0`: Pulumi passes every number as a float."""
    return repr(whole_numbers(value))


def whole_numbers(value: object) -> object:
    """Return a structure with whole numbers as such; the API server takes `80.0` for no port."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, Mapping):
        return {key: whole_numbers(item) for key, item in value.items()}
    return [whole_numbers(item) for item in value] if isinstance(value, list) else value


def named(
    where: str,
    fields: Mapping[str, object],
    known: Sequence[str],
    what: str = "field",
    elsewhere: Mapping[str, str] = _NOWHERE,
) -> tuple[dict[str, object], list[Finding]]:
    """
    Return the values by their snake_case names, and a finding for each unknown name.

    `elsewhere` is a field that belongs to another place -> that place, as the end of a sentence.
    """
    of = {snake_case(str(key)): value for key, value in fields.items() if value is not None}
    findings = []
    for name in of:
        if name not in known:
            fix = _place_or_nearest(name, known, elsewhere)
            findings.append(Finding(f"{where}.{name}", f"is not a known {what}", fix))
    return of, findings


def check_seconds(where: str, value: object, least: int) -> Iterator[Finding]:
    """Find what is not a number of seconds, or is too small."""
    if not is_whole_number(value) or value < least:  # type: ignore[operator]
        yield wrong_value(where, f"must be a whole number of at least {least}", value, "Pass an int in that range")


def check_argument_names(
    names: Iterable[str], known: Iterable[str], required: Iterable[str], elsewhere: Mapping[str, str] = _NOWHERE
) -> Iterator[Finding]:
    """Find unknown arguments, with their place or else the nearest known one, and required ones that are missing."""
    names, known = list(names), sorted(known)
    for name in names:
        if name not in known:
            yield Finding(name, "is not a known argument", _place_or_nearest(name, known, elsewhere))
    for name in required:
        if name not in names:
            yield Finding(name, "is required", "Pass it")


def _place_or_nearest(name: str, known: Sequence[str], elsewhere: Mapping[str, str]) -> str:
    if place := elsewhere.get(snake_case(str(name))):
        return f"Put `{name}` {place}"
    return did_you_mean(name, known, f"Use one of {', '.join(known)}" if known else "Leave it out")


def check_name(where: str, name: object, max_length: int = 63) -> Iterator[Finding]:
    """Find what keeps a name from being a DNS label. Source: RFC 1123, Kubernetes "Object Names and IDs"."""
    if not isinstance(name, str):
        yield Finding(where, f"must be text (got {type(name).__name__})", "Pass a plain str")
    elif not _DNS_LABEL.fullmatch(name):
        yield Finding(
            where,
            f"is not a valid DNS label (got {name!r})",
            "Use lowercase letters, digits and '-', and begin and end with a letter or digit",
        )
    elif len(name) > max_length:
        room = "" if max_length == 63 else f", since the ConfigMap's name adds {63 - max_length} for the hash"
        yield Finding(where, f"has {len(name)} characters", f"Use at most {max_length}{room}")


def check_config_map_name(where: str, name: object, max_length: int, kind: str = "ConfigMap") -> Iterator[Finding]:
    """Find what keeps a name from being a DNS subdomain. Source: RFC 1123, Kubernetes "Object Names and IDs"."""
    if not isinstance(name, str):
        yield Finding(where, f"the name must be text (got {type(name).__name__})", "Pass a plain str")
    elif not all(_DNS_LABEL.fullmatch(part) for part in name.split(".")):
        fix = "Use lowercase letters, digits, '-' and '.', and begin and end with a letter or digit"
        yield Finding(where, f"is not the name of a {kind}", fix)
    elif len(name) > max_length:
        yield Finding(where, f"the name has {len(name)} characters", f"Use at most {max_length}")


def check_text_map(where: str, texts: object) -> Iterator[Finding]:
    """Find entries of labels or annotations that are not text."""
    if not isinstance(texts, Mapping):
        yield Finding(where, f"must map key to text (got {type(texts).__name__})", "Pass a dict")
        return
    for key, value in texts.items():
        if value is None or isinstance(value, bool | int | float | bytes | Mapping | list | tuple):
            yield Finding(f"{where}[{key!r}]", f"must be text (got {as_written(value)})", "Quote it")


def is_whole_number(value: object) -> bool:
    """Return whether the value is a whole number that is not negative."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == int(value)


def check_whole_number(where: str, value: object, least: int = 0) -> Iterator[Finding]:
    """Find what is not a whole number, or is too small."""
    if isinstance(value, bool | str | Mapping | list) or value is None:
        yield wrong_value(where, "must be a whole number", value, "Pass an int")
    elif isinstance(value, int | float) and (value < least or value != int(value)):
        yield wrong_value(where, f"must be a whole number of at least {least}", value, "Pass an int in that range")
