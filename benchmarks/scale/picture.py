"""Draws what grows: time and memory over the number of workloads, and over the number of nodes."""

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from benchmarks.scale.figures import Part, held
from config_rollout.cli.outputs.picture import style, themed_svg

# Of the palette of Okabe and Ito, as the other pictures.
_LIGHT: dict[Any, str] = {
    "background": "#FFFFFF", "text": "#1F2328", "words": "#59636E", "grid": "#E3E6EA",
    "create": "#0072B2", "preview": "#E69F00", "change": "#D55E00", "waves": "#CC79A7", "status": "#009E73",
    "program": "#0071B1", "engine": "#E59E00", "provider": "#D45D00", "server": "#009D72",
}  # fmt: skip
_DARK: dict[Any, str] = {
    "background": "#0D1117", "text": "#E6EDF3", "words": "#9BA5B0", "grid": "#2A313A",
    "create": "#4FA8DE", "preview": "#F0B232", "change": "#F08A4B", "waves": "#E0A3C4", "status": "#2FC79B",
    "program": "#4EA7DD", "engine": "#EFB131", "provider": "#EF894A", "server": "#2EC69A",
}  # fmt: skip
"""Name -> colour; no two are the same, so that each has its own dark one."""

_STEPS = {
    "create": ("create", "create"), "preview": ("preview", "preview"), "change": ("change", "change"),
    "change in waves with gates": ("waves", "change in waves"), "status": ("status", "status"),
}  # fmt: skip
"""Step -> its colour's name, and its words."""

_TITLE = "Time and memory, by the number of workloads and of nodes"


def draw(workloads: Mapping[int, Part], nodes: Mapping[int, Part], file: Path) -> None:
    """Write the picture as SVG. The same figures give the same bytes."""
    with style():
        figure = Figure(figsize=(9.6, 6.4))
        panels = figure.subplots(2, 2)
        figure.subplots_adjust(left=0.08, right=0.98, top=0.95, bottom=0.17, hspace=0.42, wspace=0.2)
        for column, (sizes, what) in enumerate(
            ((workloads, "workloads in one stack"), (nodes, "nodes of one workload"))
        ):
            _times(_panel(panels[0][column], f"seconds, {what}"), sizes)
            _memory(_panel(panels[1][column], f"MiB at most, {what}"), sizes)
        _legend(figure)
        file.write_text(themed_svg(figure, _TITLE, _LIGHT, _DARK))


def _panel(axes: Axes, title: str) -> Axes:
    axes.set_title(title, fontsize=9.5, color=_LIGHT["text"], loc="left")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_facecolor(_LIGHT["background"])
    axes.grid(visible=True, color=_LIGHT["grid"], linewidth=0.8)
    axes.tick_params(which="both", colors=_LIGHT["words"], labelsize=8)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.minorticks_off()
    for side in axes.spines.values():
        side.set_color(_LIGHT["grid"])
    return axes


def _times(axes: Axes, sizes: Mapping[int, Part]) -> None:
    for step, (color, _) in _STEPS.items():
        for who, line in (("ours", "-"), ("by-hand", ":")):
            runs = {size: part["steps"].get(step, {}).get(who) for size, part in sizes.items()}
            points = {size: statistics.median(run["seconds"] for run in of) for size, of in runs.items() if of}
            axes.plot([*points], [*points.values()], line, marker="o", markersize=3.5, color=_LIGHT[color])
    axes.set_xticks([*sizes])


def _memory(axes: Axes, sizes: Mapping[int, Part]) -> None:
    for name in ("program", "engine", "provider"):
        for who, line in (("ours", "-"), ("by-hand", ":")):
            points = {size: held(part, name, who) / 2**20 for size, part in sizes.items()}
            axes.plot([*points], [*points.values()], line, marker="o", markersize=3.5, color=_LIGHT[name])
    server = [part["memory"]["kube-apiserver"] / 2**20 for part in sizes.values()]
    axes.plot([*sizes], server, "-", marker="o", markersize=3.5, color=_LIGHT["server"])
    axes.set_xticks([*sizes])


def _legend(figure: Figure) -> None:
    """Name the colours below the panels: those of times, and those of memory; dotted is by hand."""
    times = [Line2D([], [], color=_LIGHT[color], label=words) for color, words in _STEPS.values()]
    words = {"program": "program", "engine": "engine", "provider": "provider", "server": "API server"}
    held = [Line2D([], [], color=_LIGHT[name], label=label) for name, label in words.items()]
    held.append(Line2D([], [], color=_LIGHT["words"], linestyle=":", label="the same by hand"))
    for handles, y in ((times, 0.06), (held, 0.015)):
        figure.legend(
            handles=handles, loc="lower center", bbox_to_anchor=(0.5, y), ncols=5, frameon=False,
            labelcolor=_LIGHT["text"], fontsize=9,
        )  # fmt: skip
