"""What the documents say of the repository is so."""

import ast
import re

import pytest

from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, STATEFUL_SET
from config_rollout.core.waves.order import parse_waves
from tools import documents
from tools.build import KNOWN, MODULES
from tools.documents import ROOT, blocks

DOCUMENTS = {path.name: path.read_text() for path in ROOT.glob("*.md")}


def test_every_command_of_the_readme_is_one_that_a_test_runs():
    commands = [line.split("#")[0].strip() for block in blocks("shell") for line in block.splitlines()]

    assert ["make demo", "make test", "pip install ."] == commands


def test_every_command_of_the_five_minutes_is_one_that_a_test_runs():
    demo, install, *quick_start = blocks("shell", "docs/start.md")

    assert ["make demo\n", "pip install .\n"] == [demo, install]
    assert 2 == len(quick_start)  # tests/engine/test_readme.py runs them


def test_program_of_the_five_minutes_is_the_one_of_the_readme():
    assert blocks("python") == blocks("python", "docs/start.md")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z-]+)`", "".join(DOCUMENTS.values())))))
def test_make_has_the_target(target):
    assert re.search(rf"(?m)^{target}:", (ROOT / "Makefile").read_text())


@pytest.mark.parametrize("document", sorted(DOCUMENTS))
def test_links_lead_somewhere(document):
    links = [link for link in re.findall(r"\]\(([^)]+)\)", DOCUMENTS[document]) if not link.startswith("http")]

    assert [] == [link for link in links if not (ROOT / link.partition("#")[0]).exists()]


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:components|tools|tests|benchmarks)/[^`]*)`", DOCUMENTS["CONTRIBUTING.md"])))
)
def test_place_exists(path):
    assert list(ROOT.glob(path))


@pytest.mark.parametrize(
    ("document", "number", "kind"), [("docs/waves.md", 0, DAEMON_SET), ("docs/stateful-sets.md", 1, STATEFUL_SET)]
)
def test_waves_that_the_docs_show_are_good(document, number, kind):
    shown = ast.parse(blocks("python", document)[number].replace("    ...,\n", ""), mode="eval").body

    assert [] == parse_waves(ast.literal_eval(shown.args[1])["waves"], kind=kind)[1]


def test_measured_tables_are_filled_in():
    text = (ROOT / "docs" / "measured.md").read_text()
    tables = re.findall(r"(?s)<!-- (\w+) -->\n(.*?)<!-- /\1 -->", text)
    rows = [line for _, table in tables for line in table.splitlines()[2:]]

    assert len(tables) <= len(rows)
    assert [] == [row for row in rows if not re.fullmatch(r"\| .+ \| [0-9][^|]* \| .*\|", row)]


@pytest.mark.parametrize("tool", KNOWN.values(), ids=lambda tool: tool.name)
def test_version_of_a_tool_is_the_one_its_module_pins(tool):
    assert f" v{tool.version}" in (MODULES / tool.module / "go.mod").read_text()


@pytest.mark.slow
def test_parts_that_are_made_from_the_code_are_up_to_date():
    assert [] == [path.name for path, text in documents.every() if text != path.read_text()]
