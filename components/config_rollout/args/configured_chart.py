"""The arguments of a `ConfiguredChart`."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from pulumi import Input

from .audit import Audit
from .manifests import WorkloadArgs

Values = Mapping[str, Any]
"""What a chart takes is its own."""


class ConfiguredChartArgs(TypedDict):
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
    workloads: NotRequired[Mapping[str, WorkloadArgs] | None]
    """`KIND/NAME`, or `KIND/NAMESPACE/NAME` -> what is said of that workload."""
    leave_out: NotRequired[Sequence[str] | None]
    """Labels and annotations that are left out of all pod templates, such as `helm.sh/chart`."""
    hash_key: NotRequired[Input[str] | None]
    """
    The key of the hashes of Secrets, at least 32 random characters, a secret of the stack. Without it no Secret counts.

    With it the Secrets among the manifests that pods read are named after their content too.
    """
    take_over: NotRequired[bool | None]
    """`True` takes over workloads that kubectl, Helm or another program made; by default that is refused."""
    kubeconfig: NotRequired[Input[str] | None]
    """The kubeconfig of the cluster, a path or its content; or `context`. Required with a provider of your own."""
    context: NotRequired[Input[str] | None]
    """The context of that kubeconfig; by default `kubernetes:context`, or its current one."""
    audit: NotRequired[Audit | None]
    """Where the record of each rollout goes beside the cluster; docs/audit.md has its fields. Plain."""
