"""The line of the field that a finding is about."""

import re
from collections import defaultdict
from collections.abc import Sequence

from ..formats.yaml_places import Node, Path, find
from .manifest import Place

_STEP = re.compile(r"\.?([A-Za-z_$][\w$-]*)|\[([0-9]+)\]|\[(['\"])(.*?)\3\]")
_LINE = re.compile(r"line ([0-9]+)")


def lines(findings: Sequence[tuple[Place, str]]) -> list[int]:
    """
    Return the line of each finding's field, in their order.

    A missing field gets the line of the closest field above it; a field in the text of a `|` block, its line there.

    Args:
      findings: The place of the object, and the field as in `Finding.where`.

    """
    fields = [_field(place, where) for place, where in findings]
    by_document: dict[int, list[int]] = defaultdict(list)
    for number, (place, _) in enumerate(findings):
        by_document[id(place.document)].append(number)
    result = [place.line for place, _ in findings]
    for numbers in by_document.values():
        document = findings[numbers[0]][0].document
        if document is None:
            continue
        nodes = find(document.text.decode(errors="replace"), [fields[number][0] for number in numbers])
        for number in numbers:
            if line := _line(nodes, *fields[number]):
                result[number] = document.starts + line - 1
    return result


def steps(where: str) -> tuple[Path, str]:
    """Return the path that a text begins with, `spec.containers[0].env['A']`, and the rest of it."""
    path: list[str | int] = []
    end = 0
    while step := _STEP.match(where, end):
        if end and step[1] and where[end] != ".":
            break
        path.append(int(step[2]) if step[2] else step[1] or step[4])
        end = step.end()
    return tuple(path), where[end:]


def _field(place: Place, where: str) -> tuple[Path, str]:
    """Return the path of the field in its document, and the place within its text."""
    if _LINE.fullmatch(where):
        return place.item, where
    path, rest = steps(where)
    return (*place.item, *path), rest.removeprefix(": ") if rest.startswith(": ") else ""


def _line(nodes: dict[Path, Node], path: Path, inside: str) -> int:
    """Return the line in the document, 0 if it is not known."""
    number = _LINE.fullmatch(inside)
    if number and not path:
        return int(number[1])
    node = next((nodes[path[:end]] for end in range(len(path), -1, -1) if path[:end] in nodes), None)
    if node is None or not inside or path not in nodes or node.style != "|":
        return node.line if node else 0
    field, _ = steps(inside)
    below = int(number[1]) if number else _line(find(node.text, [field]), field, "")
    return node.own_line + below if below else node.line
