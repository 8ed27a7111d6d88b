"""How long to wait before a request is tried again."""

FIRST_SECONDS = 0.2
MOST_SECONDS = 10.0


def delay_seconds(attempt: int, fraction: float) -> float:
    """
    Return the wait before attempt 1, 2, ...: doubled each time, at most 10 s, spread over its upper half.

    `fraction` is random, from 0 to 1, so that many clients do not come back at the same moment.
    """
    longest = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(attempt - 1, 16))
    return longest * (0.5 + fraction / 2)


def is_passing(status: int) -> bool:
    """Return whether an answer may be another one soon: no answer at all (0), too many requests, server errors."""
    return status == 0 or status == 429 or status >= 500
