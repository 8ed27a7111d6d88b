"""What differs between two contents, and between two structures."""

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.diff import KeyChange, diff_contents, diff_values
from config_rollout.core.markers import ABSENT, UNKNOWN


def changes(old: object, new: object) -> list[tuple[str, str]]:
    return [(change.op, change.path) for change in diff_values(old, new)]


def test_keys_added_changed_and_removed():
    old = Content({"a": b"1", "b": b"1", "c": b"1"}, {"x": b"1"})
    new = Content({"b": b"2", "c": b"1", "d": b"1"}, {"x": b"2"})

    assert [("-", "a"), ("~", "b"), ("+", "d"), ("~", "x")] == [(c.op, c.key) for c in diff_contents(old, new)]


def test_key_moved_to_binary_data_is_removed_and_added():
    moved = diff_contents(Content({"a": b"1"}), Content({}, {"a": b"1"}))

    assert [("-", "data"), ("+", "binary_data")] == [(change.op, change.section) for change in moved]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n", ["-b", "+B"]),
        (b"a\n", b"a\nb\n", ["+b"]),
        (b"-- a\n", b"++ a\n", ["--- a", "+++ a"]),
        (b"a", b"a\n", ["-a (no newline at the end)", "+a"]),
        (b"a\r\n", b"a\n", ["-a\\r", "+a"]),
        (None, b"a\n", ["+a"]),
        (b"a\n", None, ["-a"]),
    ],
)
def test_line_diff(old, new, lines):
    assert lines == KeyChange("data", "k", old, new).line_diff


def test_line_diff_of_a_long_text_still_finds_what_changed():
    old = b"".join(b"line %d\n" % (number % 100) for number in range(40_000))

    assert ["-line 7", "+new"] == KeyChange("data", "k", old, old.replace(b"line 7\n", b"new\n", 1)).line_diff


def test_line_diff_of_binary_data_is_empty():
    assert [] == KeyChange("binary_data", "k", b"a", b"b").line_diff


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="same"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": 2}}, [("~", "a.b")], id="nested"),
        pytest.param({"a": 1}, {"b": 1}, [("-", "a"), ("+", "b")], id="renamed"),
        pytest.param({"a": 1}, {"a": 1.0}, [], id="the engine's numbers are floats"),
        pytest.param({"a": 1}, {"a": True}, [("~", "a")], id="1 is not true"),
        pytest.param({"a": 1}, {"a": "1"}, [("~", "a")], id="1 is not '1'"),
        pytest.param({"a": [1, 2]}, {"a": [1, 3, 4]}, [("~", "a[1]"), ("+", "a[2]")], id="list by position"),
        pytest.param(
            {"c": [{"name": "x", "i": 1}, {"name": "y", "i": 1}]},
            {"c": [{"name": "x", "i": 1}, {"name": "z", "i": 1}]},
            [("-", "c[name=y]"), ("+", "c[name=z]")],
            id="list by name",
        ),
        pytest.param(
            {"c": [{"name": "x"}, {"name": "y"}]},
            {"c": [{"name": "y"}, {"name": "x"}]},
            [("~", "c (order)")],
            id="order",
        ),
        pytest.param(
            {"c": [{"name": "x", "i": 1}, {"name": "x", "i": 2}]},
            {"c": [{"name": "x", "i": 1}, {"name": "x", "i": 3}]},
            [("~", "c[1].i")],
            id="a name twice: by position",
        ),
        pytest.param({"a": UNKNOWN}, {"a": UNKNOWN}, [("~", "a")], id="unknown is never the same"),
        pytest.param({"a": [1]}, {"a": {"b": 1}}, [("~", "a")], id="another kind of structure"),
    ],
)
def test_fields_that_differ(old, new, expected):
    assert expected == changes(old, new)


def test_absent_side_is_marked():
    (change,) = diff_values({}, {"a": 1})

    assert ABSENT is change.old


def test_line_diff_of_lines_that_repeat_takes_no_long_time():
    old, new = b"a\n" * 2000, b"a\nb\n" * 1000

    assert (1000, 1000) == tuple(KeyChange("data", "k", old, new).line_diff.count(line) for line in ("-a", "+b"))


def test_line_diff_of_a_long_text_with_many_equal_lines_is_in_order():
    old = b"server {\n  listen 1;\n}\n" * 400
    new = old.replace(b"listen 1", b"listen 2", 1)

    assert ["-  listen 1;", "+  listen 2;"] == KeyChange("data", "k", old, new).line_diff
