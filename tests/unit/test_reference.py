"""The pages of docs/reference/ hold what the code has now, and every command and component has its place there."""

import pytest

import config_rollout
from config_rollout.cli.main import command_line
from tools import reference
from tools.documents import ROOT

PAGES = {path.name: (path, text) for path, text in reference.every()}


def test_every_page_is_made_from_the_code():
    assert sorted(PAGES) == sorted(path.name for path in (ROOT / "docs" / "reference").glob("*.md"))


@pytest.mark.parametrize("name", PAGES)
def test_page_is_up_to_date(name):
    path, text = PAGES[name]
    assert text == path.read_text()


def test_every_component_has_its_arguments():
    components = [name for name in config_rollout.__all__ if f"{name}Args" in config_rollout.__all__]
    assert components
    assert [] == [name for name in components if f"## {name}\n" not in PAGES["arguments.md"][1]]


def test_every_command_has_its_options():
    (choices,) = [action.choices for action in command_line()._actions if action.metavar == "COMMAND"]
    assert [f"## {name}" for name in choices] == [
        line for line in PAGES["commands.md"][1].splitlines() if line.startswith("## ")
    ]
