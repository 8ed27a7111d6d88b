"""The arguments of a `ConfiguredKustomization`."""

from typing import NotRequired

from pulumi import Input

from .manifests import ManifestsArgs


class ConfiguredKustomizationArgs(ManifestsArgs):
    """What a `ConfiguredKustomization` takes. An optional argument that is `None` counts as left out."""

    directory: Input[str]
    """The folder of the kustomization, or a folder of a git repository as its URL."""
    namespace: NotRequired[Input[str] | None]
    """The namespace of the objects that do not say theirs; `default` by default. It is not created."""
