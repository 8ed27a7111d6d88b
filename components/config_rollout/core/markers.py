"""Values that stand for the lack of one. The rules need them without what reads configurations."""


class Marker:
    """A value that is only ever itself."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


ABSENT = Marker("nothing")
"""Stands for a field that one side does not have."""

UNKNOWN = Marker("not known before `up`")
"""Stands for a value that is unknown in preview; it differs from everything, itself included."""
