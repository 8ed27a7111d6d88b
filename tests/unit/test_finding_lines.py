"""The line of the field that a finding is about."""

import json

import pytest

from config_rollout.core.formats.yaml_places import find
from config_rollout.core.rules.lines import lines, steps
from tests.objects.rule_examples import manifest

BLOCK = """# a comment
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: a
  annotations:
    checksum/config: x
    # another
    "quoted/key": y
spec:
  selector: {matchLabels: {app: a}}
  template:
    spec:
      containers:
      - name: one
        image: a
      -
        name: two
        env:
        - {name: A, value: b}
"""


def line(text: str, where: str, number: int = 0) -> int:
    o = manifest(text).objects[number]
    return lines([(o.place, where)])[0]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("spec.template.spec.containers[0].image", 16),
        ("spec.template.spec.containers[1]", 18),
        ("spec.template.spec.containers[1].env[0], A", 20),
        ("spec.template.spec.containers", 14),
        ("metadata.annotations['checksum/config']", 7),
        ("metadata.annotations['quoted/key']", 9),
        ("spec.selector.matchLabels", 11),
        ("spec.minReadySeconds", 10),
        ("spec.template.metadata.annotations['a']", 12),
        ("spec.template.spec.containers[7].name", 14),
        ("nothing", 2),
        ("", 2),
    ],
)
def test_line_of_a_field(where, expected):
    assert expected == line(BLOCK, where)


def test_line_counts_from_the_top_of_the_file():
    assert 4 + 16 == line(f"---\napiVersion: v1\nkind: Service\n---\n{BLOCK}", "spec.template.spec.containers[0].image")


def test_windows_line_ends_and_a_byte_order_mark_do_not_count():
    assert 16 == line("\ufeff" + BLOCK.replace("\n", "\r\n"), "spec.template.spec.containers[0].image")


def test_item_of_a_list_is_found():
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n- apiVersion: v1\n  kind: ConfigMap\n"

    assert [4, 7] == [line(text, "metadata.name", 0), line(f"{text}  data:\n    a: b\n", "kind", 1)]


def test_line_in_json():
    text = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b", "c": "d"}}, indent=2)

    assert 6 == line(text, "data['c']")


def test_of_a_key_that_stands_twice_the_last_counts():
    text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: {x: 1}\ndata:\n  b: x\n"

    assert [6, 5] == [line(text, "data['b']"), line(text, "data['a']")]


def test_alias_is_where_it_is_used():
    text = "apiVersion: v1\nkind: ConfigMap\nx: &x {a: b}\ndata: *x\n"

    assert 4 == line(text, "data['a']")


CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptabels\n"


@pytest.mark.parametrize(
    ("text", "where", "expected"),
    [
        (f"---\n{CONFIG}", "mode", 4),
        (f"---\n{CONFIG}", "line 2", 2),
        (f"---\n{CONFIG}", "as a KubeProxyConfiguration", 2),
    ],
)
def test_line_in_a_configuration_of_its_own(text, where, expected):
    assert expected == line(text, where)


@pytest.mark.parametrize(
    ("style", "where", "expected"),
    [
        ("|", "data['config.conf']: mode", 8),
        ("|-", "data['config.conf']: line 2", 7),
        ("|", "data['config.conf']: iptables.syncPeriod", 6),
        ("|", "data['config.conf']", 5),
        (">", "data['config.conf']: mode", 5),
    ],
)
def test_line_in_the_text_of_a_config_map(style, where, expected):
    inside = "".join(f"    {one}\n" for one in CONFIG.splitlines())
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  config.conf: {style}\n{inside}"

    assert expected == line(text, where)


@pytest.mark.parametrize(
    ("where", "path", "rest"),
    [
        ("spec.a[0].b", ("spec", "a", 0, "b"), ""),
        ("metadata.labels['a.b/c'].d", ("metadata", "labels", "a.b/c", "d"), ""),
        ('data["it\'s"]: mode', ("data", "it's"), ": mode"),
        ("spec.env[1], NAME", ("spec", "env", 1), ", NAME"),
    ],
)
def test_path_is_what_a_finding_begins_with(where, path, rest):
    assert (path, rest) == steps(where)


@pytest.mark.parametrize("text", ["", "a: [", "\t", "{" * 10_000, "x: *nothing"])
def test_text_that_is_no_yaml_has_no_places(text):
    assert ("a", "b") not in find(text, [("a", "b")])


def test_place_is_counted_in_characters():
    text = "é: 1\nü: {a: 'x', b: 2}\n"
    node = find(text, [("ü", "a")])["ü", "a"]

    assert ("'x'", "a", 2) == (text[node.start : node.end], text[node.key], node.line)
