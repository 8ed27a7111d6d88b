"""The arguments of a `ConfiguredDeployment`."""

from typing import NotRequired

from pulumi import Input

from .configured_workload import ConfiguredWorkloadArgs
from .update_strategy import DeploymentStrategy


class ConfiguredDeploymentArgs(ConfiguredWorkloadArgs):
    """
    What a `ConfiguredDeployment` takes. Mappings and lists are plain; where it says so, leaves may be Outputs.

    An optional argument that is `None` counts as left out.
    """

    replicas: NotRequired[Input[int] | None]
    """
    How many pods. Leave it out where an autoscaler sets it: then `up` never writes it, and Kubernetes begins with 1.

    A change restarts nothing. One that was passed before and is left out becomes 1, unless an autoscaler has set it.
    """
    strategy: NotRequired[DeploymentStrategy | None]
    """The Deployment's `strategy`; by default Kubernetes' own, `RollingUpdate` with 25% fewer and 25% more pods."""
    kubeconfig: NotRequired[Input[str] | None]
    """
    The kubeconfig of the cluster, as a path or as its content; or `context`. Required with a provider of your own.

    May be an Output. By default the cluster is found as the default provider finds it.
    """
    revision_history_limit: NotRequired[Input[int] | None]
    """How many old revisions Kubernetes keeps for `kubectl rollout undo`; by default Kubernetes' own, 10."""
    rollout_timeout_seconds: NotRequired[int | None]
    """
    How long `up` waits for a rolling restart, in seconds. `custom_timeouts` on the component takes precedence.

    By default what `replicas` pods (100 where that is left out) need at this `strategy`: 15 s and
    `min_ready_seconds` for each turn, at least 600. After that `up` fails, the previous ConfigMap stays, and the next
    `up` continues or goes back.
    """
