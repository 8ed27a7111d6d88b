"""A configuration as a component records it among its own inputs, and back: an explanation needs no cluster."""

from collections.abc import Mapping
from typing import Any

from ..configuration.content import Content, parse_content
from ..configuration.read_as import ReadAs
from .configuration import Configuration


def keys_read(configuration: Configuration) -> dict[str, list[str]] | None:
    """Return name -> the keys that pods read, of each source of which they do not read all; `None` without any."""
    read = {
        name: sorted(content.meanings.keys() - content.unread)
        for name, content in configuration.contents.items()
        if content.unread
    }
    return read or None


def from_inputs(inputs: Mapping[str, Any]) -> Configuration:
    """Return the configuration that a component recorded; what an older version let through is compared too."""
    every = dict(inputs.get("configMaps") or {})
    if "data" in inputs or "binaryData" in inputs or not every:
        every = {str(inputs.get("name", "")): inputs, **every}
    read = inputs.get("keysRead") or {}
    return Configuration.of({name: _content(of, read.get(name)) for name, of in every.items()})


def _content(of: Mapping[str, Any], keys: list[str] | None) -> Content:
    declared = of.get("formats"), of.get("effects"), of.get("textVersion")
    content = parse_content(of.get("data") or {}, of.get("binaryData"), *declared)[0]
    return content.as_read(ReadAs(keys=keys).reads)
