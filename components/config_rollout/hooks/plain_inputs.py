"""What a hook is given, as plain values."""

from collections.abc import Awaitable, Mapping
from typing import Any

import pulumi

from ..core.markers import UNKNOWN

UNKNOWN_OUTPUT: pulumi.Output[Any] = pulumi.Output.from_input(pulumi.UNKNOWN)
"""An Output that no preview knows."""


async def plain_inputs(inputs: Mapping[str, Any] | None) -> tuple[dict[str, Any], bool]:
    """
    Return inputs or outputs as plain values, and whether any of them is secret.

    A secret leaf makes its whole top-level input secret here, so it is not known which leaf it was.
    Source: pulumi 3.272 `deserialize_property` in runtime/rpc.py.
    """
    plain: dict[str, Any] = {}
    secret = False
    for key, value in (inputs or {}).items():
        if isinstance(value, pulumi.Output):
            secret = True
            value = await value.future()
        plain[key] = _without_unknowns(value)
    return plain, secret


async def plain_arguments(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """
    Return what a program passes, once its Outputs are known, and whether any of it is secret.

    Only these are waited for: the SDK would make an Output of everything, which takes longer than to register it.
    """
    secrets: list[bool] = []

    async def plain(value: Any) -> Any:
        if isinstance(value, dict):  # of one that the provider returned, `items` may be a field
            return {key: await plain(item) for key, item in dict.items(value)}
        if isinstance(value, list):
            return [await plain(item) for item in value]
        if isinstance(value, pulumi.Output | Awaitable) or pulumi._types.is_input_type(type(value)):
            output: pulumi.Output[Any] = pulumi.Output.from_input(value)
            secrets.append(await output.is_secret())
            return _without_unknowns(await output.future(with_unknowns=True))
        return _without_unknowns(value)

    return {key: await plain(value) for key, value in arguments.items()}, any(secrets)


def _without_unknowns(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_unknowns(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_unknowns(item) for item in value]
    return UNKNOWN if isinstance(value, pulumi.output.Unknown) else value
