"""Unknown fields: misspelt, or perhaps newer than what is installed."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Optional

from ..arguments.finding import Finding
from ..arguments.nearest import nearest

Fields = Callable[[], Mapping[str, Optional["Fields"]]]
"""
Gives every spelling of an object's fields -> the fields of what it holds, or of each item; `None` is anything.

A function, since most of a schema is never looked at.
"""


def unknown_fields(where: str, spec: object, fields: Fields, source: str) -> tuple[list[Finding], list[Finding]]:
    """
    Return fields that are a known one misspelt, and others that are not known.

    One of the second kind may be right: Kubernetes gets new fields. What the API server does not know it drops no
    output (seen with Kubernetes 1.36 and pulumi-kubernetes 4.25). The first kind is one letter away from a known field,
    and no two fields of one object are that close.

    Args:
      where: What the object is called.
      spec: Mappings and lists with snake_case or camelCase keys; what else there is may be anything.
      fields: Its fields.
      source: Whose knowledge that is, for the message.

    """
    slips: list[Finding] = []
    others: list[Finding] = []
    for place, name, known in _unknown(where, spec, fields):
        spellings = _same_style(name, known)
        what = f"{source} does not know this field"
        if near := next((spelling for spelling in spellings if _is_slip(name, spelling)), None):
            slips.append(Finding(place, what, f"Write '{near}', if that was meant"))
            continue
        close = nearest(name, spellings)
        near = f", or write '{close}'" if close else ""
        others.append(Finding(place, what, f"Remove it{near}; an API server that does not know it either drops it"))
    return slips, others


def _unknown(where: str, spec: object, fields: Fields) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the place and name of each unknown field, and the fields that there are instead."""
    if isinstance(spec, list | tuple):
        for position, item in enumerate(spec):
            yield from _unknown(f"{where}[{position}]", item, fields)
    elif isinstance(spec, Mapping):
        known = fields()
        for name, value in spec.items():
            place = f"{where}.{name}"
            if name not in known:
                yield place, str(name), list(known)
            elif (inner := known[name]) is not None:
                yield from _unknown(place, value, inner)


def _same_style(name: str, known: list[str]) -> list[str]:
    """Return the spellings that are written as the name is: in snake_case, or in camelCase."""
    other_style = re.compile("_" if name != name.lower() else "[A-Z]")
    return [one for one in known if not other_style.search(one)]


def _is_slip(name: str, known: str) -> bool:
    """Tell whether one letter too many, too few or wrong, two swapped, or case and `_` are all that differs."""
    one, other = (text.lower().replace("_", "") for text in (name, known))
    start = _shared(one, other)
    one, other = one[start:][::-1], other[start:][::-1]
    end = _shared(one, other)
    one, other = one[end:], other[end:]
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])


def _shared(one: str, other: str) -> int:
    """Return how many letters two texts have in common at their beginning."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
