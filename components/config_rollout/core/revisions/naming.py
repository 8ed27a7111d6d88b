"""Names of the ConfigMaps that belong to a workload."""

import re

from ..configuration.digest import SHORT_HASH_LENGTH, short_hash
from ..kubernetes.annotations import NAME_LABEL
from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadKind

MAX_NAME_LENGTH = 63 - 1 - SHORT_HASH_LENGTH
"""The longest Kubernetes name that leaves room for `-` and the short hash in a DNS label, in characters."""


_SHORT_HASH = re.compile(rf"[0-9a-f]{{{SHORT_HASH_LENGTH}}}")


_RELOAD = "reload"

HISTORY_KEY = "rollouts.jsonl"
"""The key of the ConfigMap that `history_name` names."""


def content_name(name: str, full_hash: str, source: str = "") -> str:
    """
    Return the name of the ConfigMap that holds a content for the workload `name`.

    `source` is what the pod spec calls it, if not like the workload. The first `.` ends the workload's name, which
    has none, so two of a kind never share a ConfigMap. Two of different kinds are refused (ownership.py).
    """
    return f"{name if source in ('', name) else f'{name}.{source}'}-{short_hash(full_hash)}"


def reload_name(name: str, source: str = "") -> str:
    """
    Return the name of the ConfigMap with the keys that running pods read again: it changes in place.

    `source` is as in `content_name`; `reload` is no hash, so no content has this name.
    """
    return f"{name if source in ('', name) else f'{name}.{source}'}-{_RELOAD}"


def is_reload_name(full_name: str, name: str) -> bool:
    """Tell whether a ConfigMap's name is one that `reload_name` makes for `name`."""
    prefix, _, suffix = full_name.rpartition("-")
    return suffix == _RELOAD and (prefix == name or prefix.startswith(f"{name}."))


def max_source_length(name: str) -> int:
    """Return how long a ConfigMap's name in the pod spec of workload `name` may be: an object's has 253 characters."""
    return 253 - len(content_name(name, "0" * SHORT_HASH_LENGTH, "x")) + 1


def source_name(full_name: str, name: str) -> str:
    """Return what the pod spec of workload `name` calls a ConfigMap that `content_name` has named, else nothing."""
    prefix, _, suffix = full_name.rpartition("-")
    if not _SHORT_HASH.fullmatch(suffix):
        return ""
    return name if prefix == name else prefix.removeprefix(f"{name}.") if prefix.startswith(f"{name}.") else ""


def history_name(name: str, kind: WorkloadKind = DAEMON_SET) -> str:
    """Return the name of the ConfigMap that keeps the history of the workload `name`; no two workloads share it."""
    return f"{name if kind is DAEMON_SET else f'{name}.{kind.word}'}-rollouts"


def default_selector(name: str) -> dict[str, str]:
    """Return the labels by which the workload `name` finds its pods, if the caller passes no others."""
    return {NAME_LABEL: name}


def is_content_name(full_name: str, name: str) -> bool:
    """Tell whether a ConfigMap's name is one that `content_name` makes for `name`."""
    return bool(source_name(full_name, name))
