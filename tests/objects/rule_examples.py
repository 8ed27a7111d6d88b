"""The examples of the rules as objects: manifests, and Pulumi YAML programs with what the engine would say of them."""

import re
from typing import Any

import yaml

from config_rollout.core.rules import BY_ID
from config_rollout.core.rules.checking import run
from config_rollout.core.rules.manifest import Manifest, parse_manifest
from config_rollout.core.rules.objects import KubernetesObject, Objects, Program
from config_rollout.core.rules.rule import Rule


def manifest(text: str | bytes) -> Manifest:
    found = Manifest()
    parse_manifest("file", text.encode() if isinstance(text, str) else text, found)
    return found


def urn(name: str) -> str:
    return f"urn:pulumi:test::test::kubernetes::{name}"


def program(text: str, **facts: Any) -> list[KubernetesObject]:
    """Return the resources of a Pulumi YAML program; `${name.…}` in a property is a dependency of it."""
    resources = yaml.safe_load(text)["resources"]
    return [
        KubernetesObject(
            resource["type"].split(":")[-1].removesuffix("Patch"),
            _resolved(resource["properties"], resources),
            patch=resource["type"].endswith("Patch"),
            program=Program(
                urn=urn(name),
                depends={
                    key: [urn(other) for other in re.findall(r"\$\{(\w+)", str(value))]
                    for key, value in resource["properties"].items()
                },
                protected=resource.get("options", {}).get("protect", False),
                **facts,
            ),
        )
        for name, resource in resources.items()
    ]


def _resolved(value: Any, resources: Any) -> Any:
    if isinstance(value, dict):
        return {key: _resolved(item, resources) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, resources) for item in value]
    if isinstance(value, str) and (reference := re.fullmatch(r"\$\{(\w+)\.metadata\.name\}", value)):
        return resources[reference[1]]["properties"]["metadata"]["name"]
    return value


def objects(rule: Rule, text: str) -> list[KubernetesObject]:
    return program(text) if rule.programs_only else manifest(text).objects


def said(rule: str, found: list[KubernetesObject], **parameters: int) -> list[str]:
    """Return what one rule says, as text."""
    given = BY_ID[rule].defaults() | parameters
    return [str(what) for _, what in run(BY_ID[rule], Objects.of(found), given)]
