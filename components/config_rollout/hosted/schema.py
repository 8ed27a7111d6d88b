"""
The Pulumi schema of the components, made from the types that a Python program writes. Other languages' SDKs are
generated from it.

Pulumi's own `component_provider_host` takes neither unions nor literals, says what arguments are in Python's words, and
calls everything plain, so that a generated program could pass no Output. Source: pulumi 3.272
provider/experimental/analyzer.py.
"""

import ast
import inspect
import re
import sys
import textwrap
import types
import typing
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from typing import Any, Literal, NotRequired, Required, get_args, get_origin

import pulumi

import config_rollout

from ..core.arguments.case import camel_case
from .names import in_other_languages, modules

PACKAGE = "config-rollout"
LANGUAGES = ("nodejs", "python", "go", "csharp", "java")

_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean"}
_OF_PYTHON = re.compile(r"\n\s*(Args|Raises|Returns):.*", re.DOTALL)
"""What a docstring says of Python, and other languages do not have."""


@cache
def components() -> Mapping[str, tuple[Any, type]]:
    """Return the components by their names, each with the type of its arguments."""
    names = [name for name in config_rollout.__all__ if f"{name}Args" in config_rollout.__all__]
    return {name: (getattr(config_rollout, name), getattr(config_rollout, f"{name}Args")) for name in names}


def version() -> str:
    """Return the version of the package."""
    return metadata.version("pulumi-config-rollout")


def schema() -> dict[str, Any]:
    """
    Return the schema, as Pulumi's JSON has it.

    Raises:
      TypeError: A type that other languages cannot have.

    """
    held: dict[str, Any] = {}
    resources = {f"{PACKAGE}:index:{name}": _resource(*of, held) for name, of in components().items()}
    return {
        "name": PACKAGE,
        "version": version(),
        "displayName": PACKAGE,
        "description": "Restarts workloads when, and only when, what their configuration means has changed.",
        "license": "Apache-2.0",
        "meta": {"supportPack": True},  # a module of its own for Go; `package add` makes one whatever stands here
        "resources": resources,
        "types": {f"{PACKAGE}:index:{name}": of for name, of in sorted(held.items())},
        "language": {language: {"respectSchemaVersion": True} for language in LANGUAGES},
    }


def _resource(component: type, args: type, held: dict[str, Any]) -> dict[str, Any]:
    inputs = _object(args, held)
    described = {name: of[name] for name in outputs(component) for of in map(fields, component.__mro__) if name in of}
    properties = {
        camel_case(name): {**property_of(get_args(hint)[0], held), "description": _described(text)}
        for name, (hint, text) in described.items()
    }
    return {
        "isComponent": True,
        "description": _described(component.__doc__ or ""),
        "inputProperties": inputs["properties"],
        "requiredInputs": inputs["required"],
        "properties": properties,
        "required": sorted(properties),
    }


def outputs(component: type) -> list[str]:
    """Return the names of a component's outputs. Its resources are none: programs find them as its children."""
    every = [(name, hint) for of in component.__mro__ for name, (hint, _) in fields(of).items()]
    return [name for name, hint in every if get_origin(hint) is pulumi.Output]


def _object(of: type, held: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a TypedDict."""
    required: frozenset[str] = getattr(of, "__required_keys__", frozenset())
    properties = {
        camel_case(name): {**property_of(hint, held), "description": _described(text)}
        for name, (hint, text) in fields(of).items()
    }
    return {
        "type": "object",
        "description": _described(of.__doc__ or ""),
        "properties": properties,
        "required": sorted(camel_case(name) for name in required),
    }


def property_of(hint: Any, held: dict[str, Any]) -> dict[str, Any]:
    """
    Return the type of one property; the types that it holds are put into `held`.

    Nothing is plain: programs may pass Outputs, and Pulumi waits for them before it asks for the component.

    Raises:
      TypeError: Other languages cannot have it.

    """
    hint = without_input(hint)
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if hint is Any:
        return {"$ref": "pulumi.json#/Any"}
    if typing.is_typeddict(hint):
        name = hint.__name__.removesuffix("Args")
        if name not in held:
            held[name] = {}  # a type may hold itself
            held[name] |= _object(hint, held)
        return {"$ref": f"#/types/{PACKAGE}:index:{name}"}
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _choice(hint, held)
    if origin in (Mapping, dict):
        return {"type": "object", "additionalProperties": property_of(inner[1], held)}
    if origin in (Sequence, list):
        return {"type": "array", "items": property_of(inner[0], held)}
    if _is_union(hint):
        return {
            "oneOf": [{"type": "string"} if get_origin(one) is Literal else property_of(one, held) for one in inner]
        }
    raise TypeError(f"schema: {hint}: is no type that other languages have. Declare another.")


def _choice(hint: Any, held: dict[str, Any]) -> dict[str, Any]:
    """Return the enum of a Literal, called as the module that declares it does; alike ones are one."""
    name = min(name for module in modules() for name, value in vars(module).items() if value == hint)
    values = [{"name": "".join(map(_capital, value.split("-"))), "value": value} for value in get_args(hint)]
    held[name] = {"type": "string", "enum": values}
    return {"$ref": f"#/types/{PACKAGE}:index:{name}"}


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def without_input(hint: Any) -> Any:
    """Return a type without `NotRequired`, `None` and what `pulumi.Input` adds."""
    while get_origin(hint) in (NotRequired, Required):
        (hint,) = get_args(hint)
    if not _is_union(hint):
        return hint
    every = get_args(hint)
    waited = [one for one in every if get_origin(one) is Awaitable]
    if waited:
        return without_input(get_args(waited[0])[0])
    kept = [one for one in every if one is not type(None)]
    return without_input(kept[0]) if len(kept) == 1 else typing.Union[tuple(kept)]  # noqa: UP007 - of a tuple


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (typing.Union, types.UnionType)


@cache
def fields(of: type) -> Mapping[str, tuple[Any, str]]:
    """Return the annotated fields of a class itself, a TypedDict's with inherited ones: name -> type and docstring."""
    if of.__module__ in ("builtins", "typing", "pulumi.resource"):
        return {}
    texts = dict(_docstrings(of))
    every = inspect.get_annotations(of).items()
    return {name: (hint, texts.get(name, "")) for name, hint in every if not name.startswith("_")}


def _docstrings(of: type) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(of))).body
    assert isinstance(definition, ast.ClassDef)
    for base in (vars(sys.modules[of.__module__]).get(ast.unparse(name)) for name in definition.bases):
        if base is not None and typing.is_typeddict(base):
            yield from _docstrings(base)
    for field, after in zip(definition.body, definition.body[1:], strict=False):
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
            yield field.target.id, str(after.value.value)  # type: ignore[attr-defined]


def _described(text: str) -> str:
    return in_other_languages(inspect.cleandoc(_OF_PYTHON.sub("", text)))
