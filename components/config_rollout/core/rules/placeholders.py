"""
Placeholders, which a later step fills in: `${VAR}`, Flux's `${VAR:=10%}`, `$(VAR)`, `{{ VAR }}`, `{% if %}`, `$VAR`.

The value of such a field is not known yet, so rules report it as "not checked".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..markers import UNKNOWN

_PLACEHOLDER = re.compile(r"(?s)\$\{[^{}\n]*\}|\$\([^()\n]*\)|\{\{.*?\}\}|\{%.*?%\}|^\$[A-Za-z_][A-Za-z0-9_]*$")


def placeholder_in(value: object) -> str | None:
    """Return the first placeholder in a text; `None` if there is none or the value is not a text."""
    match = _PLACEHOLDER.search(value) if isinstance(value, str) else None
    return match[0] if match else None


def filled_later(value: object) -> str:
    """Return why a field with a placeholder is not checked, as the predicate of a sentence about the field."""
    return f"contains a placeholder (got {value!r})"


def with_unknowns(value: Any) -> Any:
    """Return a copy of plain values in which every text with a placeholder is `UNKNOWN`."""
    if isinstance(value, Mapping):
        return {key: with_unknowns(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_unknowns(item) for item in value]
    return UNKNOWN if placeholder_in(value) else value


def placeholders(value: object, where: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of every placeholder in plain values, with paths that begin with `where`."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from placeholders(item, f"{where}.{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from placeholders(item, f"{where}[{position}]")
    elif isinstance(value, str) and placeholder_in(value):
        yield where, value
