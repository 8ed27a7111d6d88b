"""The values of Outputs that this run knows already, such as a secret of the stack."""

from collections.abc import Mapping
from typing import Any

import pulumi

from .outputs import wait_for


def known(value: Any) -> tuple[Any, bool, set[pulumi.Resource]]:
    """
    Return a structure with the values of its Outputs, whether any of them is secret, and what they come from.

    What a preview does not know stays an Output.
    """
    if not is_unknown(value):
        return value, False, set()
    (of,) = wait_for([pulumi.Output.from_input(value)])
    return of


def is_unknown(value: Any) -> bool:
    """Return whether a value, or anything in it, is an Output."""
    if isinstance(value, Mapping):
        return any(map(is_unknown, value.values()))
    return any(map(is_unknown, value)) if isinstance(value, list) else isinstance(value, pulumi.Output)
