"""How values and texts look in a message: their difference is visible, and nothing controls the terminal."""

import json
from collections.abc import Mapping, Sequence

from ..formats.meaning import Spelled

_MOST_WIDTH = 120
_CONTEXT = 24
"""How much of what two long texts share is shown beside what differs, in characters."""


def shown_pair(old: object, new: object) -> tuple[str, str]:
    """
    Return both sides of a change in one line each, as YAML or JSON spells them; of long ones what is around the change.

    A text has quotes where it would be read as something else without them, or holds what cannot be seen.
    """
    return _apart(_whole(old), _whole(new))


def shown_lines(lines: Sequence[str]) -> list[str]:
    """Return the lines of a text diff (`-...`, `+...`), none of them too wide, and no two that look the same."""
    result: list[str] = []
    blocks: list[tuple[list[str], list[str]]] = []
    for line in map(escaped, lines):
        if not blocks or (line[0] == "-" and blocks[-1][1]):
            blocks.append(([], []))
        blocks[-1][line[0] == "+"].append(line[1:])
    for removed, added in blocks:
        pairs = [_apart(*both) for both in zip(removed, added, strict=False)]
        rest = len(pairs)
        result += [f"-{old}" for old in (*(old for old, _ in pairs), *map(cut, removed[rest:]))]
        result += [f"+{new}" for new in (*(new for _, new in pairs), *map(cut, added[rest:]))]
    return result


def escaped(text: str) -> str:
    """Return a text with escapes, as in Python and JSON, in place of what moves a cursor or cannot be seen."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def cut(text: str, most: int = _MOST_WIDTH) -> str:
    """Return a text without the middle of what is too wide."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


def _whole(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {_inside(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inside, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return escaped(repr(value) if isinstance(value, Spelled) else str(value))


def _text(text: str) -> str:
    from ..formats.yaml_text import plain_scalar

    is_bare = plain_scalar(text) == text and text == text.strip() and text.isprintable() and text[0] not in "[{\"'"
    return text if is_bare else _quoted(text)


def _quoted(text: str) -> str:
    return escaped(json.dumps(text, ensure_ascii=False))


def _inside(value: object) -> str:
    return _quoted(value) if isinstance(value, str) else _whole(value)


def _apart(old: str, new: str) -> tuple[str, str]:
    """Return two texts, or of long ones what is around the first difference."""
    if max(len(old), len(new)) <= _MOST_WIDTH:
        return old, new
    least = min(len(old), len(new))
    start = next((n for n in range(least) if old[n] != new[n]), least)
    end = next((n for n in range(least - start) if old[-1 - n] != new[-1 - n]), least - start)
    skip, keep = max(0, start - _CONTEXT), max(0, end - _CONTEXT)
    parts = (f"{'...' if skip else ''}{text[skip : len(text) - keep]}{'...' if keep else ''}" for text in (old, new))
    before, after = map(cut, parts)
    return before, after
