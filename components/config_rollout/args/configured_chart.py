"""The arguments of a `ConfiguredChart`."""

from collections.abc import Mapping
from typing import Any, NotRequired

from pulumi import Input

from .manifests import ManifestsArgs

Values = Mapping[str, Any]
"""What a chart takes is its own."""


class ConfiguredChartArgs(ManifestsArgs):
    """What a `ConfiguredChart` takes. An optional argument that is `None` counts as left out."""

    chart: Input[str]
    """
    The chart: a folder or an archive (a path that exists), `oci://...`, or the name of one in `repository`.

    `NAME/CHART` is that of a repository that `helm repo add` has added on this machine.
    """
    version: NotRequired[Input[str] | None]
    """The version of a chart from a repository; the newest by default, which is a restart that nobody decided."""
    repository: NotRequired[Input[str] | None]
    """The URL of the repository. Its user is in the URL, its certificates those of the machine."""
    values: NotRequired[Values | None]
    """The chart's values, over its defaults. Leaves may be Outputs that a preview knows."""
    release_name: NotRequired[str | None]
    """The name of the release, as templates see it; by default the component's name."""
    skip_crds: NotRequired[bool | None]
    """`True` leaves out what is in the chart's folder `crds`."""
    namespace: NotRequired[Input[str] | None]
    """The namespace of the release, which objects have that do not say theirs; `default` by default. Not created."""
