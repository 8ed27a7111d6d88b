"""How Kubernetes replaces the pods of a changed Deployment or StatefulSet; of any kind, the strategy that it has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, Self

from ..arguments.fields import check_whole_number, is_whole_number
from ..arguments.finding import Finding
from . import pod_spec as pods
from .amounts import (
    EACH_ON_DELETE,
    ON_DELETE,
    RollingUpdate,
    check_amount,
    check_strategy_fields,
    count_of,
    field_of,
    is_zero,
    or_default,
    pods_of,
    seconds_for,
)
from .update_strategy import UpdateStrategy, check_update_strategy
from .workload_kinds import DEPLOYMENT, STATEFUL_SET, WorkloadKind

_REPLICAS = 100
"""How many pods are counted where `replicas` is not known, since an autoscaler sets it."""


class Strategy(Protocol):
    """How the pods of a workload are replaced."""

    def budget(self) -> str:
        """Return how many pods are unavailable at once, as the end of a sentence about a rolling restart."""
        ...


@dataclass(frozen=True)
class DeploymentStrategy(RollingUpdate):
    """
    The fields of a Deployment's `strategy` with Kubernetes' defaults filled in.

    Source: kubernetes 1.36 `SetDefaults_Deployment`.
    """

    max_unavailable: object = "25%"
    max_surge: object = "25%"

    def budget(self) -> str:
        """Return how many pods are unavailable at once, as the end of a sentence about a rolling restart."""
        if self.type == "Recreate":
            return "all pods stop before the first new one starts (Recreate)"
        fewer = "none" if is_zero(self.max_unavailable) else f"at most {pods_of(self.max_unavailable)}"
        return f"{fewer} unavailable and at most {pods_of(self.max_surge, 'max_surge')} more at a time"

    def default_timeout_seconds(self, min_ready_seconds: object, replicas: object = None) -> int:
        """Return how long a rolling restart of `replicas` pods takes at this budget, in seconds, at least 600."""
        count = _replicas(replicas)
        at_once = count if self.type == "Recreate" else sum(
            count_of(amount, count) for amount in (self.max_unavailable, self.max_surge)
        )  # fmt: skip
        return seconds_for(count, at_once, min_ready_seconds)


@dataclass(frozen=True)
class StatefulSetStrategy(RollingUpdate):
    """
    The fields of a StatefulSet's `updateStrategy` with Kubernetes' defaults filled in.

    More than one pod at a time needs the feature gate `MaxUnavailableStatefulSet`, which is off by default.
    Source: kubernetes 1.36 `SetDefaults_StatefulSet`, pkg/features/kube_features.go.
    """

    max_unavailable: object = 1
    partition: object = 0

    @classmethod
    def of(cls, value: object) -> Self:
        """Read a plain strategy with snake_case or camelCase keys; what is missing gets its default."""
        rolling = field_of(value, "rolling_update", "rollingUpdate")
        return replace(super().of(value), partition=or_default(field_of(rolling, "partition"), cls.partition))

    @property
    def first(self) -> int:
        """How many pods stay as they are: those of the lowest ordinals."""
        return int(self.partition) if is_whole_number(self.partition) else 0  # type: ignore[call-overload]

    def budget(self) -> str:
        """Return how many pods are unavailable at once, as the end of a sentence about a rolling restart."""
        if self.type == ON_DELETE:
            return EACH_ON_DELETE
        down = f"down to {self.first:,}" if self.first else "down"
        return f"at most {pods_of(self.max_unavailable)} at a time, from the highest ordinal {down}"

    def default_timeout_seconds(self, min_ready_seconds: object, replicas: object = None) -> int:
        """Return how long a rolling restart of `replicas` pods takes, one after the other, in seconds; at least 600."""
        return seconds_for(_replicas(replicas), 1, min_ready_seconds)


_BY_KIND: Mapping[str, type[DeploymentStrategy | StatefulSetStrategy]] = {
    DEPLOYMENT.kind: DeploymentStrategy,
    STATEFUL_SET.kind: StatefulSetStrategy,
}


def strategy_of(kind: WorkloadKind, value: object) -> Strategy:
    """Return the strategy of a workload of that kind from its field, which may be absent."""
    return _BY_KIND[kind.kind].of(value) if kind.kind in _BY_KIND else UpdateStrategy.of(value)


def timeout_seconds(kind: WorkloadKind, value: object, min_ready_seconds: object, replicas: object) -> int:
    """Return how long `up` waits by default for a rolling restart of a workload of that kind, in seconds."""
    if kind.kind in _BY_KIND:
        return _BY_KIND[kind.kind].of(value).default_timeout_seconds(min_ready_seconds, replicas)
    return UpdateStrategy.of(value).default_timeout_seconds(min_ready_seconds)


def check_strategy(kind: WorkloadKind, where: str, value: object, pod_spec: object) -> Iterator[Finding]:
    """Find strategies that the API server refuses for a workload of that kind."""
    if kind.kind not in _BY_KIND:
        yield from check_update_strategy(value, pod_spec)
    elif not isinstance(value, Mapping):
        yield Finding(where, f"must be a mapping (got {type(value).__name__})", "Pass a dict")
    elif kind is DEPLOYMENT:
        yield from _check_fields(where, value, "Recreate", "maxSurge")
        yield from _check_deployment(where, DeploymentStrategy.of(value))
    else:
        yield from _check_fields(where, value, ON_DELETE, "partition")
        yield from _check_stateful_set(where, StatefulSetStrategy.of(value))


def _check_fields(where: str, value: Mapping[str, object], other: str, beside: str) -> Iterator[Finding]:
    """Find what is no field, and no type: a strategy is `RollingUpdate`, with `beside`, or an `other` without any."""
    yield from check_strategy_fields(where, value, "type", "rollingUpdate")
    kind = RollingUpdate.of(value).type
    for path, rolling in pods.values(value, "rollingUpdate"):
        if isinstance(rolling, Mapping):
            yield from check_strategy_fields(f"{where}.{path[0]}", rolling, "maxUnavailable", beside)
            if kind == other:
                yield Finding(f"{where}.{path[0]}", f"is not allowed with type {other}", "Leave it out")
    if isinstance(kind, str) and kind not in ("RollingUpdate", other):
        yield Finding(f"{where}.type", f"is not valid (got {kind!r})", f"Use 'RollingUpdate' or '{other}'")


def _check_deployment(where: str, strategy: DeploymentStrategy) -> Iterator[Finding]:
    """Source: kubernetes 1.36 pkg/apis/apps/validation `ValidateRollingUpdateDeployment`."""
    amounts = {"max_unavailable": strategy.max_unavailable, "max_surge": strategy.max_surge}
    wrong = [finding for name, amount in amounts.items() for finding in check_amount(f"{where}.{name}", amount)]
    yield from wrong
    if not wrong and all(map(is_zero, amounts.values())):
        what = "max_unavailable and max_surge are both 0, so no pod could ever be replaced"
        yield Finding(where, what, "Raise one of them")


def _check_stateful_set(where: str, strategy: StatefulSetStrategy) -> Iterator[Finding]:
    """Source: kubernetes 1.36 pkg/apis/apps/validation `ValidateStatefulSetSpec`."""
    yield from check_amount(f"{where}.max_unavailable", strategy.max_unavailable)
    if is_zero(strategy.max_unavailable):
        yield Finding(f"{where}.max_unavailable", "is 0, so no pod could ever be replaced", "Raise it")
    yield from check_whole_number(f"{where}.partition", strategy.partition, 0)


def _replicas(value: object) -> int:
    return int(value) if is_whole_number(value) else _REPLICAS  # type: ignore[call-overload]
