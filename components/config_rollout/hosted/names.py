"""
The names of arguments as other languages write them, and Python's words in messages and descriptions as theirs.

Not here: which arguments there are (args/).
"""

import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any

from .. import args
from ..core.arguments.case import camel_case

_WORDS = {
    r"\bTrue\b": "true",
    r"\bFalse\b": "false",
    r"\bNone\b": "null",
    r"\ba plain str\b": "plain text",
    r"\ba str\b": "text",
    r"\ba plain dict\b": "a plain object",
    r"\ba dict\b": "an object",
    r"\bplain dicts\b": "plain objects",
    r"\ban int\b": "a whole number",
}
"""What only Python says -> what every language understands."""

_OTHER_NAMES = {"config_hash", "custom_timeouts", "env_from", "ignore_changes", "retain_on_delete"}
"""Outputs, resource options and fields of a pod spec that messages and descriptions name."""


@cache
def modules() -> list[ModuleType]:
    """Return the modules that say what users write."""
    return [importlib.import_module(f"{args.__name__}.{of.name}") for of in pkgutil.iter_modules(args.__path__)]


@cache
def _renamed() -> re.Pattern[str]:
    """Return a pattern of every field that other languages spell differently, as a whole word."""
    types = (value for module in modules() for value in vars(module).values() if typing.is_typeddict(value))
    names = {name for of in types for name in inspect.get_annotations(of)} | _OTHER_NAMES
    spelled = sorted((name for name in names if camel_case(name) != name), key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(spelled)})\b")


def in_other_languages(text: str) -> str:
    """Return a message or a description with the names and words of other languages."""
    text = _renamed().sub(lambda name: camel_case(name[1]), text)
    for words, others in _WORDS.items():
        text = re.sub(words, others, text)
    return text


_HEAD = re.compile(r"[A-Za-z_]\w*")
_STEP = re.compile(r"""\.(?P<field>\w+)|\[(?P<index>\d+)\]|\['(?P<key>(?:[^'\\]|\\.)*)'\]|\["(?P<quoted>[^"]*)"\]""")


def property_path(where: str, known: Mapping[str, Any]) -> tuple[str, str]:
    """
    Return the place that a finding names as Pulumi writes it, and what is left of it.

    The path is empty where it is in no argument: then it is in the cluster. Source: Pulumi "Property paths".
    """
    head = _HEAD.match(where)
    if not head or (head[0] not in known and where != head[0]):
        return "", where
    path, end = camel_case(head[0]), head.end()
    while step := _STEP.match(where, end):
        if step["field"]:
            path += f".{camel_case(step['field'])}"
        else:
            key = step["key"] if step["key"] is not None else step["quoted"]
            path += f"[{step['index']}]" if step["index"] else f'["{key}"]'
        end = step.end()
    rest = where[end:]
    return (path, rest.lstrip(": ")) if not rest or rest.startswith(":") else ("", where)
