"""Names of the ConfigMaps that belong to a DaemonSet."""

import re

from ..configuration.digest import SHORT_HASH_LENGTH, short_hash
from ..kubernetes.annotations import NAME_LABEL

MAX_NAME_LENGTH = 63 - 1 - SHORT_HASH_LENGTH
"""The longest Kubernetes name that leaves room for `-` and the short hash in a DNS label, in characters."""


_SHORT_HASH = re.compile(rf"[0-9a-f]{{{SHORT_HASH_LENGTH}}}")


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
