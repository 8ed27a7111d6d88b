"""The values of kubespray's variables: an inventory's take precedence over the defaults, templates are evaluated."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..arguments.finding import Finding
from .variables import DEFAULTS, LEGACY_NODE_PORTS, PREFIX, is_own_expression, is_set_elsewhere

if TYPE_CHECKING:
    from .jinja import Templates

_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_SAME_AS = {"ipv6_stack": "enable_dual_stack_networks"}
"""Variable -> the older one that it defaults to."""


class Literal(str):
    """A text that is not a template, whatever it contains."""

    __slots__ = ()


@dataclass(frozen=True)
class Unreadable:
    """The value of a variable that cannot be read: `why` ends the sentence "it ..."."""

    why: str


class NotKnown(Exception):
    """A value cannot be known here."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


class Values:
    """
    Looks values up.

    `used` is the variables that were looked up; `assumed` is pairs of a variable and another one that its template
    asks for and nobody gives.
    """

    def __init__(self, inventory: Mapping[str, object]) -> None:
        self._given = inventory
        self._under: list[str] = []
        self._made: Templates | None = None
        self.used: set[str] = set()
        self.assumed: set[tuple[str, str]] = set()

    def is_given(self, name: str) -> bool:
        """Tell whether the inventory has a value of its own for a variable."""
        value = self._given.get(name)
        if name == PREFIX + "nodeport_addresses" and value is False:  # the default of 2.7, for no addresses
            return LEGACY_NODE_PORTS in self._given
        return name in self._given and (isinstance(value, Literal) or not is_own_expression(name, value))

    def value(self, name: str) -> object:
        """Return a value, templates evaluated. Raise `NotKnown` for what only Ansible can tell."""
        self.used.add(name)
        if not self.is_given(name):
            return self._default(name)
        value = self._given[name]
        if name in self._under:
            raise self._only_ansible(name, value, "it refers to itself")
        self._under.append(name)
        try:
            if isinstance(value, list):
                return [self._followed(item) for item in value]
            return self._followed(value)
        finally:
            self._under.pop()

    def flag(self, name: str) -> bool:
        """Return a value that is true or false. Raise `NotKnown` for another one."""
        value = self.value(name)
        if not isinstance(value, bool):
            where = name if self.is_given(name) else _SAME_AS.get(name, name)
            raise NotKnown(Finding(where, f"must be true or false (got {shown(value)})", "Write it without quotes"))
        return value

    def _default(self, name: str) -> object:
        if name == PREFIX + "nodeport_addresses" and LEGACY_NODE_PORTS in self._given:
            return f"[{spelled(LEGACY_NODE_PORTS, self.value(LEGACY_NODE_PORTS))}]"
        return self.value(_SAME_AS[name]) if name in _SAME_AS else DEFAULTS.get(name)

    def _followed(self, value: object) -> object:
        name = self._under[-1]
        if isinstance(value, Unreadable):
            raise NotKnown(Finding(name, value.why, "Write the value itself"))
        if not isinstance(value, str) or isinstance(value, Literal) or not _TEMPLATE.search(value):
            return value
        try:
            from .jinja import NotEvaluated
        except ModuleNotFoundError:
            what = f"is a Jinja template, but Jinja2 is not installed (got {_short(value)})"
            raise NotKnown(Finding(name, what, "Run: pip install 'pulumi-config-rollout[kubespray]'")) from None
        try:
            return self._templates().value(value)
        except NotEvaluated as why:
            raise self._only_ansible(name, value, str(why)) from None

    def _templates(self) -> "Templates":
        from .jinja import Templates

        self._made = self._made or Templates(self._looked_up, self._followed)
        return self._made

    def _looked_up(self, name: str) -> object:
        """Return a value for a template."""
        from .jinja import Unset

        if self.is_given(name) or name in DEFAULTS or name in _SAME_AS:
            return self.value(name)
        self.used.add(name)
        asking = self._under[-1]
        if is_set_elsewhere(name):
            raise self._only_ansible(asking, self._given.get(asking), f"'{name}' is not known here")
        self.assumed.add((asking, name))
        raise Unset

    @staticmethod
    def _only_ansible(name: str, value: object, why: str) -> NotKnown:
        return NotKnown(
            Finding(
                name,
                f"is a Jinja template that only Ansible can evaluate: {why} (got {_short(value)})",
                "Write the value that Ansible gives it: docs/kubespray.md has the command",
            )
        )


def spelled(name: str, value: object) -> str:
    """
    Return a value as Ansible writes it into a text. Raise `NotKnown` for what makes no field.

    Source: Ansible renders null as nothing, and lists and booleans as Python spells them.
    """
    if value is None:
        return ""
    if isinstance(value, str | bool | int | float):
        return str(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str | bool | int | float) for item in value):
        return str([str(item) if isinstance(item, str) else item for item in value])
    raise NotKnown(Finding(name, f"must be a plain value or a list of them (got {_short(value)})", "Write one"))


def shown(value: object) -> str:
    """Return a value for a message, as YAML has it."""
    return str(value).lower() if isinstance(value, bool) else "nothing" if value is None else _short(value)


def _short(value: object) -> str:
    text = repr(value.strip() if isinstance(value, str) else value)
    return text if len(text) <= 200 else f"{text[:200]}..."
