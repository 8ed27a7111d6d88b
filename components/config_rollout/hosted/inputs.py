"""What a program in another language passes, as the arguments of the Python component."""

import typing
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

import pulumi

from ..core.arguments.case import camel_case
from .schema import fields, without_input


def arguments(inputs: Mapping[str, Any], args_type: type) -> dict[str, Any]:
    """
    Return the arguments under their Python names, and whole numbers as such: Pulumi passes each as a float.

    What the type does not have stays as it is, for the component to refuse.
    """
    made: dict[str, Any] = _pythonic(inputs, args_type)
    return made


def _pythonic(value: Any, hint: Any) -> Any:
    hint = without_input(hint)
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: _pythonic(known, hint))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return _mapping(value, hint)
    if isinstance(value, list | tuple):
        inner = next((get_args(one)[0] for one in _alternatives(hint) if get_origin(one) in (Sequence, list)), Any)
        return [_pythonic(item, inner) for item in value]
    return value


def _mapping(value: Mapping[str, Any], hint: Any) -> dict[str, Any]:
    for one in _alternatives(hint):
        if typing.is_typeddict(one):
            known = {camel_case(name): (name, of) for name, (of, _) in fields(one).items()}
            named = {key: known.get(key, (key, Any)) for key in value}
            return {named[key][0]: _pythonic(item, named[key][1]) for key, item in value.items()}
    inner = next((get_args(one)[1] for one in _alternatives(hint) if get_origin(one) in (Mapping, dict)), Any)
    return {key: _pythonic(item, inner) for key, item in value.items()}


def _alternatives(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the type itself."""
    return get_args(hint) if get_origin(hint) is typing.Union else (hint,)
