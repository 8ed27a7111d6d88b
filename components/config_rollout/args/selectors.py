"""Label selectors, as in any Kubernetes object."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist"]


class MatchExpressionArgs(TypedDict):
    """One requirement on the labels of a node. Source: Kubernetes API `LabelSelectorRequirement`."""

    key: str
    """The label."""
    operator: Operator
    """`In`, `NotIn`, `Exists` or `DoesNotExist`."""
    values: NotRequired[Sequence[str]]
    """The values that `In` and `NotIn` compare with, at least one; the others take none."""
