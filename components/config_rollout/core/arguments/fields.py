"""Fields of a mapping that a caller passed: their names, numbers and seconds. What they mean is their owner's."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .case import snake_case
from .finding import Finding
from .nearest import did_you_mean

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def named(
    where: str, given: Mapping[str, object], known: Sequence[str], what: str = "field"
) -> tuple[dict[str, object], list[Finding]]:
    """Return the values by their snake_case names, and a finding for each unknown name."""
    of = {snake_case(str(key)): value for key, value in given.items() if value is not None}
    findings = []
    for name in of:
        if name not in known:
            fix = did_you_mean(name, known, f"Use one of {', '.join(known)}" if known else "Leave it out")
            findings.append(Finding(f"{where}.{name}", f"is not a known {what}", fix))
    return of, findings


def check_seconds(where: str, value: object, least: int) -> Iterator[Finding]:
    """Find what is not a number of seconds, or is too small."""
    if not is_number_of_pods(value) or value < least:  # type: ignore[operator]
        yield Finding(where, f"must be a whole number of at least {least} (got {value!r})", "Pass an int in that range")


def check_argument_names(given: Iterable[str], known: Iterable[str], required: Iterable[str]) -> Iterator[Finding]:
    """Find unknown arguments, with the nearest known one, and required ones that are missing."""
    given, known = list(given), sorted(known)
    for name in given:
        if name not in known:
            fix = did_you_mean(name, known, f"Use one of {', '.join(known)}")
            yield Finding(name, "is not a known argument", fix)
    for name in required:
        if name not in given:
            yield Finding(name, "is required", "Pass it")


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


def check_config_map_name(where: str, name: object, max_length: int) -> Iterator[Finding]:
    """Find what keeps a name from being a DNS subdomain. Source: RFC 1123, Kubernetes "Object Names and IDs"."""
    if not isinstance(name, str):
        yield Finding(where, f"the name must be text (got {type(name).__name__})", "Pass a plain str")
    elif not all(_DNS_LABEL.fullmatch(part) for part in name.split(".")):
        fix = "Use lowercase letters, digits, '-' and '.', and begin and end with a letter or digit"
        yield Finding(where, "is not the name of a ConfigMap", fix)
    elif len(name) > max_length:
        yield Finding(where, f"the name has {len(name)} characters", f"Use at most {max_length}")


def check_text_map(where: str, given: object) -> Iterator[Finding]:
    """Find entries of labels or annotations that are not text."""
    if not isinstance(given, Mapping):
        yield Finding(where, f"must map key to text (got {type(given).__name__})", "Pass a dict")
        return
    for key, value in given.items():
        if value is None or isinstance(value, bool | int | float | bytes | Mapping | list | tuple):
            yield Finding(f"{where}[{key!r}]", f"must be text (got {value!r})", "Quote it")


def is_number_of_pods(value: object) -> bool:
    """Return whether the value is a whole number that is not negative."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == int(value)


def check_whole_number(where: str, value: object, least: int = 0) -> Iterator[Finding]:
    """Find what is not a whole number, or is too small."""
    if isinstance(value, bool | str | Mapping | list) or value is None:
        yield Finding(where, f"must be a whole number (got {value!r})", "Pass an int")
    elif isinstance(value, int | float) and (value < least or value != int(value)):
        yield Finding(where, f"must be a whole number of at least {least} (got {value})", "Pass an int in that range")
