"""A Deployment and the ConfigMaps that it reads, as one component."""

from typing import cast

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment

from .args.configured_deployment import ConfiguredDeploymentArgs
from .configured import Configured
from .core.kubernetes.workload_kinds import DEPLOYMENT


class ConfiguredDeployment(Configured):
    """
    A Deployment whose pods restart when, and only when, what its ConfigMaps hold has changed.

    The ConfigMaps are immutable and named after their content. The config hash is in the pod template's annotation
    `checksum/config`; when it changes, Kubernetes replaces the pods by the `strategy`, and every pod keeps the
    ConfigMaps of its own revision until it is replaced. A ConfigMap is kept as long as Kubernetes keeps a ReplicaSet
    that mounts it, so `kubectl rollout undo` brings the configuration back too.

    Raises:
      BadArguments: The arguments have faults; all of them are in the message, and nothing was registered.
        A ValueError that Pulumi prints without a stack trace.

    """

    deployment: Deployment
    """The Deployment, for what this component does not offer."""

    def __init__(self, name: str, args: ConfiguredDeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(DEPLOYMENT, name, args, ConfiguredDeploymentArgs, opts)
        self.deployment = cast(Deployment, self.workload)
