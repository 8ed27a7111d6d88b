"""Values that are a number or a text. Pulumi's component analyzer takes no union: to other languages they are `Any`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Amount = int | str
    """A whole number of at least 1, or a share from `1%` to `100%`, which rounds up."""
else:
    Amount = Any
