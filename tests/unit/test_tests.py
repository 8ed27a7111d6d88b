"""The tests keep to their own rules."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports from."""
    nodes = [*ast.walk(ast.parse(path.read_text()))]
    of = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return of | {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: str(path.relative_to(TESTS)))
def test_nothing_is_imported_from_a_test_file(path):
    runner = path == TESTS / "fuzz" / "__main__.py"  # tries the properties that its one test file has
    shared = {name for name in imported(path) if name.startswith("tests.") and ".test_" in name}

    assert set() == shared - ({"tests.fuzz.test_properties"} if runner else set())
