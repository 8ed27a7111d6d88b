"""The arguments of a `ConfiguredManifests`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from pulumi import Input

from .audit import Audit
from .manifests import WorkloadArgs

if TYPE_CHECKING:
    _One = str | Path | Mapping[str, Any]
    Manifests = Input[_One | Sequence[Input[_One]]]
else:
    Manifests = Any


class ConfiguredManifestsArgs(TypedDict):
    """What a `ConfiguredManifests` takes. An optional argument that is `None` counts as left out."""

    manifests: Manifests
    """
    YAML or JSON text (of more than one line), a file, a folder with all folders in it, an object, or a list of these.

    The objects' leaves may be Outputs; their kinds and names must be known in preview.
    """
    namespace: NotRequired[Input[str] | None]
    """The namespace of the objects that do not say theirs; `default` by default. It is not created."""
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
