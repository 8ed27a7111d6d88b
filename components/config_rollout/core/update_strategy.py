"""A DaemonSet's `update_strategy`: how many pods may be away at once, in words and in time."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

PERCENT = re.compile(r"([0-9]+)%")

SECONDS_PER_POD = 15
"""How long a pod takes to stop and its successor to start, in seconds, where nothing better is known."""

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
    def of(cls, given: object) -> "UpdateStrategy":
        """Read a plain `update_strategy` with snake_case or camelCase keys; what is missing gets its default."""
        rolling = _get(given, "rolling_update", "rollingUpdate")
        return cls(
            type=_get(given, "type") or cls.type,
            max_unavailable=_or_default(_get(rolling, "max_unavailable", "maxUnavailable"), cls.max_unavailable),
            max_surge=_or_default(_get(rolling, "max_surge", "maxSurge"), cls.max_surge),
        )

    def budget(self) -> str:
        """Return how many pods are away at once, as the end of a sentence about a rolling restart."""
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


def is_number_of_pods(value: object) -> bool:
    """Return whether the value is a whole number that is not negative."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == int(value)


def is_zero(value: object) -> bool:
    """Return whether the value is no pods, as a number or as a share."""
    return (is_number_of_pods(value) and value == 0) or value == "0%"


def _get(mapping: object, *names: str) -> object:
    return next((mapping[name] for name in names if name in mapping), None) if isinstance(mapping, Mapping) else None


def _or_default(value: object, default: object) -> object:
    return default if value is None else value


def _count(value: object, nodes: int) -> int:
    """Return a number or share of pods as a number; 1 for what is not known. Shares round up, as in the controller."""
    if is_number_of_pods(value):
        return int(value)  # type: ignore[call-overload, no-any-return]
    share = PERCENT.fullmatch(value) if isinstance(value, str) else None
    return math.ceil(int(share[1]) * nodes / 100) if share else 1


def _pods(value: object) -> str:
    if is_number_of_pods(value):
        count = _count(value, 0)
        return f"{count:,} pod{'' if count == 1 else 's'}"
    return f"{value} of its pods" if isinstance(value, str) else "as many pods as max_unavailable turns out to allow"
