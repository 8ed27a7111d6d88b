"""A DaemonSet's `update_strategy`: how many pods may be unavailable at once, in words and in time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..arguments.finding import Finding
from . import pod_spec as pods
from .amounts import (
    EACH_ON_DELETE,
    ON_DELETE,
    RollingUpdate,
    check_amount,
    check_strategy_fields,
    count_of,
    is_zero,
    pods_of,
    seconds_for,
)

_NODES = 1000


@dataclass(frozen=True)
class UpdateStrategy(RollingUpdate):
    """
    The fields of an `update_strategy` with Kubernetes' defaults filled in.

    `max_unavailable` and `max_surge` are numbers of pods, shares ("10%"), or values that are not known yet.
    Source: kubernetes 1.36 `SetDefaults_DaemonSet`.
    """

    max_unavailable: object = 1
    max_surge: object = 0

    def budget(self) -> str:
        """Return how many pods are unavailable at once, as the end of a sentence about a rolling restart."""
        if self.type == ON_DELETE:
            return EACH_ON_DELETE
        if not is_zero(self.max_surge):
            return f"each new pod beside the old one, at most {pods_of(self.max_surge)} at a time"
        return f"at most {pods_of(self.max_unavailable)} at a time"

    def default_timeout_seconds(self, min_ready_seconds: object) -> int:
        """Return how long a rolling restart of 1,000 nodes takes at this budget, in seconds, at least 600."""
        per_turn = self.max_unavailable if is_zero(self.max_surge) else self.max_surge
        return seconds_for(_NODES, count_of(per_turn, _NODES), min_ready_seconds)


def check_update_strategy(value: object, pod_spec: object) -> Iterator[Finding]:
    """Find update strategies that the API server refuses, or that can never start a pod."""
    where = "update_strategy"
    if not isinstance(value, Mapping):
        yield Finding(where, f"must be a mapping (got {type(value).__name__})", "Pass a dict")
        return
    yield from check_strategy_fields(where, value, "type", "rollingUpdate")
    for path, rolling in pods.values(value, "rollingUpdate"):
        if isinstance(rolling, Mapping):
            yield from check_strategy_fields(f"{where}.{path[0]}", rolling, "maxUnavailable", "maxSurge")
    strategy = UpdateStrategy.of(value)
    if isinstance(strategy.type, str) and strategy.type not in ("RollingUpdate", ON_DELETE):
        yield Finding(f"{where}.type", f"is not valid (got {strategy.type!r})", "Use 'RollingUpdate' or 'OnDelete'")
    wrong = [
        *check_amount(f"{where}.max_unavailable", strategy.max_unavailable),
        *check_amount(f"{where}.max_surge", strategy.max_surge),
    ]
    yield from wrong or _check_budgets(where, strategy, pod_spec)


def _check_budgets(where: str, strategy: UpdateStrategy, pod_spec: object) -> Iterator[Finding]:
    """Find the two budgets contradicting each other. Source: `ValidateRollingUpdateDaemonSet`."""
    if strategy.type != "RollingUpdate" or not isinstance(strategy.max_surge, int | float | str):
        return
    no_surge, no_unavailable = is_zero(strategy.max_surge), is_zero(strategy.max_unavailable)
    if no_surge and no_unavailable:
        yield Finding(
            where, "max_unavailable and max_surge are both 0, so no pod could ever be replaced", "Raise one of them"
        )
    if not no_surge and not no_unavailable and isinstance(strategy.max_unavailable, int | float | str):
        yield Finding(
            where,
            f"max_surge is {strategy.max_surge} and max_unavailable {strategy.max_unavailable} (1 unless set)",
            "Set max_unavailable to 0 with max_surge: the API server accepts only one of them",
        )
    if not no_surge and (taken := _host_ports(pod_spec)):
        yield Finding(
            f"{where}.max_surge",
            f"{taken}, so the old and new pods cannot run on one node",
            "Use max_unavailable, with max_surge 0",
        )


def _host_ports(pod_spec: object) -> str | None:
    """Return what uses ports of the node. A hostNetwork pod's container ports are host ports too."""
    host_network = any(value is True for _, value in pods.values(pod_spec, "hostNetwork"))
    for containers in ("containers", "initContainers"):
        for path, port in pods.values(pod_spec, containers, "*", "ports", "*"):
            if isinstance(port, Mapping) and (host_network or "hostPort" in port or "host_port" in port):
                return f"pod_spec.{pods.show_path(path)} uses a port of the node"
    return None
