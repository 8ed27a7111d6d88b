"""A Pulumi program in Python, as text: the same for the same arguments, formatted as ruff and Black format it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

INDENT = "    "


class Code(str):
    """An expression of the program, where another value would be a literal."""


def literal(value: object, depth: int = 0) -> str:
    """Return a plain value as Python writes it: a member or item a line."""
    inside, outside = INDENT * (depth + 1), INDENT * depth
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return repr(value) if '"' in value and "'" not in value else _quoted(value)
    if isinstance(value, Mapping) and value:
        lines = [f"{inside}{literal(key)}: {literal(item, depth + 1)},\n" for key, item in value.items()]
        return "{\n" + "".join(lines) + outside + "}"
    if isinstance(value, Sequence) and value:
        return "[\n" + "".join(f"{inside}{literal(item, depth + 1)},\n" for item in value) + outside + "]"
    return repr(value)


def _quoted(text: str) -> str:
    """Return a text in double quotes; JSON escapes as Python does, but for the halves of a pair."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


def program(component: str, name: str, arguments: Mapping[str, Any], about: str) -> str:
    """Return the program that makes one component and exports its config hash; `about` is its docstring."""
    call = f"{component}(\n{INDENT}{literal(name)},\n{INDENT}{literal(arguments, 1)},\n)"
    expressions = [value for value in _expressions(arguments)]
    text, binary, settings = (any(start in one for one in expressions) for start in ("text(", "binary(", "settings."))
    imports = [*(["import base64"] if binary else []), *(["from pathlib import Path"] if text or binary else [])]
    head = [f'"""{about}"""\n']
    if imports:
        head.append("\n".join(imports) + "\n")
    head.append(f"import pulumi\nfrom config_rollout import {component}\n")
    if text or binary:
        head.append('FOLDER = Path(__file__).parent / "config"\n')
    if settings:
        head.append("settings = pulumi.Config()\n")
    functions = ([_TEXT] if text else []) + ([_BINARY] if binary else [])
    body = f'workload = {call}\n\npulumi.export("config_hash", workload.config_hash)\n'
    separator = "\n\n" if functions else "\n"
    return separator.join(["\n".join(head), *functions, body])


_TEXT = '''def text(file: str) -> str:
    """Return a file of the configuration as it is."""
    return (FOLDER / file).read_bytes().decode()
'''
_BINARY = '''def binary(file: str) -> str:
    """Return a file of the configuration in base64."""
    return base64.b64encode((FOLDER / file).read_bytes()).decode()
'''


def _expressions(value: object) -> list[str]:
    if isinstance(value, Code):
        return [str(value)]
    if isinstance(value, Mapping):
        return [one for item in value.values() for one in _expressions(item)]
    return [one for item in value for one in _expressions(item)] if isinstance(value, list | tuple) else []
