"""Rows of text as lines, their columns one under the other."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], indent: int = 0) -> list[str]:
    """Return a line for each row, two spaces between columns; a column that is empty in every row is left out."""
    columns = [column for column in zip(*rows, strict=True) if any(column)]
    widths = [max(map(len, column)) for column in columns]
    lines = zip(*columns, strict=True)
    return [
        " " * indent + "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
