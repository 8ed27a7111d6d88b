"""What differs between two contents, and between two plain structures. Not what follows from it (explain.py)."""

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .content import Content
from .formats.meaning import FieldEffect, Meaning

_MOST_LINES_IN_ORDER = 4000
"""Comparing in order takes time with the square of the lines; beyond this, lines are only counted."""


_RESTARTS = FieldEffect()


class _Marker:
    """A value that is only ever itself."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


ABSENT = _Marker("nothing")
"""Stands for a field that one side does not have."""

UNKNOWN = _Marker("not known before `up`")
"""Stands for a value that preview cannot know; it differs from everything, itself included."""


@dataclass(frozen=True)
class KeyChange:
    """A key of the ConfigMap that was added (`+`), changed (`~`) or removed (`-`)."""

    section: str
    key: str
    old: bytes | None
    new: bytes | None
    old_meaning: Meaning | None = None
    new_meaning: Meaning | None = None

    @property
    def op(self) -> str:
        """Return `+`, `~` or `-`, as Pulumi prints them."""
        return "+" if self.old is None else "-" if self.new is None else "~"

    @property
    def means_the_same(self) -> bool:
        """Return whether the bytes differ and the meaning does not: nothing that is hashed has changed."""
        old, new = self.old_meaning, self.new_meaning
        return old is not None and new is not None and (old.format, old.canonical) == (new.format, new.canonical)

    def fields(self) -> "list[FieldChange] | None":
        """Return the fields that differ; `None` where one side was not understood, so that only its text can differ."""
        old, new = self.old_meaning, self.new_meaning
        if old is None or new is None or old.format != new.format or old.format in ("text", "bytes"):
            return None
        changes = diff_values(old.value, new.value)
        return [replace(change, effect=_effect(change.path, old, new)) for change in changes]

    def line_diff(self) -> list[str]:
        """
        Return the lines removed (`-...`) and added (`+...`), without context; empty for binary data.

        In the order of the text, up to 4,000 lines of both sides together; in longer ones a moved line is none.
        """
        if self.section != "data":
            return []
        old, new = _lines(self.old or b""), _lines(self.new or b"")
        if len(old) + len(new) > _MOST_LINES_IN_ORDER:
            return [*("-" + line for line in _more(old, new)), *("+" + line for line in _more(new, old))]
        changed: list[str] = []
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag != "equal":
                changed += ["-" + line for line in old[i1:i2]]
                changed += ["+" + line for line in new[j1:j2]]
        return changed


@dataclass(frozen=True)
class FieldChange:
    """A field of a structure that was added (`+`), changed (`~`) or removed (`-`)."""

    path: str
    old: object
    new: object
    effect: FieldEffect = _RESTARTS

    @property
    def op(self) -> str:
        """Return `+`, `~` or `-`, as Pulumi prints them."""
        return "+" if self.old is ABSENT else "-" if self.new is ABSENT else "~"


def diff_contents(old: Content, new: Content) -> list[KeyChange]:
    """Return the keys that differ, `data` before `binary_data`, each sorted by key."""
    changes = []
    for (section, before), (_, after) in zip(old.sections(), new.sections(), strict=True):
        for key in sorted(before.keys() | after.keys()):
            meanings = (
                old.meanings[key] if key in before else None,
                new.meanings[key] if key in after else None,
            )
            change = KeyChange(section, key, before.get(key), after.get(key), *meanings)
            if change.old != change.new or not change.means_the_same:
                changes.append(change)
    return changes


def diff_values(old: object, new: object, path: str = "") -> list[FieldChange]:
    """
    Return the fields that differ between two structures of mappings, sequences and leaves.

    Lists whose items all have a `name` of their own are matched by it, as Kubernetes merges containers and volumes;
    other lists are matched by position.
    """
    return list(_walk(old, new, path))


def by_name(items: Sequence[object]) -> dict[str, object] | None:
    """Return name -> item if every item is a mapping with a name of its own."""
    named: dict[str, object] = {
        item["name"]: item for item in items if isinstance(item, Mapping) and isinstance(item.get("name"), str)
    }
    return named if len(named) == len(items) else None


def _walk(old: object, new: object, path: str) -> Iterator[FieldChange]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _walk_fields(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _walk_items(old, new, path)
    elif old is UNKNOWN or new is UNKNOWN or old != new or isinstance(old, bool) != isinstance(new, bool):
        yield FieldChange(path, old, new)


def _walk_fields(old: Mapping[str, object], new: Mapping[str, object], path: str) -> Iterator[FieldChange]:
    for key in sorted(old.keys() | new.keys(), key=lambda key: (str(key), isinstance(key, str))):
        yield from _walk(old.get(key, ABSENT), new.get(key, ABSENT), f"{path}.{key}" if path else str(key))


def _walk_items(old: Sequence[object], new: Sequence[object], path: str) -> Iterator[FieldChange]:
    before, after = by_name(old), by_name(new)
    if before is None or after is None:
        before = {str(i): item for i, item in enumerate(old)}
        after = {str(i): item for i, item in enumerate(new)}
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before]:
        yield FieldChange(f"{path} (order)", list(before), list(after))
    for name in {**before, **after}:
        yield from _walk(before.get(name, ABSENT), after.get(name, ABSENT), f"{path}[{name}]")


def _more(lines: list[str], others: list[str]) -> list[str]:
    """Return the lines that stand here more often than there, in order."""
    surplus = Counter(lines) - Counter(others)
    found = []
    for line in lines:
        if surplus[line] > 0:
            surplus[line] -= 1
            found.append(line)
    return found


def _effect(path: str, old: Meaning, new: Meaning) -> FieldEffect:
    """Return what the change of a field does. One that is in force on either side counts; a list's is its field's."""
    steps = path.split("[")[0].split(".")
    for length in range(len(steps), 0, -1):
        field = ".".join(steps[:length])
        if field in new.effects:
            before, after = old.effects.get(field, _RESTARTS), new.effects[field]
            return before if after.effect == "none" else after
    return _RESTARTS


def _lines(text: bytes) -> list[str]:
    """Return the lines as they are shown: what tells two lines apart is visible in them."""
    *whole, last = text.decode(errors="replace").split("\n")
    lines = [line.replace("\r", "\\r") for line in whole]
    return [*lines, last.replace("\r", "\\r") + " (no newline at the end)"] if last else lines
