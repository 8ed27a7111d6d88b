"""What differs between two contents, and between two plain structures. Not what follows from it (core/explain)."""

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..formats.meaning import FieldEffect, Meaning, Spelled
from ..markers import ABSENT, UNKNOWN
from .content import Content
from .effects import LEFT_OUT, Effects, by_name, by_position, effect_at, field_path, restarting, stated_effect

_MOST_LINES_IN_ORDER = 4000
_MOST_PAIRS_IN_ORDER = 20_000
"""Comparing in order is slow for many lines, and for repeated lines; beyond this they are only counted."""


UNREAD = "unread"
"""The class of a change of a key that no pod reads."""

_RESTARTS = FieldEffect()
_NO_OP = FieldEffect("none", "no-op", "written differently, means the same")

_UNREAD = FieldEffect("none", UNREAD, "no pod reads it")

_VARIABLE = FieldEffect("restart", "variable", "it holds a variable, so its spelling counts")

_COMMENT = "comment"
"""What stands in place of a path for a comment that counts."""

_ORDER = " (order)"

NO_NEWLINE = " (no newline at the end)"
"""What the last line of a text ends in that has no newline."""


TEXT_VERSION = "text_version"
"""The section of a change of the text version, which is not a key."""

TYPE = "type"
"""The section of a change of a Secret's type."""

HASH_KEY = "hash_key"
"""The section of a change of the key with which Secrets are hashed."""

KEYED = "secret"
"""The section of a change of a Secret's key, which has keyed hashes in place of the bytes."""

SECRET_KIND = "Secret"

EXTERNAL = "external "
"""What stands before the kind of an object that someone else owns."""

LINES = (TEXT_VERSION, TYPE, HASH_KEY)
"""The sections of what is one line, and no key."""


@dataclass(frozen=True)
class KeyChange:
    """
    A key of a ConfigMap or Secret, or the text version, that was added (`+`), changed (`~`) or removed (`-`).

    `source` is the object of the `kind`, where there are several. `sizes` has the bytes of each side of a Secret's key.
    """

    section: str
    key: str
    old: bytes | None
    new: bytes | None
    old_meaning: Meaning | None = None
    new_meaning: Meaning | None = None
    source: str = ""
    kind: str = "ConfigMap"
    sizes: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Return the key as messages name it."""
        return f"{self.kind} {self.source}: {self.key}" if self.source else self.key

    @property
    def is_external(self) -> bool:
        """Return whether someone else owns the object."""
        return self.kind.startswith(EXTERNAL)

    @property
    def op(self) -> str:
        """Return `+`, `~` or `-`, as Pulumi prints them."""
        return "+" if self.old is None else "-" if self.new is None else "~"

    @property
    def restarts(self) -> bool:
        """Return whether anything that is hashed has changed."""
        old, new = self.old_meaning, self.new_meaning
        return (old and old.hashed) != (new and new.hashed)

    @property
    def effect(self) -> FieldEffect:
        """Return what the change of the key does as a whole, for one without fields."""
        if self.restarts:
            return _RESTARTS
        if self.is_unread:
            return _UNREAD
        return stated_effect("", *self._stated) if any(self._stated) else _NO_OP

    @property
    def is_unread(self) -> bool:
        """Return whether no pod reads the key, before and after."""
        return all(meaning.unread for meaning in (self.old_meaning, self.new_meaning) if meaning)

    @property
    def restated(self) -> bool:
        """Return whether the text is the same and only its declared format or effects have changed."""
        return self.restarts and (self.fields == [] or self.old == self.new)

    @cached_property
    def fields(self) -> "list[FieldChange] | None":
        """The fields that differ; `None` where one side was not understood, so that only its text can differ."""
        old, new = self.old_meaning, self.new_meaning
        if old is None or new is None or old.format != new.format or old.format in ("text", "bytes", KEYED):
            return None
        changes = [replace(change, effect=_effect(change, old, new)) for change in diff_values(old.value, new.value)]
        changes += _comment_changes(old, new)
        if self.restarts:
            return changes
        none = _UNREAD if self.is_unread else stated_effect("", *self._stated)  # the hash has the last word
        return [replace(one, effect=none) if one.effect.effect == "restart" else one for one in changes]

    @property
    def _stated(self) -> list[Effects]:
        return [meaning.stated for meaning in (self.old_meaning, self.new_meaning) if meaning]

    @cached_property
    def line_diff(self) -> list[str]:
        """The lines that `line_diff` finds; none for binary data."""
        if self.section != "data":
            return []
        return line_diff(*((side or b"").decode(errors="replace") for side in (self.old, self.new)))


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


def line_diff(before: str, after: str) -> list[str]:
    """
    Return the lines of a text that were removed (`-...`) and added (`+...`), without context.

    In the order of the text, up to 4,000 lines of both sides together that do not repeat each other too often; beyond
    that a moved line is none.
    """
    old, new = _without_ends(_lines(before), _lines(after))
    if len(old) + len(new) > _MOST_LINES_IN_ORDER or _pairs(old, new) > _MOST_PAIRS_IN_ORDER:
        return [*("-" + line for line in _more(old, new)), *("+" + line for line in _more(new, old))]
    changed: list[str] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            changed += ["-" + line for line in old[i1:i2]]
            changed += ["+" + line for line in new[j1:j2]]
    return changed


def diff_contents(old: Content, new: Content) -> list[KeyChange]:
    """Return the keys that differ, `data` before `binary_data`, each sorted by key; last the text version."""
    changes = []
    for (section, before), (_, after) in zip(old.sections(), new.sections(), strict=True):
        for key in sorted(before.keys() | after.keys()):
            was = old.meanings[key] if key in before else None
            now = new.meanings[key] if key in after else None
            change = KeyChange(section, key, before.get(key), after.get(key), was, now)
            if change.old != change.new or change.restarts:
                changes.append(change)
    sides = [content.text_version.encode() or None for content in (old, new)]
    if sides[0] != sides[1]:
        was, now = (Meaning("text", side) if side else None for side in sides)
        changes.append(KeyChange(TEXT_VERSION, TEXT_VERSION, sides[0], sides[1], was, now))
    return changes


def diff_values(old: object, new: object, path: str = "") -> list[FieldChange]:
    """
    Return the fields that differ between two structures of mappings, sequences and leaves.

    Lists whose items all have a `name` of their own are matched by it, as Kubernetes merges containers and volumes, and
    the path says so: `containers[name=agent].image`. Other lists are matched by position: `args[0]`.
    """
    return list(_walk(old, new, path))


def _walk(old: object, new: object, path: str) -> Iterator[FieldChange]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _walk_fields(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _walk_items(old, new, path)
    elif old is UNKNOWN or new is UNKNOWN or old != new or isinstance(old, bool) != isinstance(new, bool):
        yield FieldChange(path, old, new)


def _walk_fields(old: Mapping[str, object], new: Mapping[str, object], path: str) -> Iterator[FieldChange]:
    for key in sorted(old.keys() | new.keys(), key=lambda key: (str(key), isinstance(key, str), repr(key))):
        yield from _walk(old.get(key, ABSENT), new.get(key, ABSENT), field_path(path, key))


def _walk_items(old: Sequence[object], new: Sequence[object], path: str) -> Iterator[FieldChange]:
    before, after = by_name(old), by_name(new)
    if before is None or after is None:
        before, after = by_position(old), by_position(new)
    common = [name for name in before if name in after]
    if common != [name for name in after if name in before]:
        yield FieldChange(f"{path}{_ORDER}", list(before), list(after))
    for name in {**before, **after}:
        yield from _walk(before.get(name, ABSENT), after.get(name, ABSENT), f"{path}[{name}]")


def _without_ends(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """Return both sides without the lines at the beginning and at the end that they share."""
    least = min(len(old), len(new))
    first = next((n for n in range(least) if old[n] != new[n]), least)
    last = next((n for n in range(least - first) if old[-1 - n] != new[-1 - n]), least - first)
    return old[first : len(old) - last], new[first : len(new) - last]


def _pairs(old: list[str], new: list[str]) -> int:
    """Return how many pairs of equal lines there are, one from each side."""
    counts = Counter(new)
    return sum(counts[line] for line in old)


def _more(lines: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return the lines that stand here more often than there, in order."""
    surplus = Counter(lines) - Counter(others)
    more = []
    for line in lines:
        if surplus[line] > 0:
            surplus[line] -= 1
            more.append(line)
    return more


def _effect(change: FieldChange, old: Meaning, new: Meaning) -> FieldEffect:
    """Return what the change of a field does. One that is in force on either side counts; a list's is its field's."""
    if not _part_restarts(change, old.stated, new.stated):
        return stated_effect(change.path.removesuffix(_ORDER), old.stated, new.stated)
    steps = change.path.split("[")[0].split(".")
    for length in range(len(steps), 0, -1):
        field = ".".join(steps[:length])
        if field in new.alike and {change.old, change.new} <= new.alike[field][0]:
            return new.alike[field][1]
        if field in new.effects:
            before, after = old.effects.get(field, _RESTARTS), new.effects[field]
            return before if after.effect == "none" else after
    return _VARIABLE if _is_spelled_otherwise(change.old, change.new) else _RESTARTS


def _is_spelled_otherwise(old: object, new: object) -> bool:
    """Return whether both hold the same variables, written in two ways."""
    return isinstance(old, Spelled) and isinstance(new, Spelled) and old.value == new.value is not None


def _comment_changes(old: Meaning, new: Meaning) -> list[FieldChange]:
    """Return the comments that hold a variable and were removed, added or moved."""
    before, after = (
        _VARIABLE if effect_at("", side.stated) == "restart" else stated_effect("", side.stated) for side in (old, new)
    )
    gone, come = _more(old.comments, new.comments), _more(new.comments, old.comments)
    changes = [FieldChange(_COMMENT, comment, ABSENT, before) for comment in gone]
    changes += [FieldChange(_COMMENT, ABSENT, comment, after) for comment in come]
    if not changes and old.comments != new.comments:
        changes.append(FieldChange(_COMMENT + _ORDER, list(old.comments), list(new.comments), after))
    return changes


def _part_restarts(change: FieldChange, old: Effects, new: Effects) -> bool:
    """Return whether what restarts of the two sides differs, by what is stated of each."""
    if not old and not new:
        return True
    path = change.path.removesuffix(_ORDER)
    if path != change.path:
        names = (change.old, old), (change.new, new)
        return _restarting_names(path, *names[0]) != _restarting_names(path, *names[1])
    before, after = (
        value if value is ABSENT else restarting(value, path, stated)
        for value, stated in ((change.old, old), (change.new, new))
    )
    before, after = (ABSENT if part is LEFT_OUT and not _is_place(path) else part for part in (before, after))
    return before is not after and bool(diff_values(before, after))


def _restarting_names(path: str, names: object, stated: Effects) -> list[object]:
    """Return the names of a list's items, without the names of those that restart nothing."""
    known = names if isinstance(names, list) else []
    return [name if effect_at(f"{path}[{name}]", stated) == "restart" else LEFT_OUT for name in known]


def _is_place(path: str) -> bool:
    """Return whether a path ends in a position in a list, which is kept also by what restarts nothing."""
    return path.endswith("]") and path.rpartition("[")[2][:-1].isdigit()


def _lines(text: str) -> list[str]:
    """Return the lines as they are shown: what tells two lines apart is visible in them."""
    *whole, last = text.split("\n")
    lines = [line.replace("\r", "\\r") for line in whole]
    return [*lines, last.replace("\r", "\\r") + NO_NEWLINE] if last else lines
