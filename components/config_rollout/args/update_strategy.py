"""The arguments `update_strategy` and `strategy`: Kubernetes' own fields, with Kubernetes' defaults."""

from typing import TYPE_CHECKING, Literal, TypedDict

from pulumi import Input

from .amounts import Amount

if TYPE_CHECKING:
    from pulumi_kubernetes.apps.v1 import (
        DaemonSetUpdateStrategyArgs,
        DeploymentStrategyArgs,
        StatefulSetUpdateStrategyArgs,
    )

StrategyType = Literal["RollingUpdate", "OnDelete"]
DeploymentStrategyType = Literal["RollingUpdate", "Recreate"]


class RollingUpdateArgs(TypedDict, total=False):
    """How many pods a rolling update takes at once. Source: Kubernetes API `RollingUpdateDaemonSet`."""

    max_unavailable: Input[Amount]
    """How many pods may be unavailable: a number, or a share of all as `10%`, which rounds up; default 1."""
    max_surge: Input[Amount]
    """
    How many nodes may have the new pod beside the old one, as a number or a share; default 0.

    Then `max_unavailable` must be 0, and the pods cannot use the node's network or its ports.
    """


class UpdateStrategyArgs(TypedDict, total=False):
    """How Kubernetes replaces the pods of a changed DaemonSet. Source: Kubernetes API `DaemonSetUpdateStrategy`."""

    type: Input[StrategyType]
    """`RollingUpdate` (default), or `OnDelete`: each pod when someone deletes it."""
    rolling_update: RollingUpdateArgs
    """The budget of a rolling update."""


class RollingDeploymentArgs(TypedDict, total=False):
    """How many pods a rolling update takes at once. Source: Kubernetes API `RollingUpdateDeployment`."""

    max_unavailable: Input[Amount]
    """How many of `replicas` may be unavailable: a number, or a share as `10%`, which rounds down; default 25%."""
    max_surge: Input[Amount]
    """How many pods there may be beyond `replicas`: a number, or a share, which rounds up; default 25%."""


class RollingDeploymentStrategyArgs(TypedDict, total=False):
    """How Kubernetes replaces the pods of a changed Deployment. Source: Kubernetes API `DeploymentStrategy`."""

    type: Input[DeploymentStrategyType]
    """`RollingUpdate` (default), or `Recreate`: all pods stop before the first new one starts."""
    rolling_update: RollingDeploymentArgs
    """The budget of a rolling update."""


class RollingStatefulSetArgs(TypedDict, total=False):
    """Which pods a rolling update takes. Source: Kubernetes API `RollingUpdateStatefulSetStrategy`."""

    partition: Input[int]
    """The lowest ordinal that is updated; default 0, which is all."""
    max_unavailable: Input[Amount]
    """
    How many pods may be unavailable: a number, or a share as `10%`, which rounds up; default 1.

    More than 1 needs the feature gate `MaxUnavailableStatefulSet`.
    """


class RollingStatefulSetStrategyArgs(TypedDict, total=False):
    """How Kubernetes replaces the pods of a changed StatefulSet. Source: Kubernetes API `StatefulSetUpdateStrategy`."""

    type: Input[StrategyType]
    """`RollingUpdate` (default), or `OnDelete`: each pod when someone deletes it."""
    rolling_update: RollingStatefulSetArgs
    """Which pods, and how many at once."""


if TYPE_CHECKING:
    # A mapping, or pulumi-kubernetes' own type.
    UpdateStrategy = UpdateStrategyArgs | DaemonSetUpdateStrategyArgs
    DeploymentStrategy = RollingDeploymentStrategyArgs | DeploymentStrategyArgs
    StatefulSetUpdateStrategy = RollingStatefulSetStrategyArgs | StatefulSetUpdateStrategyArgs
else:
    UpdateStrategy = UpdateStrategyArgs
    DeploymentStrategy = RollingDeploymentStrategyArgs
    StatefulSetUpdateStrategy = RollingStatefulSetStrategyArgs
