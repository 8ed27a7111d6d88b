"""The resources of a Pulumi program as the rules see them, read from what the engine sends to a policy pack."""

import os
import re
from functools import cache
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value  # type: ignore[import-untyped]
from pulumi.runtime.proto.analyzer_pb2 import AnalyzeRequest, AnalyzerProviderResource, AnalyzerResource

from .core.markers import UNKNOWN
from .core.rules.objects import CONFIGURATION, WAVE_STASH, KubernetesObject, Program

_TYPES = (
    re.compile(r"kubernetes:[^:]+/[a-z0-9]+:([A-Za-z]+)(Patch)"),
    re.compile(r"kubernetes:(?:core|apps|batch|policy|extensions)/[a-z0-9]+:([A-Za-z]+)"),
    re.compile(r"kubernetes:argoproj\.io/[a-z0-9]+:(Rollout)"),
    re.compile(r"kubernetes:apps\.openshift\.io/[a-z0-9]+:(DeploymentConfig)"),
    re.compile(rf"pulumi:index:({WAVE_STASH})"),
)
"""Types of the resources that rules look at, with their kind and whether they are patches."""

UNKNOWNS = frozenset(
    (
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    )
)
"""
What stands for a value that is not known yet: a boolean, a number, a text and so on.

Source: pulumi 3.259 sdk/go/common/resource/plugin/rpc.go, `UnknownBoolValue` and those after it.
"""

SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""The key that tells what a mapping stands for, and what it is for a secret. Source: the same file, `SecretSig`."""


def object_of(resource: AnalyzeRequest | AnalyzerResource, properties: Struct) -> KubernetesObject | None:
    """Return a resource with these properties as an object; `None` if rules do not look at its type."""
    kind, patch = _kind(resource.type)
    if not kind:
        return None
    depends = resource.propertyDependencies if isinstance(resource, AnalyzerResource) else {}
    program = Program(
        urn=resource.urn,
        depends={name: list(on.urns) for name, on in depends.items()},
        replaces=_replaces(kind, resource.provider) if kind in CONFIGURATION else True,
        protected=resource.options.protect,
    )
    return KubernetesObject(kind, plain(properties), resource.urn, patch, program)


@cache
def _kind(resource_type: str) -> tuple[str, bool]:
    """Return the kind of a type of resources, and whether it is a patch; no kind if rules do not look at it."""
    name = next(filter(None, (pattern.fullmatch(resource_type) for pattern in _TYPES)), None)
    return (name[1], name.lastindex == 2) if name else ("", False)


def _replaces(kind: str, provider: AnalyzerProviderResource) -> object:
    """Return whether the provider replaces an object of this kind when its data changes: the default."""
    if os.environ.get(f"PULUMI_K8S_ENABLE_{kind.upper()}_MUTABLE", "").lower() in ("true", "1"):
        return False
    set_to = plain(provider.properties).get(f"enable{kind}Mutable")
    return UNKNOWN if set_to is UNKNOWN else set_to not in (True, "true")


def plain(properties: Struct) -> dict[str, Any]:
    """Return properties as plain values: secrets as what they hold, `UNKNOWN` for what is not known yet."""
    return {key: _plain(value) for key, value in properties.fields.items()}


def _plain(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
        case "struct_value":
            held = _held(value)
            return plain(value.struct_value) if held is value else _plain(held)
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case "number_value":
            return int(value.number_value) if value.number_value.is_integer() else value.number_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _held(value: Value) -> Value:
    """Return what a secret holds, and anything else itself."""
    fields = value.struct_value.fields
    return fields["value"] if SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET else value


def edited(properties: Struct, path: tuple[str, ...], value: str | float) -> Struct:
    """Return a copy of the properties with a value set; what is secret or not known yet stays as it is."""
    copy = Struct()
    copy.CopyFrom(properties)
    *above, last = path
    place = copy
    for key in above:
        place = _held(place.fields[key]).struct_value
    place[last] = value
    return copy
