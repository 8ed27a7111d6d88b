"""The settings of `check` itself, under `check` in its configuration file, and the schema of the whole file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from . import RULES
from .settings import CHECK, LEVELS, schema

FAIL_ON = ("mandatory", "advisory", "never")
"""The lowest level at which a finding makes the exit code 1."""


@dataclass(frozen=True)
class CheckSettings:
    """
    How `check` is run.

    `exclude` holds patterns of files and folders, `fail_on` is one of `FAIL_ON`, `baseline` a file that `--json` wrote.
    """

    exclude: tuple[str, ...] = ()
    fail_on: str = FAIL_ON[0]
    baseline: str = ""
    strict: bool = False
    together: bool = False


_PROPERTIES: dict[str, dict[str, Any]] = {
    "exclude": {
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "description": "files and folders to leave out, as patterns relative to this file: vendor, charts/*/ci",
    },
    "failOn": {
        "enum": list(FAIL_ON),
        "default": FAIL_ON[0],
        "description": "the lowest level at which a finding makes the exit code 1",
    },
    "baseline": {
        "type": "string",
        "minLength": 1,
        "description": "a file written by `check --json`, whose findings are not reported again",
    },
    "strict": {
        "type": "boolean",
        "default": False,
        "description": "whether the exit code is 2 if something could not be checked",
    },
    "together": {
        "type": "boolean",
        "default": False,
        "description": "whether all files form one set; otherwise each folder is a set",
    },
}


def parse_check_settings(config: object) -> tuple[CheckSettings, list[Finding]]:
    """Return the settings under `check` in a configuration file, and everything that is wrong with them."""
    part = config.get(CHECK, {}) if isinstance(config, Mapping) else {}
    if not isinstance(part, Mapping):
        return CheckSettings(), [Finding(CHECK, f"must be a mapping (got {type(part).__name__})", "Write {}")]
    findings = []
    for key, value in part.items():
        if key not in _PROPERTIES:
            fix = did_you_mean(key, _PROPERTIES, f"Known settings: {', '.join(_PROPERTIES)}")
            findings.append(Finding(f"{CHECK}.{key}", "is not a setting", fix))
        elif fix := _misfit(key, value):
            findings.append(Finding(f"{CHECK}.{key}", f"has an invalid value (got {value!r})", fix))
    if findings:
        return CheckSettings(), findings
    values = {"fail_on" if key == "failOn" else key: value for key, value in part.items()}
    return CheckSettings(**values | {"exclude": tuple(values.get("exclude", ()))}), []


def _misfit(key: str, value: object) -> str:
    """Return what to write instead; empty if the value is valid."""
    kind = _PROPERTIES[key].get("type")
    if key == "failOn":
        return "" if value in FAIL_ON else f"Use one of {', '.join(FAIL_ON)}"
    if kind == "boolean":
        return "" if isinstance(value, bool) else "Write true or false"
    texts = value if kind == "array" and isinstance(value, list) else [value]
    if all(isinstance(text, str) and text for text in texts) and (kind == "array") == isinstance(value, list):
        return ""
    return "Write a list of strings" if kind == "array" else "Write a path"


def config_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration file, for editors."""
    level = {"enum": list(LEVELS)}
    rules = {}
    for rule in RULES:
        settings = {"enforcementLevel": level | {"default": rule.level.value}, **schema(rule)}
        full = {"type": "object", "additionalProperties": False, "properties": settings}
        rules[rule.id] = {"description": f"Prevents {rule.prevents}.", "anyOf": [level, full]}
    every = {"type": "object", "additionalProperties": False, "properties": {"enforcementLevel": level}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration file of config-rollout check: .config-rollout.yaml",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "$schema": {"type": "string"},
            CHECK: {
                "description": "how check is run; the policy pack does not read it",
                "type": "object",
                "additionalProperties": False,
                "properties": _PROPERTIES,
            },
            "all": {"description": "the level of all rules that are not listed here", "anyOf": [level, every]},
            **rules,
        },
    }
