"""What a node says, read from it as the API server sends it."""

from collections.abc import Collection
from dataclasses import dataclass

from .objects import Object, is_down


@dataclass(frozen=True)
class Node:
    """What counts of a node: its labels, and whether it is not Ready."""

    name: str
    labels: dict[str, str]
    down: bool = False


def node_of_object(node: Object, keys: Collection[str] | None = None) -> Node:
    """Return what counts of a node, with these labels only, or all: those of thousands of nodes are a burden."""
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    selection = labels if keys is None else {key: labels[key] for key in keys if key in labels}
    return Node(metadata["name"], selection, is_down(node))
