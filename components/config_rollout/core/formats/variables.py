"""
What programs expand in a text before they parse it: variables (`$NAME`, `${NAME}`), and templates.

A value can be any text, so how a scalar with a variable is quoted counts, and so does a comment with one: a variable
that is not set keeps a program from starting there too.

Source: vector.dev/docs/reference/environment_variables, and vectordotdev/vector issue 797 for comments; Loki's and
Promtail's `-config.expand-env`; Go's `os.Expand`.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from .meaning import NotUnderstood, Spelled

_VARIABLE = re.compile(r"\$[A-Za-z0-9_{]")
_BRACES = re.compile(rb"\{\{")  # which is found three times faster than by `in`


def holds_variable(text: str) -> bool:
    """Tell whether a text holds what looks like a variable; most hold no `$` at all."""
    return "$" in text and _VARIABLE.search(text) is not None


def with_variables(comments: Iterable[str]) -> tuple[str, ...]:
    """Return the comments that hold a variable."""
    return tuple(filter(holds_variable, comments))


def marked(spelling: str, value_of: Callable[[str], str]) -> str:
    """
    Return what a parser of JSON or TOML, which does not tell how a string is spelled, is given in place of a string.

    One with a variable becomes `$0` and its spelling; no other may begin with `$`, so such a one becomes `$1` and its
    value. `value_of` reads a spelling.
    """
    if holds_variable(spelling):
        return _quoted("$0" + spelling)
    if ("$" in spelling or "\\" in spelling) and (value := value_of(spelling)).startswith("$"):
        return _quoted("$1" + value)
    return spelling


def unmarked(value: object, value_of: Callable[[str], str]) -> Any:
    """Return what was parsed, with the spelling of each string and key that holds a variable."""
    if isinstance(value, list):
        return [unmarked(item, value_of) for item in value]
    if isinstance(value, dict):
        return {unmarked(key, value_of): unmarked(item, value_of) for key, item in value.items()}
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    return Spelled(value[2:], value_of(value[2:])) if value.startswith("$0") else value[2:]


def _quoted(text: str) -> str:
    """Return a string as both JSON and TOML read it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def refuse_templates(text: bytes) -> None:
    """
    Refuse a text that a template engine may rewrite as a whole.

    Raises:
      NotUnderstood: It holds `{{`, `{%` or `<%`.

    """
    if _BRACES.search(text) or (b"%" in text and (b"{%" in text or b"<%" in text)):
        raise NotUnderstood("it looks like a template")
