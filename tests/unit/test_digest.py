"""The canonical bytes and their hash: what version 1 is, and that no two contents share it."""

import hashlib
import random

import pytest

from config_rollout.core.content import Content
from config_rollout.core.digest import canonical_bytes, config_hash, short_hash

KNOWN = [
    (
        Content({"agent.conf": b"level: info\n"}),
        b"config-rollout/v1\ndata 10:agent.conf text 12:level: info\n\n",
        "52e23eeab5ac976a1ed520ff07faafb866f036566b882a8a724ebb58f1f877e4",
    ),
    (
        Content({"b": b"", "a": "é".encode()}, {"c": b"\x00\n"}),
        b"config-rollout/v1\ndata 1:a text 2:\xc3\xa9\ndata 1:b text 0:\nbinary 1:c bytes 2:\x00\n\n",
        "37aa2d3c6fcb9c934e8d4b6e423ea565aa6cb04c9f6cd230e25f06fd575ca8e1",
    ),
    (
        Content({"a.yaml": b"level: info # note\n"}),
        b'config-rollout/v1\ndata 6:a.yaml yaml 16:{"level":"info"}\n',
        "77edcd6b31ace657fa060586dfb9c64545e5814159c6332fd17a1a7020a3b493",
    ),
    (
        Content({"a.json": b"[1, 1.0]"}),
        b'config-rollout/v1\ndata 6:a.json json 10:[1,"!1.0"]\n',
        "c555f8a838ce7d5d55c13f79530b29bcaaf995e619acbce5b12d03e5ea11aa45",
    ),
    (
        Content({"a.toml": b"b = 0x10"}),
        b'config-rollout/v1\ndata 6:a.toml toml 8:{"b":16}\n',
        "24914be9497c6241d5236a3ea05b7a7a260e050de220f05bdafb84a243812a3e",
    ),
    (Content(), b"config-rollout/v1\n", "c80f9410ef5dc95a0ca8b79e7e9a79c36e176801812db9310b03e9be4d3af31a"),
]


@pytest.mark.parametrize(("content", "expected", "_"), KNOWN)
def test_canonical_bytes_of_version_1(content, expected, _):
    assert expected == canonical_bytes(content)


@pytest.mark.parametrize(("content", "_", "expected"), KNOWN)
def test_config_hash_of_version_1(content, _, expected):
    assert expected == config_hash(content)


@pytest.mark.parametrize(("content", "_", "__"), KNOWN)
def test_hash_is_the_sha256_of_the_canonical_bytes(content, _, __):
    assert hashlib.sha256(canonical_bytes(content)).hexdigest() == config_hash(content)


def test_short_hash_is_the_first_10_digits():
    assert "0123456789" == short_hash("0123456789abcdef")


def test_hash_ignores_key_order():
    shuffler = random.Random(4)
    items = [(f"key-{number}", b"value %d" % number) for number in range(40)]
    expected = config_hash(Content(dict(items)))
    for _ in range(50):
        shuffler.shuffle(items)

        assert expected == config_hash(Content(dict(items)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(Content({"a": b"1"}), Content({"a": b"2"}), id="a value"),
        pytest.param(Content({"a": b"1"}), Content({"b": b"1"}), id="a key's name"),
        pytest.param(Content({"a": b"1"}), Content({"a": b"1", "b": b""}), id="an empty key more"),
        pytest.param(Content({"a": b"1"}), Content({}, {"a": b"1"}), id="data or binary_data"),
        pytest.param(Content({"a": b"1", "b": b"2"}), Content({"a": b"2", "b": b"1"}), id="values swapped"),
        pytest.param(Content({"a": b"1;b=2"}), Content({"a": b"1", "b": b"2"}), id="joined by ; and ="),
        pytest.param(Content({"a": b"12", "b": b"3"}), Content({"a": b"1", "b": b"23"}), id="a byte across the border"),
        pytest.param(Content({"ab": b"c"}), Content({"a": b"bc"}), id="a byte from key to value"),
        pytest.param(Content({"a": b"x"}), Content({"a": b"x\n"}), id="a newline at the end"),
        pytest.param(
            Content({"a": b"1\ndata 1:b text 1:2"}),
            Content({"a": b"1", "b": b"2"}),
            id="a value that looks like an entry",
        ),
    ],
)
def test_hash_tells_apart(one, other):
    assert config_hash(one) != config_hash(other)


def test_no_two_of_many_small_contents_share_a_hash():
    maker = random.Random(9)
    parts = [b"", b"a", b"\n", b"1:", b" text 1:", b"data 1:a"]
    seen: dict[str, tuple] = {}
    for _ in range(5000):
        data, binary = (
            {
                "".join(maker.choices("ab.", k=maker.randint(1, 2))): b"".join(
                    maker.choices(parts, k=maker.randint(0, 3))
                )
                for _ in range(maker.randint(0, 3))
            }
            for _ in range(2)
        )
        content = Content(data, {key: value for key, value in binary.items() if key not in data})
        identity = (sorted(content.data.items()), sorted(content.binary_data.items()))

        assert identity == seen.setdefault(config_hash(content), identity)
