"""A StatefulSet and the ConfigMaps that it reads, as one component."""

from typing import cast

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet

from .args.configured_stateful_set import ConfiguredStatefulSetArgs
from .configured import Configured
from .core.kubernetes.workload_kinds import STATEFUL_SET


class ConfiguredStatefulSet(Configured):
    """
    A StatefulSet whose pods restart when, and only when, what its ConfigMaps hold has changed.

    The ConfigMaps are immutable and named after their content. The config hash is in the pod template's annotation
    `checksum/config`; when it changes, Kubernetes replaces the pods one after the other, from the highest ordinal down,
    and every pod keeps the ConfigMaps of its own revision until it is replaced. A ConfigMap is kept as long as
    Kubernetes keeps a revision that mounts it, so `kubectl rollout undo` brings the configuration back too.

    With `waves` the pods follow wave by wave in that order, each wave is held at its gates, and one that fails is taken
    back: docs/stateful-sets.md.

    `up` ends when all pods are ready, and fails with the pod that is not. Pods that never became ready with an earlier
    configuration are deleted: Kubernetes would wait for them for ever.

    Raises:
      BadArguments: The arguments have faults; all of them are in the message, and nothing was registered.
        A ValueError that Pulumi prints without a stack trace.

    """

    stateful_set: StatefulSet
    """The StatefulSet, for what this component does not offer."""

    def __init__(self, name: str, args: ConfiguredStatefulSetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(STATEFUL_SET, name, args, ConfiguredStatefulSetArgs, opts)
        self.stateful_set = cast(StatefulSet, self.workload)
