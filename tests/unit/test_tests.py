"""The tests keep to their own rules."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: str(path.relative_to(TESTS)))
def test_nothing_is_imported_from_a_test_file(path):
    runner = path == TESTS / "fuzz" / "__main__.py"  # tries the properties that its one test file has
    shared = set(re.findall(r"(?m)^\s*(?:from|import) (tests\.\w+\.test_\w+)", path.read_text()))

    assert set() == shared - ({"tests.fuzz.test_properties"} if runner else set())
