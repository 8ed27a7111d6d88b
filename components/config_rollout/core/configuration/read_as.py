"""
How a ConfigMap of ours is read, as it says itself, where its content does not tell it.

So anyone can check the hash of an object without the program that made it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..arguments.finding import Finding
from ..formats import read_key
from ..kubernetes.annotations import READ_AS_ANNOTATION
from ..kubernetes.workload_kinds import KINDS
from .content import Content
from .effects import state

_MUST_BE = 'must be a JSON object with "formats" and "effects" that map text to text, "text_version", and "keys"'


@dataclass(frozen=True)
class ReadAs:
    """Formats, effects and text version, as the component takes them, and the keys that pods read; `None` for all."""

    formats: Mapping[str, str] = field(default_factory=dict)
    effects: Mapping[str, str] = field(default_factory=dict)
    text_version: str | None = None
    keys: Sequence[str] | None = None

    def reads(self, key: str, is_text: bool = True) -> bool:
        """Return whether pods read a key."""
        return self.keys is None or key in self.keys


def annotations(content: Content) -> dict[str, str]:
    """Return the annotation of the ConfigMap that holds a content; nothing where the content tells everything."""
    formats = {key: name for key, name in content.formats.items() if _needs_format(key, content)}
    effects = {
        f"{key}:{path}" if path else key: effect
        for key, stated in content.effects.items()
        if _needs_effects(key, content)
        for path, effect in stated.items()
    }
    every = (("formats", formats), ("effects", effects), ("text_version", content.text_version))
    body: dict[str, object] = {name: value for name, value in every if value}
    if content.unread:
        body["keys"] = sorted(content.meanings.keys() - content.unread)
    return {READ_AS_ANNOTATION: json.dumps(body, sort_keys=True)} if body else {}


def read_as(config_map: Mapping[str, Any]) -> tuple[ReadAs | None, list[Finding]]:
    """Return how a ConfigMap says it is to be read, `None` if it is not one of ours, and what is wrong with that."""
    metadata = config_map.get("metadata") or {}
    text = (metadata.get("annotations") or {}).get(READ_AS_ANNOTATION)
    if text is None:
        labels = metadata.get("labels") or {}
        return ReadAs() if any(of.label in labels for of in KINDS.values()) else None, []
    try:
        body = json.loads(text)
    except (TypeError, ValueError):
        body = None
    if not isinstance(body, dict) or not (
        all(_is_text_map(body.get(name, {})) for name in ("formats", "effects"))
        and isinstance(body.get("text_version", ""), str)
        and _is_text_list(body.get("keys", []))
    ):
        return None, [Finding(f"annotation '{READ_AS_ANNOTATION}'", f"{_MUST_BE} (got {text!r})", "Remove it")]
    return ReadAs(body.get("formats", {}), body.get("effects", {}), body.get("text_version"), body.get("keys")), []


def _needs_format(key: str, content: Content) -> bool:
    """Tell whether a key would be read in another format if nobody said which."""
    alone = read_key(key, content.data[key], {})
    with_formats = read_key(key, content.data[key], content.formats)
    return (alone.format, alone.canonical) != (with_formats.format, with_formats.canonical)


def _needs_effects(key: str, content: Content) -> bool:
    """Tell whether what is stated of a key is left out of the hash."""
    if key not in content.data:
        return True
    meaning = read_key(key, content.data[key], content.formats)
    return state(meaning, content.effects[key]).canonical != meaning.canonical


def _is_text_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_text_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
