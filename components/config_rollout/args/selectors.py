"""Label selectors, as in any Kubernetes object."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    Operator = Literal["In", "NotIn", "Exists", "DoesNotExist"]
else:
    Operator = str


class MatchExpressionArgs(TypedDict):
    """One requirement on the labels of a node. Source: Kubernetes API `LabelSelectorRequirement`."""

    key: str
    """The label."""
    operator: Operator
    """`In`, `NotIn`, `Exists` or `DoesNotExist`."""
    values: NotRequired[Sequence[str]]
    """The values that `In` and `NotIn` compare with, at least one; the others take none."""
