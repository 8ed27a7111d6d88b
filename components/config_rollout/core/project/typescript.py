"""
A Pulumi program in TypeScript, as text: the same for the same arguments.

Its SDK is generated from the installed library, so it always has the library's version.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from .program import FileBytes, FileText, Program, SecretSetting, in_other_languages

INSTALL = (
    'pulumi package gen-sdk "$(command -v pulumi-resource-config-rollout)" --local --language nodejs --out sdks',
    "npm install",
)
"""What a project needs once, before anything else."""

_PACKAGES = {
    "dependencies": {"@pulumi/config-rollout": "file:sdks/nodejs", "@pulumi/pulumi": "^3.259.0"},
    "devDependencies": {"@types/node": "^24.10.1", "typescript": "^5.9.3"},
}
_COMPILER = {
    "compilerOptions": {
        "strict": True, "target": "es2022", "module": "commonjs", "moduleResolution": "node", "outDir": "bin",
    },
    "files": ["index.ts"],
}  # fmt: skip
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_INDENT = "  "
_TEXT = """\
/** Returns a file of the configuration as it is. */
function text(file: string): string {
  return fs.readFileSync(path.join(__dirname, "config", file), "utf8");
}
"""
_BINARY = """\
/** Returns a file of the configuration in base64. */
function binary(file: string): string {
  return fs.readFileSync(path.join(__dirname, "config", file), "base64");
}
"""


def typescript_files(program: Program) -> dict[str, bytes]:
    """Return the files of a project."""
    project = yaml.safe_dump({"name": program.name, "runtime": "nodejs"}, sort_keys=False)
    return {
        "Pulumi.yaml": f"{project}{program.settings}".encode(),
        "index.ts": program_text(program).encode(),
        "package.json": _json({"private": True, **_PACKAGES}),
        "tsconfig.json": _json(_COMPILER),
        ".gitignore": b"/bin/\n/node_modules/\n/sdks/\n",
        **program.files,
    }


def program_text(program: Program) -> str:
    """Return the program that makes one component and exports its config hash."""
    of_files, has_settings = program.has(FileText, FileBytes), program.has(SecretSetting)
    imports = ['import * as fs from "fs";\n', 'import * as path from "path";\n'] if of_files else []
    imports.append(f'import {{ {program.component} }} from "@pulumi/config-rollout";\n')
    imports += ['import * as pulumi from "@pulumi/pulumi";\n'] if has_settings else []
    arguments = literal(in_other_languages(program.arguments))
    made = f"new {program.component}({literal(program.name)}, {arguments});\n"
    parts = [
        f"// {program.about}\n{''.join(imports)}",
        *(["const settings = new pulumi.Config();\n"] if has_settings else []),
        *([_TEXT] if program.has(FileText) else []),
        *([_BINARY] if program.has(FileBytes) else []),
        f"const workload = {made}\nexport const configHash = workload.configHash;\n" if program.has_hash else made,
    ]
    return "\n".join(parts)


def literal(value: object, depth: int = 0) -> str:
    """Return a plain value as TypeScript writes it: a member or item a line."""
    inside, outside = _INDENT * (depth + 1), _INDENT * depth
    match value:
        case FileText(path):
            return f"text({literal(path)})"
        case FileBytes(path):
            return f"binary({literal(path)})"
        case SecretSetting(name):
            return f"settings.requireSecret({literal(name)})"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Mapping() if value:
            members = [f"{inside}{_key(key)}: {literal(item, depth + 1)},\n" for key, item in value.items()]
            return "{\n" + "".join(members) + outside + "}"
        case Sequence() if value:
            return "[\n" + "".join(f"{inside}{literal(item, depth + 1)},\n" for item in value) + outside + "]"
    return json.dumps(value)


def _key(name: Any) -> str:
    return str(name) if _IDENTIFIER.fullmatch(str(name)) else literal(str(name))


def _json(value: object) -> bytes:
    return f"{json.dumps(value, indent=2)}\n".encode()
