"""Variables that a program expands before it parses: what of them counts, and how it is said."""

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.diff import diff_contents
from config_rollout.core.configuration.digest import canonical_bytes, config_hash
from config_rollout.core.formats import read
from config_rollout.core.words.changes import key_lines

PROMETHEUS = b"""scrape_configs:
  - job_name: node
    relabel_configs:
      - {source_labels: [__address__], regex: "(.*):.*", target_label: instance, replacement: "$1"}
"""


def told(key: str, old: str, new: str, effects: dict | None = None) -> list[str]:
    before, after = (Content({key: text.encode()}, effects={key: effects} if effects else {}) for text in (old, new))
    (change,) = diff_contents(before, after)
    assert change.restarts == (config_hash(before) != config_hash(after))
    return [line.strip() for line in key_lines(change)][1:]


@pytest.mark.parametrize(
    ("key", "old", "new", "lines"),
    [
        ("a.yaml", "a: ${PORT}", 'a: "${PORT}"',
         ['~ a: ${PORT} => "${PORT}" (variable: it holds a variable, so its spelling counts)']),
        ("a.yaml", "# x: ${OLD}\na: 1", "a: 1",
         ["- comment: # x: ${OLD} (variable: it holds a variable, so its spelling counts)"]),
        ("a.toml", "a = 1 # $A", "a = 1 # $B",
         ["- comment: # $A (variable: it holds a variable, so its spelling counts)",
          "+ comment: # $B (variable: it holds a variable, so its spelling counts)"]),
        ("a.yaml", "# $A\n# $B", "# $B\n# $A",
         ['~ comment (order): ["# $A", "# $B"] => ["# $B", "# $A"] '
          "(variable: it holds a variable, so its spelling counts)"]),
        ("a.yaml", "a: $X", "a: $Y", ["~ a: $X => $Y"]),
        ("a.yaml", "a: [$X]", "a:\n- $X",
         ["~ a[0]: [$X] => $X (variable: it holds a variable, so its spelling counts)"]),
        ("a.yaml", "a: 1 # password: hunter2abc $A", "a: 1",
         ["- comment: [secret] (variable: it holds a variable, so its spelling counts)"]),
    ],
)  # fmt: skip
def test_diff_names_the_variable(key, old, new, lines):
    assert lines == told(key, old, new)


def test_comment_with_a_variable_of_a_key_that_is_stated_to_do_nothing():
    assert ["- comment: # $A (nothing: declared in `effects`)"] == told("a.yaml", "a: 1 # $A", "a: 1", {"": "none"})


def test_comment_with_a_variable_beside_a_field_that_is_stated_to_do_nothing():
    old, new = (Content({"a.yaml": text}, effects={"a.yaml": {"a": "none"}}) for text in (b"a: 1 # $A", b"a: 1"))

    assert b"config-rollout/v1\ndata 6:a.yaml yaml 7:{}\n# $A\n" == canonical_bytes(old)
    assert b"config-rollout/v1\ndata 6:a.yaml yaml 2:{}\n" == canonical_bytes(new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"scrape_configs:\n", b"# every node\nscrape_configs:\n"),
        (b"job_name: node", b"job_name: 'node'"),
        (b'regex: "(.*):.*", target_label: instance', b"target_label: instance, regex: (.*):.*"),
    ],
)
def test_prometheus_configuration_keeps_its_meaning_beside_its_variables(old, new):
    assert old in PROMETHEUS
    assert read(PROMETHEUS, "yaml").canonical == read(PROMETHEUS.replace(old, new), "yaml").canonical


def test_how_a_variable_of_a_prometheus_configuration_is_quoted_counts():
    assert read(PROMETHEUS, "yaml").canonical != read(PROMETHEUS.replace(b'"$1"', b"'$1'"), "yaml").canonical


@pytest.mark.parametrize("text", ["a: $", "a: $$", "a: $(X)", "a: $ X", "a: $-x", "a: x$", "a: $\u00e9"])
def test_a_dollar_alone_is_no_variable(text):
    assert text[3:] == read(text.encode(), "yaml").value["a"]
