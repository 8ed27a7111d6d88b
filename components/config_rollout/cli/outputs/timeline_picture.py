"""Draws a rollout over time: a row for each node, areas for thousands. Needs matplotlib, the extra `plot`."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from ...core.audit.timeline import Band, Row, Segment, State, Timeline, areas, clock, lasted, short_names, ticks
from .picture import save, style, themed_svg

# What stands for a configuration or a fault is of the palette of Okabe and Ito, which colour-blind readers can tell
# apart; what was before is grey.
_LIGHT = {
    "background": "#FFFFFF", "text": "#1F2328", "words": "#59636E", "track": "#F3F4F6",
    State.OLD: "#BCC3CB", State.NEW: "#0072B2", State.RESTARTING: "#E69F00",
    State.NOT_READY: "#D55E00", State.BACK: "#CC79A7",
}  # fmt: skip
_DARK = {
    "background": "#0D1117", "text": "#E6EDF3", "words": "#9BA5B0", "track": "#161B22",
    State.OLD: "#59616B", State.NEW: "#56B4E9", State.RESTARTING: "#E69F00",
    State.NOT_READY: "#D55E00", State.BACK: "#CC79A7",
}  # fmt: skip
"""What each colour becomes for a reader with a dark page."""

_WIDTH, _LEFT, _RIGHT = 10.0, 1.75, 1.85
"""Inches: of the picture, and of what is left and right of the rows."""
_ABOVE, _BELOW, _LINE, _APART = 0.55, 1.0, 0.22, 0.12
"""Inches: above the rows beside the lines of the title, below them, of such a line, and between two waves."""
_NAMED_ROWS, _ROWS = 40, 400
"""Up to so many nodes each has its name; up to so many a row of its own; more are areas."""
_NAMED_ROW, _ALL_ROWS, _LEAST_BAND = 0.2, 6.0, 0.34
"""Inches: of a row with a name, of all rows without, and of a wave at least."""
_COLUMNS = 500
"""In how many steps the areas change."""


@dataclass(frozen=True)
class _Place:
    """Where a wave is, in inches from the top of the rows."""

    band: Band
    top: float
    height: float

    @property
    def row(self) -> float:
        return self.height / max(1, self.band.nodes)


def draw(timeline: Timeline, file: Path, dark: bool = False) -> None:
    """
    Write the picture, as the suffix says: `.svg`, `.png` or `.html`. The same rollout gives the same bytes.

    SVG and HTML follow the reader's page, light or dark, and say what a row is where the pointer rests; a PNG is light
    unless `dark` says otherwise.
    """
    if file.suffix == ".png":
        with style():
            figure, _ = _figure(timeline, _DARK if dark else _LIGHT)
            save(figure, file, "png", (_DARK if dark else _LIGHT)["background"])
        return
    picture = svg(timeline)
    file.write_text(_page(timeline, picture) if file.suffix == ".html" else picture, encoding="utf-8")


def svg(timeline: Timeline) -> str:
    """Return the picture as SVG."""
    with style():
        figure, titles = _figure(timeline, _LIGHT)
        return themed_svg(figure, timeline.title, _LIGHT, _DARK, titles)


def _figure(timeline: Timeline, colors: Mapping[Any, str]) -> tuple[Figure, dict[str, str]]:
    """Return the picture, and the text for each group of it that has an id."""
    places = _places(timeline)
    high = places[-1].top + places[-1].height if places else _LEAST_BAND
    lines = [text for text in (timeline.title, timeline.about, timeline.changes, timeline.trouble) if text]
    height = _ABOVE + _LINE * len(lines) + high + _BELOW
    figure = Figure(figsize=(_WIDTH, height))
    axes = figure.add_axes((_LEFT / _WIDTH, _BELOW / height, (_WIDTH - _LEFT - _RIGHT) / _WIDTH, high / height))
    axes.patch.set_visible(False)
    axes.set_xlim(0, timeline.shown)
    axes.set_ylim(high, 0)
    titles: dict[str, str] = {}
    for number, place in enumerate(places):
        _wave(axes, place, timeline, colors)
        if timeline.nodes > _ROWS:
            _area(axes, place, timeline, colors)
        else:
            titles |= _rows(axes, place, timeline, colors, f"{number}")
        _held(axes, place, colors)
    _axis(axes, places, timeline, colors)
    _marks(axes, timeline, colors)
    for number, text in enumerate(lines):
        size, color = (9, "words") if number else (11, "text")
        at = 1 - _LINE * (number + 1) / height
        figure.text(0.015, at, _head(text, 130), va="center", fontsize=size, color=colors[color])
    _legend(figure, timeline, colors)
    return figure, titles


def _places(timeline: Timeline) -> list[_Place]:
    """Return where each wave is: as high as its nodes, and never too low to be seen."""
    bands = [band for band in timeline.bands if band.nodes]
    row = _NAMED_ROW if timeline.nodes <= _NAMED_ROWS else _ALL_ROWS / timeline.nodes
    places, top = [], 0.0
    for band in bands:
        places.append(_Place(band, top, max(_LEAST_BAND, band.nodes * row)))
        top += places[-1].height + _APART
    return places


def _wave(axes: Axes, place: _Place, timeline: Timeline, colors: Mapping[Any, str]) -> None:
    """Draw the ground of a wave, a line over the time in which it ran, and on the right what it was."""
    band, bottom = place.band, place.top + place.height
    axes.axhspan(place.top, bottom, color=colors["track"], linewidth=0, zorder=0)
    ran = Rectangle((band.start, place.top - 0.05), band.end - band.start, 0.03, color=colors["words"], linewidth=0)
    axes.add_patch(ran).set_clip_on(False)
    for at in (band.start, band.end):
        axes.plot([at, at], [place.top - 0.05, bottom], color=colors["words"], linewidth=0.7, zorder=4, clip_on=False)
    middle, right = place.top + place.height / 2, axes.get_yaxis_transform()
    text = f"{_counted(band.nodes, timeline)}, {band.result}"
    axes.text(1.02, middle, _cut(band.name, 22), transform=right, va="bottom", color=colors["text"])
    color = colors["text" if band.result == "failed" else "words"]
    axes.text(1.02, middle, text, transform=right, va="top", color=color, fontsize=8.5)


def _rows(axes: Axes, place: _Place, timeline: Timeline, colors: Mapping[Any, str], wave: str) -> dict[str, str]:
    """Draw a bar for each node, and one for those that were not restarted; return what is said of each."""
    tall = place.row * (0.76 if timeline.nodes <= _NAMED_ROWS else 1.0)
    titles, top = {}, place.top + (place.row - tall) / 2
    whole = Segment(0.0, timeline.shown, place.band.others_had)
    others = [Row("", (whole,), place.band.others)] if place.band.others else []
    for number, row in enumerate([*place.band.rows, *others]):
        high = row.nodes * place.row
        _bar(axes, row.segments, top, high - (place.row - tall), colors).set_gid(f"row-{wave}-{number}")
        top += high
        states = ", ".join(f"{clock(segment.start)} {timeline.word(segment.state)}" for segment in row.segments)
        titles[f"row-{wave}-{number}"] = f"{row.node or _counted(row.nodes, timeline)}: {states}"
    return titles


def _bar(axes: Axes, segments: tuple[Segment, ...], at: float, tall: float, colors: Mapping[Any, str]) -> Any:
    spans = [(segment.start, segment.end - segment.start) for segment in segments]
    faces = [colors[segment.state] for segment in segments]
    return axes.broken_barh(spans, (at, tall), facecolors=faces, linewidth=0, zorder=2)


def _area(axes: Axes, place: _Place, timeline: Timeline, colors: Mapping[Any, str]) -> None:
    """Draw how many nodes of a wave had what: the same as rows, where a row would be thinner than a line."""
    times, counts = areas(place.band, timeline.shown, _COLUMNS)
    below = [place.top] * len(times)
    for state in State:
        above, below = below, [low + count * place.row for low, count in zip(below, counts[state], strict=True)]
        steps = [step for step in zip(times, above, below, strict=True) if any(counts[state])]
        steps = [now for before, now in zip([None, *steps], steps, strict=False) if not before or before[1:] != now[1:]]
        if steps:
            steps.append((timeline.shown, *steps[-1][1:]))
            when, high, low = zip(*steps, strict=True)
            axes.fill_between(when, high, low, step="post", color=colors[state], linewidth=0, zorder=2)


def _held(axes: Axes, place: _Place, colors: Mapping[Any, str]) -> None:
    """Hatch the time in which a wave soaked and asked its gates."""
    band = place.band
    if band.held is None:
        return
    box = Rectangle((band.held, place.top), band.end - band.held, place.height, zorder=3)
    box.set(facecolor="none", edgecolor=colors["background"], hatch="////", linewidth=0)
    axes.add_patch(box)


def _axis(axes: Axes, places: list[_Place], timeline: Timeline, colors: Mapping[Any, str]) -> None:
    """Write the time below, and to the left the nodes while there are few."""
    axes.spines[:].set_visible(False)
    axes.set_xticks(*map(list, zip(*ticks(timeline.end), strict=True)))
    axes.tick_params(length=0, labelcolor=colors["words"], labelsize=8.5)
    axes.set_xlabel("since the start", color=colors["words"], fontsize=8.5)
    named, names = [], short_names([row.node for place in places for row in place.band.rows])
    for place in places:
        rows, others = place.band.rows, place.band.others
        if timeline.nodes <= _NAMED_ROWS:
            named += [
                (place.top + (number + 0.5) * place.row, _tail(names[row.node], 24)) for number, row in enumerate(rows)
            ]
        if others * place.row > _NAMED_ROW / 2:
            named.append((place.top + (place.band.restarted + others / 2) * place.row, f"{others:,} not restarted"))
    axes.set_yticks([at for at, _ in named], [name for _, name in named])


def _marks(axes: Axes, timeline: Timeline, colors: Mapping[Any, str]) -> None:
    """Draw where a wave failed and where the rollout ended."""
    at = axes.get_xaxis_transform()
    for when, word, color, side in (
        (timeline.failed, "failed ", colors[State.NOT_READY], "right"),
        (timeline.end, f" {timeline.result}", colors["text"], "left"),
    ):
        if when is not None:
            axes.axvline(when, ymax=1.02, color=color, linewidth=1.3, zorder=5, clip_on=False)
            axes.text(when, 1.02, word, transform=at, ha=side, va="bottom", color=color)


def _legend(figure: Figure, timeline: Timeline, colors: Mapping[Any, str]) -> None:
    """Say below what the colours are."""
    handles = [Patch(color=colors[state], label=timeline.word(state)) for state in timeline.states()]
    if any(band.held is not None for band in timeline.bands):
        patch = Patch(facecolor=colors[State.NEW], edgecolor=colors["background"], hatch="////", linewidth=0)
        patch.set_label("all ready: soak and gates")
        handles.append(patch)
    figure.legend(handles=handles, loc="lower center", ncols=3, frameon=False, labelcolor=colors["text"])


def _counted(count: int, timeline: Timeline) -> str:
    return f"{count:,} {timeline.counts.removesuffix('s') if count == 1 else timeline.counts}"


def _cut(text: str, most: int) -> str:
    """Return a text without the middle of what is too long: names mostly differ at an end."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


def _head(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _tail(text: str, most: int) -> str:
    """Return the end of a text that is too long: names that a machine gave mostly differ there."""
    return text if len(text) <= most else f"...{text[3 - most :]}"


def _page(timeline: Timeline, picture: str) -> str:
    """Return a page that needs nothing but itself."""
    say = html.escape
    rows = "".join(
        f"<tr><td>{say(band.name)}<td>{band.nodes:,}<td>{clock(band.start)}<td>{lasted(band.end - band.start)}"
        f"<td>{say(band.result)}<td>{'<br>'.join(map(say, band.findings))}"
        for band in timeline.bands
    )
    return f"""<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>{say(timeline.title)}</title>
<style>
body{{font:15px/1.5 system-ui,sans-serif;max-width:72em;margin:2em auto;padding:0 1em;
background:{_LIGHT["background"]};color:{_LIGHT["text"]}}}
svg{{width:100%;height:auto}} td,th{{text-align:left;padding:.2em 1.2em .2em 0;vertical-align:top}}
@media (prefers-color-scheme: dark){{body{{background:{_DARK["background"]};color:{_DARK["text"]}}}}}
</style>
{picture}<p>{say(timeline.trouble)}
<table><tr><th>wave<th>{timeline.counts}<th>began<th>took<th>result<th>findings{rows}</table>
</html>
"""
