"""Versions 1 and 2 are contract: literal bytes and hashes, and a second implementation that agrees."""

import hashlib
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import canonical_bytes, config_hash
from config_rollout.core.formats.yaml_text import SOME_READER_DIFFERS
from config_rollout.core.workload.configuration import Configuration
from tests.unit import generate, independent

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
SEVERAL = json.loads((Path(__file__).parent / "vectors_of_several.json").read_text())
CONTENTS = 10_000


def content(vector: dict) -> Content:
    binary = {key: bytes.fromhex(value) for key, value in vector.get("binary_data", {}).items()}
    texts = {key: value.encode() for key, value in vector["data"].items()}
    declared = vector.get("formats", {}), vector.get("effects", {}), vector.get("text_version", "")
    return Content(texts, binary, *declared)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
def test_canonical_bytes_of_version_1(vector):
    assert vector["canonical"] == canonical_bytes(content(vector)).decode(errors="backslashreplace")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
def test_config_hash_of_version_1(vector):
    assert vector["hash"] == config_hash(content(vector))
    assert vector["hash"] == hashlib.sha256(canonical_bytes(content(vector))).hexdigest()


# What is in force of a KubeProxyConfiguration is judged by the real kube-proxy; what is stated, by test_effects.py.
OTHERS = [v for v in VECTORS if "kube-proxy" not in v["what"] and "effects" not in v]


@pytest.mark.parametrize("vector", OTHERS, ids=lambda vector: vector["what"])
def test_independent_implementation_agrees_on_the_vector(vector):
    given = content(vector)
    formats = {key: given.formats.get(key, key.rpartition(".")[2].replace("yml", "yaml")) for key in given.data}

    assert canonical_bytes(given) == (independent.canonical(given.data, given.binary_data, formats, given.text_version))


def configuration(vector: dict) -> Configuration:
    maps = vector["config_maps"]
    return Configuration.of(
        {
            name: replace(content({"data": {}, **of}), unread=frozenset(of.get("unread", [])))
            for name, of in maps.items()
        }
    )


@pytest.mark.parametrize("vector", SEVERAL, ids=lambda vector: vector["what"])
def test_canonical_bytes_and_hash_of_several_config_maps(vector):
    of = configuration(vector)

    assert (vector["canonical"], vector["hash"]) == (of.canonical.decode(), of.hash)
    assert vector["hash"] == hashlib.sha256(vector["canonical"].encode()).hexdigest()


@pytest.mark.parametrize("vector", SEVERAL, ids=lambda vector: vector["what"])
def test_independent_implementation_agrees_on_several_config_maps(vector):
    def one(of):
        read = {key: value.encode() for key, value in of["data"].items() if key not in of.get("unread", [])}
        binary = {key: bytes.fromhex(value) for key, value in of.get("binary_data", {}).items()}
        return independent.canonical(read, binary, {key: "yaml" if key.endswith(".yaml") else "text" for key in read})

    assert vector["canonical"].encode() == independent.several(
        {name: one(of) for name, of in vector["config_maps"].items()}
    )


@pytest.mark.slow
def test_independent_implementation_agrees_on_10_000_contents():
    maker = random.Random(1)
    understood = dict.fromkeys(["yaml", "json", "toml", "text"], 0)
    for _ in range(CONTENTS):
        formats = {f"k{n}": maker.choice(["yaml", "yaml", "json", "toml", "text"]) for n in range(maker.randint(0, 2))}
        data = {key: generate.text_of(maker, form) for key, form in formats.items()}
        binary = {"b": maker.randbytes(3)} if maker.random() < 0.1 else {}
        given = Content(data, binary, formats)

        assert independent.canonical(data, binary, formats) == canonical_bytes(given), data
        for meaning in (given.meanings[key] for key in formats):
            understood[meaning.format] += 1
    assert min(understood.values()) > CONTENTS / 10, understood


def test_document_has_the_rule_for_plain_scalars_that_the_code_has():
    code = re.sub(r"#.*|\s|\(\?xia\)", "", SOME_READER_DIFFERS.pattern)
    block = independent.DOCUMENT.split("\n```")[0]

    assert "|".join(block.splitlines()) == code
