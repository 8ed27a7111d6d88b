"""Names of the ConfigMaps that belong to a DaemonSet."""

import re

from .digest import SHORT_HASH_LENGTH, short_hash

_SHORT_HASH = re.compile(rf"[0-9a-f]{{{SHORT_HASH_LENGTH}}}")

NAME_LABEL = "app.kubernetes.io/name"
"""Kubernetes' recommended label for the name of an application."""

DAEMON_SET_LABEL = "config-rollout/daemon-set"
"""On every ConfigMap that a component makes: the DaemonSet that it is for. Only what has it is ever touched."""

HISTORY_KEY = "rollouts.jsonl"
"""The key of the ConfigMap that `history_name` names."""


def content_name(name: str, full_hash: str) -> str:
    """Return the name of the ConfigMap that holds a configuration of the DaemonSet `name`."""
    return f"{name}-{short_hash(full_hash)}"


def history_name(name: str) -> str:
    """Return the name of the ConfigMap that keeps the history of the DaemonSet `name`."""
    return f"{name}-rollouts"


def default_selector(name: str) -> dict[str, str]:
    """Return the labels by which the DaemonSet `name` finds its pods, if the caller names no others."""
    return {NAME_LABEL: name}


def is_content_name(given: str, name: str) -> bool:
    """Tell whether a ConfigMap's name is one that `content_name` makes for `name`."""
    prefix, _, suffix = given.rpartition("-")
    return prefix == name and _SHORT_HASH.fullmatch(suffix) is not None
