"""How Kubernetes replaces the pods of a changed Deployment; of any kind, the strategy that it has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..arguments.fields import is_whole_number
from ..arguments.finding import Finding
from . import pod_spec as pods
from .amounts import RollingUpdate, check_amount, check_strategy_fields, count_of, is_zero, pods_of, seconds_for
from .update_strategy import UpdateStrategy, check_update_strategy
from .workload_kinds import DEPLOYMENT, WorkloadKind

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


def strategy_of(kind: WorkloadKind, value: object) -> Strategy:
    """Return the strategy of a workload of that kind from its field, which may be absent."""
    return DeploymentStrategy.of(value) if kind is DEPLOYMENT else UpdateStrategy.of(value)


def timeout_seconds(kind: WorkloadKind, value: object, min_ready_seconds: object, replicas: object) -> int:
    """Return how long `up` waits by default for a rolling restart of a workload of that kind, in seconds."""
    if kind is DEPLOYMENT:
        return DeploymentStrategy.of(value).default_timeout_seconds(min_ready_seconds, replicas)
    return UpdateStrategy.of(value).default_timeout_seconds(min_ready_seconds)


def check_strategy(kind: WorkloadKind, where: str, value: object, pod_spec: object) -> Iterator[Finding]:
    """Find strategies that the API server refuses for a workload of that kind."""
    if kind is not DEPLOYMENT:
        yield from check_update_strategy(value, pod_spec)
        return
    if not isinstance(value, Mapping):
        yield Finding(where, f"must be a mapping (got {type(value).__name__})", "Pass a dict")
        return
    yield from check_strategy_fields(where, value, "type", "rollingUpdate")
    strategy = DeploymentStrategy.of(value)
    for path, rolling in pods.values(value, "rollingUpdate"):
        if isinstance(rolling, Mapping):
            yield from check_strategy_fields(f"{where}.{path[0]}", rolling, "maxUnavailable", "maxSurge")
            if strategy.type == "Recreate":
                yield Finding(f"{where}.{path[0]}", "is not allowed with type Recreate", "Leave it out")
    if isinstance(strategy.type, str) and strategy.type not in ("RollingUpdate", "Recreate"):
        yield Finding(f"{where}.type", f"is not valid (got {strategy.type!r})", "Use 'RollingUpdate' or 'Recreate'")
    yield from _check_deployment(where, strategy)


def _check_deployment(where: str, strategy: DeploymentStrategy) -> Iterator[Finding]:
    """Source: kubernetes 1.36 pkg/apis/apps/validation `ValidateRollingUpdateDeployment`."""
    amounts = {"max_unavailable": strategy.max_unavailable, "max_surge": strategy.max_surge}
    wrong = [finding for name, amount in amounts.items() for finding in check_amount(f"{where}.{name}", amount)]
    yield from wrong
    if not wrong and all(map(is_zero, amounts.values())):
        what = "max_unavailable and max_surge are both 0, so no pod could ever be replaced"
        yield Finding(where, what, "Raise one of them")


def _replicas(value: object) -> int:
    return int(value) if is_whole_number(value) else _REPLICAS  # type: ignore[call-overload]
