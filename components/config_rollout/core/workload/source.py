"""One object that pods read: its name in the pod spec, what it holds, and the content-named object made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..configuration import read_as
from ..configuration.content import Content
from ..configuration.diff import EXTERNAL
from ..configuration.digest import config_hash
from ..kubernetes.objects import Object
from ..revisions.naming import content_name

CONFIG_MAP = "ConfigMap"


@dataclass(frozen=True)
class Source:
    """
    A ConfigMap that pods read.

    `name` is what the pod spec calls it, `content` what it means. `data` and `binary_data` are its values as the caller
    wrote them: base64 may be spelled in several ways. `unknown` are the keys that a preview does not know yet, and that
    the content does not have; `*` is all of them. An `external` one is an object that someone else owns.
    """

    name: str
    content: Content
    data: Mapping[str, str] = field(default_factory=dict)
    binary_data: Mapping[str, str] | None = None
    unknown: Sequence[str] = ()
    external: bool = False

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

    def render(self, metadata: Mapping[str, Any]) -> Object:
        """Return the immutable object, with what its content does not tell of how it is read."""
        annotations = {**metadata["annotations"], **read_as.annotations(self.content)}
        return {
            "apiVersion": "v1",
            "kind": CONFIG_MAP,
            "metadata": {**metadata, "annotations": annotations},
            "data": dict(self.data),
            **({} if self.binary_data is None else {"binaryData": dict(self.binary_data)}),
            "immutable": True,
        }
