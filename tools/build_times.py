"""How long builds took on this machine, and how long the rest of them will: an estimate that learns."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path


def read_times(file: Path) -> dict[str, float]:
    """Return title -> seconds of every build that was noted; nothing where the file is missing or damaged."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        return {str(title): float(seconds) for title, seconds in json.loads(file.read_text()).items()}
    return {}


def note_time(file: Path, title: str, seconds: float) -> None:
    """Note how long a build took."""
    file.write_text(json.dumps({**read_times(file), title: round(seconds, 1)}, indent=1))


def remaining(
    waiting: Iterable[str], running: Mapping[str, float], known: Mapping[str, float], at_once: int
) -> float | None:
    """
    Return how many seconds all builds will still take; `None` as long as nothing is known of any build.

    Args:
      waiting: Titles of those that have not begun.
      running: Title -> seconds since it began.
      known: Title -> seconds that it took; one that was never built counts as the mean of these.
      at_once: How many run at a time.

    """
    if not known:
        return None
    mean = sum(known.values()) / len(known)
    left = [max(known.get(title, mean) - since, 0.0) for title, since in running.items()]
    left += [known.get(title, mean) for title in waiting]
    return max([sum(left) / at_once, *left])
