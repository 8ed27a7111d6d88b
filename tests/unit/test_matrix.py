"""The table of the matrix: a row says what was run and what did not pass, and the others stay as they are."""

import pytest

from tools import matrix
from tools.build import RELEASES
from tools.matrix import Counts, Row


@pytest.fixture
def document(tmp_path, monkeypatch):
    path = tmp_path / "compatibility.md"
    path.write_text("# Title\n\n<!-- matrix -->\n<!-- /matrix -->\n")
    monkeypatch.setattr(matrix, "DOCUMENT", path)
    return path


def row(title: str, tests: int = 3, *wrong: str) -> Row:
    return Row(title, {"unit tests": Counts(tests, list(wrong))}, "no")


@pytest.mark.parametrize(
    ("given", "passed", "text"),
    [
        (row("Python 3.11.7", 1200), True, "| Python 3.11.7 | 1,200 unit tests | all | no |"),
        (row("Python 3.11.7", 3, "test_a"), False, "| Python 3.11.7 | 3 unit tests | 2; not test_a | no |"),
        (row("Python 3.11.7", 0), False, "| Python 3.11.7 | 0 unit tests | 0; not run | no |"),
    ],
)
def test_row_says_what_passed(given, passed, text):
    assert (passed, text) == (given.passed, str(given))


def test_what_was_skipped_did_not_pass(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text('<a><testcase name="x"/><testcase name="y"><skipped/></testcase></a>')

    assert Counts(2, ["y"]) == matrix._counts(report)


def test_rows_take_the_place_of_their_release_and_are_in_order(document):
    matrix.write([row("Python 3.13.0"), row("Kubernetes 1.36.3, CLI 3")])
    matrix.write([row("Kubernetes 1.34.3")])
    matrix.write([row("Python 3.13.1"), row("Python 3.9.1")])
    lines = document.read_text().splitlines()

    assert ["Kubernetes 1.34.3", "Kubernetes 1.36.3, CLI 3", "Python 3.9.1", "Python 3.13.1"] == [
        line.split(" | ")[0].removeprefix("| ") for line in lines[5:-1]
    ]


@pytest.mark.slow
def test_this_python_is_among_those_that_are_found():
    assert matrix._version(matrix.sys.executable) in {matrix._version(path) for path in matrix.interpreters().values()}


def test_default_release_is_one_of_the_releases():
    assert matrix._DEFAULT_KUBERNETES in RELEASES
