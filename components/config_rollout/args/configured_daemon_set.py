"""The arguments of a `ConfiguredDaemonSet`."""

from typing import NotRequired

from pulumi import Input

from .configured_workload import ConfiguredWorkloadArgs
from .update_strategy import UpdateStrategy
from .waves import WavesArgs


class ConfiguredDaemonSetArgs(ConfiguredWorkloadArgs):
    """
    What a `ConfiguredDaemonSet` takes. Mappings and lists are plain; where it says so, leaves may be Outputs.

    An optional argument that is `None` counts as left out.
    """

    update_strategy: NotRequired[UpdateStrategy | None]
    """The DaemonSet's `updateStrategy`; by default Kubernetes' own, one pod at a time."""
    waves: NotRequired[WavesArgs | None]
    """
    In which order the nodes get a change, in place of `update_strategy`; docs/waves.md has every field.

    `first` lists waves (`name`, and `nodes`, `match_labels` or `match_expressions`), `by` is a label whose values are
    one wave each, and the rest is the last. A change of the waves themselves restarts nothing.
    """
    kubeconfig: NotRequired[Input[str] | None]
    """
    The kubeconfig of the cluster, as a path or as its content; or `context`. Required with a provider of your own.

    May be an Output without `waves`. By default the cluster is found as the default provider finds it.
    """
    revision_history_limit: NotRequired[Input[int] | None]
    """How many old revisions Kubernetes keeps for `kubectl rollout undo`; by default Kubernetes' own, 10."""
    rollout_timeout_seconds: NotRequired[int | None]
    """
    How long `up` waits for a rolling restart, in seconds. `custom_timeouts` on the component takes precedence.

    By default what 1,000 nodes need at this `update_strategy`: 15 s and `min_ready_seconds` for each turn, at
    least 600. After that `up` fails, the previous ConfigMap stays, and the next `up` continues or goes back.
    """
