"""What was not looked at, and how that is told: a count for each reason, not a line for each file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_MOST_PLACES = 3


@dataclass(frozen=True)
class Reason:
    """Why something was not looked at. `one` and `many` are its names behind a number; `fix` is what to do."""

    id: str
    one: str
    many: str
    fix: str


TEMPLATE = Reason("template-syntax", "document with template syntax", "documents with template syntax", "Render first")
INVALID = Reason("invalid", "document that cannot be read", "documents that cannot be read", "Correct what is wrong")
NO_OBJECT = Reason("no-object", "document that is no object", "documents that are no objects", "Name manifests")
PART = Reason(
    "part",
    "part of an object, as a patch is",
    "parts of objects, as patches are",
    "Check what they are rendered into",
)
NOT_KNOWN = Reason(
    "not-known",
    "field whose value is a placeholder or not known",
    "fields whose values are placeholders or not known",
    "Render first",
)


@dataclass(frozen=True)
class Unread:
    """One thing that was not looked at: why, where, and what is special about it."""

    reason: Reason
    where: str
    detail: str = ""


def summary(unread: Iterable[Unread]) -> Iterator[str]:
    """Yield a line for each reason, with how many there are and the first places."""
    by_reason: dict[Reason, list[Unread]] = {}
    for one in unread:
        by_reason.setdefault(one.reason, []).append(one)
    for reason, every in by_reason.items():
        shown = [f"{one.where}: {one.detail}" if one.detail else one.where for one in every[:_MOST_PLACES]]
        more = f" and {len(every) - len(shown):,} more" if len(every) > len(shown) else ""
        what = reason.one if len(every) == 1 else reason.many
        yield f"not looked at: {len(every):,} {what} ({', '.join(shown)}{more}). {reason.fix}."
