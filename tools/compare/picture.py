"""Draws what every peer did in every situation: a row for each peer, a column for each situation."""

from pathlib import Path
from textwrap import wrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from config_rollout.cli.outputs.picture import style, themed_svg

from .figures import Figures, Verdict
from .page import shown
from .peers import Peer
from .situations import Situation

# Of the palette of Okabe and Ito, as the other pictures; the words in the cells say the same.
_LIGHT: dict[Any, str] = {
    "background": "#FFFFFF", "text": "#1F2328", "words": "#59636E",
    Verdict.RIGHT: "#CDE6F5", Verdict.NEEDLESS: "#F6D48F", Verdict.MISSED: "#F0A888", Verdict.NONE: "#F3F4F6",
}  # fmt: skip
_DARK: dict[Any, str] = {
    "background": "#0D1117", "text": "#E6EDF3", "words": "#9BA5B0",
    Verdict.RIGHT: "#12405E", Verdict.NEEDLESS: "#7A5300", Verdict.MISSED: "#8A3500", Verdict.NONE: "#161B22",
}  # fmt: skip

_LEFT, _ABOVE, _BELOW = 2.9, 0.55, 0.5
_WIDE, _HIGH, _APART, _GAP = 0.68, 0.36, 0.12, 0.03
"""Inches: of what is left, above and below; of a cell, between groups, and between cells."""

_TITLE = "What each tool does to the pods"


def draw(figures: Figures, file: Path) -> None:
    """Write the picture as SVG. The same figures give the same bytes."""
    peers, columns = figures.peers(), _columns(figures)
    wide, high = max(columns.values()) + _WIDE, _HIGH * len(peers)
    with style():
        size = (_LEFT + wide + 0.1, _ABOVE + high + _BELOW)
        figure = Figure(figsize=size)
        axes = figure.add_axes((_LEFT / size[0], _BELOW / size[1], wide / size[0], high / size[1]))
        axes.set_axis_off()
        axes.set_xlim(0, wide)
        axes.set_ylim(high, 0)
        for situation, x in columns.items():
            head = "\n".join(wrap(situation.short, 9))
            axes.text(x + _WIDE / 2, -0.06, head, ha="center", va="bottom", fontsize=7.5, color=_LIGHT["words"])
        for row, peer in enumerate(peers):
            weight = "bold" if peer.is_ours else "normal"
            title, y = peer.title.replace("`", ""), (row + 0.5) * _HIGH
            axes.text(-0.08, y, title, ha="right", va="center", color=_LIGHT["text"], fontsize=8.5, fontweight=weight)
            for situation, x in columns.items():
                _cell(axes, figures, peer, situation, x, row * _HIGH)
        kinds = [kind for kind in Verdict if kind is not Verdict.NONE]
        handles = [Patch(color=_LIGHT[kind], label=kind.value) for kind in kinds]
        figure.legend(handles=handles, loc="lower center", ncols=3, frameon=False, labelcolor=_LIGHT["text"])
        file.write_text(themed_svg(figure, _TITLE, _LIGHT, _DARK))


def _columns(figures: Figures) -> dict[Situation, float]:
    """Return where the column of each situation begins: the groups stand apart."""
    places, x = {}, 0.0
    for those in shown(figures).values():
        for situation in those:
            places[situation] = x
            x += _WIDE
        x += _APART
    return places


def _cell(axes: Axes, figures: Figures, peer: Peer, situation: Situation, x: float, y: float) -> None:
    said, verdict = figures.said(peer, situation)
    box = Rectangle((x + _GAP / 2, y + _GAP / 2), _WIDE - _GAP, _HIGH - _GAP, color=_LIGHT[verdict], linewidth=0)
    axes.add_patch(box)
    short = said.replace(", fails", "\nfails").replace(" needless", "").replace(" missed", "").replace(", ", "\n")
    axes.text(x + _WIDE / 2, y + _HIGH / 2, short, ha="center", va="center", fontsize=7, color=_LIGHT["text"])
