"""A text is set in a document, and everything else stays as it is."""

import json

import pytest
import yaml

from config_rollout.core.formats.yaml_edits import REMOVED, Edit, NotEdited, edited, set_text

PATH = ("t", "m", "a", "checksum/config")

EDITS = {
    "below other annotations, whose comments stay theirs": (
        "# top\nt:\n  m:\n    a:\n      # mine\n      b: '1'  # x\n",
        "# top\nt:\n  m:\n    a:\n      checksum/config: \"new\"\n      # mine\n      b: '1'  # x\n",
    ),
    "in a flow mapping": ("t: {m: {a: {b: c}}}\n", 't: {m: {a: {checksum/config: "new", b: c}}}\n'),
    "in a flow mapping over several lines": (
        "t:\n  m:\n    a: {\n      b: c,\n    }\n",
        't:\n  m:\n    a: {\n      checksum/config: "new",\n      b: c,\n    }\n',
    ),
    "in an empty mapping": ("t: {m: {a: {}}}\n", 't: {m: {a: {checksum/config: "new"}}}\n'),
    "where nothing is": (
        "t:\n  m:\n    a:\n  s: 1\n",
        't:\n  m:\n    a: {checksum/config: "new"}\n  s: 1\n',
    ),
    "where null is": ("t:\n  m:\n    a: ~ # none\n", 't:\n  m:\n    a: {checksum/config: "new"} # none\n'),
    "without annotations": (
        "t:\n    m:\n        l: {x: y}\n    s: 1\n",
        't:\n    m:\n        a:\n          checksum/config: "new"\n        l: {x: y}\n    s: 1\n',
    ),
    "without annotations in a flow mapping": ("t: {m: {l: 1}}\n", 't: {m: {a: {checksum/config: "new"}, l: 1}}\n'),
    "without metadata": ("t:\n  s: 1\n", 't:\n  m:\n    a:\n      checksum/config: "new"\n  s: 1\n'),
    "in place of an old one": (
        "t:\n  m:\n    a:\n      checksum/config: old # c\n      b: c\n",
        't:\n  m:\n    a:\n      checksum/config: "new" # c\n      b: c\n',
    ),
    "in place of a quoted old one": ("t: {m: {a: {checksum/config: 'o'}}}", 't: {m: {a: {checksum/config: "new"}}}'),
    "with Windows line ends": (
        "t:\r\n  m:\r\n    a:\r\n      b: c\r\n",
        't:\r\n  m:\r\n    a:\r\n      checksum/config: "new"\r\n      b: c\r\n',
    ),
    "behind characters of several bytes": (
        "é: 'ü'\nt: {m: {a: {b: c}}}",
        "é: 'ü'\nt: {m: {a: {checksum/config: \"new\", b: c}}}",
    ),
    "in JSON": ('{"t": {"m": {"a": {"b": "c"}}}}', '{"t": {"m": {"a": {"checksum/config": "new", "b": "c"}}}}'),
    "in JSON without annotations": (
        '{\n  "t": {\n    "s": 1\n  }\n}',
        '{\n  "t": {\n    "m": {"a": {"checksum/config": "new"}},\n    "s": 1\n  }\n}',
    ),
    "in empty JSON": ('{"t": {"m": {"a": {}}}}', '{"t": {"m": {"a": {"checksum/config": "new"}}}}'),
}
"""Where -> before and after."""


@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS.keys())
def test_text_is_set(before, after):
    assert after == set_text(before, PATH, "new")


@pytest.mark.parametrize("before", [before for before, _ in EDITS.values()], ids=EDITS.keys())
def test_only_this_text_is_another(before):
    expected = yaml.safe_load(before)
    place = expected
    for key in PATH[:-1]:
        place[key] = place.get(key) or {}
        place = place[key]
    place[PATH[-1]] = "new"
    after = set_text(before, PATH, "new")

    assert expected == yaml.safe_load(after)
    assert not before.startswith("{") or expected == json.loads(after)


@pytest.mark.parametrize("before", [before for before, _ in EDITS.values()], ids=EDITS.keys())
def test_edit_twice_is_edit_once(before):
    once = set_text(before, PATH, "new")

    assert once == set_text(once, PATH, "new")


def test_item_of_a_list_is_edited():
    assert 'i:\n- t:\n    m: "x"\n    s: 1\n- t: 2\n' == set_text(
        "i:\n- t:\n    s: 1\n- t: 2\n", ("i", 0, "t", "m"), "x"
    )


def test_first_key_of_a_list_item_stays_on_its_line():
    assert 'i:\n- m: "x"\n  s: 1\n' == set_text("i:\n- s: 1\n", ("i", 0, "m"), "x")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("t: &x {m: {a: {b: c}}}\ny: *x\n", "uses anchors or aliases there"),
        ("x: &x {m: {a: {b: c}}}\nt: *x\n", "uses anchors or aliases there"),
        ("t: text\n", "has no mapping at t"),
        ("t: [1]\n", "has no mapping at t"),
        ("t: {m: {a: {checksum/config: [1]}}}\n", "holds something else there"),
        ("t:\n  m:\n    a:\n      checksum/config: |\n        x\n", "holds something else there"),
        ("", "is empty or not YAML"),
        ("\tx", "is empty or not YAML"),
    ],
)
def test_what_cannot_be_edited_alone_is_refused(text, why):
    with pytest.raises(NotEdited, match=why):
        set_text(text, PATH, "new")


def test_item_that_is_not_there_is_refused():
    with pytest.raises(NotEdited, match="has no such item"):
        set_text("i: [a]\n", ("i", 1, "t"), "x")


REMOVALS = {
    "a line with its comment": ("t:\n  # of b\n  b: c\n  a: x # y\n  d: e\n", "t:\n  # of b\n  b: c\n  d: e\n"),
    "the last line": ("t:\n  b: c\n  a: 'x'", "t:\n  b: c\n"),
    "a text over several lines": ('t:\n  a: "x\n    y"\n  b: c\n', "t:\n  b: c\n"),
    "the first in brackets": ("t: {a: x, b: c}\n", "t: {b: c}\n"),
    "the last in brackets": ("t: {b: c, a: x}\n", "t: {b: c}\n"),
    "an item of JSON": ('{"t": {\n  "a": "x",\n  "b": "c"\n}}', '{"t": {\n  "b": "c"\n}}'),
    "with the mapping that it leaves empty": ("s: 1\nt:\n  a: x\nu: 2\n", "s: 1\nu: 2\n"),
    "with brackets that it leaves empty": ("s: 1\nt: {a: x} # t\nu: 2\n", "s: 1\nu: 2\n"),
    "nothing where it is not": ("t:\n  b: c\n", "t:\n  b: c\n"),
}
"""What goes -> before and after."""


@pytest.mark.parametrize(("before", "after"), REMOVALS.values(), ids=REMOVALS.keys())
def test_entry_is_removed(before, after):
    assert after == edited(before, [Edit(("t", "a"), REMOVED)])


def test_edits_of_one_mapping_and_of_several_are_made_together():
    edits = [Edit(("t", "a"), REMOVED), Edit(("t", "n", "x"), "1"), Edit(("t", "n", "y"), True), Edit(("u",), ["é"])]

    assert {"t": {"b": "c", "n": {"x": "1", "y": True}}, "s": 1, "u": ["é"]} == yaml.safe_load(
        edited("t: {a: x, b: c}\ns: 1\n", edits)
    )


def test_entry_is_removed_beside_a_new_one():
    edits = [Edit(("t", "a"), REMOVED), Edit(("t", "b"), "x")]

    assert 's: 1\nt:\n  b: "x"\n' == edited("s: 1\nt:\n  a: old\n", edits)


@pytest.mark.parametrize("text", ["t:\n  a: |\n    x\n  b: c\n", "t:\n- a: x\n", "t:\n  a: [1]\n  b: c\n"])
def test_what_cannot_be_removed_alone_is_refused(text):
    path = ("t", 0, "a") if "- a" in text else ("t", "a")
    with pytest.raises(NotEdited):
        edited(text, [Edit(path, REMOVED)])
