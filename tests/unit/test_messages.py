"""The page of errors: messages as the code spells them."""

import ast
from textwrap import dedent

import pytest

from tools.messages import Message, messages_of, messages_page

TUPLE = {"_EMPTY": ast.parse("('is empty', 'Fill it')", mode="eval").body}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Finding('data', 'is empty', 'Fill it')", [("data", "is empty", "Fill it")]),
        ("Finding(where, f'is {n} bytes', 'Cut it')", [("…", "is … bytes", "Cut it")]),
        ("Finding('data', *_EMPTY)", [("data", "is empty", "Fill it")]),
        ("Finding('a', 'is ' + ('b' if x else 'c'), 'Fix')", [("a", "is b", "Fix"), ("a", "is c", "Fix")]),
        ("Finding('a', 'b' if x else 'c', 'd' if x else 'e')", [("a", "b", "d"), ("a", "c", "e")]),
        ("Refused('is empty', 'Fill it')", [("…", "is empty", "Fill it")]),
        ("Other('a', 'b', 'c')", []),
        ("def fault(x) -> Fault | None:\n  return ('is empty', 'Fill it')", [("…", "is empty", "Fill it")]),
        ("def name(x) -> tuple[str, str]:\n  return ('first', 'last')", []),
    ],
)
def test_message_is_spelt_as_a_run_spells_it(code, expected):
    assert [Message(*one) for one in expected] == list(messages_of(ast.parse(code), TUPLE))


def test_name_is_what_it_was_last_before_the_message():
    code = """
        def check():
            what = "is first"
            yield Finding("a", what, "Fix")
            what, fix = "is second", "Mend"
            yield Finding("a", what, fix)
    """
    found = list(messages_of(ast.parse(dedent(code)), {}))

    assert [Message("a", "is first", "Fix"), Message("a", "is second", "Mend")] == found


@pytest.mark.slow
def test_messages_that_the_five_minutes_show_are_on_the_page():
    _, page = messages_page()

    assert "the key contains … | Use letters, digits, '-', '\\_' or '.'" in page
    assert "no volume or env reads" in page
