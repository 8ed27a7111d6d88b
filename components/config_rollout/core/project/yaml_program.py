"""
A Pulumi program in YAML, as text: the same for the same arguments.

Pulumi finds the library on PATH, in the environment that is active.
"""

import base64
from collections.abc import Mapping
from typing import Any

import yaml

from .program import FileBytes, FileText, Program, SecretSetting, computed, in_other_languages


def yaml_files(program: Program) -> dict[str, bytes]:
    """Return the files of a project."""
    settings = [one.name for one in computed(program.arguments) if isinstance(one, SecretSetting)]
    properties = _plain(in_other_languages(program.arguments), program.files)
    resource = {"type": f"config-rollout:{program.component}", "name": program.name, "properties": properties}
    document = {
        "name": program.name,
        "description": program.about,
        "runtime": "yaml",
        **({"config": {key: {"type": "string", "secret": True} for key in settings}} if settings else {}),
        "resources": {"workload": resource},
        **({"outputs": {"configHash": "${workload.configHash}"}} if program.has_hash else {}),
    }
    texts = {one.path for one in computed(program.arguments) if isinstance(one, FileText)}
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return {
        "Pulumi.yaml": f"{text}{program.settings}".encode(),
        **{path: of for path, of in program.files.items() if path.removeprefix("config/") in texts},
    }


def _plain(value: Any, files: Mapping[str, bytes]) -> Any:
    """Return a value as Pulumi's YAML has it: `${` begins an expression there, and binary files cannot be read."""
    match value:
        case FileText(path):
            return {"fn::readFile": f"./config/{path}"}
        case FileBytes(path):
            return base64.b64encode(files[f"config/{path}"]).decode()
        case SecretSetting(name):
            return f"${{{name}}}"
        case str():
            return value.replace("${", "$${")
        case Mapping():
            return {key: _plain(item, files) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, files) for item in value]
    return value
