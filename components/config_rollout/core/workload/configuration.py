r"""
Everything that the pods of one workload read, and its hash.

With one ConfigMap alone the canonical bytes are its own, of version 1. Otherwise they are of version 2: after the
version line an entry for each source, ConfigMaps first, sorted by the bytes of its name, with the hash of what pods
read of it.

    config-rollout/v2\n
    config-map NAME-LENGTH:NAME HASH\n
    secret NAME-LENGTH:NAME KEYED-HASH\n

Two configurations share them exactly when they share the hash of every source, so they are as hard to confuse as
version 1. A source of another kind gets another word.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..configuration.content import Content
from ..configuration.diff import SECRET_KIND, KeyChange, diff_contents
from ..configuration.digest import canonical_bytes, config_hash
from ..kubernetes.joined_volumes import Reloads
from ..markers import UNKNOWN
from .secret import Secret, diff_secrets
from .source import Source

VERSION_LINE = b"config-rollout/v2\n"


@dataclass(frozen=True)
class Configuration:
    """
    The sources of one workload, each with a name of its own in the pod spec; a ConfigMap and a Secret may share one.

    `sources` are the ConfigMaps, `secrets` what may be known of the Secrets.
    """

    sources: Sequence[Source]
    secrets: Sequence[Secret] = ()

    @classmethod
    def of(cls, contents: Mapping[str, Content]) -> "Configuration":
        """Return the configuration of ConfigMaps with these names."""
        return cls([Source(name, content) for name, content in contents.items()])

    @property
    def known(self) -> list[Source]:
        """Those ConfigMaps of which every key is known: in a preview there may be others."""
        return [source for source in self.sources if not source.unknown]

    @property
    def own(self) -> list[Source]:
        """Those of which this workload has an object of its own."""
        return [source for source in self.known if not source.external]

    @property
    def external(self) -> dict[str, str]:
        """Name -> hash of what is read, of the objects that others own; of a Secret `Secret NAME` -> its keyed hash."""
        config_maps = {source.name: source.hash for source in self.sources if source.external}
        return config_maps | {f"{SECRET_KIND} {secret.name}": secret.hash for secret in self.external_secrets}

    @property
    def is_known(self) -> bool:
        """Return whether every source is known."""
        return len(self.known) == len(self.sources) and not any(secret.unknown for secret in self.secrets)

    @property
    def unknown(self) -> list[str]:
        """The keys that are not known, as messages name them."""
        is_alone = self.is_one_config_map and not self.sources[0].external
        prefixed = [("" if is_alone else f"{s.kind} {s.name}: ", s.unknown) for s in self.sources]
        prefixed += [(f"{secret.kind} {secret.name}: ", secret.unknown) for secret in self.secrets]
        return [f"{prefix}{'data' if key == '*' else key}" for prefix, keys in prefixed for key in keys]

    @cached_property
    def canonical(self) -> bytes:
        """The bytes that are hashed, where all of it is known."""
        if self.is_one_config_map:
            return canonical_bytes(self.sources[0].content)
        return VERSION_LINE + _entries(b"config-map", self.sources) + _entries(b"secret", self.secrets)

    @cached_property
    def hash(self) -> str:
        """The config hash, the SHA-256 of the canonical bytes, 64 hex digits; words where that is not known."""
        if not self.is_known:
            return str(UNKNOWN)
        return self.sources[0].hash if self.is_one_config_map else hashlib.sha256(self.canonical).hexdigest()

    @property
    def is_one_config_map(self) -> bool:
        """Whether a ConfigMap is all of it, so that messages need not name it."""
        return len(self.sources) == 1 and not self.secrets

    @property
    def contents(self) -> dict[str, Content]:
        """Name in the pod spec -> what is read of it."""
        return {source.name: source.content for source in self.sources}

    def object_names(self, workload: str) -> dict[str, str]:
        """Return name in the pod spec -> name of our object that holds it, of the ConfigMaps that are known."""
        return {source.name: source.object_name(workload) for source in self.own}

    def reloads(self, workload: str) -> dict[str, Reloads]:
        """Return name in the pod spec -> what of it running pods read again, of the ConfigMaps that have such keys."""
        every = [source for source in self.sources if source.reloads]
        return {one.name: Reloads(frozenset(one.reloads), one.reload_name(workload)) for one in every}

    @property
    def reload_hash(self) -> str | None:
        """The hash of all that running pods read again, 64 hex digits; `None` where a preview does not know it."""
        every = [source for source in self.sources if source.reloads]
        if any(source.unknown for source in every):
            return None
        hashes = {source.name: config_hash(source.reloaded) for source in every}
        of = "".join(f"{name} {hashes[name]}\n" for name in sorted(hashes))
        return hashlib.sha256(of.encode()).hexdigest()

    def secret_names(self, workload: str) -> dict[str, str]:
        """Return the same of the Secrets that are known."""
        own = [secret for secret in self.secrets if not secret.unknown and not secret.external]
        return {secret.name: secret.object_name(workload) for secret in own}

    @property
    def external_secrets(self) -> list[Secret]:
        """The Secrets that others own."""
        return [secret for secret in self.secrets if secret.external]


def diff_configurations(old: Configuration, new: Configuration) -> list[KeyChange]:
    """Return the keys that differ, source by source; each says its source, except for our ConfigMap where it is all."""
    before, after = old.contents, new.contents
    names = list(dict.fromkeys([*after, *before]))
    changes = {name: diff_contents(before.get(name, Content()), after.get(name, Content())) for name in names}
    every = [*old.sources, *new.sources]
    if len(names) == 1 and not (old.secrets or new.secrets or any(source.external for source in every)):
        return changes[names[0]]
    kinds = {source.name: source.kind for source in every}
    changed = [replace(change, source=name, kind=kinds[name]) for name in names for change in changes[name]]
    return [*changed, *diff_secrets(old.secrets, new.secrets)]


def _entries(word: bytes, sources: Sequence[Source] | Sequence[Secret]) -> bytes:
    """Return the entries of all sources of a kind."""
    entries = sorted((source.name.encode(), source.hash.encode()) for source in sources)
    return b"".join(b"%b %d:%b %b\n" % (word, len(name), name, of) for name, of in entries)
