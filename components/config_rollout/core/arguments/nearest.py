"""The known name that was probably meant by another one."""

from collections.abc import Iterable


def nearest(name: object, known: Iterable[object], cutoff: float = 0.6) -> str:
    """Return the known name that is most like the one given, by at least `cutoff` of 1; empty if none is."""
    import difflib  # only who has misspelt something waits for it

    return next(iter(difflib.get_close_matches(str(name), map(str, known), n=1, cutoff=cutoff)), "")


def did_you_mean(name: object, known: Iterable[object], otherwise: str) -> str:
    """Return as a fix to write the known name that was probably meant, or else what `otherwise` says."""
    near = nearest(name, known)
    return f"Write '{near}', if that was meant" if near else otherwise
