"""A DaemonSet and the ConfigMaps that it reads, as one component."""

from typing import cast

import pulumi
from pulumi_kubernetes.apps.v1 import DaemonSet

from .args.configured_daemon_set import ConfiguredDaemonSetArgs
from .configured import Configured
from .core.kubernetes.workload_kinds import DAEMON_SET


class ConfiguredDaemonSet(Configured):
    """
    A DaemonSet whose pods restart when, and only when, what its ConfigMaps hold has changed.

    The ConfigMap is immutable and named after its content. The config hash is in the pod template's annotation
    `checksum/config`; when it changes, Kubernetes does a rolling restart, and every pod keeps the ConfigMap of
    its own revision until it is replaced. A ConfigMap is kept as long as Kubernetes keeps a revision that mounts it, so
    `kubectl rollout undo` brings the configuration back too.

    Raises:
      BadArguments: The arguments have faults; all of them are in the message, and nothing was registered.
        A ValueError that Pulumi prints without a stack trace.

    """

    daemon_set: DaemonSet
    """The DaemonSet, for what this component does not offer."""

    def __init__(self, name: str, args: ConfiguredDaemonSetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(DAEMON_SET, name, args, ConfiguredDaemonSetArgs, opts)
        self.daemon_set = cast(DaemonSet, self.workload)
