"""
Evaluates a variable's Jinja as Ansible does, with Jinja itself: sandboxed, and with variables only.

Not there: facts, lookups, and Ansible's own filters and tests. Needs Jinja, the extra `kubespray`.
"""

from collections.abc import Callable
from typing import Any

from jinja2 import ChainableUndefined, StrictUndefined, TemplateError, pass_context
from jinja2.filters import FILTERS
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

_FILTERS = ("d", "default", "first", "int", "join", "last", "length", "list", "lower", "replace", "sort", "string",
            "trim", "upper")  # fmt: skip
"""The filters that need nothing from Ansible and give the same everywhere."""


class NotEvaluated(Exception):
    """A template cannot be evaluated here; the argument says why, as a clause."""


class Unset(Exception):
    """What a lookup raises for a variable that has no value."""


class Templates:
    """
    Evaluates templates.

    Args:
      lookup: Variable -> its value, templates evaluated. Raises `Unset` for a variable without a value.
      follow: Value -> the value with the template evaluated that it may be; called for what is taken out of a
        dictionary or a list.

    """

    def __init__(self, lookup: Callable[[str], object], follow: Callable[[object], object]) -> None:
        self._environment = _Environment(lookup, follow)

    def value(self, text: str) -> object:
        """
        Return what a template gives: the value itself of one expression and nothing else, a text otherwise.

        Source: ansible-core 2.19, `_internal/_templating`: `trim_blocks`, one node keeps its type, nodes without a
        value are left out, an undefined variable's attributes are undefined, line ends at the end stay.

        Raises:
          NotEvaluated: Only Ansible can, or nobody can.

        """
        try:
            nodes = [node for node in self._environment.from_string(text).generate() if node is not None]
            for node in nodes:
                if isinstance(node, Undefined):
                    str(node)  # fails
            value = nodes[0] if len(nodes) == 1 else "".join(map(str, nodes)) if nodes else None
            return value + _line_ends(text)[len(_line_ends(value)) :] if isinstance(value, str) else value
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
            raise NotEvaluated(reason[:1].lower() + reason[1:]) from None
        except RecursionError:
            raise NotEvaluated("it does not end") from None


def _line_ends(text: str) -> str:
    return text[len(text.rstrip("\n")) :]


@pass_context
def _as_it_is(context: Context, value: Any) -> Any:
    """Keep Jinja, by asking for the context, from writing constants as texts while it compiles."""
    return value


class _Undefined(ChainableUndefined, StrictUndefined):
    """Without a value, and so are its attributes; whoever wants its value fails."""


class _Context(Context):
    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        try:
            return self.environment.lookup(key)  # type: ignore[attr-defined]
        except Unset:
            return missing


class _Environment(ImmutableSandboxedEnvironment):
    code_generator_class = NativeCodeGenerator
    context_class = _Context
    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, lookup: Callable[[str], object], follow: Callable[[object], object]) -> None:
        super().__init__(undefined=_Undefined, trim_blocks=True, finalize=_as_it_is)
        self.lookup, self._follow = lookup, follow
        self.filters = {name: FILTERS[name] for name in _FILTERS}
        self.globals = {}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, int) and isinstance(right, int) and operator != "**":
            return super().call_binop(context, operator, left, right)
        raise TypeError(f"'{operator}' is used for something other than a product or a remainder of numbers")

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self._follow(super().getitem(obj, argument))

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._follow(super().getattr(obj, attribute))
