"""Sets texts in a document of a manifest, and makes sure that nothing else becomes another."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..formats.meaning import NotUnderstood
from ..formats.yaml_edits import NotEdited, set_text
from ..formats.yaml_places import Path
from .manifest_text import Document


def write_texts(document: Document, texts: Iterable[tuple[Path, str]]) -> bytes:
    """
    Return the text of a document in which texts stand at paths; comments, order and layout stay as they are.

    Raises:
      NotEdited: A place cannot be edited by itself.

    """
    text, expected = document.text.decode(), document.value()
    for path, value in texts:
        text, expected = set_text(text, path, value), with_text(expected, path, value)
    try:
        result = Document(document.starts, text.encode()).value()
    except NotUnderstood:
        result = None
    if result != expected:
        raise NotEdited("is written in a way that cannot be edited safely")
    return text.encode()


def with_text(value: Any, path: Path, text: str) -> Any:
    """Return a copy of plain values with a text at a path; mappings that are missing above it are made."""
    if not path:
        return text
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        return [*value[:step], with_text(value[step], rest, text), *value[step + 1 :]]
    known = value if isinstance(value, Mapping) else {}
    return {**known, step: with_text(known.get(step), rest, text)}
