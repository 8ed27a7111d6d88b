"""One object that pods read: its name in the pod spec, what it holds, and the content-named object made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..configuration import read_as
from ..configuration.content import Content
from ..configuration.diff import EXTERNAL
from ..configuration.digest import config_hash
from ..configuration.reloading import reloaded, without_keys
from ..kubernetes.objects import Object
from ..revisions.naming import content_name, reload_name

CONFIG_MAP = "ConfigMap"


@dataclass(frozen=True)
class Source:
    """
    A ConfigMap that pods read.

    `name` is what the pod spec calls it, `content` what it means. `data` and `binary_data` are its values as the caller
    wrote them: base64 may be spelled in several ways. `unknown` are the keys that a preview does not know yet, and that
    the content does not have; `*` is all of them. An `external` one is an object that someone else owns. `reloads` are
    the keys that running pods read again, which have an object of their own.
    """

    name: str
    content: Content
    data: Mapping[str, str] = field(default_factory=dict)
    binary_data: Mapping[str, str] | None = None
    unknown: Sequence[str] = ()
    external: bool = False
    reloads: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """The kind as messages name it."""
        return f"{EXTERNAL if self.external else ''}{CONFIG_MAP}"

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of its canonical bytes, 64 hex digits."""
        return config_hash(self.content)

    def object_name(self, workload: str) -> str:
        """Return the name of the object that holds this content for the workload of that name."""
        return content_name(workload, self.hash, self.name)

    @cached_property
    def lasting(self) -> Content:
        """What a pod keeps until it restarts: all but what it reads again."""
        return without_keys(self.content, self.reloads)

    @cached_property
    def reloaded(self) -> Content:
        """What a running pod reads again; its hash changes when that does."""
        return reloaded(self.content, self.reloads)

    def reload_name(self, workload: str) -> str:
        """Return the name of the object that holds what running pods read again."""
        return reload_name(workload, self.name)

    def render(self, metadata: Mapping[str, Any]) -> Object:
        """Return the immutable object, with what its content does not tell of how it is read."""
        return {**self._render(metadata, self.lasting, reloads=False), "immutable": True}

    def render_reload(self, metadata: Mapping[str, Any]) -> Object:
        """Return the object that changes in place."""
        return self._render(metadata, self.reloaded, reloads=True)

    def _render(self, metadata: Mapping[str, Any], content: Content, reloads: bool) -> Object:
        binary = self.binary_data
        annotations = {**metadata["annotations"], **read_as.annotations(content)}
        return {
            "apiVersion": "v1",
            "kind": CONFIG_MAP,
            "metadata": {**metadata, "annotations": annotations},
            "data": self._some(self.data, reloads),
            **({} if binary is None else {"binaryData": self._some(binary, reloads)}),
        }

    def _some(self, values: Mapping[str, str], reloads: bool) -> dict[str, str]:
        return {key: value for key, value in values.items() if (key in self.reloads) == reloads}
