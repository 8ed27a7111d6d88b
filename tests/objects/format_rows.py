"""The rows of docs/what-counts.md: what each format takes for the same."""

import re

import pytest

from tools.documents import ROOT

DOCUMENT = (ROOT / "docs" / "what-counts.md").read_text()


def rows() -> list:
    """Return (format, one, other, same or differ) of every row."""
    found, name = [], ""
    for line in DOCUMENT.splitlines():
        if line.startswith("## "):
            name = line[3:].lower()
        elif row := re.fullmatch(r"\| `(.*?)` \| `(.*?)` \| (same|differ) \| (.*) \|", line):
            one, other, verdict, why = row.groups()
            found.append(pytest.param(name, text(one), text(other), verdict, id=f"{name}: {one} | {other} | {why}"))
    return found


def text(written: str) -> bytes:
    """Return the text that a cell of the table stands for."""
    escapes = {r"\\": "\\", r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\|": "|"}
    unescape = re.compile(r"\\\\|\\[nrt|]|\\u[0-9a-f]{4}")
    return unescape.sub(lambda m: escapes.get(m[0]) or chr(int(m[0][2:], 16)), written).encode()
