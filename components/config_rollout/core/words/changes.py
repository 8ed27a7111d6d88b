"""The words for what changed: a line for each key of a ConfigMap, below it its fields, or the lines of its text."""

import re
from collections.abc import Sequence

from ..configuration.diff import (
    HASH_KEY,
    KEYED,
    LINES,
    NO_NEWLINE,
    TEXT_VERSION,
    UNREAD,
    FieldChange,
    KeyChange,
    line_diff,
)
from ..configuration.effects import STATED
from ..configuration.secret_values import hide, secret_lines
from ..formats.meaning import FieldEffect
from .shown import escaped, shown_lines, shown_pair

NO_RESTART = ": restarts nothing"
"""The note of a field whose change restarts no pod."""

_OF_LINES = {
    TEXT_VERSION: ": rolls every text out as it is written",
    HASH_KEY: ": every Secret gets a new hash, and only sizes tell what else changed",
}
"""What follows a change of such a line."""

_MOST_LINES = 12
"""A text diff of more lines than this is counted, not shown."""


def key_summary(keys: Sequence[KeyChange]) -> tuple[str, int]:
    """Return the first field or key whose change restarts pods, in words, and how many there are."""
    renamed, again = _renames(keys)
    changed = [key for key in keys if key.restarts and _place(key) not in again]
    count = sum(len(restarting_fields(key)) or 1 for key in changed)
    return _first_words(changed[0], restarting_fields(changed[0]), renamed.get(_place(changed[0]), "")), count


def reloads(key: KeyChange) -> bool:
    """Return whether running pods read a key's change again, and nothing of it restarts them."""
    if key.restarts:
        return False
    return key.effect.effect == _RELOAD if key.fields is None else bool(_reloading_fields(key))


def reload_summary(keys: Sequence[KeyChange]) -> tuple[str, int]:
    """Return the first field or key that running pods read again, in words, and how many there are."""
    changed = [key for key in keys if reloads(key)]
    return _first_words(changed[0], _reloading_fields(changed[0])), sum(
        len(_reloading_fields(key)) or 1 for key in changed
    )


def _first_words(key: KeyChange, fields: Sequence[FieldChange], new_name: str = "") -> str:
    if key.section in LINES:
        return _line_words(key)
    name = key.name
    if new_name:
        return f"{name} renamed to {new_name}"
    if _stopped_parsing(key):
        return f"{name} can no longer be parsed as {_format(key)}"
    if fields:
        return f"{name}: {_field_words(fields[0])}"
    if key.restated:
        return f"{name}: {_reading_words(key)}" if _reading_words(key) else f"{name} is compared differently"
    if key.section == KEYED:
        return f"{name}: {size_words(key)}"
    lines = key.line_diff
    what = {"+": "added", "-": "removed"}.get(key.op) or (_counts(lines) if lines else "changed")
    return f"{name} {what}"


def _line_words(change: KeyChange) -> str:
    """Return a change of the text version, or another single line, in the words of its argument."""
    old, new = shown_pair(*((side or b"").decode() for side in (change.old, change.new)))
    return f"{change.name} {({'+': new, '-': old}).get(change.op) or f'{old} => {new}'}"


def size_words(change: KeyChange) -> str:
    """Return how long a Secret's key is and that it changed: more is never shown."""
    what = {"+": "added", "-": "removed"}.get(change.op, "changed")
    return f"{bytes_words([f'{size:,}' for size in change.sizes])} {what}"


def bytes_words(sizes: Sequence[str]) -> str:
    """Return one or two sizes as `7 bytes`, or `7 => 9 bytes`."""
    of = " => ".join(dict.fromkeys(sizes))
    return f"{of} {'byte' if of == '1' else 'bytes'}"


def lines_of_keys(keys: Sequence[KeyChange]) -> list[str]:
    """Return the lines of all keys; one that comes back with its content under another name was renamed."""
    renamed, again = _renames(keys)
    lines: list[str] = []
    for key in keys:
        if _place(key) in renamed:
            lines.append(f"  ~ {key.name} renamed to {renamed[_place(key)]}")
        elif _place(key) not in again:
            lines += key_lines(key)
    return lines


def key_lines(change: KeyChange) -> list[str]:
    """Return one line for the key, and below it its fields, or the lines of a small text diff."""
    if change.section in LINES:
        return [f"  {change.op} {_line_words(change)}{_OF_LINES.get(change.section, '')}"]
    fields = change.fields
    if fields == [] and not change.restarts:
        return [f"  = {change.name}: written differently, means the same"]
    if change.restated:
        return [f"  {change.op} {change.name}: {_reading_words(change) or _RESTATED}", *_all_fields(fields)]
    if fields is not None:
        return [f"  {change.op} {change.name}", *_all_fields(fields)]
    if change.section == KEYED:
        return [f"  {change.op} {change.name}: {size_words(change)}{_words(change.effect)}"]
    if change.section != "data":
        sizes = [f"{len(value):,} bytes" for value in (change.old, change.new) if value is not None]
        return [f"  {change.op} {change.name}: binary, {' => '.join(sizes)}{_words(change.effect)}"]
    lines = change.line_diff
    added, removed = (sum(line[0] == sign for line in lines) for sign in "+-")
    counts = {"+": _lines(added), "-": _lines(removed)}.get(
        change.op, f"{_lines(added)} added, {removed:,} removed{_note(change)}"
    )
    texts = [(value or b"").decode(errors="replace") for value in (change.old, change.new)]
    shown_ones = _some_lines(lines, texts) if change.op == "~" else []
    return [f"  {change.op} {change.name}: {counts}{_words(change.effect)}", *(f"      {one}" for one in shown_ones)]


def field_lines(change: FieldChange, secret: bool, note: str = "") -> list[str]:
    """
    Return a field's change with Pulumi's signs, what it does where that is known, and a note.

    That is one line; below it stand the lines that differ where both sides are texts of several lines.
    """
    name, path = field_name(change.path), escaped(change.path)
    old, new = change.old, change.new
    if isinstance(old, str) and isinstance(new, str) and "\n" in old.strip() + new.strip() and not secret:
        lines = line_diff(old, new)
        if hide(old, name) is old and hide(new, name) is new:
            added, removed = (sum(line[0] == sign for line in lines) for sign in "+-")
            head = f"{change.op} {path}: {_lines(added)} added, {removed:,} removed{_words(change.effect)}{note}"
            return [head, *(f"    {line}" for line in _some_lines(lines, []))]
    sides = ["[secret]", "[secret]"] if secret else shown_pair(hide(old, name), hide(new, name))
    what = {"+": sides[1], "-": sides[0]}.get(change.op) or " => ".join(sides)
    return [f"{change.op} {path}: {what}{_words(change.effect)}{note}"]


def field_name(path: str) -> str:
    """Return the name of the field that a path leads to, or of the item whose `value` it is."""
    *_, last = path.split(".")
    name, _, item = last.partition("[")
    named = re.search(r"\[name=([^]]*)\]\.value$", path)
    return named[1] if named else name or item.removesuffix("]")


_RELOAD = "reload"
_RESTATED = "its `formats` or `effects` changed"


def _reading_words(change: KeyChange) -> str:
    """Return that pods begin or cease to read a key; empty where neither is so."""
    old, new = change.old_meaning, change.new_meaning
    if not old or not new or old.unread == new.unread:
        return ""
    return "pods read it from now on" if old.unread else "no pod reads it any more"


def restarting_fields(change: KeyChange) -> list[FieldChange]:
    """Return the fields of a key whose change restarts."""
    return [field for field in change.fields or [] if field.effect.effect == "restart"]


def _reloading_fields(change: KeyChange) -> list[FieldChange]:
    return [field for field in change.fields or [] if field.effect.effect == _RELOAD]


def is_left(change: KeyChange) -> bool:
    """Return whether a change waits for one that restarts: the caller says so, or no pod reads it."""
    if reloads(change):
        return False
    effects = [change.effect, *(field.effect for field in change.fields or [])]
    return any(effect.kind in (STATED, UNREAD) for effect in effects)


def and_more(count: int) -> str:
    """Return how many there are beside the named one."""
    return f", and {count - 1:,} more" if count > 1 else ""


_Place = tuple[str, str, str, str, str]


def _place(key: KeyChange) -> _Place:
    return key.kind, key.source, key.section, key.op, key.key


def _renames(keys: Sequence[KeyChange]) -> tuple[dict[_Place, str], set[_Place]]:
    """Return key -> new name of those that were renamed, and the keys that are these under their new names."""
    added = [key for key in keys if key.op == "+" and key.restarts]
    renamed, again = {}, set()
    for key in keys:
        same = [one for one in added if key.op == "-" and key.restarts and _is_same(key, one)]
        if same:
            renamed[_place(key)] = same[0].key
            again.add(_place(same[0]))
            added.remove(same[0])
    return renamed, again


def _is_same(removed: KeyChange, added: KeyChange) -> bool:
    before, after = removed.old_meaning, added.new_meaning
    formats = before and before.format, after and after.format
    return (removed.kind, removed.source, removed.section, removed.old, formats[0]) == (
        added.kind, added.source, added.section, added.new, formats[1]
    )  # fmt: skip


def _stopped_parsing(key: KeyChange) -> bool:
    """Return whether a text that was understood can no longer be parsed."""
    return bool(key.old_meaning and not key.old_meaning.note and key.new_meaning and key.new_meaning.warnings
                and key.new_meaning.note)  # fmt: skip


def _format(key: KeyChange) -> str:
    """Return the format that a key had, and where it stopped being valid."""
    old, new = key.old_meaning, key.new_meaning
    return f"{old.format.upper()} ({new.warnings[0].where})" if old and new else ""


def _all_fields(fields: Sequence[FieldChange] | None) -> list[str]:
    """Return the lines of the first fields, and how many more there are."""
    fields = fields or []
    lines = [f"      {line}" for field in fields[:_MOST_LINES] for line in field_lines(field, secret=False)]
    return [*lines, *([f"      and {len(fields) - _MOST_LINES:,} more"] if len(fields) > _MOST_LINES else [])]


def _some_lines(lines: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Return the lines of a text diff that is not too long, those that look like secrets without their text."""
    if len(lines) > _MOST_LINES:
        return []
    secret = {line.replace("\r", "\\r") for text in texts for line in secret_lines(text)} if lines else set()
    return shown_lines(
        [f"{line[0]}[secret]" if line[1:].removesuffix(NO_NEWLINE) in secret else line for line in lines]
    )


def _counts(lines: Sequence[str]) -> str:
    added, removed = (sum(line[0] == sign for line in lines) for sign in "+-")
    return f"+{added} -{removed}"


def _note(change: KeyChange) -> str:
    """Return why a text of a known format counts byte for byte."""
    notes = [meaning.note for meaning in (change.new_meaning, change.old_meaning) if meaning and meaning.note]
    return f"; counts byte for byte: {notes[0]}" if notes else ""


def _field_words(change: FieldChange) -> str:
    """Return a field's change as part of a sentence."""
    path, old, new = escaped(change.path), change.old, change.new
    if change.op != "~":
        return f"{path} {'added' if change.op == '+' else 'removed'}"
    if isinstance(old, str) and isinstance(new, str) and "\n" in old.strip() + new.strip():
        return f"{path} {_counts(line_diff(old, new))}"
    name = field_name(change.path)
    return f"{path} {' => '.join(shown_pair(hide(old, name), hide(new, name)))}"


def _words(effect: FieldEffect) -> str:
    """Return what a change does, for the end of its line; nothing for an ordinary restart."""
    if effect.kind == "restart":
        return ""
    what = {"none": "nothing", "reload": "reload"}.get(effect.effect, effect.kind)
    return f" ({what}: {effect.why})"


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'}"
