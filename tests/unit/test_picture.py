"""The picture of a replay: what is drawn, that it is the same each time, and what is said where it cannot be drawn."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from config_rollout.cli.outputs import picture
from config_rollout.core.configuration.content import Content
from config_rollout.core.replay.transitions import RULES, Snapshot, transitions
from tools.command_line import run_text

pytestmark = pytest.mark.slow

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    {"data": {"c.yaml": text}, "effective": effective}
    for text, effective in (("a: 1", "x"), ("a: 1 # $", "x"), ("a: 2", "y"), ("a: 2", "z"))
]
"""For ours: nothing, then a needed restart, then a missed one; for the others a needless one first."""


@pytest.fixture
def history(tmp_path):
    file = tmp_path / "a $history$.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return file


def colored(file, color: str) -> int:
    """Return how many shapes have the colour."""
    tree = ElementTree.parse(file)
    return sum(f"fill: {color.lower()}" in element.get("style", "") for element in tree.iter(f"{SVG}path"))


def test_picture_shows_each_restart(history, tmp_path):
    file = tmp_path / "x.svg"
    done = run_text("replay", history, "--output", file)

    assert (0, "") == (done.returncode, done.stderr)
    in_the_legend = 1
    assert len(RULES) - 1 + in_the_legend == colored(file, picture._NEEDLESS)
    assert len(RULES) + in_the_legend == colored(file, picture._NEEDED)


def test_same_history_is_the_same_picture(history, tmp_path):
    for name in ("x.svg", "y.svg", "x.png", "y.png"):
        run_text("replay", history, "--output", tmp_path / name)

    assert (tmp_path / "x.svg").read_bytes() == (tmp_path / "y.svg").read_bytes()
    assert (tmp_path / "x.png").read_bytes() == (tmp_path / "y.png").read_bytes()
    assert b"\x89PNG" == (tmp_path / "x.png").read_bytes()[:4]


@pytest.mark.slow
def test_size_does_not_grow_with_the_history(tmp_path):
    snapshots = (Snapshot("s", Content({"c": str(number // 500).encode()})) for number in range(10_000))
    every = list(transitions("h", snapshots, lambda _: ""))
    picture.draw(every, "x", tmp_path / "x.svg")

    assert 200_000 > (tmp_path / "x.svg").stat().st_size


def test_matplotlib_that_is_missing_is_trouble(history, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "config_rollout.cli.outputs.picture")
    monkeypatch.delattr("config_rollout.cli.outputs.picture")
    done = run_text("replay", history, "--output", tmp_path / "x.svg")

    assert (2, "") == (done.returncode, done.stdout)
    assert "matplotlib is required to draw the picture and not installed. Run: pip install" in done.stderr


def test_folder_that_cannot_be_written_is_trouble(history, tmp_path):
    (tmp_path / "x.svg").mkdir()
    done = run_text("replay", history, "--output", tmp_path / "x.svg")

    assert (2, True) == (done.returncode, "x.svg: is a directory." in done.stderr)


def test_replay_without_a_picture_imports_no_matplotlib(history):
    code = (
        "import sys; from config_rollout.cli.main import main; main(sys.argv[1:]);"
        "print([module for module in sys.modules if module.startswith(('pulumi', 'matplotlib', 'numpy', 'shtab'))])"
    )
    done = subprocess.run([sys.executable, "-c", code, "replay", history], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.splitlines()[-1]


def test_progress_is_shown_on_a_terminal_and_gone_at_the_end(tmp_path):
    file = tmp_path / "h.jsonl"
    file.write_text("".join(json.dumps({"data": {"c": str(number)}}) + "\n" for number in range(250)))
    reader, writer = os.openpty()
    command = [sys.executable, "-m", "config_rollout", "replay", file]
    subprocess.run(command, stderr=writer, stdout=subprocess.DEVNULL, check=True)
    os.close(writer)

    assert b"\r100 snapshots ...\r200 snapshots ...\r\x1b[K" == os.read(reader, 1000)
    os.close(reader)
