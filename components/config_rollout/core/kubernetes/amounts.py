"""Numbers and shares of pods, as every update strategy has them, and the fields of such a strategy."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from ..arguments.case import snake_case
from ..arguments.fields import as_written, is_whole_number
from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean

PERCENT = re.compile(r"([0-9]+)%")

ON_DELETE = "OnDelete"
"""The type of a strategy by which the controller deletes no pod."""

EACH_ON_DELETE = f"each pod when someone deletes it ({ON_DELETE})"
"""How many pods such a strategy takes at once, in words."""

SECONDS_PER_POD = 15
"""How long a pod takes to stop and its successor to start, in seconds, if nothing better is known."""

AT_LEAST_SECONDS = 600
"""The least that `up` waits for a rolling restart by default, in seconds."""


def field_of(mapping: object, *names: str) -> object:
    """Return the first of these fields that a mapping has; `None` if there is none."""
    return next((mapping[name] for name in names if name in mapping), None) if isinstance(mapping, Mapping) else None


def or_default(value: object, default: object) -> object:
    """Return a value, or what it is if nothing is said."""
    return default if value is None else value


@dataclass(frozen=True)
class RollingUpdate:
    """The fields that a strategy has for any kind of workload; each kind has defaults of its own for the amounts."""

    type: object = "RollingUpdate"
    max_unavailable: object = None
    max_surge: object = None

    @classmethod
    def of(cls, value: object) -> Self:
        """Read a plain strategy with snake_case or camelCase keys; what is missing gets its default."""
        rolling = field_of(value, "rolling_update", "rollingUpdate")
        return cls(
            type=field_of(value, "type") or cls.type,
            max_unavailable=or_default(field_of(rolling, "max_unavailable", "maxUnavailable"), cls.max_unavailable),
            max_surge=or_default(field_of(rolling, "max_surge", "maxSurge"), cls.max_surge),
        )


def is_zero(value: object) -> bool:
    """Return whether the value means zero pods, as a number or as a percentage."""
    return (is_whole_number(value) and value == 0) or value == "0%"


def count_of(value: object, pods: int) -> int:
    """Return a number or share of pods as a number; 1 for what is not known. Shares round up, as in the controller."""
    if is_whole_number(value):
        return int(value)  # type: ignore[call-overload, no-any-return]
    share = PERCENT.fullmatch(value) if isinstance(value, str) else None
    return math.ceil(int(share[1]) * pods / 100) if share else 1


def pods_of(value: object, unknown: str = "max_unavailable") -> str:
    """Return a number or share of pods in words; `unknown` is the field of one that is not known yet."""
    if is_whole_number(value):
        count = count_of(value, 0)
        return f"{count:,} pod{'' if count == 1 else 's'}"
    return f"{value} of its pods" if isinstance(value, str) else f"as many pods as {unknown} allows"


def seconds_for(pods: int, at_once: int, min_ready_seconds: object) -> int:
    """
    Return how long a rolling restart of so many pods takes, in seconds, at least 600.

    Counts 15 s for a pod to stop and start, and `min_ready_seconds`, for each turn of `at_once` pods.
    """
    wait = min_ready_seconds if isinstance(min_ready_seconds, int | float) else 0
    return max(AT_LEAST_SECONDS, math.ceil(math.ceil(pods / max(1, at_once)) * (SECONDS_PER_POD + wait)))


def check_strategy_fields(where: str, mapping: Mapping[str, object], *known: str) -> Iterator[Finding]:
    """Find keys that are none of the known camelCase names nor their snake_case spelling."""
    names = [spelling for name in known for spelling in (name, snake_case(name))]
    for key in mapping:
        if key not in names:
            fix = did_you_mean(key, names, f"Use one of {', '.join(dict.fromkeys(names[1::2]))}")
            yield Finding(f"{where}.{key}", "is not a known field", fix)


def check_amount(where: str, value: object) -> Iterator[Finding]:
    """Find a number or share of pods that the API server refuses. Source: `ValidateRollingUpdateDaemonSet`."""
    share = PERCENT.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, str) and (not share or int(share[1]) > 100):
        yield Finding(where, f"is not a number or percentage of pods (got {value!r})", "Pass an int or '0%' to '100%'")
    elif isinstance(value, bool | int | float) and not is_whole_number(value):
        yield Finding(
            where, f"is not a number of pods (got {as_written(value)})", "Pass an int of at least 0, or '10%'"
        )
