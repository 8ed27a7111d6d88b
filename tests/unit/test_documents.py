"""What the documents say of the repository is so."""

import ast
import re

import pytest

from config_rollout.core.waves.order import parse_waves
from tools import documents
from tools.build import KNOWN, MODULES
from tools.documents import ROOT, blocks

README = (ROOT / "README.md").read_text()
DOCUMENTS = {path.name: path.read_text() for path in ROOT.glob("*.md")}


def test_every_command_of_the_readme_is_one_that_a_test_runs():
    demo, *quick_start, install = blocks("shell")
    commands = [line.split("#")[0].strip() for block in (demo, install) for line in block.splitlines()]

    assert ["make demo", "make test", "pip install ."] == commands
    assert 2 == len(quick_start)  # tests/engine/test_readme.py runs them


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z-]+)`", "".join(DOCUMENTS.values())))))
def test_make_has_the_target(target):
    assert re.search(rf"(?m)^{target}:", (ROOT / "Makefile").read_text())


@pytest.mark.parametrize("document", sorted(DOCUMENTS))
def test_links_lead_somewhere(document):
    links = [link for link in re.findall(r"\]\(([^)]+)\)", DOCUMENTS[document]) if not link.startswith("http")]

    assert [] == [link for link in links if not (ROOT / link).exists()]


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:components|tools|tests|benchmarks)/[^`]*)`", DOCUMENTS["CONTRIBUTING.md"])))
)
def test_place_exists(path):
    assert list(ROOT.glob(path))


def test_waves_that_the_readme_shows_are_good():
    _, shown = blocks("python")

    assert [] == parse_waves(ast.literal_eval(f"{{{shown}}}")["waves"])[1]


def test_measured_table_is_filled_in():
    (table,) = re.findall(r"(?s)<!-- benchmarks -->\n(.*?)<!-- /benchmarks -->", README)

    assert 21 == len(table.splitlines())


@pytest.mark.parametrize("tool", KNOWN.values(), ids=lambda tool: tool.name)
def test_version_of_a_tool_is_the_one_its_module_pins(tool):
    assert f" v{tool.version}" in (MODULES / tool.module / "go.mod").read_text()


def test_parts_that_are_made_from_the_code_are_up_to_date():
    assert [] == [path.name for path, text in documents.every() if text != path.read_text()]
