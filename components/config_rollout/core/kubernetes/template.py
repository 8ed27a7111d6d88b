"""Pod templates compared: a DaemonSet's, those of its revisions, and what a program wrote."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .objects import Object
from .quantities import same_quantity

_FREE_KEYS = {"annotations", "labels", "limits", "nodeselector", "requests"}
"""Mappings of a template whose keys are the user's own: they are written as they are."""


def current(daemon_set: Object, revisions: Iterable[Object]) -> Object | None:
    """
    Return the ControllerRevision that new pods get, which is the one that has the DaemonSet's template.

    It is the newest, unless its controller has not made it yet, or someone deleted it.
    Source: Kubernetes 1.36 pkg/controller/daemon/update.go `Match`; it compares the bytes of `getPatch`.
    """
    wanted = _plain(daemon_set["spec"].get("template"))
    same = [one for one in revisions if _plain(one["data"]["spec"].get("template")) == wanted]
    return max(same, key=lambda revision: int(revision["revision"]), default=None)


def differences(written: object, live: object, where: str = "") -> list[str]:
    """
    Return the paths of fields that a program wrote and that differ in a live template.

    `written` may be in snake_case, as Pulumi's SDK gives it. Fields that others added do not count as differences.
    """
    if isinstance(written, Mapping):
        if not isinstance(live, Mapping):
            return [where]
        free = where.rsplit(".", 1)[-1].lower() in _FREE_KEYS
        there = {key if free else _spelled(key): (key, value) for key, value in live.items()}
        paths = []
        for key, value in written.items():
            name, other = there.get(key if free else _spelled(key), (key, None))
            paths += differences(value, other, f"{where}.{name}" if where else str(name))
        return paths
    if isinstance(written, Sequence) and not isinstance(written, str):
        if not isinstance(live, Sequence) or isinstance(live, str):
            return [where] if written else []
        return _of_items(written, live, where)
    return [] if written is None or written == live or same_quantity(written, live) else [where]


def _of_items(written: Sequence[Any], live: Sequence[Any], where: str) -> list[str]:
    """Hold lists against each other: by the items' names, where all have one, else by place."""
    if all(isinstance(one, Mapping) and one.get("name") for one in (*written, *live)):
        by_name = {one["name"]: one for one in live}
        pairs = [(f"{where}[{one['name']}]", one, by_name.get(one["name"])) for one in written]
    elif len(written) == len(live):
        pairs = [(f"{where}[{place}]", one, live[place]) for place, one in enumerate(written)]
    else:
        return [where]
    return [path for place, one, other in pairs for path in differences(one, other, place)]


def _spelled(key: str) -> str:
    return key.replace("_", "").lower()


def _plain(value: object) -> object:
    """Return a template without what only says how it is written: nulls, and the `$patch` of a revision."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None and key != "$patch"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
