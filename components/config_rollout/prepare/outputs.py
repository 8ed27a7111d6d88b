"""
Waits for the Outputs in what ConfigMaps and Secrets hold, before anything of a component is registered.

A hash and a name are made of values, never of resources. What an Output comes from is what the component's objects
depend on, which says their order and replaces nothing. What a preview does not know stays an Output.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.sync_await import _sync_await

from ..core.arguments.finding import Finding
from ..hooks.plain_inputs import UNKNOWN_OUTPUT

_SECTIONS = ("data", "binary_data", "binaryData")

_SECRET = (
    "is secret, but everyone who may read the ConfigMap, or a preview, would see it",
    "Pass it in `secrets`, and let pod_spec read that Secret",
)
NOT_KNOWN = (
    "is not known, although this is not a preview: what it comes from failed, or was left out",
    "Run `pulumi up` again once that is there",
)


def wait_for_outputs(plain: dict[str, Any]) -> tuple[set[pulumi.Resource], list[Finding]]:
    """
    Put the values of Outputs into the `data` and `binary_data` of a component's arguments, and of its `config_maps`.

    Return the resources that they come from, and what may not be in a ConfigMap. A whole mapping may be one Output.
    """
    holders, others = [("", plain)], plain.get("config_maps")
    if isinstance(others, Mapping):
        copies = {name: dict(of) if isinstance(of, Mapping) else of for name, of in others.items()}
        plain["config_maps"] = copies
        holders += [(f"config_maps[{name!r}].", of) for name, of in copies.items() if isinstance(of, dict)]
    places = [place for prefix, fields in holders for place in _places(prefix, fields)]
    outputs = [pulumi.Output.from_input(of[key]) for of, key, _ in places]
    findings: list[Finding] = []
    needs: set[pulumi.Resource] = set()
    for (of, key, where), (value, secret, resources) in zip(places, wait_for(outputs), strict=True):
        needs |= resources
        of[key] = UNKNOWN_OUTPUT if secret else value  # what is refused is looked at no further
        if secret:
            findings.append(Finding(where, *_SECRET))
        elif _has_output(value) and not pulumi.runtime.is_dry_run():
            findings.append(Finding(where, *NOT_KNOWN))
    return needs, findings


_Value = tuple[Any, bool, set[pulumi.Resource]]
"""What an Output holds, whether it is secret, and the resources that it comes from."""

_known: WeakKeyDictionary[pulumi.Output[Any], _Value] = WeakKeyDictionary()
"""Output -> what it was found to hold."""


def known(value: Any) -> tuple[Any, bool, set[pulumi.Resource]]:
    """
    Return a structure with the values of its Outputs, whether any of them is secret, and what they come from.

    What a preview does not know stays an Output.
    """
    if not holds_output(value):
        return value, False, set()
    (of,) = wait_for([pulumi.Output.from_input(value)])
    return of


def known_once(value: Any) -> tuple[Any, bool, set[pulumi.Resource]]:
    """
    Return the same of a value that many components share, and wait for it only once.

    Each wait takes the longer, the more of the program is not done yet.
    Source: pulumi 3.272 runtime/sync_await.py, the handles that it puts back.
    """
    if not isinstance(value, pulumi.Output):
        return known(value)
    if value not in _known:
        _known[value] = known(value)
    return _known[value]


def holds_output(value: Any) -> bool:
    """Return whether a value, or anything in it, is an Output."""
    if isinstance(value, Mapping):
        return any(map(holds_output, value.values()))
    return any(map(holds_output, value)) if isinstance(value, list) else isinstance(value, pulumi.Output)


_Place = tuple[dict[str, Any], str, str]
"""A mapping, the key in it whose value is an Output, and where that is in the arguments."""


def wait_for(outputs: list[pulumi.Output[Any]]) -> list[_Value]:
    """
    Return what the Outputs hold, in a constructor. The event loop runs on, and with it what the program has begun.

    Source: pulumi 3.272 runtime/sync_await.py, by which `invoke` returns a value to a constructor.
    """
    return _sync_await(_values(outputs)) if outputs else []


async def _values(outputs: list[pulumi.Output[Any]]) -> list[_Value]:
    return await asyncio.gather(*map(_value, outputs))


async def _value(output: pulumi.Output[Any]) -> _Value:
    value = await output.future(with_unknowns=True)
    known, secret, resources = await output.is_known(), await output.is_secret(), await output.resources()
    unknown = not known and not pulumi.output.contains_unknowns(value)
    return UNKNOWN_OUTPUT if unknown else _with_outputs(value), secret, resources


def _places(prefix: str, fields: dict[str, Any]) -> Iterator[_Place]:
    for section in _SECTIONS:
        values = fields.get(section)
        if _is_output(values):
            yield fields, section, f"{prefix}{section}"
        elif isinstance(values, Mapping):
            fields[section] = copy = dict(values)
            outputs = [key for key, value in values.items() if _is_output(value)]
            yield from ((copy, key, f"{prefix}{section}[{key!r}]") for key in outputs)


def _is_output(value: object) -> bool:
    return isinstance(value, pulumi.Output | Awaitable)


def _has_output(value: object) -> bool:
    return _is_output(value) or (isinstance(value, Mapping) and any(map(_has_output, value.values())))


def _with_outputs(value: Any) -> Any:
    """Return a structure with an Output in place of each value that is not known."""
    if isinstance(value, Mapping):
        return {key: _with_outputs(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_outputs(item) for item in value]
    return UNKNOWN_OUTPUT if isinstance(value, pulumi.output.Unknown) else value
