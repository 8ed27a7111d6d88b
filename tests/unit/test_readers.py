"""What common readers read: the judge of a replay, which must not know our own rules."""

import ast
from pathlib import Path

import pytest

from config_rollout.core import readers
from config_rollout.core.content import Content
from config_rollout.core.readers import parsed_digest
from tests.unit.test_formats import content, rows


def reads_the_same(name: str, one: bytes, other: bytes) -> bool:
    return parsed_digest(content(name, one)) == parsed_digest(content(name, other))


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        ("yaml", b"a: 1 # note\n", b"{a: 1}", True),
        ("yaml", b"a: 1\nb: 2", b"b: 2\na: 1", True),
        ("yaml", b"x: &x [1]\ny: *x", b"x: [1]\ny: [1]", True),
        ("yaml", b"a: null", b"a:", True),
        ("yaml", b"a: 1", b"a: 1.0", False),
        ("yaml", b"a: 1", b"a: true", False),
        ("yaml", b"a: [1, 2]", b"a: [2, 1]", False),
        ("yaml", b"a: [0.0, -0.0]", b"a: [0.0, 0.0]", False),
        ("yaml", b"a:", b"b:", False),
        ("yaml", b"a: on", b"a: true", False),  # text to YAML 1.2
        ("yaml", b"a: 010", b"a: 8", False),  # 10 to YAML 1.2
        ("yaml", b"a: 010", b"a: 10", False),  # 8 to YAML 1.1
        ("yaml", b"a: 1e3", b"a: '1e3'", False),  # a number to YAML 1.2
        ("yaml", b"a: 1\na: 2", b"a: 2", False),  # YAML 1.2 readers refuse a key that stands twice
        ("yaml", b"a: 1\n---\nb: 1", b"a: 1\nb: 1", False),
        ("yaml", b"a: [", b"a: [ ", False),
        ("yaml", b"a: !!set {x, y}", b"a: !!set {y, x}", True),
        ("json", b'{"a": 1, "b": 2}', b'{"b":2,"a":1}', True),
        ("json", b'{"a": 1.0}', b'{"a": 1.00}', True),
        ("json", b'{"a": 1}', b'{"a": "1"}', False),
        ("toml", b"a = 1\nb = 2", b"b = 2 # note\na = 1", True),
        ("toml", b"a = 1", b"a = 1.0", False),
        ("text", b"a: 1", b"a:  1", False),
    ],
)
def test_readers(name, one, other, same):
    assert same == reads_the_same(name, one, other)


@pytest.mark.parametrize(("name", "one", "other", "verdict"), [row for row in rows() if "same" in row.values])
def test_what_means_the_same_to_us_is_read_the_same_by_all(name, one, other, verdict):
    assert reads_the_same(name, one, other)


def test_kube_proxy_is_known_by_what_it_says_and_other_text_is_not():
    text = b"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"
    one, noted = Content({"c.conf": text}), Content({"c.conf": text + b"# note"})
    mention, other = (Content({"c.conf": b"a: kubeproxy.config.k8s.io/v1alpha1" + end}) for end in (b"", b" # note"))

    assert parsed_digest(one) == parsed_digest(noted)
    assert parsed_digest(mention) != parsed_digest(other)


def test_key_and_section_count():
    contents = [Content({"a": b"x"}), Content({"b": b"x"}), Content(binary_data={"a": b"x"})]

    assert 3 == len({parsed_digest(one) for one in contents})


@pytest.mark.parametrize(
    "text",
    [
        b"a: &a [*a]",
        b"[" * 5000 + b"]" * 5000,
        b"a: &a [x,x]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (c + 1, c + 1, c, c) for c in range(97, 121)),
        b"? [a]\n: b",
        b"\xff\xfe\x00",
        b"a: 2001-99-99",
        b"!!python/object:os.system {}",
    ],
    ids=["recursive", "deep", "bomb", "list as key", "no UTF-8", "no date", "tag"],
)
def test_hostile_text_is_digested(text):
    assert reads_the_same("yaml", text, text)
    assert not reads_the_same("yaml", text, text + b" ") or b"python" not in text


def test_judge_shares_no_code_with_what_it_judges():
    tree = ast.parse(Path(readers.__file__).read_text())
    ours = {node.module: {alias.name for alias in node.names} for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.level}  # fmt: skip

    assert {"content": {"Content"}, "formats": {"BY_SUFFIX"}} == ours
