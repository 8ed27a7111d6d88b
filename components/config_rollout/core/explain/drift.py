"""
Which fields of an object differ from what we wrote, who changed them and when.

The API server records who set each field. A field of ours that someone else has set is no longer ours, which tells it
from what the API server fills in or spells in its own way. Source: Kubernetes "Server-Side Apply", Field management.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..configuration.diff import FieldChange, diff_values
from ..configuration.effects import by_name, by_position, field_path
from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION
from ..kubernetes.camel import camel
from ..kubernetes.pod_spec import Path
from ..kubernetes.quantities import same_quantity
from ..markers import ABSENT, UNKNOWN
from ..revisions.naming import source_name

Object = Mapping[str, Any]
_Tree = Mapping[str, Any]

_TEMPLATE = "spec.template."


@dataclass(frozen=True)
class Drift:
    """
    A field that differs from what we wrote: `change` is from that to the live value.

    `by` is the field manager that set it and `when` the API server's time; both are empty where someone removed it.
    With `ours` it is one of our own, so that an `up` wrote it that this stack does not know of.
    """

    change: FieldChange
    by: str = ""
    when: str = ""
    ours: bool = False

    @property
    def restarts(self) -> bool:
        """Return whether putting it back changes the pod template."""
        return self.change.path.startswith(_TEMPLATE)

    @property
    def is_hash(self) -> bool:
        """Return whether it is the config hash."""
        return self.change.path == f"{_TEMPLATE}metadata.annotations.{CONFIG_HASH_ANNOTATION}"

    @property
    def path(self) -> str:
        """Return the path as an explanation shows it."""
        return short_path(self.change.path)

    def who(self) -> str:
        """Return who set it and when; empty where that is not known."""
        return " on ".join(text for text in (self.by, moment(self.when)) if text)


def short_path(path: str) -> str:
    """Return a path in a workload without what is the same for all fields of its place."""
    for start in (f"{_TEMPLATE}spec.", f"{_TEMPLATE}metadata.", "spec."):
        if path.startswith(start):
            return path.removeprefix(start)
    return path


def moment(time: str) -> str:
    """Return a time of the API server as a person reads it: `2026-11-28 22:10 UTC`."""
    return f"{time[:10]} {time[11:16]} UTC" if time else ""


def drifted(wanted: Mapping[str, Any], live: Object, managers: Collection[str]) -> list[Drift]:
    """
    Return the fields of a live object that are not as we wrote them.

    Args:
      wanted: What was written, snake_case or camelCase; `UNKNOWN` is never compared.
      live: The object as the API server sends it, with its managed fields.
      managers: Our field managers.

    """
    entries = [entry for entry in live["metadata"].get("managedFields") or [] if not entry.get("subresource")]
    sets = [_Set(str(e.get("manager")), str(e.get("time") or ""), e.get("fieldsV1") or {}) for e in entries]
    if not any(one.by in managers for one in sets):
        return []
    drifts = list(_walk(camel(wanted), live, sets, "", frozenset(managers)))
    name = str(live["metadata"]["name"])
    return [one for one in drifts if not _is_reference(one.change, name)]


def written(drifts: Sequence[Drift], wanted: Mapping[str, Any], state: Mapping[str, Any]) -> list[Drift]:
    """
    Return those of them that were written: where `state`, what the engine has noted of the object, is as `wanted`.

    What is not so there was left out, as by `--target`, or is spelled in another way by the API server.
    """
    elsewhere = {one.change.path for one in _walk(wanted, state, [], "", frozenset())}
    return [one for one in drifts if one.change.path not in elsewhere]


@dataclass(frozen=True)
class _Set:
    """The fields that one manager has set, at one place of the object."""

    by: str
    when: str
    tree: _Tree


def _walk(wanted: Any, live: Any, sets: list[_Set], path: str, ours: frozenset[str]) -> Iterator[Drift]:
    if wanted is UNKNOWN or wanted is None:
        return
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        for key, item in wanted.items():
            below = _below(sets, lambda step, key=key: step == f"f:{key}")
            yield from _walk(item, live.get(key, ABSENT), below, field_path(path, key), ours)
    elif isinstance(wanted, list) and isinstance(live, list) and all(isinstance(item, Mapping) for item in wanted):
        yield from _walk_items(wanted, live, sets, path, ours)
    elif not _is_same(wanted, live):
        mine = [one for one in sets if one.by in ours]
        if not mine or (live is not ABSENT and not isinstance(wanted, Mapping)):
            newest = max(mine or sets, key=lambda one: one.when, default=_Set("", "", {}))
            for change in diff_values(wanted, live, path):
                yield Drift(change, newest.by, newest.when, bool(mine))


def _walk_items(
    wanted: list[Any], live: list[Any], sets: list[_Set], path: str, ours: frozenset[str]
) -> Iterator[Drift]:
    before, after = by_name(wanted), by_name(live)
    if before is None or after is None:
        before, after = by_position(wanted), by_position(live)
    if any(one.by in ours and not one.tree for one in sets):
        return  # one field as a whole, and it is ours
    for name, item in before.items():
        below = _below(sets, lambda step, item=item: _names(step, item))
        yield from _walk(item, after.get(name, ABSENT), below, f"{path}[{name}]", ours)


def without(wanted: Any, path: Path) -> Any:
    """Return a structure in camelCase without what is at a path (`*` is any item); `ABSENT` if that is all of it."""
    if not path:
        return ABSENT
    if isinstance(wanted, Mapping):
        every = {k: without(item, path[1:]) if path[0] in ("*", k) else item for k, item in wanted.items()}
        return {key: item for key, item in every.items() if item is not ABSENT}
    if isinstance(wanted, list):
        items = [without(item, path[1:]) if path[0] in ("*", n) else item for n, item in enumerate(wanted)]
        return [UNKNOWN if item is ABSENT else item for item in items]
    return wanted


def _below(sets: list[_Set], fits: Any) -> list[_Set]:
    """Return who has set something at one step further down; an empty tree is all that is below."""
    return [
        _Set(one.by, one.when, tree)
        for one in sets
        for tree in ([one.tree[step] for step in one.tree if fits(step)] if one.tree else [one.tree])
    ]


def _names(step: str, item: Any) -> bool:
    """Return whether a step names an item of a list, as `k:{"name":"agent"}`."""
    if not step.startswith("k:"):
        return False
    keys = json.loads(step[2:])
    return all(item.get(key, "TCP" if key == "protocol" else None) == value for key, value in keys.items())


def _is_same(wanted: Any, live: Any) -> bool:
    if live is ABSENT:
        return wanted in ("", 0, False) or wanted in ([], {})
    return bool(wanted == live or str(wanted) == str(live) or same_quantity(wanted, live))


def _is_reference(change: FieldChange, name: str) -> bool:
    """Return whether it is the name of the ConfigMap, which follows the config hash."""
    old, new = (source_name(side, name) if isinstance(side, str) else "" for side in (change.old, change.new))
    return bool(old) and old == new
