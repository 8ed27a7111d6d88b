"""The arguments of a `ConfiguredStatefulSet`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NotRequired

from pulumi import Input

from .configured_workload import ConfiguredWorkloadArgs
from .update_strategy import StatefulSetUpdateStrategy
from .waves import WavesArgs

if TYPE_CHECKING:
    from pulumi_kubernetes.core.v1 import PersistentVolumeClaimArgs

    PodManagementPolicy = Literal["OrderedReady", "Parallel"]
    VolumeClaimTemplate = Mapping[str, Any] | PersistentVolumeClaimArgs
else:
    PodManagementPolicy = str
    VolumeClaimTemplate = Mapping[str, Any]


class ConfiguredStatefulSetArgs(ConfiguredWorkloadArgs):
    """
    What a `ConfiguredStatefulSet` takes. Mappings and lists are plain; where it says so, leaves may be Outputs.

    An optional argument that is `None` counts as left out.
    """

    replicas: NotRequired[Input[int] | None]
    """
    How many pods. Leave it out where an autoscaler sets it: then `up` never writes it, and Kubernetes begins with 1.

    A change restarts nothing. One that was passed before and is left out becomes 1, unless an autoscaler has set it.
    """
    service_name: NotRequired[Input[str] | None]
    """The headless Service that gives the pods their names in DNS. Whoever needs it creates it; cannot be changed."""
    pod_management_policy: NotRequired[Input[PodManagementPolicy] | None]
    """
    Whether pods are made and scaled one after the other (`OrderedReady`, default) or all at once (`Parallel`).

    It does not change how they are updated. Cannot be changed.
    """
    volume_claim_templates: NotRequired[Sequence[VolumeClaimTemplate] | None]
    """
    Claims of which each pod gets its own, in snake_case or camelCase. Kubernetes keeps the volumes of deleted pods.

    Cannot be changed.
    """
    update_strategy: NotRequired[StatefulSetUpdateStrategy | None]
    """
    How Kubernetes replaces the pods of a changed StatefulSet; by default its own: one at a time, highest ordinal first.

    With a `partition` only the pods from that ordinal up are updated, and `up` waits for those.
    """
    waves: NotRequired[WavesArgs | None]
    """
    In which order the pods get a change, from the highest ordinal down, and what holds it up; docs/waves.md.

    By default Kubernetes goes through all of them. Cannot be combined with `update_strategy` and
    `rollout_timeout_seconds`. `namespace` and `min_ready_seconds` must be plain then.
    """
    kubeconfig: NotRequired[Input[str] | None]
    """
    The kubeconfig of the cluster, as a path or as its content; or `context`. Required with a provider of your own.

    May be an Output without `waves`. By default the cluster is found as the default provider finds it.
    """
    revision_history_limit: NotRequired[Input[int] | None]
    """
    How many old revisions Kubernetes keeps for `kubectl rollout undo`; by default Kubernetes' own, 10.

    Cannot be changed: the Kubernetes provider would delete the StatefulSet for it.
    """
    rollout_timeout_seconds: NotRequired[int | None]
    """
    How long `up` waits for a rolling restart, in seconds. `custom_timeouts` on the component takes precedence.

    By default what `replicas` pods (100 where that is left out) need one after the other: 15 s and `min_ready_seconds`
    for each, at least 600. After that `up` fails, the previous ConfigMap stays, and the next `up` continues or goes
    back.
    """
