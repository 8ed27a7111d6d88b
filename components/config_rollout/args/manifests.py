"""What the components for manifests that others wrote have in common in their arguments."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

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
    """In which order the nodes of a DaemonSet get a change, in place of the manifest's `updateStrategy`."""
    external: NotRequired[ExternalArgs | None]
    """ConfigMaps and Secrets that its pods read and that are not among the manifests."""
    rollout_timeout_seconds: NotRequired[int | None]
    """How long `up` waits for a rolling restart, in seconds."""
    exclude: NotRequired[bool | None]
    """`True` registers it as it is, and what it reads too."""
