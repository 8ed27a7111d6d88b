"""A Pulumi program in Python, as text: the same for the same arguments, formatted as ruff and Black format it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from .values import FileBytes, FileText, SecretSetting, computed

INDENT = "    "


def literal(value: object, depth: int = 0) -> str:
    """Return a plain value as Python writes it: a member or item a line."""
    inside, outside = INDENT * (depth + 1), INDENT * depth
    match value:
        case FileText(path):
            return f"text({literal(path)})"
        case FileBytes(path):
            return f"binary({literal(path)})"
        case SecretSetting(name):
            return f"settings.require_secret({literal(name)})"
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


def python_files(
    component: str, name: str, arguments: Mapping[str, Any], about: str, files: Mapping[str, bytes], more: str = ""
) -> dict[str, bytes]:
    """Return the files of a project that makes one component; `files` are those below `config/`."""
    text = yaml.safe_dump({"name": name, "runtime": "python"}, sort_keys=False)
    return {
        "Pulumi.yaml": f"{text}{more}".encode(),
        "__main__.py": program(component, name, arguments, about).encode(),
        **files,
    }


def program(component: str, name: str, arguments: Mapping[str, Any], about: str) -> str:
    """Return the program that makes one component and exports its config hash; `about` is its docstring."""
    call = f"{component}(\n{INDENT}{literal(name)},\n{INDENT}{literal(arguments, 1)},\n)"
    text, binary, settings = (
        any(isinstance(one, kind) for one in computed(arguments)) for kind in (FileText, FileBytes, SecretSetting)
    )
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
