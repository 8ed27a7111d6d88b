r"""
The config hash: canonical bytes of a `Content`, and their SHA-256.

Version 1, one entry after the version line for every key, sorted by the key's bytes, `data` before `binary_data`:

    config-rollout/v1\n
    SECTION KEY-LENGTH:KEY FORMAT VALUE-LENGTH:VALUE\n

SECTION is `data` or `binary`, lengths are decimal numbers of bytes, FORMAT says what VALUE is: `text` and `bytes`
are the value itself; the other formats are what it means, as JSON (core/formats/meaning.py). The lengths come
first, so no value can pretend to be two. What is declared to restart nothing (effects.py) is left out. If the caller
passes a text version, it is the last entry:

    text-version LENGTH:TEXT\n
"""

import hashlib
from collections.abc import Iterator

from .content import Content

VERSION_LINE = b"config-rollout/v1\n"

SHORT_HASH_LENGTH = 10
"""How many hex digits of the config hash the ConfigMap's name carries."""

_SECTIONS = {"data": b"data", "binary_data": b"binary"}


def canonical_bytes(content: Content) -> bytes:
    """Return the bytes that are hashed. Two contents share them exactly when they mean the same."""
    return b"".join(_parts(content))


def config_hash(content: Content) -> str:
    """Return the SHA-256 of the canonical bytes, 64 lowercase hex digits."""
    digest = hashlib.sha256()
    for part in _parts(content):
        digest.update(part)
    return digest.hexdigest()


def short_hash(full_hash: str) -> str:
    """Return the part of a config hash that names and messages carry, 10 hex digits."""
    return full_hash[:SHORT_HASH_LENGTH]


def _parts(content: Content) -> Iterator[bytes]:
    """Yield the canonical bytes in pieces, so that a large value is never copied."""
    yield VERSION_LINE
    for section, values in content.sections():
        for raw, key in sorted((key.encode(), key) for key in values):
            meaning = content.meanings[key]
            value = meaning.canonical
            if value is None:
                continue
            yield b"%b %d:%b %b %d:" % (_SECTIONS[section], len(raw), raw, meaning.format.encode(), len(value))
            yield value
            yield b"\n"
    if content.text_version:
        version = content.text_version.encode()
        yield b"text-version %d:%b\n" % (len(version), version)
