"""Fields of a mapping that a caller passed: their names, numbers and seconds. What they mean is their owner's."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from .finding import Finding
from .pod_spec import snake_case
from .update_strategy import is_number_of_pods


def named(
    where: str, given: Mapping[str, object], known: Sequence[str], what: str = "field"
) -> tuple[dict[str, object], list[Finding]]:
    """Return the given values by their snake_case names, and what there is no such name for."""
    of = {snake_case(str(key)): value for key, value in given.items() if value is not None}
    findings = []
    for name in of:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            known_ones = f"Known are {', '.join(known)}" if known else "Leave it out"
            fix = f"Write '{near[0]}', if that was meant" if near else known_ones
            findings.append(Finding(f"{where}.{name}", f"there is no such {what}", fix))
    return of, findings


def check_seconds(where: str, value: object, least: int) -> Iterator[Finding]:
    """Find a number of seconds that is none, or is too small."""
    if not is_number_of_pods(value) or value < least:  # type: ignore[operator]
        yield Finding(where, f"must be a whole number of at least {least} (got {value!r})", "Pass such an int")
