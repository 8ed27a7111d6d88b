r"""
The keyed hash of what is secret: without the key nobody can test a guess against it.

HMAC-SHA256 over a line for what the hash is of, and its parts, each with its length first:

    config-rollout/secret/v1 PURPOSE\n
    LENGTH:PART\n

Source: RFC 2104; NIST SP 800-107 5.3.4 on the strength of the key.
"""

import hmac
from dataclasses import dataclass, field

from ..arguments.finding import Finding
from .digest import short_hash

MIN_CHARACTERS = 32
"""The shortest key that is taken, in characters: 32 random hex digits are 128 bits."""

MAKE_KEY = "head -c 32 /dev/urandom | base64 | pulumi config set --secret hash-key"
"""The command that makes a key for a stack."""

PASS_KEY = f"Run `{MAKE_KEY}`, and pass pulumi.Config().require_secret('hash-key')"
"""What to do where the key is missing or wrong."""


@dataclass(frozen=True)
class HashKey:
    """The key of keyed hashes."""

    value: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Ten hex digits that tell this key from another, and nothing else of it."""
        return short_hash(self.hash_of("key"))

    def hash_of(self, purpose: str, *parts: bytes) -> str:
        """Return the keyed hash of the parts, 64 hex digits; two purposes never share one."""
        digest = hmac.new(self.value, b"config-rollout/secret/v1 %b\n" % purpose.encode(), "sha256")
        for part in parts:
            digest.update(b"%d:" % len(part))
            digest.update(part)
            digest.update(b"\n")
        return digest.hexdigest()


def parse_hash_key(value: object, is_secret: bool) -> tuple[HashKey, list[Finding]]:
    """Return the key, and what is wrong with it; `is_secret` tells whether Pulumi keeps it encrypted."""
    if not isinstance(value, str):
        return HashKey(b""), [Finding("hash_key", f"must be text (got {type(value).__name__})", PASS_KEY)]
    if len(value.strip()) < MIN_CHARACTERS:
        what = f"has {len(value.strip())} characters, and at least {MIN_CHARACTERS} random ones are needed"
        return HashKey(b""), [Finding("hash_key", what, PASS_KEY)]
    if not is_secret:
        return HashKey(b""), [Finding("hash_key", "is not a secret, so others may read it", PASS_KEY)]
    return HashKey(value.strip().encode()), []
