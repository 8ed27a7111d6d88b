"""What the components for manifests that others wrote have in common in their arguments."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from pulumi import Input

from .audit import Audit
from .reload import ReloadArgs
from .sources import Effect, ExternalArgs, Format
from .waves import WavesArgs


class WorkloadArgs(TypedDict):
    """What is said of one workload among the manifests."""

    formats: NotRequired[Mapping[str, Format] | None]
    """`KEY`, or `CONFIGMAP/KEY`, of what its pods read -> its format, for keys that do not tell it."""
    effects: NotRequired[Mapping[str, Effect] | None]
    """`KEY` or `KEY:PATH`, or `CONFIGMAP/KEY:PATH` -> `restart`, `reload` or `none`."""
    reload: NotRequired[ReloadArgs | None]
    """How running pods are asked whether they have read a changed text again; required with the effect `reload`."""
    waves: NotRequired[WavesArgs | None]
    """
    In which order the nodes of a DaemonSet, or the pods of a StatefulSet, get a change.

    It takes the place of the manifest's `updateStrategy`.
    """
    external: NotRequired[ExternalArgs | None]
    """ConfigMaps and Secrets that its pods read and that are not among the manifests."""
    rollout_timeout_seconds: NotRequired[int | None]
    """How long `up` waits for a rolling restart, in seconds."""
    exclude: NotRequired[bool | None]
    """`True` registers it as it is, and what it reads too."""


class ManifestsArgs(TypedDict):
    """What a component for manifests takes, wherever they come from."""

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
