"""
The first document of a YAML text as Go's YAML decodes it into JSON: aliases, merge keys, tags, keys that stand twice.

The events are libyaml's, which Go's YAML is a port of; this is what it makes of them.
Source: go.yaml.in/yaml/v2 decode.go, resolve.go; sigs.k8s.io/yaml `convertToJSONableObject`.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from ...arguments.finding import Finding
from ..meaning import MAX_DEPTH, NotUnderstood
from .values import Number, resolve

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TAG = "tag:yaml.org,2002:"
_MOST_NODES = 100_000
"""A text with more nodes than this, aliases expanded, is not read; a configuration has a few hundred."""

_MOST_BLANKS = 100
_GO_REFUSES_ALIASES = 0.99
"""Go's YAML gives up where more than this share of what it decodes comes out of aliases."""


class NotRead(NotUnderstood):
    """
    kube-proxy cannot read the text; the message ends the sentence "it ...".

    `line` counts from 1 and is 0 where there is none, `fix` is what to do; `findings` has the same as a finding.
    """

    def __init__(self, why: str, line: int = 0, fix: str = "Correct the line") -> None:
        super().__init__(f"{why}, line {line}" if line else why)
        self.why, self.line, self.fix = why, line, fix
        where = f"line {line}" if line else "as a KubeProxyConfiguration"
        self.findings = (Finding(where, f"kube-proxy cannot read it: {why}", fix),)


@dataclass
class Twice:
    """A key that counts once although it is set more than once: its path, and the lines, the last of which counts."""

    path: tuple[str, ...]
    lines: list[int]


@dataclass
class Document:
    """
    What the first document means, the keys that are set more than once in it, and whether another one follows.

    `lines` is key of the root -> where it stands.
    """

    value: object
    twice: list[Twice]
    more: bool
    lines: dict[str, int]


@dataclass
class _Node:
    """A node of the document. `children` are items, or keys and values in turn; `target` is what an alias names."""

    kind: str
    line: int
    text: str = ""
    tag: str = ""
    plain: bool = False
    children: list["_Node"] = field(default_factory=list)
    target: "_Node | None" = None


def decode(text: str) -> Document:
    """
    Return what the first document of a text means: null, bool, text, `Number`, list and dict.

    Raises:
      NotRead: kube-proxy cannot read it either, or it is far larger than a configuration can be.

    """
    for _ in range(_MOST_BLANKS):
        try:
            root, more = _first(text)
            break
        except yaml.YAMLError as error:
            place = getattr(error, "problem_mark", None)
            end = int(place.index) + 1 if place and "found unexpected ':'" in str(error) else 0
            if not end or text[end : end + 1] not in (",", "}", "]"):
                raise _told(text, error) from None
            text = f"{text[:end]} {text[end:]}"  # `{a:, b: 1}`: to Go's YAML a key without a value
    else:
        raise NotRead("it has too many colons without a space in flow style", fix="Write a space after each")
    decoder = _Decoder()
    lines = {key.text: key.line for key in root.children[::2]} if root.kind == "mapping" else {}
    return Document(decoder.value(root, ()), decoder.twice, more, lines)


def written_at(text: str, *path: str) -> tuple[int, str]:
    """Return line and spelling of the value at a path of keys, of the last of its name; 0 and empty without one."""
    try:
        node, _ = _first(text)
    except (yaml.YAMLError, NotRead):
        return 0, ""
    for step in path:
        node = node.target or node
        pairs = dict(zip((key.text for key in node.children[::2]), node.children[1::2], strict=False))
        if node.kind != "mapping" or step not in pairs:
            return 0, ""
        node = pairs[step]
    return node.line, node.text


def _first(text: str) -> tuple[_Node, bool]:
    """Return the root of the first document, and whether another one follows."""
    events = yaml.parse(text, Loader=_LOADER)
    next(events)  # the start of the stream
    event: Any = next(events)
    if isinstance(event, yaml.StreamEndEvent):
        raise NotRead("it is empty", fix="Write the configuration")
    if event.version not in (None, (1, 1)):
        raise NotRead("its %YAML directive is not 1.1", _line(event), "Remove the line that begins with %YAML")
    root = _compose(next(events), events, {}, 0)
    next(events)  # the end of the document
    return root, _follows(events)


def _follows(events: Iterator[Any]) -> bool:
    """Tell whether a document that says anything follows; invalid YAML there is not read either."""
    try:
        for event in events:
            if isinstance(event, yaml.NodeEvent) and not (isinstance(event, yaml.ScalarEvent) and event.value == ""):
                return True
    except yaml.YAMLError:
        return True
    return False


def _compose(event: Any, events: Iterator[Any], anchors: dict[str, _Node], depth: int, in_flow: bool = False) -> _Node:
    """Return the node that begins with this event. An anchor may be set again; the last one before an alias counts."""
    line = _line(event)
    if depth > MAX_DEPTH:
        raise NotRead(f"it is nested deeper than {MAX_DEPTH}", line)
    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in anchors:
            raise NotRead(f"it uses the anchor {event.anchor!r} before it is set", line)
        return _Node("alias", line, event.anchor, target=anchors[event.anchor])
    if isinstance(event, yaml.ScalarEvent):
        node = _Node("scalar", line, event.value, event.tag or "", bool(event.implicit[0]))
        if in_flow and not event.style and "?" in event.value:
            raise NotRead("it has an unquoted question mark in flow style", line, "Quote it")
    else:
        node = _Node("mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence", line, tag=event.tag or "")
    if event.anchor:
        anchors[event.anchor] = node
    if node.kind != "scalar":
        while not isinstance(item := next(events), yaml.CollectionEndEvent):
            node.children.append(_compose(item, events, anchors, depth + 1, bool(event.flow_style)))
    return node


class _Decoder:
    """Turns nodes into values as Go's YAML does, with its bound on aliases."""

    def __init__(self) -> None:
        self.twice: list[Twice] = []
        self._inside: list[_Node] = []
        self._decoded = self._from_aliases = 1

    def value(self, node: _Node, path: tuple[str, ...]) -> object:
        self._count(node)
        if node.kind == "alias":
            return self._alias(node, lambda target: self.value(target, path))
        if node.kind == "scalar":
            return _scalar(node)
        if node.kind == "sequence":
            return [self.value(item, (*path, f"[{i}]")) for i, item in enumerate(node.children)]
        return self._mapping(node, path)

    def _count(self, node: _Node) -> None:
        self._decoded += 1
        self._from_aliases += bool(self._inside)
        many = self._from_aliases > 100 and self._decoded > 1000
        share = self._from_aliases / self._decoded
        if self._decoded > _MOST_NODES or (many and share > _GO_REFUSES_ALIASES):
            raise NotRead("it is far too large once its aliases are expanded", node.line)

    def _alias(self, node: _Node, use: Callable[[_Node], object]) -> object:
        target = node.target
        assert target is not None
        if any(target is outer for outer in self._inside):
            raise NotRead(f"the anchor {node.text!r} contains itself", node.line)
        self._inside.append(target)
        value = use(target)
        self._inside.pop()
        return value

    def _mapping(self, node: _Node, path: tuple[str, ...]) -> dict[str, object]:
        entries: dict[tuple[str, str], _Entry] = {}
        self._fill(node, entries, path, merged=False)
        for (_, name), entry in entries.items():
            if len(entry.lines) > 1:
                self.twice.append(Twice((*path, name), entry.lines))
        names = [name for _, name in entries]
        if len(set(names)) < len(names):
            name = next(name for name in names if names.count(name) > 1)
            why = f"two keys become {name!r}, and kube-proxy reads either of them"
            raise NotRead(why, node.line, "Keep one of them")
        return {name: entry.value for (_, name), entry in entries.items()}

    def _fill(
        self, node: _Node, entries: dict[tuple[str, str], "_Entry"], path: tuple[str, ...], *, merged: bool
    ) -> None:
        """Set the keys of a mapping one after another; a merge key sets those of others where it stands."""
        for key, value in zip(node.children[::2], node.children[1::2], strict=True):
            if key.kind == "scalar" and key.text == "<<" and (key.plain or key.tag == f"{_TAG}merge"):
                self._merge(value, entries, path)
                continue
            name = self._key(key)
            entry = _Entry(self.value(value, (*path, name[1])), [key.line], merged)
            before = entries.get(name)
            if before and not before.merged:
                entry.lines = [*before.lines, key.line]
            entries[name] = entry

    def _merge(self, node: _Node, entries: dict[tuple[str, str], "_Entry"], path: tuple[str, ...]) -> None:
        target = node.target if node.kind == "alias" and node.target else node
        if target.kind == "mapping":
            self._count(node)
            if node.kind == "alias":
                self._alias(node, lambda mapping: self._merge(mapping, entries, path))
            else:
                self._fill(node, entries, path, merged=True)
            return
        if node.kind == "sequence" and all((item.target or item).kind == "mapping" for item in node.children):
            for item in reversed(node.children):
                self._merge(item, entries, path)
            return
        raise NotRead("a merge key (<<) needs a mapping, or a list of mappings", node.line)

    def _key(self, node: _Node) -> tuple[str, str]:
        """Return of what type a key is to Go, and how the JSON that is made of it spells it."""
        value = self.value(node, ())
        if isinstance(value, str):
            return "text", value
        if isinstance(value, bool):
            return "boolean", str(value).lower()
        if isinstance(value, Number):
            return "number", value.literal
        what = "null" if value is None else "a list or a mapping"
        raise NotRead(f"a key is {what}", node.line, "Quote it, or remove it")


@dataclass
class _Entry:
    """A value of a mapping, where its key stands, and whether a merge key put it there."""

    value: object
    lines: list[int]
    merged: bool


def _scalar(node: _Node) -> bool | str | Number | None:
    if not node.tag and not node.plain:
        return node.text
    value: bool | str | Number | None
    kind = node.tag.removeprefix(_TAG) if node.tag.startswith(_TAG) else node.tag and "!"
    if kind == "binary":
        try:
            return base64.b64decode(node.text.replace("\n", ""), validate=True).decode(errors="replace")
        except (binascii.Error, ValueError):
            raise NotRead("it has the tag !!binary on a value that is not base64", node.line) from None
    if kind not in ("", "bool", "int", "float", "null"):
        if kind == "timestamp":
            raise NotRead("it has the tag !!timestamp", node.line, "Remove the tag")
        return node.text  # `!!str`, and tags that Go's YAML does not know, `!` too
    try:
        value = resolve(node.text)
    except NotUnderstood as why:
        raise NotRead(str(why), node.line) from None
    if isinstance(value, Number) and value.literal == "NaN":
        raise NotRead(f"it contains {node.text}, which JSON cannot represent", node.line)
    if kind and kind not in _kinds(value):
        raise NotRead(f"it has the tag !!{kind} on {node.text!r}", node.line, "Remove the tag, or correct the value")
    return value


def _kinds(value: bool | str | Number | None) -> tuple[str, ...]:
    """Return the tags that a resolved scalar may have; a whole number passes for a float."""
    if isinstance(value, bool) or value is None:
        return ("null",) if value is None else ("bool",)
    if isinstance(value, Number):
        return ("int", "float") if value.literal.lstrip("-").isdigit() else ("float",)
    return ("str",)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _told(text: str, error: yaml.YAMLError) -> NotRead:
    """Return libyaml's complaint with its line, in the words of someone who edits the file."""
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0])
    if mark is None:
        place = getattr(error, "position", None)
        line = text.encode()[:place].count(b"\n") + 1 if isinstance(place, int) else 0
        return NotRead(f"it is not valid YAML ({problem})", line)
    line = int(mark.line) + 1
    lines = [*re.split("\r\n|[\n\r\x85\u2028\u2029]", text), "", ""]
    before, at = lines[max(line - 2, 0)], lines[line - 1]
    if "\t" in at[: len(at) - len(at.lstrip())]:
        return NotRead(f"it is not valid YAML ({problem}; the line begins with a tab)", line, "Indent it with spaces")
    if "\xa0" in at + before:
        return NotRead(f"it is not valid YAML ({problem}; there is a no-break space)", line, "Use ordinary spaces")
    return NotRead(f"it is not valid YAML ({problem})", line)
