"""
Why a DaemonSet changes and what follows, in words.

Read from what the engine is about to write, never from a cluster.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .checks import CONFIG_HASH_ANNOTATION
from .diff import NO_NEWLINE, UNKNOWN, FieldChange, KeyChange, diff_values
from .digest import short_hash
from .effects import STATED
from .formats.meaning import FieldEffect
from .naming import content_name
from .pod_spec import follow
from .secret_values import hide, secret_lines
from .update_strategy import UpdateStrategy

_MOST_LINES = 12
"""A text diff of more lines than this is counted, not shown."""

_MOST_WIDTH = 120

Spec = Mapping[str, object]


@dataclass(frozen=True)
class DaemonSetUpdate:
    """
    One update of a DaemonSet: what it held (recorded.py) and what the engine is about to write, with camelCase keys.

    `keys` are the changes of the ConfigMap since the configuration whose hash is `keys_since`; whether they restart
    anything is read from the two DaemonSets alone. With `secret` the fields are named and their values are not shown.
    `plan` are lines on how the restart goes, wave by wave.
    """

    old: Spec
    new: Spec
    keys: Sequence[KeyChange] = field(default_factory=list)
    keys_since: str = ""
    secret: bool = False
    plan: Sequence[str] = ()

    def hashes(self) -> tuple[str, str]:
        """Return the config hash before and after; empty where there is none."""
        return _config_hash(self.old), _config_hash(self.new)

    def told_keys(self) -> list[KeyChange]:
        """Return the key changes that are this DaemonSet's: not those since what an `up` recorded and never wrote."""
        old_hash, new_hash = self.hashes()
        if self.keys_since != old_hash:
            return []
        return [key for key in self.keys if not key.restarts or old_hash != new_hash]

    def template_changes(self) -> list[FieldChange]:
        """Return the changes of the pod template other than the config hash and the ConfigMap's name."""
        return diff_values(_own_template(self.old), _own_template(self.new))

    def other_changes(self) -> list[FieldChange]:
        """Return the changes outside the pod template."""
        return diff_values(_without_template(self.old), _without_template(self.new))

    def restarts(self) -> bool:
        """Return whether the pod template changes, which is what makes Kubernetes restart pods."""
        return bool(diff_values(_template(self.old), _template(self.new)))


def explain(update: DaemonSetUpdate) -> str:
    """Return the reason and what follows; the first line alone says the most important."""
    old_hash, new_hash = update.hashes()
    keys = update.told_keys()
    template, others = update.template_changes(), update.other_changes()
    if not update.restarts() and not others:
        return (
            "no new restart: the last rollout did not finish, so `up` waits for it again\n"
            f"  {_where(update.new)}: config hash {short_hash(new_hash)}"
        )
    lines = [_headline(update, keys, template, others)]
    for key in keys:
        lines += key_lines(key)
    if old_hash != new_hash and not any(key.restarts for key in keys):
        why = "an earlier `up` was stopped before it reached the DaemonSet, or something undid it"
        lines.append(f"  ~ configuration: {why}")
    lines += [f"  {field_line(change, update.secret)}" for change in template]
    lines += [f"  {field_line(change, update.secret)}: restarts nothing" for change in others]
    lines.append(f"  {_consequence(update, old_hash, new_hash)}")
    return "\n".join(lines)


def explain_unfinished(daemon_set: Spec) -> str:
    """Return what to do when the rollout of a DaemonSet was not through in time."""
    return (
        f"the rollout of DaemonSet {_where(daemon_set)} was not through in time: what has not moved keeps what it had\n"
        "  Correct the configuration, or put the old one back, and run `pulumi up`: it goes on from here, and only\n"
        "  pods that have to move restart. If all is well and it only needs longer, raise rollout_timeout_seconds."
    )


def explain_replace(old_name: str, new_name: str) -> str:
    """Return what follows when the DaemonSet gets another name or namespace."""
    return (
        f"DaemonSet {old_name} is replaced by {new_name}: two DaemonSets at first, then every old pod stops at once\n"
        "  Keep `name` and `namespace` to avoid it."
    )


def explain_keys(keys: Sequence[KeyChange], where: str) -> str:
    """Return what an `up` says whose configuration changed while nothing about the DaemonSet does."""
    if all(not key.restarts and key.fields == [] for key in keys):
        names = ", ".join(key.key for key in keys)
        verb = "is written differently and means" if len(keys) == 1 else "are written differently and mean"
        return f"{names} {verb} the same: nothing restarts"
    if not any(key.restarts for key in keys):
        changed = next(key for key in keys if key.fields != [])
        more = f", and {len(keys) - 1} more" if len(keys) > 1 else ""
        lines = [f"{changed.key}{more}: nothing that is in force changes, nothing restarts"]
        lines += [line for key in keys for line in key_lines(key)]
        if any(_is_stated(key) for key in keys):
            lines.append("  The ConfigMap is left as it is until a change that restarts")
        return "\n".join(lines)
    lines = [f"{_key_summary(keys)}: DaemonSet {where} already has it, nothing restarts"]
    for key in keys:
        lines += key_lines(key)
    return "\n".join(lines)


def _headline(
    update: DaemonSetUpdate, keys: Sequence[KeyChange], template: list[FieldChange], others: list[FieldChange]
) -> str:
    old_hash, new_hash = update.hashes()
    subjects = []
    if old_hash != new_hash:
        subjects.append(_key_summary(keys) if any(key.restarts for key in keys) else "configuration")
    subjects += [change.path for change in template]
    verb = "rolling restart" if update.restarts() else "nothing restarts"
    if update.restarts() and all(change.new is UNKNOWN for change in template) and old_hash == new_hash:
        verb = "rolling restart, if it differs"
    subjects = subjects or [change.path for change in others]
    more = f", and {len(subjects) - 1} more" if len(subjects) > 1 else ""
    return f"{subjects[0]}{more}: {verb}"


def _key_summary(keys: Sequence[KeyChange]) -> str:
    """Return the first field or key that changed, and how many more there are."""
    changed = [key for key in keys if key.restarts]
    key, fields = changed[0], _restarting(changed[0])
    count = sum(len(_restarting(other) or [other]) for other in changed)
    more = f", and {count - 1} more" if count > 1 else ""
    if fields:
        return f"{key.key}: {_field_words(fields[0])}{more}"
    if key.restated:
        return f"{key.key} counts in another way{more}"
    lines = key.line_diff
    added, removed = (sum(line[0] == sign for line in lines) for sign in "+-")
    what = {"+": "added", "-": "removed"}.get(key.op) or (f"+{added} -{removed}" if lines else "changed")
    return f"{key.key} {what}{more}"


def _restarting(change: KeyChange) -> list[FieldChange]:
    """Return the fields of a key whose change restarts."""
    return [field for field in change.fields or [] if field.effect.effect == "restart"]


def _is_stated(change: KeyChange) -> bool:
    """Return whether a change restarts nothing because the caller says so."""
    effects = [change.effect, *(field.effect for field in change.fields or [])]
    return any(effect.kind == STATED for effect in effects)


def key_lines(change: KeyChange) -> list[str]:
    """Return one line for the key, and below it its fields, or the lines of a small text diff."""
    fields = change.fields
    if fields == [] and not change.restarts:
        return [f"  = {change.key}: written differently, means the same"]
    if change.restated:
        return [f"  {change.op} {change.key}: what is stated in `formats` or `effects` changed", *_field_lines(fields)]
    if fields is not None:
        return [f"  {change.op} {change.key}", *_field_lines(fields)]
    if change.section != "data":
        sizes = [f"{len(value):,} bytes" for value in (change.old, change.new) if value is not None]
        return [f"  {change.op} {change.key}: binary, {' => '.join(sizes)}{_words(change.effect)}"]
    lines = change.line_diff
    added, removed = (sum(line[0] == sign for line in lines) for sign in "+-")
    counts = {"+": _lines(added), "-": _lines(removed)}.get(
        change.op, f"{_lines(added)} added, {removed:,} removed{_note(change)}"
    )
    shown = _without_secrets(change, lines) if len(lines) <= _MOST_LINES and change.op == "~" else []
    return [f"  {change.op} {change.key}: {counts}{_words(change.effect)}", *(f"      {cut(line)}" for line in shown)]


def _field_lines(fields: Sequence[FieldChange] | None) -> list[str]:
    """Return a line for each of the first fields, and how many more there are."""
    fields = fields or []
    shown = [f"      {field_line(field, secret=False)}" for field in fields[:_MOST_LINES]]
    return [*shown, *([f"      and {len(fields) - _MOST_LINES:,} more"] if len(fields) > _MOST_LINES else [])]


def _without_secrets(change: KeyChange, lines: Sequence[str]) -> list[str]:
    """Return the lines of a text diff, those that look like secrets without their text."""
    texts = [(value or b"").decode(errors="replace") for value in (change.old, change.new)]
    secret = {line.replace("\r", "\\r") for text in texts for line in secret_lines(text)} if lines else set()
    return [f"{line[0]}[secret]" if line[1:].removesuffix(NO_NEWLINE) in secret else line for line in lines]


def _note(change: KeyChange) -> str:
    """Return why a text that should have a meaning counts byte for byte."""
    notes = [meaning.note for meaning in (change.new_meaning, change.old_meaning) if meaning and meaning.note]
    return f"; counts byte for byte: {notes[0]}" if notes else ""


def _field_words(change: FieldChange) -> str:
    """Return a field's change as part of a sentence."""
    if change.op == "~":
        return f"{change.path} {_show(change.old)} => {_show(change.new)}"
    return f"{change.path} {'added' if change.op == '+' else 'removed'}"


def field_line(change: FieldChange, secret: bool) -> str:
    """Return a field's change as a line, with Pulumi's signs, and what it does where that is known."""
    name = field_name(change.path)
    old, new = ("[secret]" if secret else _show(hide(value, name)) for value in (change.old, change.new))
    line = f"{change.op} {change.path}: {({'+': new, '-': old}).get(change.op) or f'{old} => {new}'}"
    return line + _words(change.effect)


def field_name(path: str) -> str:
    """Return the name of the field that a path leads to, or of the item whose `value` it is."""
    *_, last = path.split(".")
    name, _, item = last.partition("[")
    named = re.search(r"\[name=([^]]*)\]\.value$", path)
    return named[1] if named else name or item.removesuffix("]")


def _words(effect: FieldEffect) -> str:
    """Return what a change does, for the end of its line; nothing for a restart without more to say."""
    if effect.kind == "restart":
        return ""
    what = {"none": "nothing", "reload": "reload"}.get(effect.effect, effect.kind)
    return f" ({what}: {effect.why})"


def _consequence(update: DaemonSetUpdate, old_hash: str, new_hash: str) -> str:
    where = _where(update.new)
    if not update.restarts():
        return f"nothing restarts in DaemonSet {where}"
    hashes = f"{short_hash(old_hash)} => {short_hash(new_hash)}: " if old_hash != new_hash else ""
    if update.plan:
        lines = [f"{hashes}rolling restart of DaemonSet {where}, wave by wave", *update.plan]
        return "\n    ".join(lines)
    spec = update.new.get("spec")
    strategy = UpdateStrategy.of(spec.get("updateStrategy") if isinstance(spec, Mapping) else None)
    return f"{hashes}rolling restart of DaemonSet {where}, {strategy.budget()}"


def _where(daemon_set: Spec) -> str:
    metadata = daemon_set.get("metadata")
    fields = metadata if isinstance(metadata, Mapping) else {}
    return f"{fields.get('namespace', 'default')}/{fields.get('name', '?')}"


def _template(daemon_set: Spec) -> Spec:
    spec = daemon_set.get("spec")
    template = spec.get("template") if isinstance(spec, Mapping) else None
    return template if isinstance(template, Mapping) else {}


def _annotations(daemon_set: Spec) -> Spec:
    metadata = _template(daemon_set).get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return annotations if isinstance(annotations, Mapping) else {}


def _config_hash(daemon_set: Spec) -> str:
    return str(_annotations(daemon_set).get(CONFIG_HASH_ANNOTATION, ""))


def _own_template(daemon_set: Spec) -> Spec:
    """Return annotations, labels and pod spec as the caller wrote them: without our hash, with the plain name."""
    template, metadata = _template(daemon_set), daemon_set.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    mounted = content_name(str(name), _config_hash(daemon_set))
    pod_spec = template.get("spec")
    own = follow(pod_spec, mounted, str(name)) if isinstance(pod_spec, Mapping) else {}
    annotations = {k: v for k, v in _annotations(daemon_set).items() if k != CONFIG_HASH_ANNOTATION}
    pod_metadata = template.get("metadata")
    labels = pod_metadata.get("labels") if isinstance(pod_metadata, Mapping) else None
    return {**own, "annotations": annotations, "labels": labels or {}}


def _without_template(daemon_set: Spec) -> Spec:
    spec = daemon_set.get("spec")
    rest = {k: v for k, v in spec.items() if k != "template"} if isinstance(spec, Mapping) else {}
    metadata = daemon_set.get("metadata")
    return {**rest, "metadata": metadata if isinstance(metadata, Mapping) else {}}


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'}"


def _show(value: object) -> str:
    return cut(value if isinstance(value, str) else repr(value))


def cut(text: str, most: int = _MOST_WIDTH) -> str:
    """Return a text without the middle of what is too wide: two long values mostly differ at an end."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"
