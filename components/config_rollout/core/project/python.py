"""A Pulumi program in Python, as text: the same for the same arguments, formatted as ruff and Black format it."""

import json
from collections.abc import Mapping, Sequence

import yaml

from .program import FileBytes, FileText, Program, SecretSetting

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


def python_files(program: Program) -> dict[str, bytes]:
    """Return the files of a project."""
    text = yaml.safe_dump({"name": program.name, "runtime": "python"}, sort_keys=False)
    return {
        "Pulumi.yaml": f"{text}{program.settings}".encode(),
        "__main__.py": program_text(program).encode(),
        **program.files,
    }


def program_text(program: Program) -> str:
    """Return the program that makes one component and exports its config hash."""
    call = f"{program.component}(\n{INDENT}{literal(program.name)},\n{INDENT}{literal(program.arguments, 1)},\n)"
    text, binary, settings = (program.has(kind) for kind in (FileText, FileBytes, SecretSetting))
    imports = [*(["import base64"] if binary else []), *(["from pathlib import Path"] if text or binary else [])]
    head = [f'"""{program.about}"""\n']
    if imports:
        head.append("\n".join(imports) + "\n")
    pulumi = "import pulumi\n" if program.has_hash or settings else ""
    head.append(f"{pulumi}from config_rollout import {program.component}\n")
    if text or binary:
        head.append('FOLDER = Path(__file__).parent / "config"\n')
    if settings:
        head.append("settings = pulumi.Config()\n")
    functions = ([_TEXT] if text else []) + ([_BINARY] if binary else [])
    export = '\n\npulumi.export("config_hash", workload.config_hash)\n'
    body = f"workload = {call}{export}" if program.has_hash else f"{call}\n"
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
