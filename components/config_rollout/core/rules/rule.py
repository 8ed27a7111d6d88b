"""What a rule is, and what it can report. The rules themselves are in the files beside this one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..arguments.finding import Finding
from .objects import KubernetesObject, Objects


class Level(Enum):
    """What a finding causes, in Pulumi's words."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    DISABLED = "disabled"


class Severity(Enum):
    """How serious a finding is, in Pulumi's words."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True)
class NotChecked:
    """What a rule could not check: `where` is the path, `why` the reason, by default that it is not known yet."""

    where: str
    why: str = ""

    def __str__(self) -> str:
        return f"not checked: {self.where}: {self.why or 'is not known before the update'}"


Answer = Finding | NotChecked
"""What a rule reports about one object."""

Parameters = Mapping[str, Any]
"""Name of a parameter -> its value, defaults filled in."""


@dataclass(frozen=True)
class Parameter:
    """A number that a rule takes: what it is, its default, its minimum and its maximum."""

    name: str
    what: str
    default: int
    least: int
    most: int


@dataclass(frozen=True)
class Rule:
    """
    One rule.

    `prevents` says what goes wrong without it, `fix` what to do, both as cells of a table; `link` is the source of the
    claim. `check_one` checks one object of `kinds`; `check_all`, if one object is not enough, all of them. A rule with
    `programs_only` is about what Pulumi does and does not apply to manifests. `remedy` is the edit that corrects an
    object without restarting a pod, as (path of keys, value). `bad` and `good` are YAML: a manifest, or for a rule with
    `programs_only` a Pulumi program.
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
    check_one: Callable[[KubernetesObject, Parameters], Iterable[Answer]] | None = None
    check_all: Callable[[Objects, Parameters], Iterable[tuple[KubernetesObject, Answer]]] | None = None
    programs_only: bool = False
    parameters: tuple[Parameter, ...] = ()
    remedy: Callable[[KubernetesObject, Parameters], tuple[tuple[str, ...], Any] | None] | None = None

    def defaults(self) -> dict[str, Any]:
        """Return the parameters with their defaults."""
        return {parameter.name: parameter.default for parameter in self.parameters}
