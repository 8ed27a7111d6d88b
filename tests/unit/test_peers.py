"""The peers' hashes, against what their projects publish."""

import hashlib
import json
from pathlib import Path

import pytest

from config_rollout.core.replay import other_tools as peers

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "kustomize-vectors" / "vectors.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["suffix"])
def test_kustomize_hashes_the_object_to_the_published_suffix(vector):
    assert vector["suffix"] == peers.name_suffix(vector["hashed"])


@pytest.mark.parametrize("vector", VECTORS["kubectl_append_hash"]["vectors"], ids=lambda vector: vector["suffix"])
def test_kubectl_hashes_the_typed_object_to_the_published_suffix(vector):
    assert vector["suffix"] == peers.name_suffix({"data": vector["data"], "kind": "ConfigMap", "name": ""})


@pytest.mark.parametrize(
    ("data", "binary_data", "suffix"),
    [
        ({}, {}, "6ct58987ht"),
        ({"one": b""}, {}, "9g67k2htb6"),
        ({"crisis": b"true", "fruit": b"Indian Gooseberry", "year": b"2020"}, {}, "79t79mt227"),
        ({}, {"one": b""}, "6mtk2m274t"),
        # kubernetes-sigs/kustomize api/hasher/hasher_test.go, "two keys with one each"
        ({"one": b""}, {"two": b""}, "698h7c7t9m"),
    ],
)
def test_kustomize_suffix_of_a_content_is_the_published_one(data, binary_data, suffix):
    assert suffix == peers.kustomize_suffix(data, binary_data)


def test_kustomize_escapes_as_go_does():
    text = b'{"data":{"a":"\\u003cb\\u003e \\u0026 \\u2028 \xc3\xa4"},"kind":"ConfigMap","name":""}'
    plain = hashlib.sha256(text).hexdigest()[:10].translate(str.maketrans("013ae", "ghkmt"))

    assert plain == peers.kustomize_suffix({"a": "<b> & \u2028 ä".encode()}, {})


def test_reloader_hashes_nothing_to_the_published_value():
    # stakater/Reloader v1.4.21 internal/pkg/crypto/sha_test.go, `TestGenerateSHAEmptyString`
    assert "da39a3ee5e6b4b0d3255bfef95601890afd80709" == peers.reloader_sha1({}, {})


def test_reloader_tells_data_from_binary_data_as_its_test_asks():
    # internal/pkg/util/util_test.go, `TestGetHashFromConfigMap`: all three differ
    contents = [({"test": b"test"}, {}), ({"test": b"test"}, {"bintest": b"test"}), ({}, {"bintest": b"test"})]

    assert 3 == len({peers.reloader_sha1(*content) for content in contents})


def test_reloader_takes_two_contents_for_one():
    assert peers.reloader_sha1({"a": b"1;b=2"}, {}) == peers.reloader_sha1({"a": b"1", "b": b"2"}, {})


def test_wave_hashes_keys_in_base64_under_the_name():
    text = b'{"configMaps":{"agent":{"a":"MQ==","b":"Mg=="}},"secrets":{}}'

    assert hashlib.sha256(text).hexdigest() == peers.wave_hash("agent", {"b": b"2"}, {"a": b"1"})


@pytest.mark.parametrize(
    ("data", "binary_data"),
    [({"a": b"2"}, {}), ({"b": b"1"}, {}), ({"a": b"1", "b": b""}, {}), ({"a": b"1"}, {"b": b"1"})],
)
@pytest.mark.parametrize(
    "of",
    [
        peers.kustomize_suffix,
        peers.reloader_sha1,
        lambda *maps: peers.wave_hash("agent", *maps),  # pkg/core/hash_test.go: a different hash for updated data
        peers.byte_hash,
        lambda *maps: peers.resource_version({}, *maps),
    ],
    ids=["kustomize", "reloader", "wave", "bytes", "resourceVersion"],
)
def test_changed_data_changes_the_hash(of, data, binary_data):
    assert of({"a": b"1"}, {}) != of(data, binary_data)


def test_byte_hash_tells_contents_apart_that_reloader_does_not():
    assert peers.byte_hash({"a": b"1;b=2"}, {}) != peers.byte_hash({"a": b"1", "b": b"2"}, {})
    assert peers.byte_hash({"a": b"1"}, {}) != peers.byte_hash({}, {"a": b"1"})


def test_resource_version_changes_with_a_label_and_not_with_the_order_of_labels():
    one, other, more = {"labels": {"a": "1", "b": "2"}}, {"labels": {"b": "2", "a": "1"}}, {"labels": {"a": "1"}}

    assert peers.resource_version(one, {}, {}) == peers.resource_version(other, {}, {})
    assert peers.resource_version(one, {}, {}) != peers.resource_version(more, {}, {})
