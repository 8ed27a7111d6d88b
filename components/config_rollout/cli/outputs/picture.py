"""Draws a replay: a row for each rule, a cell for each transition. Needs matplotlib, the extra `plot`."""

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ...core.replay.transitions import RULES, Restarter, Tally, Transition, tallies

# Of the palette of Okabe and Ito, which colour-blind readers can tell apart; lightness and height differ too.
_NEEDED, _NEEDLESS, _MISSED = "#0072B2", "#E69F00", "#000000"
_WORDS, _TRACK = "#555555", "#F3F3F3"

_WIDTH, _ROW, _ABOVE, _BELOW = 10.0, 0.34, 0.5, 0.95
"""Inches: of the picture, of each row, and of what is above and below all rows."""
_LEFT, _RIGHT = 0.195, 0.77
"""Where the cells begin and end, in widths of the picture."""

_HIGH, _LOW = 0.76, 0.38
"""Heights of a bar, in rows."""

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "config-rollout",
    "text.parse_math": False,  # a command in the title may hold a $
}
_NARROWEST = 1 / 300
"""The least width of a real change, as a part of all: few must be seen among many."""

_CELLS_APART = 100
"""In a history of at most so many transitions each cell stands apart, so that it can be counted."""

_SVG = "http://www.w3.org/2000/svg"

Colors = Mapping[Any, str]
"""Name -> colour, as `#RRGGBB`."""

_COLUMNS = {"restarts": 1.12, "needless": 1.26, "missed": 1.38}
"""Column -> its right edge, in widths of the cells."""


def draw(every: Sequence[Transition], title: str, file: Path, of: Sequence[Restarter] = RULES) -> None:
    """Write the picture of the rules or tools, as the suffix says. The same transitions give the same bytes."""
    rows = tallies(every, of)
    with style():
        height = _ABOVE + _ROW * (len(rows) + 1) + _BELOW
        figure = Figure(figsize=(_WIDTH, height))
        axes = figure.add_axes((_LEFT, _BELOW / height, _RIGHT - _LEFT, 1 - (_ABOVE + _BELOW) / height))
        _labels(axes, rows)
        _histories(axes, every, len(rows))
        _strip(axes, every, len(rows), _HIGH, lambda one: one.real, _MISSED)
        for number, tally in enumerate(rows):
            _rule(axes, every, tally, len(rows) - 1 - number)
        figure.text(0.015, 1 - 0.22 / height, title, va="center", fontsize=11)
        figure.legend(handles=_legend(), loc="lower center", ncols=3, frameon=False)
        save(figure, file, file.suffix.removeprefix("."), "white")


@contextmanager
def style() -> Iterator[None]:
    """Draw as all pictures are drawn, whatever the user's matplotlibrc says."""
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a letter that the font lacks is a box in the picture, and no more
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def save(figure: Figure, file: Any, form: str, background: str) -> None:
    """Write a picture to a file, without anything that differs from one time to the next."""
    metadata = {"Date": None} if form == "svg" else {"Software": None}
    figure.savefig(file, format=form, dpi=150, metadata=metadata, facecolor=background)


def themed_svg(figure: Figure, title: str, light: Colors, dark: Colors, titles: Mapping[str, str] | None = None) -> str:
    """
    Return a picture as SVG that follows the reader's page: where that is dark, each light colour is the dark one.

    Args:
      figure: Drawn with the light colours, on the one that is called `background`.
      title: What the whole picture is, for who cannot see it.
      light: Name -> colour.
      dark: Name -> what it is on a dark page.
      titles: Id of a group of the picture -> what is said where the pointer rests on it.

    """
    buffer = io.StringIO()
    save(figure, buffer, "svg", light["background"])
    for prefix, uri in (("", _SVG), ("xlink", "http://www.w3.org/1999/xlink")):
        ElementTree.register_namespace(prefix, uri)
    root = ElementTree.fromstring(re.sub(r"(?s)<metadata>.*?</metadata>|<!DOCTYPE.*?>", "", buffer.getvalue()))
    for element in root.iter(f"{{{_SVG}}}g"):
        if (text := (titles or {}).get(element.get("id", ""))) is not None:
            element.insert(0, _element("title", text))
    root[:0] = [_element("title", title), _element("style", dark_rules(light, dark))]
    root.set("role", "img")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def dark_rules(light: Colors, dark: Colors) -> str:
    """Return the rules that turn each colour into its dark one where the reader's page is dark."""
    rules = [
        f'[style*="{what}: {color.lower()}"],[{what}="{color.lower()}"]{{{what}:{dark[name].lower()} !important}}'
        for name, color in light.items()
        for what in ("fill", "stroke")
        if color != dark[name]
    ]
    return f"@media (prefers-color-scheme: dark){{{''.join(rules)}}}"


def _element(name: str, text: str) -> ElementTree.Element:
    element = ElementTree.Element(f"{{{_SVG}}}{name}")
    element.text = text
    return element


def _rule(axes: Axes, every: Sequence[Transition], tally: Tally, row: int) -> None:
    """Draw what a rule did: needless restarts low, needed ones high, a cross for what it missed."""
    name = tally.rule.name
    _strip(axes, every, row, _LOW, lambda one: name in one.restarts and not one.real, _NEEDLESS)
    _strip(axes, every, row, _HIGH, lambda one: name in one.restarts and one.real, _NEEDED)
    missed = [number + 0.5 for number, one in enumerate(every) if one.real and name not in one.restarts]
    axes.plot(missed, [row] * len(missed), "x", color=_MISSED, markersize=5, markeredgewidth=1.2, clip_on=False)


def _strip(
    axes: Axes, every: Sequence[Transition], row: int, tall: float, shown: Callable[[Transition], bool], color: str
) -> None:
    """Draw a bar of that height for each run of transitions that are shown."""
    least = len(every) * _NARROWEST if tall == _HIGH else 0
    spans = [
        (start + width / 2 - max(width, least) / 2, max(width, least))
        for start, width in _runs([shown(one) for one in every])
    ]
    axes.broken_barh(spans, (row - _HIGH / 2, tall), facecolors=color, linewidth=0)


def _runs(flags: Sequence[bool]) -> Iterator[tuple[float, float]]:
    """Yield start and width of each run."""
    if len(flags) <= _CELLS_APART:
        yield from ((number + 0.1, 0.8) for number, flag in enumerate(flags) if flag)
        return
    at = 0
    for flag, group in groupby(flags):
        length = sum(1 for _ in group)
        if flag:
            yield at, length
        at += length


def _labels(axes: Axes, rows: Sequence[Tally]) -> None:
    """Write the names of the rows to the left and their numbers to the right."""
    count = len(rows)
    axes.set_yticks(range(count + 1), [*(tally.rule.title for tally in reversed(rows)), "real changes"])
    axes.set_ylim(-0.5, count + 0.5)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    at = axes.get_yaxis_transform()
    for column, right in _COLUMNS.items():
        axes.text(right, count, column, transform=at, ha="right", va="center_baseline", color=_WORDS)
        for number, tally in enumerate(rows):
            value = f"{getattr(tally, column):,}"
            axes.text(right, count - 1 - number, value, transform=at, ha="right", va="center_baseline")


def _histories(axes: Axes, every: Sequence[Transition], rows: int) -> None:
    """Draw a track for each history in each row, and write below what it is."""
    axes.set_xlim(0, len(every))
    axes.set_xticks([])
    start = 0
    for name, group in groupby(every, key=lambda one: one.history):
        members = list(group)
        end = start + len(members)
        for row in range(rows + 1):
            axes.broken_barh([(start, end - start)], (row - _HIGH / 2, _HIGH), facecolors=_TRACK, linewidth=0)
        if start:
            axes.axvline(start, color=_WORDS, linewidth=0.8, linestyle=(0, (3, 3)))
        first, last = (members[0].date, members[-1].date) if members[0].date else (members[0].old, members[-1].new)
        text = f"{Path(name).name}\n{first} to {last}"
        axes.text((start + end) / 2, -0.65, text, ha="center", va="top", color=_WORDS, fontsize=8.5)
        start = end


def _legend() -> list[Patch | Line2D]:
    return [
        Patch(color=_NEEDED, label="needed restart (high)"),
        Patch(color=_NEEDLESS, label="needless restart (low)"),
        Line2D([], [], color=_MISSED, marker="x", linestyle="", label="missed: no restart for a real change"),
    ]
