"""A configuration as a component records it among its own inputs, and back: an explanation needs no cluster."""

from collections.abc import Mapping
from typing import Any

from ..configuration.content import Content, parse_content
from ..configuration.diff import KeyChange
from ..configuration.read_as import ReadAs
from ..markers import UNKNOWN
from .configuration import Configuration, diff_configurations
from .secret import Secret
from .source import Source


def inputs_of(name: str, plain: Mapping[str, Any], configuration: Configuration, unknown: Any) -> dict[str, Any]:
    """
    Return what a component with that Kubernetes name records of its arguments; `None` stands for nothing.

    `unknown` stands for the hash of what is not known yet.
    """
    return {
        "name": name,
        "namespace": plain["namespace"],
        **_recorded(plain),
        "configMaps": _config_maps(plain),
        "external": external_recorded(configuration),
        "keysRead": keys_read(configuration),
        "secretHashes": secrets_recorded(configuration, unknown),
    }


def _config_maps(plain: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is recorded of `config_maps`; an empty mapping says that there is no ConfigMap at all."""
    every = {called: _recorded(of) for called, of in plain.get("config_maps", {}).items()}
    return None if not every and ("config_maps" not in plain or "secrets" in plain) else every


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
    secrets = [
        Secret.from_inputs(name, of) for name, of in (inputs.get("secretHashes") or {}).items() if of is not UNKNOWN
    ]
    has_none = inputs.get("configMaps") == {}
    if "data" in inputs or "binaryData" in inputs or not (every or secrets or inputs.get("external") or has_none):
        every = {str(inputs.get("name", "")): inputs, **every}
    read = inputs.get("keysRead") or {}
    own = Configuration.of({name: _content(of, read.get(name)) for name, of in every.items()})
    others = (inputs.get("external") or {}).get("configMaps") or {}
    external = [Source(name, _content(of, read.get(name)), external=True) for name, of in others.items()]
    return Configuration([*own.sources, *external], secrets)


def external_recorded(configuration: Configuration) -> dict[str, Any] | None:
    """Return what a component records of the objects that others own; `None` without any."""
    external = {
        source.name: {"data": dict(source.data), "binaryData": dict(source.binary_data or {})}
        for source in configuration.sources
        if source.external
    }
    return {"configMaps": external} if external else None


def secrets_recorded(configuration: Configuration, unknown: Any) -> dict[str, Any] | None:
    """Return name -> what may be known of each Secret, `unknown` where it is not; `None` without any."""
    return {secret.name: unknown if secret.unknown else secret.recorded() for secret in configuration.secrets} or None


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[KeyChange]:
    """Return the keys that differ between two recorded configurations; what the newer one does not know is left out."""
    return diff_configurations(from_inputs(_known(old, new)), from_inputs(_known(new, new)))


def _known(inputs: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a component recorded without the values that are not known in `like`."""
    known = dict(inputs)
    for section in ("data", "binaryData"):
        values = like.get(section)
        if values is UNKNOWN:
            known[section] = {}
        elif isinstance(values, Mapping) and isinstance(inputs.get(section), Mapping):
            known[section] = {key: of for key, of in inputs[section].items() if values.get(key) is not UNKNOWN}
    hashes = like.get("secretHashes") or {}
    if secrets := inputs.get("secretHashes"):
        known["secretHashes"] = {name: of for name, of in secrets.items() if hashes.get(name) is not UNKNOWN}
    others, ours = inputs.get("configMaps"), like.get("configMaps") or {}
    if others:
        known["configMaps"] = {name: _known(of, ours.get(name) or {}) for name, of in others.items()}
    return known


def _recorded(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a ConfigMap holds and how it is read."""
    every = {
        "data": fields.get("data"),
        "binaryData": fields.get("binary_data"),
        "formats": fields.get("formats"),
        "effects": fields.get("effects"),
        "textVersion": fields.get("text_version"),
    }
    return {name: value for name, value in every.items() if value is not None}


def _content(of: Mapping[str, Any], keys: list[str] | None) -> Content:
    declared = of.get("formats"), of.get("effects"), of.get("textVersion")
    content = parse_content(of.get("data") or {}, of.get("binaryData"), *declared)[0]
    return content.as_read(ReadAs(keys=keys).reads)
