"""Where the values of a YAML or JSON text stand, by path, without keeping the rest of the text as objects."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Step = str | int
Path = tuple[Step, ...]
"""Keys and positions from the root of a document down to one value."""


@dataclass
class Node:
    """
    A value in the text: what it is, and where.

    `kind` is `mapping`, `sequence`, `scalar` or `alias`. `start`, `end` and `key` count characters from 0, `line` and
    `own_line` from 1; `key` and `line` are those of the value's key, of a list item those of the item. `first` is the
    start of the first key of a mapping, `None` in an empty one, and `size` the number of its keys. `text` and `style`
    (`|`, `>`, a quote, or nothing) are a scalar's. With `flow` a collection stands in brackets; with `shared` it has an
    anchor, so that an edit here changes other places too.
    """

    kind: str
    start: int
    end: int
    key: int
    line: int
    own_line: int
    flow: bool = False
    first: int | None = None
    text: str = ""
    style: str = ""
    shared: bool = False
    size: int = 0


_Wanted = dict[Step, Any]


def find(text: str, paths: Iterable[Path]) -> dict[Path, Node]:
    """
    Return path -> node for those of the paths that the first document has; of a key that stands twice the last.

    A path through an alias or a merge key is not followed. Invalid YAML has none of them.
    """
    wanted: _Wanted = {}
    for path in paths:
        level = wanted
        for step in path:
            level = level.setdefault(step, {})
    nodes: dict[Path, Node] = {}
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    try:
        next(events), next(events)
        event = next(events)
        if isinstance(event, yaml.NodeEvent):
            _walk(event, events, wanted, (), event.start_mark, nodes)
    except (yaml.YAMLError, StopIteration):
        return nodes
    return nodes


def _walk(event: Any, events: Iterator[Any], wanted: _Wanted, path: Path, at: Any, nodes: dict[Path, Node]) -> None:
    """Note the node that begins with this event, and those of its children that are wanted."""
    mark = event.start_mark
    node = nodes[path] = Node("scalar", mark.index, event.end_mark.index, at.index, at.line + 1, mark.line + 1)
    node.shared = bool(event.anchor)
    if isinstance(event, yaml.AliasEvent):
        node.kind = "alias"
    elif isinstance(event, yaml.ScalarEvent):
        node.text, node.style = event.value, event.style or ""
    else:
        node.flow = bool(event.flow_style)
        each = _in_mapping if isinstance(event, yaml.MappingStartEvent) else _in_sequence
        node.kind = "mapping" if each is _in_mapping else "sequence"
        node.end = each(node, events, wanted, path, nodes)


def _in_mapping(node: Node, events: Iterator[Any], wanted: _Wanted, path: Path, nodes: dict[Path, Node]) -> int:
    key: Any
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if node.first is None:
            node.first = int(key.start_mark.index)
        node.size += 1
        name = key.value if isinstance(key, yaml.ScalarEvent) else None
        _skip(key, events)
        _child(next(events), events, wanted, (*path, name) if name is not None else None, key.start_mark, nodes)
    return _end(key)


def _in_sequence(node: Node, events: Iterator[Any], wanted: _Wanted, path: Path, nodes: dict[Path, Node]) -> int:
    position = 0
    item: Any
    while not isinstance(item := next(events), yaml.SequenceEndEvent):
        _child(item, events, wanted, (*path, position), item.start_mark, nodes)
        position += 1
    return _end(item)


def _end(event: Any) -> int:
    return int(event.end_mark.index)


def _child(
    event: Any, events: Iterator[Any], wanted: _Wanted, path: Path | None, at: Any, nodes: dict[Path, Node]
) -> None:
    if path is None or path[-1] not in wanted:
        _skip(event, events)
        return
    if path in nodes:  # the key stands twice, and the last one counts
        for known in [known for known in nodes if known[: len(path)] == path]:
            del nodes[known]
    _walk(event, events, wanted[path[-1]], path, at, nodes)


def _skip(event: Any, events: Iterator[Any]) -> None:
    """Pass over the rest of a node."""
    depth = int(isinstance(event, yaml.CollectionStartEvent))
    while depth:
        event = next(events)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
