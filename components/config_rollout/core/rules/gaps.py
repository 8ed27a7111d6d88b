"""What could not be checked: a count for each reason, not a line for each file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_MOST_PLACES = 3


@dataclass(frozen=True)
class Reason:
    """Why something was not checked. `one` and `many` follow a number; `fix` is what to do."""

    id: str
    one: str
    many: str
    fix: str


TEMPLATE = Reason("template-syntax", "document with template syntax", "documents with template syntax", "Render first")
INVALID = Reason("invalid", "document that cannot be read", "documents that cannot be read", "Correct it")
NO_OBJECT = Reason("no-object", "document that is not an object", "documents that are not objects", "Pass manifests")
PART = Reason(
    "part",
    "partial object, such as a patch",
    "partial objects, such as patches",
    "Check the rendered result",
)
NOT_KNOWN = Reason(
    "not-known",
    "field whose value is a placeholder or unknown",
    "fields whose values are placeholders or unknown",
    "Render first",
)


@dataclass(frozen=True)
class Gap:
    """One thing that was not checked: why, where, and details."""

    reason: Reason
    where: str
    detail: str = ""


def summary(gaps: Iterable[Gap]) -> Iterator[str]:
    """Yield a line for each reason, with the count and the first places."""
    by_reason: dict[Reason, list[Gap]] = {}
    for gap in gaps:
        by_reason.setdefault(gap.reason, []).append(gap)
    for reason, every in by_reason.items():
        places = [f"{gap.where}: {gap.detail}" if gap.detail else gap.where for gap in every[:_MOST_PLACES]]
        more = f" and {len(every) - len(places):,} more" if len(every) > len(places) else ""
        what = reason.one if len(every) == 1 else reason.many
        yield f"not checked: {len(every):,} {what} ({', '.join(places)}{more}). {reason.fix}."
