"""One Secret that pods read: what may be said of it, and the content-named object made of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..configuration import read_as
from ..configuration.content import Content
from ..configuration.diff import EXTERNAL, HASH_KEY, KEYED, SECRET_KIND, TEXT_VERSION, TYPE, KeyChange
from ..configuration.digest import canonical_bytes
from ..configuration.keyed import HashKey
from ..configuration.secret_content import OPAQUE, SecretContent, encoded
from ..formats.meaning import Meaning
from ..kubernetes.objects import Object
from ..kubernetes.uses import keys_read
from ..revisions.naming import content_name


@dataclass(frozen=True)
class SecretKey:
    """
    What may be known of one key: `size` in bytes, and keyed hashes of its `text` and of what it `means`.

    `means` is empty where no change of it restarts anything: no pod reads it (`unread`), or `effects` says so.
    """

    size: int
    text: str
    means: str = ""
    unread: bool = False
    stated: bool = False

    @property
    def meaning(self) -> Meaning:
        """The meaning as a change of a key has it."""
        stated = {"": "none"} if self.stated else {}
        return Meaning(KEYED, self.means.encode() or None, stated=stated, unread=self.unread)


@dataclass(frozen=True)
class Secret:
    """
    A Secret as it may be recorded and compared: no value is in it, and without the key nobody can test a guess.

    `name` is what the pod spec calls it, `hash` the keyed hash of type and content, `key_id` tells which key that was.
    `unknown` are the keys that a preview does not know yet, `*` is all of them: then there is no hash. An `external`
    one is an object that someone else owns; its type counts as little as its labels.
    """

    name: str
    hash: str
    key_id: str
    type: str = OPAQUE
    keys: Mapping[str, SecretKey] = field(default_factory=dict)
    text_version: str = ""
    unknown: Sequence[str] = ()
    external: bool = False

    @property
    def kind(self) -> str:
        """The kind as messages name it."""
        return f"{EXTERNAL if self.external else ''}{SECRET_KIND}"

    def object_name(self, workload: str) -> str:
        """Return the name of the object that holds this content for the workload of that name."""
        return content_name(workload, self.hash, self.name)

    def recorded(self) -> dict[str, Any]:
        """Return it as a component records it among its inputs."""
        keys = {
            key: {name: value for name, value in vars(of).items() if value not in ("", False)}
            for key, of in self.keys.items()
        }
        version = {"textVersion": self.text_version} if self.text_version else {}
        external = {"external": True} if self.external else {}
        return {"type": self.type, "hash": self.hash, "keyId": self.key_id, "keys": keys, **version, **external}

    @classmethod
    def from_inputs(cls, name: str, of: Mapping[str, Any]) -> "Secret":
        """Return what a component recorded."""
        keys = {key: SecretKey(**{**value, "size": int(value["size"])}) for key, value in of["keys"].items()}
        version, external = of.get("textVersion", ""), bool(of.get("external"))
        return cls(name, of["hash"], of["keyId"], of["type"], keys, version, external=external)


@dataclass(frozen=True)
class SecretSource:
    """
    A Secret with its values, and the key of its hashes. `workload` is the name of what reads it.

    `unknown` are the keys that a preview does not know yet; then it has no content.
    """

    name: str
    secret: SecretContent = field(repr=False)
    key: HashKey
    workload: str
    unknown: Sequence[str] = ()

    @property
    def content(self) -> Content:
        """What it holds."""
        return self.secret.content

    @cached_property
    def public(self) -> Secret:
        """What may be recorded of it."""
        if self.unknown:
            return Secret(self.name, "", self.key.id, unknown=self.unknown)
        where = self.workload.encode(), self.name.encode()
        content, kind = self.content, self.secret.type
        of = self.key.hash_of("source", *where, kind.encode(), canonical_bytes(content))
        keys = {}
        for _, values in content.sections():
            for key, value in sorted(values.items()):
                meaning, place = content.meanings[key], (*where, key.encode())
                means = meaning.hashed and self.key.hash_of("means", *place, meaning.format.encode(), meaning.hashed[1])
                stated = key in content.effects and not means
                text = self.key.hash_of("text", *place, value)
                keys[key] = SecretKey(len(value), text, means or "", meaning.unread, stated)
        return Secret(self.name, of, self.key.id, kind, keys, content.text_version)

    def of(self, secret: SecretContent) -> "SecretSource":
        """Return another content in the same place."""
        return SecretSource(self.name, secret, self.key, self.workload)

    def render(self, metadata: Mapping[str, Any]) -> Object:
        """Return the immutable object, with what its content does not tell of how it is read."""
        annotations = {**metadata["annotations"], **read_as.annotations(self.content)}
        return {
            "apiVersion": "v1",
            "kind": SECRET_KIND,
            "metadata": {**metadata, "annotations": annotations},
            "type": self.secret.type,
            "data": encoded(self.content),
            "immutable": True,
        }


def as_read(content: Content, pod_spec: object, name: str) -> Content:
    """Return the content of a Secret with what pods read of it. Every key may become a variable."""
    reads = keys_read(pod_spec, SECRET_KIND, name)
    return content.as_read(lambda key, _: reads.reads(key, is_text=True))


def diff_secrets(old: Sequence[Secret], new: Sequence[Secret]) -> list[KeyChange]:
    """Return the keys that differ, Secret by Secret; a new `hash_key` alone hides what else has changed."""
    before, after = ({secret.name: secret for secret in side} for side in (old, new))
    changes: list[KeyChange] = []
    ids = [{secret.key_id for secret in side} for side in (old, new)]
    if all(ids) and ids[0] != ids[1]:
        changes.append(_line("", HASH_KEY, *(min(side) for side in ids)))
    for name in dict.fromkeys([*after, *before]):
        changes += _diff(name, before.get(name), after.get(name))
    return changes


def _diff(name: str, old: Secret | None, new: Secret | None) -> Iterator[KeyChange]:
    was, now = (side.keys if side else {} for side in (old, new))
    sides = [side for side in (old, new) if side]
    same_key = not old or not new or old.key_id == new.key_id
    for key in sorted(was.keys() | now.keys()):
        one, other = was.get(key), now.get(key)
        if one and other and not same_key and one.size == other.size:
            continue
        if one != other:
            old_text, new_text = (side.text.encode() if side else None for side in (one, other))
            old_meaning, new_meaning = (side.meaning if side else None for side in (one, other))
            kind, sizes = sides[-1].kind, tuple(side.size for side in (one, other) if side)
            yield KeyChange(KEYED, key, old_text, new_text, old_meaning, new_meaning, name, kind, sizes)
    if old and new and old.type != new.type and not any(side.external for side in sides):
        yield _line(name, TYPE, old.type, new.type)
    versions = [side.text_version if side else "" for side in (old, new)]
    if versions[0] != versions[1]:
        yield _line(name, TEXT_VERSION, *versions)


def _line(source: str, section: str, old: str, new: str) -> KeyChange:
    """Return the change of what is one line of a Secret and is not secret."""
    before, after = (side.encode() or None for side in (old, new))
    was, now = (Meaning("text", side) if side else None for side in (before, after))
    return KeyChange(section, section, before, after, was, now, source, SECRET_KIND)
