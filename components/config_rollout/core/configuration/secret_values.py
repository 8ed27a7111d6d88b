"""
Which values look like secrets, so that nobody prints them. By the rules of detect-secrets, but for its entropy rules,
which take every digest for a secret, and with one of our own: a field whose name ends in `token`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ..formats.meaning import Spelled

_ENDS = 2000
"""How much of a long line is looked at, from either end, in characters: more is never shown."""

_NOT_USED = {"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector"}


class _Secret:
    def __repr__(self) -> str:
        return "[secret]"


SECRET = _Secret()
"""Stands for a value that is not shown."""


def hide(value: object, name: str = "") -> object:
    """Return the value of a field with `SECRET` in place of what looks like one; a list's name is its items'."""
    if isinstance(value, Mapping):
        given = value.get("name")  # as in an `env` of a pod: `{name: DB_PASSWORD, value: ...}`
        return {
            key: hide(item, given if key == "value" and isinstance(given, str) else str(key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [hide(item, name) for item in value]
    if isinstance(value, bool) or not isinstance(value, str | int | Spelled):
        return value
    return SECRET if _looks_secret(name, str(value)) else value


def secret_lines(text: str) -> set[str]:
    """Return the lines of a text that look like secrets, those of a private key included."""
    found, in_key = set(), False
    for line in text.split("\n"):
        in_key = in_key or _is_key(line)
        if in_key or _any_rule(line):
            found.add(line)
        in_key = in_key and "-----END" not in line
    return found


def _looks_secret(name: str, text: str) -> bool:
    name = "secret" if name.lower().endswith("token") else name
    return any(_any_rule(f'{name}: "{line}"') for line in text.split("\n"))


def _any_rule(line: str) -> bool:
    line = line if len(line) <= 2 * _ENDS else f"{line[:_ENDS]} {line[-_ENDS:]}"
    return any(rule.analyze_line(filename="x.yaml", line=line) for rule in _rules())


def _is_key(line: str) -> bool:
    return "PRIVATE KEY" in line and any(
        rule.analyze_line(filename="x.yaml", line=line) for rule in _rules() if rule.secret_type == "Private Key"
    )


@cache
def _rules() -> list[Any]:
    """Import the rules when a value is first to be shown: they take a tenth of a second."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    known: list[Any] = list(get_mapping_from_secret_type_to_class().values())
    return [rule() for rule in known if rule.__name__ not in _NOT_USED]
