"""What common readers read: the judge of a replay, which must not know our own rules."""

import ast
import re
from pathlib import Path

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.replay import readers
from config_rollout.core.replay.readers import parsed_digest
from tests.objects.contents import content
from tests.objects.format_rows import rows


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
        ("corefile", b". {\n  log\n  cache 30\n}\n", b'. { # note\n\n  cache "30"\n  log\n}', True),
        ("corefile", b". {\n  cache 30\n}", b". {\n  cache 60\n}", False),
        ("corefile", b". {\n  a 1\n  a 2\n}", b". {\n  a 2\n  a 1\n}", False),
        ("corefile", b". {\n  log\n}\na {\n}", b". {\n}\na {\n  log\n}", False),
        ("corefile", b". {\n  import a\n  log\n}", b". {\n  log\n  import a\n}", False),
        ("text", b"a: 1", b"a:  1", False),
    ],
)
def test_readers(name, one, other, same):
    assert same == reads_the_same(name, one, other)


@pytest.mark.parametrize(("name", "one", "other", "verdict"), [row for row in rows() if "same" in row.values])
def test_what_means_the_same_to_us_is_read_the_same_by_all(name, one, other, verdict):
    assert reads_the_same(name, one, other)


SCALARS = re.findall(
    r"\S+",
    """
    0 -0 +1 1 01 010 08 0o10 0x10 0X10 0b10 1_000 1000 1,000 1. 1.0 1.00 .5 0.5 1e3 1E3 1e+3 1.0e3 1e400 12:30 190:20:30
    ~ null Null NULL nULL true True TRUE tRUE false yes Yes no on off y n Y N = << .inf -.inf .INF .nan .NaN inf nan
    2001-12-14 2001-12-14T21:59:43Z '1' "1" '~' "null" 'true' "on" '' "" !!str !!int !!float !!null x 'x' "x" - [] {}
    123456789012345678 1234567890123456789 12345678901234567890 123456789012345678901 0.1 0.10 1e-7 "\\x41" 'A' A
    10.0.0.0/8 30s 1.2.3 [x] "[]" *a &a
    """,
)
"""Plain and quoted scalars that readers are known to differ on."""


@pytest.mark.parametrize("place", ["a: %s", "- %s", "%s: 1", "[%s, 1]", "? %s\n: 1", "a: {b: %s}", "a: %s\nb: 1"])
def test_what_has_one_hash_is_read_the_same_wherever_readers_differ(place):
    by_hash: dict[str, set[str]] = {}
    for scalar in dict.fromkeys(SCALARS):
        one = content("yaml", (place % scalar).encode())
        by_hash.setdefault(config_hash(one), set()).add(parsed_digest(one))

    assert {1} == set(map(len, by_hash.values()))
    assert len(by_hash) > 60


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
    ours = {
        node.module: {alias.name for alias in node.names}
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    }

    assert {"configuration.content": {"Content"}, "formats": {"BY_SUFFIX"}} == ours
