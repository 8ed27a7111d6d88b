"""The arguments that say what pods read: their spec, and the ConfigMaps and Secrets in it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from pulumi import Input

if TYPE_CHECKING:
    from pulumi_kubernetes.core.v1 import PodSpecArgs

    PodSpec = Mapping[str, Any] | PodSpecArgs
else:
    PodSpec = Mapping[str, Any]

Format = Literal["text", "yaml", "json", "toml", "corefile", "kube-proxy", "kube-proxy-linux", "kube-proxy-windows"]
Effect = Literal["restart", "reload", "none"]


class ConfigMapArgs(TypedDict):
    """One of several ConfigMaps that pods read. All of it means what it means in the component."""

    data: NotRequired[Mapping[str, Input[str]] | None]
    """Key -> UTF-8 text; values may be Outputs."""
    binary_data: NotRequired[Mapping[str, Input[str]] | None]
    """Key -> base64 text; values may be Outputs."""
    formats: NotRequired[Mapping[str, Format] | None]
    """Key of `data` -> its format, for keys that do not tell it."""
    effects: NotRequired[Mapping[str, Effect] | None]
    """`KEY` or `KEY:PATH` -> `restart`, `reload` or `none`."""
    text_version: NotRequired[str | None]
    """Any text, such as a date: a change of it rolls this ConfigMap out as it is written."""


class ExternalArgs(TypedDict):
    """Objects that pods read and others own: they stay as they are, and their meaning counts."""

    config_maps: NotRequired[list[str] | None]
    """The names of ConfigMaps in the namespace of the workload, as `pod_spec` says them."""
    secrets: NotRequired[list[str] | None]
    """The same for Secrets, such as cert-manager's; they need `hash_key`."""


class SecretArgs(TypedDict):
    """One of the Secrets that pods read. Values may be Outputs that a preview knows, such as secrets of the stack."""

    string_data: NotRequired[Mapping[str, Input[str]] | None]
    """Key -> UTF-8 text. It means the same as its base64 in `data`."""
    data: NotRequired[Mapping[str, Input[str]] | None]
    """Key -> base64 text."""
    type: NotRequired[str | None]
    """The type, such as `kubernetes.io/tls`, with the keys that it needs; by default `Opaque`."""
    formats: NotRequired[Mapping[str, Format] | None]
    """Key -> its format, for keys that do not tell it."""
    effects: NotRequired[Mapping[str, Effect] | None]
    """`KEY` or `KEY:PATH` -> `restart` or `none`; a Secret never changes under a running pod."""
    text_version: NotRequired[str | None]
    """Any text, such as a date: a change of it rolls this Secret out as it is written."""
