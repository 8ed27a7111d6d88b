"""The arguments of a `ConfiguredManifests`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired

from pulumi import Input

from .manifests import ManifestsArgs

if TYPE_CHECKING:
    _One = str | Path | Mapping[str, Any]
    Manifests = Input[_One | Sequence[Input[_One]]]
else:
    Manifests = Any


class ConfiguredManifestsArgs(ManifestsArgs):
    """What a `ConfiguredManifests` takes. An optional argument that is `None` counts as left out."""

    manifests: Manifests
    """
    YAML or JSON text (of more than one line), a file, a folder with all folders in it, an object, or a list of these.

    The objects' leaves may be Outputs; their kinds and names must be known in preview.
    """
    namespace: NotRequired[Input[str] | None]
    """The namespace of the objects that do not say theirs; `default` by default. It is not created."""
