"""What a rule is, and what it can say. The rules themselves are in the files beside this one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..arguments.finding import Finding
from .objects import KubernetesObject, Objects


class Level(Enum):
    """What follows from a finding, in Pulumi's words."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    DISABLED = "disabled"


class Severity(Enum):
    """How much is at stake, in Pulumi's words."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True)
class NotChecked:
    """What a rule could not look at: `where` is the path, `why` what it says there; as a rule, not known yet."""

    where: str
    why: str = ""

    def __str__(self) -> str:
        return f"not checked: {self.where}: {self.why or 'is not known before the update'}"


Said = Finding | NotChecked
"""What a rule says of one object."""

Parameters = Mapping[str, Any]
"""Name of a parameter -> its value, defaults filled in."""


@dataclass(frozen=True)
class Parameter:
    """A number that a rule takes: what it is, its default, and the least and the most it may be."""

    name: str
    what: str
    default: int
    least: int
    most: int


@dataclass(frozen=True)
class Rule:
    """
    One rule.

    `prevents` says what goes wrong without it, `fix` what to do, both as the end of a table's row; `link` leads to the
    source of the claim. `check_one` looks at one object of `kinds`; `check_all`, where one object is not enough, at
    all of them. A rule with `programs_only` is about what Pulumi does and says nothing of a manifest. `remedy` is the
    edit that makes an object good without restarting a pod, as (path of keys, value). `bad` and `good` are YAML: a
    manifest, or a Pulumi program for a rule with `programs_only`.
    """

    id: str
    level: Level
    severity: Severity
    topic: str
    prevents: str
    fix: str
    link: str
    bad: str
    good: str
    kinds: tuple[str, ...] = ()
    check_one: Callable[[KubernetesObject, Parameters], Iterable[Said]] | None = None
    check_all: Callable[[Objects, Parameters], Iterable[tuple[KubernetesObject, Said]]] | None = None
    programs_only: bool = False
    parameters: tuple[Parameter, ...] = ()
    remedy: Callable[[KubernetesObject, Parameters], tuple[tuple[str, ...], Any] | None] | None = None

    def defaults(self) -> dict[str, Any]:
        """Return the parameters with their defaults."""
        return {parameter.name: parameter.default for parameter in self.parameters}
