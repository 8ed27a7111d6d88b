"""A DaemonSet's `update_strategy`: how many pods may be unavailable at once, in words and in time."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..arguments.case import snake_case
from ..arguments.fields import as_written, is_whole_number
from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from . import pod_spec as pods

PERCENT = re.compile(r"([0-9]+)%")

SECONDS_PER_POD = 15
"""How long a pod takes to stop and its successor to start, in seconds, if nothing better is known."""

_NODES = 1000
_AT_LEAST = 600


@dataclass(frozen=True)
class UpdateStrategy:
    """
    The fields of an `update_strategy` with Kubernetes' defaults filled in.

    `max_unavailable` and `max_surge` are numbers of pods, shares ("10%"), or values that are not known yet.
    Source: kubernetes 1.36 `SetDefaults_DaemonSet`.
    """

    type: object = "RollingUpdate"
    max_unavailable: object = 1
    max_surge: object = 0

    @classmethod
    def of(cls, value: object) -> "UpdateStrategy":
        """Read a plain `update_strategy` with snake_case or camelCase keys; what is missing gets its default."""
        rolling = _get(value, "rolling_update", "rollingUpdate")
        return cls(
            type=_get(value, "type") or cls.type,
            max_unavailable=_or_default(_get(rolling, "max_unavailable", "maxUnavailable"), cls.max_unavailable),
            max_surge=_or_default(_get(rolling, "max_surge", "maxSurge"), cls.max_surge),
        )

    def budget(self) -> str:
        """Return how many pods are unavailable at once, as the end of a sentence about a rolling restart."""
        if self.type == "OnDelete":
            return "each pod when someone deletes it (OnDelete)"
        if not is_zero(self.max_surge):
            return f"each new pod beside the old one, at most {_pods(self.max_surge)} at a time"
        return f"at most {_pods(self.max_unavailable)} at a time"

    def default_timeout_seconds(self, min_ready_seconds: object) -> int:
        """
        Return how long a rolling restart of 1,000 nodes takes at this budget, in seconds, at least 600.

        Counts 15 s for a pod to stop and start, and `min_ready_seconds`, for each turn of the budget.
        """
        wait = min_ready_seconds if isinstance(min_ready_seconds, int | float) else 0
        per_turn = self.max_unavailable if is_zero(self.max_surge) else self.max_surge
        turns = math.ceil(_NODES / max(1, _count(per_turn, _NODES)))
        return max(_AT_LEAST, math.ceil(turns * (SECONDS_PER_POD + wait)))


def is_zero(value: object) -> bool:
    """Return whether the value means zero pods, as a number or as a percentage."""
    return (is_whole_number(value) and value == 0) or value == "0%"


def _get(mapping: object, *names: str) -> object:
    return next((mapping[name] for name in names if name in mapping), None) if isinstance(mapping, Mapping) else None


def _or_default(value: object, default: object) -> object:
    return default if value is None else value


def _count(value: object, nodes: int) -> int:
    """Return a number or share of pods as a number; 1 for what is not known. Shares round up, as in the controller."""
    if is_whole_number(value):
        return int(value)  # type: ignore[call-overload, no-any-return]
    share = PERCENT.fullmatch(value) if isinstance(value, str) else None
    return math.ceil(int(share[1]) * nodes / 100) if share else 1


def _pods(value: object) -> str:
    if is_whole_number(value):
        count = _count(value, 0)
        return f"{count:,} pod{'' if count == 1 else 's'}"
    return f"{value} of its pods" if isinstance(value, str) else "as many pods as max_unavailable allows"


def check_update_strategy(value: object, pod_spec: object) -> Iterator[Finding]:
    """Find update strategies that the API server refuses, or that can never start a pod."""
    where = "update_strategy"
    if not isinstance(value, Mapping):
        yield Finding(where, f"must be a mapping (got {type(value).__name__})", "Pass a dict")
        return
    yield from _check_keys(where, value, "type", "rollingUpdate")
    for path, rolling in pods.values(value, "rollingUpdate"):
        if isinstance(rolling, Mapping):
            yield from _check_keys(f"{where}.{path[0]}", rolling, "maxUnavailable", "maxSurge")
    strategy = UpdateStrategy.of(value)
    if isinstance(strategy.type, str) and strategy.type not in ("RollingUpdate", "OnDelete"):
        yield Finding(f"{where}.type", f"is not valid (got {strategy.type!r})", "Use 'RollingUpdate' or 'OnDelete'")
    wrong = [
        *_check_budget(f"{where}.max_unavailable", strategy.max_unavailable),
        *_check_budget(f"{where}.max_surge", strategy.max_surge),
    ]
    yield from wrong or _check_budgets(where, strategy, pod_spec)


def _check_keys(where: str, mapping: Mapping[str, object], *known: str) -> Iterator[Finding]:
    """Find keys that are none of the known camelCase names nor their snake_case spelling."""
    names = [spelling for name in known for spelling in (name, snake_case(name))]
    for key in mapping:
        if key not in names:
            fix = did_you_mean(key, names, f"Use one of {', '.join(dict.fromkeys(names[1::2]))}")
            yield Finding(f"{where}.{key}", "is not a known field", fix)


def _check_budget(where: str, value: object) -> Iterator[Finding]:
    """Find a number or share of pods that the API server refuses. Source: `ValidateRollingUpdateDaemonSet`."""
    share = PERCENT.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, str) and (not share or int(share[1]) > 100):
        yield Finding(where, f"is not a number or percentage of pods (got {value!r})", "Pass an int or '0%' to '100%'")
    elif isinstance(value, bool | int | float) and not is_whole_number(value):
        yield Finding(
            where, f"is not a number of pods (got {as_written(value)})", "Pass an int of at least 0, or '10%'"
        )


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
