"""
What other tools derive from a ConfigMap so that pods restart when it changes. Not where they write it.

`data` is key -> UTF-8 text as bytes, `binary_data` key -> bytes, as in a `Content`. The tests hold each function
against what its project publishes.
"""

import base64
import hashlib
import json
from collections.abc import Mapping

Values = Mapping[str, bytes]
"""Key -> bytes, one of the two maps of a ConfigMap."""

_SUFFIX_LENGTH = 10
_WITHOUT_VOWELS = str.maketrans("013ae", "ghkmt")
_ESCAPED_BY_GO = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def helm_checksum(manifest: bytes) -> str:
    """
    Return the usual `checksum/config`: SHA-256 of the rendered text of the whole manifest, 64 hex digits.

    Source: helm.sh/docs/howto/charts_tips_and_tricks, "Automatically Roll Deployments".
    """
    return hashlib.sha256(manifest).hexdigest()


def kustomize_suffix(data: Values, binary_data: Values) -> str:
    """
    Return the suffix that kustomize's configMapGenerator gives the name, 10 characters (40 bits).

    Neither labels nor the name count. Source: kubernetes-sigs/kustomize api/hasher/hasher.go, `encodeConfigMap`.
    """
    hashed: dict[str, object] = {"data": _texts(data) or "", "kind": "ConfigMap", "name": ""}
    return name_suffix(hashed | ({"binaryData": _in_base64(binary_data)} if binary_data else {}))


def name_suffix(hashed: Mapping[str, object]) -> str:
    """Return kustomize's suffix for the object that is hashed. Source: api/hasher/hasher.go, `encode`."""
    return hashlib.sha256(_go_json(hashed)).hexdigest()[:_SUFFIX_LENGTH].translate(_WITHOUT_VOWELS)


def reloader_sha1(data: Values, binary_data: Values) -> str:
    """
    Return Reloader's hash, 40 hex digits. A `;` in a value can make two contents one.

    Source: stakater/Reloader v1.4.21 internal/pkg/util/util.go, `GetSHAfromConfigmap`.
    """
    entries = [f"{key}={value}" for values in (_texts(data), _in_base64(binary_data)) for key, value in values.items()]
    return hashlib.sha1(";".join(sorted(entries)).encode(), usedforsecurity=False).hexdigest()


def wave_hash(name: str, data: Values, binary_data: Values) -> str:
    """
    Return wave's hash of a pod that reads all keys of one ConfigMap, 64 hex digits.

    Source: wave-k8s/wave pkg/core/hash.go of March 2026, `calculateConfigHash`.
    """
    hashed = {"configMaps": {name: _in_base64({**data, **binary_data})}, "secrets": {}}
    return hashlib.sha256(_go_json(hashed)).hexdigest()


def byte_hash(data: Values, binary_data: Values) -> str:
    """Return what a careful hash of the bytes is: of sorted keys, with lengths, 64 hex digits."""
    digest = hashlib.sha256()
    for values in (data, binary_data):
        digest.update(b"%d;" % len(values))
        for key, value in sorted(values.items()):
            digest.update(b"%d:%b%d:" % (len(key.encode()), key.encode(), len(value)))
            digest.update(value)
    return digest.hexdigest()


def resource_version(rest: Mapping[str, object], data: Values, binary_data: Values) -> str:
    """
    Return what changes whenever the API server would store another object and count `resourceVersion` up.

    `rest` is the ConfigMap without its two maps: name, labels, annotations, `immutable`. A write that changes nothing
    is none. Source: apiserver storage/etcd3/store.go, `GuaranteedUpdate`.
    """
    others = json.dumps(rest, sort_keys=True, default=repr)
    return hashlib.sha256(f"{byte_hash(data, binary_data)} {others}".encode()).hexdigest()


def _texts(data: Values) -> dict[str, str]:
    return {key: value.decode() for key, value in data.items()}


def _in_base64(values: Values) -> dict[str, str]:
    return {key: base64.b64encode(value).decode() for key, value in values.items()}


def _go_json(value: object) -> bytes:
    """Return JSON as Go's `json.Marshal` writes maps: sorted, without spaces, safe inside HTML."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPED_BY_GO).encode()
