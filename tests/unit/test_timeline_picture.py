"""The picture of a rollout: what is drawn at which size, that it is the same each time, and what a reader can tell."""

import itertools
import re
import subprocess
import sys
from functools import cache
from xml.etree import ElementTree

import pytest

from config_rollout.cli.outputs import timeline_picture
from config_rollout.cli.outputs.picture import dark_rules
from config_rollout.core.audit.record import parse_records
from config_rollout.core.audit.timeline import State, timeline
from tests.objects.rollout_records import lines, rollout

pytestmark = pytest.mark.slow

SVG = "{http://www.w3.org/2000/svg}"
RESTORED = {"fails": "zone-b", "result": "restored"}


@cache
def picture(nodes=6, zones=2, **more):
    (record,), _ = parse_records(lines(rollout(nodes, zones, **more)), "x")
    return timeline(record)


@cache
def svg(line) -> str:
    """Return the drawing: thousands of nodes take a while, and are drawn once."""
    return timeline_picture.svg(line)


def titles(line) -> list[str]:
    """Return what is said where the pointer rests."""
    return [element.text for element in ElementTree.fromstring(svg(line)).iter(f"{SVG}title")]


def colors(line) -> set[str]:
    """Return the colours that fill something."""
    return set(re.findall(r"style=\"fill: (#[0-9a-f]{6})", svg(line)))


@pytest.mark.slow
@pytest.mark.parametrize(("nodes", "rows"), [(6, 6), (200, 200), (5000, 0)])
def test_every_node_has_a_row_while_rows_can_be_seen(nodes, rows):
    assert rows == len([title for title in titles(picture(nodes)) if title.startswith("node-")])


def test_rows_of_a_deployment_are_counted_as_pods():
    (record,), _ = parse_records(lines({**rollout(), "kind": "Deployment"}), "x")
    page = timeline_picture._page(timeline(record), "")

    assert (True, False) == ("<th>pods<th>" in page, "<th>nodes<th>" in page)


def test_row_says_what_its_node_had():
    assert "node-1: 0:00 old configuration, 0:00.5 restarting, 0:03 new configuration" in titles(picture())


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [6, 200, 5000])
def test_every_state_has_its_colour_at_any_size(nodes):
    line = picture(nodes, **RESTORED)
    states = {timeline_picture._LIGHT[state].lower() for state in State}

    assert set(State) == set(line.states())
    assert states == states & colors(line)


def test_done_rollout_shows_nothing_of_a_failure():
    bad = {timeline_picture._LIGHT[state].lower() for state in (State.NOT_READY, State.BACK)}

    assert set() == bad & colors(picture())


@pytest.mark.parametrize("nodes", [6, 200, 5000])
def test_size_is_bounded(nodes):
    assert 400_000 > len(svg(picture(nodes, **RESTORED)))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".svg", ".png", ".html"])
def test_same_rollout_is_the_same_picture(tmp_path, suffix):
    for name in ("a", "b"):
        timeline_picture.draw(picture(), tmp_path / f"{name}{suffix}")

    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_page_needs_nothing_else(tmp_path):
    line = picture(30, 3, **RESTORED)
    timeline_picture.draw(line, tmp_path / "x.html")
    page = (tmp_path / "x.html").read_text()

    assert [] == re.findall(r"(?:src|href)=\"(?!#)[^\"]*", page)
    assert [line.title] == re.findall("<title>(.*)</title>\n<style>\nbody", page.replace("&gt;", ">"))
    assert line.bands[-1].findings[0] in page


def test_page_shows_what_records_hold_as_text(tmp_path):
    record = rollout(**RESTORED)
    record["reason"] = "<script>alert(1)</script>"
    (parsed,), _ = parse_records(lines(record), "x")
    timeline_picture.draw(timeline(parsed), tmp_path / "x.html")

    assert "<script>" not in (tmp_path / "x.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".svg", ".png", ".html"])
@pytest.mark.parametrize("odd", ["\0", "\t", "\n", "\ud800", "\u2028", "字", "--", "]]>", "&lt;"])
def test_record_may_hold_any_letter(tmp_path, recwarn, odd, suffix):
    record = rollout(fails="zone-b", result="restored")
    record["reason"] = record["changes"][0]["after"] = record["waves"][0]["name"] = f"a{odd}b"
    record["waves"][-1]["findings"] = [f"node-1: {odd}"]
    record["pods"][f"node{odd}"] = [1, 2]
    (parsed,), _ = parse_records(lines(record), "x")
    timeline_picture.draw(timeline(parsed), tmp_path / f"x{suffix}")

    assert [] == recwarn.list
    if suffix == ".svg":
        ElementTree.parse(tmp_path / "x.svg")


def test_dollar_in_a_record_is_no_formula(tmp_path):
    record = rollout()
    record["changes"][0]["path"] = "$a$ $\\frac$"
    (parsed,), _ = parse_records(lines(record), "x")
    timeline_picture.draw(timeline(parsed), tmp_path / "x.png")

    assert b"\x89PNG" == (tmp_path / "x.png").read_bytes()[:4]


def test_dark_picture_is_another_one(tmp_path):
    timeline_picture.draw(picture(), tmp_path / "light.png")
    timeline_picture.draw(picture(), tmp_path / "dark.png", True)

    assert (tmp_path / "light.png").read_bytes() != (tmp_path / "dark.png").read_bytes()


def test_every_light_colour_has_a_dark_one_that_a_reader_s_page_chooses():
    assert timeline_picture._LIGHT.keys() == timeline_picture._DARK.keys()
    rules = dark_rules(timeline_picture._LIGHT, timeline_picture._DARK)
    changed = [name for name, light in timeline_picture._LIGHT.items() if light != timeline_picture._DARK[name]]

    assert rules.startswith("@media (prefers-color-scheme: dark)")
    assert 2 * len(changed) == rules.count("!important")


def test_nothing_is_drawn_in_a_colour_that_has_no_dark_one():
    known = {color.lower() for color in timeline_picture._LIGHT.values()}

    assert set() == colors(picture(30, 3, **RESTORED)) - known


DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
TRITANOPIA = ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900))
ALL_COLOURS = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def seen(color: str, matrix) -> tuple[float, float, float]:
    """
    Return a colour as a reader sees it, in CIE L*a*b*.

    Source: Machado, Oliveira and Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision
    Deficiency", severity 1.0.
    """
    linear = [_linear(int(color[place : place + 2], 16) / 255) for place in (1, 3, 5)]
    red, green, blue = (min(1, max(0, sum(m * v for m, v in zip(row, linear, strict=True)))) for row in matrix)
    x = _lab((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047)
    y = _lab(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = _lab((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _lab(value: float) -> float:
    return value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116


@pytest.mark.parametrize("page", ["_LIGHT", "_DARK"])
@pytest.mark.parametrize("matrix", [ALL_COLOURS, DEUTERANOPIA, PROTANOPIA, TRITANOPIA])
def test_colour_blind_readers_tell_the_states_apart(page, matrix):
    shades = [seen(getattr(timeline_picture, page)[state], matrix) for state in State]
    distances = [
        sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5 for pair in itertools.combinations(shades, 2)
    ]

    assert 10 < min(distances)


def test_other_commands_import_no_matplotlib():
    code = (
        "import sys; from config_rollout.cli.main import main; main(sys.argv[1:]);"
        "print([m for m in sys.modules if m.startswith(('pulumi', 'matplotlib', 'numpy', 'prometheus', 'kubernetes'))])"
    )
    command = [sys.executable, "-c", code, "timeline", "--json", "--from", "tests/data/rollouts/kube-proxy.jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.splitlines()[-1]
