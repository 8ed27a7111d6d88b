"""
The keys of a ConfigMap whose changes running pods read again: what is stated `reload` and never restarts.

Such a key is a file of its own, so a key that also holds what restarts is none: its text would change under processes
that do not read it again.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..arguments.finding import Finding
from .content import Content
from .effects import Effects, effect_at

RELOAD = "reload"


def reload_keys(effects: Mapping[str, Effects]) -> list[str]:
    """Return the keys that reload as a whole, apart from fields that do nothing."""
    return [key for key, stated in effects.items() if RELOAD in stated.values() and not _restarts(stated)]


def mixed_keys(effects: Mapping[str, Effects]) -> Iterator[Finding]:
    """Find keys of which one part reloads and another restarts."""
    for key, stated in effects.items():
        if RELOAD in stated.values() and _restarts(stated):
            path = next(at for at, effect in stated.items() if effect == RELOAD)
            what = "is reload, but other fields of the key restart, and a file is in one ConfigMap"
            fix = f"Put what reloads into a key of its own, which the program includes, or pass '{key}': 'reload'"
            yield Finding(f"effects['{key}:{path}']" if path else f"effects['{key}']", what, fix)


def no_reloads(effects: Mapping[str, Effects]) -> Iterator[Finding]:
    """Find that something of a Secret is stated to reload."""
    for key, stated in effects.items():
        if RELOAD in stated.values():
            what = "is reload, and a Secret never changes under a running pod"
            yield Finding(f"effects['{key}']", what, "Use 'restart', or move it to a ConfigMap if it is not secret")


def without_keys(content: Content, keys: Collection[str]) -> Content:
    """Return a content without some of its keys, and without what is stated of them."""
    return _of(content, [key for key in content.meanings if key not in keys])


def reloaded(content: Content, keys: Collection[str]) -> Content:
    """Return what running pods read again, as a content that has a hash: a reload counts as a restart does there."""
    of = _of(content, keys)
    effects = {
        key: {path: "restart" if effect == RELOAD else effect for path, effect in stated.items()}
        for key, stated in of.effects.items()
    }
    return replace(of, effects=effects, text_version="")


def _of(content: Content, keys: Collection[str]) -> Content:
    def some(values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in values.items() if key in keys}

    return replace(
        content,
        data=some(content.data),
        binary_data=some(content.binary_data),
        formats=some(content.formats),
        effects=some(content.effects),
        unread=content.unread & {*keys},
    )


def _restarts(stated: Effects) -> bool:
    return "restart" in (effect_at("", stated), *stated.values())
