"""
What a change of a key, or of a field in it, does: declared by the caller, for programs that this library does not know.

Stated as `KEY` or `KEY:PATH` -> effect, with paths as a diff prints them: `a.b[0].c`, and `a.b[name=x]` where all items
of a list have a name of their own. The longest path that covers a field decides. Only what restarts is hashed.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from ..formats.meaning import Documents, FieldEffect, Meaning, encode_value, with_comments

EFFECTS = ("restart", "reload", "none")
"""What a change can do: restart the pods; be read again by the running program; nothing."""

STATED = "stated"
"""The class of a change whose effect the caller states."""

Effects = Mapping[str, str]
"""Path in a key -> effect; the empty path is the whole key."""


class _LeftOut:
    """Stands for what does not restart: an item of a list without names keeps its place."""

    def __repr__(self) -> str:
        return "left out"


LEFT_OUT = _LeftOut()

_WIDER = "Pass the effect for the field that holds them"


def parse_effects(declared: object, keys: Collection[str]) -> tuple[dict[str, Effects], list[Finding]]:
    """Return key -> effects, and what is wrong; `check_paths` checks that each path names a field."""
    if not isinstance(declared, Mapping):
        return {}, [Finding("effects", f"must map key to effect (got {type(declared).__name__})", "Pass a dict")]
    effects: dict[str, dict[str, str]] = {}
    findings = []
    for name, effect in declared.items():
        key, colon, path = str(name).partition(":")
        place = f"effects[{name!r}]"
        if effect not in EFFECTS:
            known = ", ".join(f"'{one}'" for one in EFFECTS)
            findings.append(Finding(place, f"is not a known effect (got {effect!r})", f"Use one of {known}"))
        elif key not in keys:
            findings.append(
                Finding(place, "there is no such key", did_you_mean(key, keys, "Name a key of the content"))
            )
        elif colon and not path:
            findings.append(Finding(place, "has no path after the colon", f"Write '{key}' for the whole key"))
        else:
            effects.setdefault(key, {})[path] = str(effect)
    return dict(effects), findings


def check_paths(key: str, meaning: Meaning) -> list[Finding]:
    """Return a finding for every declared path that names no field of a key, or more than one."""
    if meaning.format == "kube-proxy" and meaning.stated:
        fix = "Leave the effects out: they are known for each field"
        return [Finding(f"effects[{key!r}]", "the key is a KubeProxyConfiguration", fix)]
    fields = [] if meaning.value is None else list(places(meaning.value, ""))
    findings = []
    for path in filter(None, meaning.stated):
        here = [value for at, value in fields if at == path]
        place = f"effects['{key}:{path}']"
        if not fields:
            why = meaning.note or f"it is {meaning.format}"
            fix = "Pass the effect for the whole key, or give the key a format"
            findings.append(Finding(place, f"the key has no fields: {why}", fix))
        elif len(here) != 1:
            fix = did_you_mean(path, {at for at, _ in fields}, "Name a field as `config-rollout diff` prints it")
            two = Finding(place, "two fields have this path", _WIDER)
            findings.append(two if here else Finding(place, "is not a known field", fix))
        elif sum(_covers(path, at) for at, _ in fields) != sum(1 for _ in places(here[0], path)):
            findings.append(Finding(place, "another field's path begins with it", _WIDER))
    return findings


def state(meaning: Meaning, stated: Effects) -> Meaning:
    """Return a key's meaning with its declared effects: only what restarts stays in the canonical bytes."""
    if meaning.format == "kube-proxy":
        return replace(meaning, stated=stated)
    if meaning.value is None and not meaning.comments:
        whole = stated.get("", "restart")
        return replace(meaning, stated=stated, canonical=meaning.canonical if whole == "restart" else None)
    left = restarting(meaning.value, "", stated)
    comments = meaning.comments if effect_at("", stated) == "restart" else ()
    canonical = None if left is LEFT_OUT else with_comments(encode_value(left), comments)
    return replace(meaning, stated=stated, canonical=canonical)


def restarting(value: object, path: str, stated: Effects) -> object:
    """Return what of the value at a path restarts; `LEFT_OUT` if nothing does."""
    return _restarting(value, path, effect_at(path, stated), stated) if stated else value


def effect_at(path: str, stated: Effects) -> str:
    """Return what the change of the field at a path does."""
    covering = [at for at in stated if _covers(at, path)]
    return stated[max(covering, key=len)] if covering else "restart"


def stated_effect(path: str, *sides: Effects) -> FieldEffect:
    """Return what a change at a path does that does not restart: a reload if any part of it is one."""
    reload = any(
        effect_at(path, stated) == "reload"
        or any(effect == "reload" for at, effect in stated.items() if _covers(path, at))
        for stated in sides
    )
    return FieldEffect("reload" if reload else "none", STATED, "declared in `effects`")


def by_name(items: Sequence[object]) -> dict[str, object] | None:
    """Return `name=NAME` -> item if every item is a mapping with a name of its own."""
    named: dict[str, object] = {
        f"name={item['name']}": item
        for item in items
        if isinstance(item, Mapping) and isinstance(item.get("name"), str)
    }
    return named if len(named) == len(items) else None


def by_position(items: Sequence[object]) -> dict[str, object]:
    """Return position -> item."""
    return {str(number): item for number, item in enumerate(items)}


def field_path(path: str, key: object) -> str:
    """Return the path of a field of the mapping at `path`."""
    return f"{path}.{key}" if path else str(key)


def places(value: object, path: str) -> Iterator[tuple[str, object]]:
    """Yield the path and the value of everything in a value, itself included, paths as a diff prints them."""
    yield path, value
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from places(item, field_path(path, key))
    elif isinstance(value, list):
        for at, item in _items(value, path):
            yield from places(item, at)


def _restarting(value: object, path: str, inherited: str, stated: Effects) -> object:
    effect = stated.get(path, inherited)
    if isinstance(value, Mapping):
        every = {key: _restarting(item, field_path(path, key), effect, stated) for key, item in value.items()}
        left = {key: item for key, item in every.items() if item is not LEFT_OUT}
        nothing = not left
        result: object = Documents(every) if isinstance(value, Documents) else left
    elif isinstance(value, list):
        items = [_restarting(item, at, effect, stated) for at, item in _items(value, path)]
        nothing = all(item is LEFT_OUT for item in items)
        # A place is all that an item without a name is known by.
        result = [item for item in items if item is not LEFT_OUT] if by_name(value) else items
    else:
        result, nothing = value, True
    return LEFT_OUT if nothing and effect != "restart" else result


def _items(items: Sequence[object], path: str) -> list[tuple[str, object]]:
    named = by_name(items) or by_position(items)
    return [(f"{path}[{name}]", item) for name, item in named.items()]


def _covers(path: str, other: str) -> bool:
    return not path or other == path or other.startswith((f"{path}.", f"{path}["))
