"""The config hash: no two contents share it. What version 1 is, test_vectors.py has."""

import random

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash, short_hash


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
