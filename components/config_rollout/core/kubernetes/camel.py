"""Structures of Kubernetes' with names as the provider writes them."""

from collections.abc import Mapping
from typing import Any

from ..arguments.case import camel_case

_FREE = ("labels", "annotations", "matchLabels", "nodeSelector", "limits", "requests", "volumeAttributes")
"""Fields whose keys are the user's own, not names of Kubernetes'."""


def camel(value: Any, free: bool = False) -> Any:
    """Return a structure with Kubernetes' own names in camelCase, as the provider writes them."""
    if isinstance(value, Mapping):
        names = {key: key if free else camel_case(str(key)) for key in value}
        return {name: camel(value[key], name in _FREE) for key, name in names.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value
