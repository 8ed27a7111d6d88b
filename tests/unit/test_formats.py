"""What counts as a change, generated from the tables of docs/what-counts.md."""

import random
import re

import pytest
import yaml

from config_rollout.core.configuration.diff import diff_contents
from config_rollout.core.configuration.digest import canonical_bytes, config_hash
from config_rollout.core.formats import read, read_key
from tests.objects.contents import as_yaml, content, random_value, shuffled
from tests.objects.format_rows import DOCUMENT, rows


def test_every_row_of_the_document_is_read():
    assert len(re.findall(r"(?m)\| (?:same|differ) \|", DOCUMENT)) == len(rows())


@pytest.mark.parametrize(("name", "one", "other", "verdict"), rows())
def test_row(name, one, other, verdict):
    first, second = content(name, one), content(name, other)

    assert ("same" if config_hash(first) == config_hash(second) else "differ") == verdict


@pytest.mark.parametrize(("name", "one", "other", "verdict"), rows())
def test_diff_is_empty_exactly_where_the_hashes_are_equal(name, one, other, verdict):
    changes = diff_contents(content(name, one), content(name, other))
    changes = [change for change in changes if change.restarts]

    assert ("differ" if changes else "same") == verdict
    assert all(change.fields is None or change.fields for change in changes)


VALID = {"yaml": b"a: 1", "json": b"{}", "toml": b"a = 1", "text": b"a"}


@pytest.mark.parametrize(
    ("key", "name"),
    [("a.yaml", "yaml"), ("a.yml", "yaml"), ("a.json", "json"), ("a.toml", "toml"), ("a.YAML", "text"), ("a", "text")],
)
def test_suffix_tells_the_format(key, name):
    assert name == read_key(key, VALID[name], {}).format


def test_declared_format_goes_before_the_suffix():
    assert "text" == read_key("a.yaml", b"a: 1", {"a.yaml": "text"}).format


@pytest.mark.parametrize(
    ("name", "value", "note"),
    [
        ("yaml", b"a: 1\na: 2", "key 'a' appears twice in one mapping, or differs only in case"),
        ("yaml", b"a: [", "it is not valid YAML (did not find expected node content), line 2"),
        ("yaml", b"a: {{ b }}", "it looks like a template"),
        ("yaml", b"on: 1", "readers take the key on differently"),
        ("yaml", b"\xff\xfe\x00", "it begins with a byte order mark"),
        ("yaml", b"a: \xc3", "it is not UTF-8"),
        ("yaml", b"a: !x b", "it has the tag !x"),
        ("json", b"{,}", "it is not valid JSON (Expecting property name enclosed in double quotes), line 1"),
        ("json", b"[NaN]", "NaN is not a JSON number"),
        ("json", b"\xc3", "it is not UTF-8"),
        ("corefile", b". {\n  log\n", "it is not a valid Corefile ('}' is missing), line 1"),
        ("corefile", b". {\n  log {\n}\n", "the last '}' is missing, which CoreDNS does not notice after another one"),
        ("corefile", b". {\n  log }\n", "it is not a valid Corefile (unexpected '}'), line 2"),
        ("corefile", b". {\n}\n}\n", "it has a '}' too many, line 3"),
        ("corefile", b'. {\n  log "a\n}\n', "it is not a valid Corefile (a quote is not closed), line 2"),
        ("corefile", b". {\n  import\n}\n", "it is not a valid Corefile (import takes one argument), line 2"),
        ("corefile", b"a.org, {\n}\n", "it is not a valid Corefile (a zone is missing after a comma), line 1"),
        ("corefile", b"(a) {\n}\n(a) {\n}\n", "it is not a valid Corefile (snippet (a) stands twice), line 3"),
        ("corefile", b"a.org\nlog\n", "a server block has no braces"),
        ("corefile", b". { log\n}\n", "more follows the '{' of a server block on its line"),
        ("corefile", b". {\n} a.org {\n}\n", "more follows the '}' of a server block on its line"),
        ("corefile", b". {\n  {$X}\n}\n", "{$X} is not known to be a plugin"),
        ("corefile", b". {\n  log\n  {\n  }\n}\n", "a line of a server block begins with '{'"),
        ("corefile", b"(a) {\n  log }\n", "the '}' of a snippet stands on the line of a plugin"),
        ("corefile", b"a } b {\n}\n", "a brace stands among the zones of a server block"),
        ("corefile", b"\xef\xbb\xbf. {\n}\n", "it begins with a byte order mark"),
        ("corefile", b"# \xc3", "it is not UTF-8"),
        ("toml", b"a", "it is not valid TOML (Expected '=' after a key in a key/value pair (at end of document))"),
    ],
)
def test_what_is_not_understood_counts_byte_for_byte_and_says_why(name, value, note):
    meaning = read(value, name)

    assert ("text", value, note) == (meaning.format, meaning.canonical, meaning.note)


BOMB = b"a0: &a0 [x, x]\n" + b"".join(
    b"a%d: &a%d [%b]\n" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 9)) for i in range(1, 40)
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("yaml", BOMB, id="alias bomb"),
        pytest.param("yaml", b"&a [*a]", id="an alias to itself"),
        pytest.param("yaml", b"[" * 100_000 + b"]" * 100_000, id="100,000 brackets"),
        pytest.param("yaml", b"- " * 100_000 + b"x", id="100,000 dashes"),
        pytest.param("yaml", b"".join(b" " * i + b"a:\n" for i in range(600)), id="600 levels of blocks"),
        pytest.param("yaml", b"? " * 10_000, id="10,000 complex keys"),
        pytest.param("json", b"[" * 100_000 + b"]" * 100_000, id="100,000 brackets of JSON"),
        pytest.param("toml", b"a = " + b"[" * 10_000 + b"]" * 10_000, id="10,000 brackets of TOML"),
        pytest.param("corefile", b"a {\n" * 100_000, id="100,000 braces"),
        pytest.param("corefile", b'"' * 100_001, id="100,001 quotes"),
        pytest.param("corefile", b'"' + b"\\" * 100_001, id="100,001 backslashes"),
        pytest.param("yaml", b"a: \x00", id="a NUL"),
        pytest.param("json", b'{"a": ' + b"9" * 10_000 + b".5}", id="a number of 10,000 digits"),
    ],
)
def test_hostile_text_is_read_or_counts_byte_for_byte(name, value):
    assert read(value, name).format in ("text", name)


def test_canonical_bytes_of_yaml():
    value = b"b: [1, 1.0, yes, x]\na: {c: ~, d: true}\n"

    assert (
        b'config-rollout/v1\ndata 1:k yaml 51:{"a":{"c":null,"d":true},"b":[1,"!1.0","!yes","x"]}\n'
    ) == canonical_bytes(content("yaml", value))


def test_the_same_structure_in_another_format_is_a_change():
    assert config_hash(content("yaml", b"{}")) != config_hash(content("json", b"{}"))


def test_another_layout_of_random_structures_means_the_same():
    maker = random.Random(5)
    for _ in range(300):
        value = {"top": random_value(maker)}
        texts = [
            as_yaml(value),
            yaml.safe_dump(shuffled(value, maker), sort_keys=False, default_flow_style=True, width=20),
            yaml.safe_dump(value, indent=6, explicit_start=True),
        ]

        assert 1 == len({config_hash(content("yaml", one.encode())) for one in texts})


def test_random_structures_share_a_hash_exactly_if_they_are_equal():
    maker = random.Random(6)
    by_hash: dict[str, str] = {}
    for _ in range(2000):
        value = {"top": random_value(maker, 2)}
        digest = config_hash(content("yaml", as_yaml(value).encode()))

        assert repr_sorted(value) == by_hash.setdefault(digest, repr_sorted(value))
    assert len(set(by_hash.values())) == len(by_hash)


def test_documents_of_a_stream_are_told_apart():
    maker = random.Random(7)
    for _ in range(300):
        values = [{"top": random_value(maker)} for _ in range(4)]
        stream = yaml.safe_dump_all(values).encode()

        assert values == list(yaml.safe_load_all(stream))
        parts = [read(as_yaml(value).encode(), "yaml").canonical for value in values]
        assert b"\n".join(parts) == read(stream, "yaml").canonical


def repr_sorted(value: object) -> str:
    if isinstance(value, dict):
        return "mapping" + repr(sorted((key, repr_sorted(item)) for key, item in value.items()))
    return repr([repr_sorted(item) for item in value]) if isinstance(value, list) else repr(value)


@pytest.mark.parametrize(("comment", "name"), [(60_000, "kube-proxy"), (70_000, "text")])
def test_kube_proxy_configuration_is_known_by_its_first_64_kib(comment, name):
    text = b"#" * comment + b"\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"

    assert name == read_key("config.conf", text, {}).format
