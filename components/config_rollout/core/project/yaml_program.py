"""
A Pulumi program in YAML, as text: the same for the same arguments.

Pulumi finds the library on PATH, in the environment that is active.
"""

import base64
from collections.abc import Mapping
from typing import Any

import yaml

from ..arguments.case import camel_case
from .values import FileBytes, FileText, SecretSetting, computed

_OF_ARGUMENTS = ("external", "strategy", "update_strategy", "rolling_update")
"""Arguments whose value has arguments too, where that of others has names of the user's."""


def yaml_files(
    component: str, name: str, arguments: Mapping[str, Any], about: str, files: Mapping[str, bytes], more: str = ""
) -> dict[str, bytes]:
    """Return the files of a project that makes one component; `files` are those below `config/`."""
    settings = [one.name for one in computed(arguments) if isinstance(one, SecretSetting)]
    resource = {"type": f"config-rollout:{component}", "name": name, "properties": _properties(arguments, files)}
    document = {
        "name": name,
        "description": about,
        "runtime": "yaml",
        **({"config": {key: {"type": "string", "secret": True} for key in settings}} if settings else {}),
        "resources": {"workload": resource},
        "outputs": {"configHash": "${workload.configHash}"},
    }
    texts = {one.path for one in computed(arguments) if isinstance(one, FileText)}
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return {
        "Pulumi.yaml": f"{text}{more}".encode(),
        **{path: of for path, of in files.items() if path.removeprefix("config/") in texts},
    }


def _properties(arguments: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return arguments under the names that other languages have."""
    made = {}
    for key, value in arguments.items():
        if key in _OF_ARGUMENTS:
            made[camel_case(key)] = _properties(value, files)
        elif key == "config_maps" and isinstance(value, Mapping):
            made["configMaps"] = {name: _properties(of, files) for name, of in value.items()}
        else:
            made[camel_case(key)] = _plain(value, files)
    return made


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
