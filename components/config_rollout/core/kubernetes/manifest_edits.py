"""Edits values in a document of a manifest, and makes sure that nothing else becomes another."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..formats.meaning import NotUnderstood
from ..formats.yaml_edits import REMOVED, Edit, NotEdited, edited
from ..formats.yaml_places import Path
from .manifest_text import Document


def write(document: Document, edits: Iterable[Edit]) -> bytes:
    """
    Return the text of a document with all edits made; comments, order and layout stay as they are.

    Raises:
      NotEdited: A place cannot be edited by itself.

    """
    edits = list(edits)
    text, expected = edited(document.text.decode(), edits), edited_value(document, edits)
    try:
        result = Document(document.starts, text.encode()).value()
    except NotUnderstood:
        result = None
    if result != expected:
        raise NotEdited("is written in a way that cannot be edited safely")
    return text.encode()


def edited_value(document: Document, edits: Iterable[Edit]) -> Any:
    """Return the plain value of a document with all edits made."""
    return edited_plain(document.value(), edits)


def edited_plain(value: Any, edits: Iterable[Edit]) -> Any:
    """Make all edits in plain values, in place, and return them."""
    for edit in edits:
        value = _put(value, edit.path, edit.value)
    return value


def with_text(value: Any, path: Path, text: str) -> Any:
    """Return a copy of plain values with a text at a path; mappings that are missing above it are made."""
    if not path:
        return text
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        return [*value[:step], with_text(value[step], rest, text), *value[step + 1 :]]
    known = value if isinstance(value, Mapping) else {}
    return {**known, step: with_text(known.get(step), rest, text)}


def _put(value: Any, path: Path, new: Any) -> Any:
    """Put a value at a path, in place, and return what stands there then; see `Edit`."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        item = _put(value[step], rest, new)
        value[step] = {} if item is REMOVED else item
        return value
    if not isinstance(value, dict):
        if new is REMOVED:
            return value
        value = {}
    if new is REMOVED and step not in value:
        return value
    value[step] = _put(value.get(step), rest, new)
    if value[step] is REMOVED:
        del value[step]
    return REMOVED if new is REMOVED and not value else value
