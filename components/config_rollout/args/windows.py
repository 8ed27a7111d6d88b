"""Time windows in which no wave begins."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

Day = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class WindowArgs(TypedDict):
    """A span of the day in which no wave begins. A wave that has begun goes on to its end."""

    not_between: Sequence[str]
    """
    The start and the end of the span, as `["18:00", "08:00"]`; one that ends before it starts ends on the next day.

    `["00:00", "24:00"]` is a whole day.
    """
    time_zone: str
    """A name of the IANA time zone database, as `Europe/Berlin` or `UTC`."""
    days: NotRequired[Sequence[Day]]
    """The days on which the span starts, as `["Saturday", "Sunday"]`; default: every day."""
