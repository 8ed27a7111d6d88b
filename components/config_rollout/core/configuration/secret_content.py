"""What a Secret holds, validated once, in words that show nothing of it."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..arguments.finding import Finding
from ..kubernetes.objects import Object
from .content import Content, decode_base64, parse_content, unmatched, warnings
from .read_as import ReadAs, read_as

OPAQUE = "Opaque"
"""The type of a Secret that says none."""

_NEEDS: dict[str, tuple[tuple[str, ...], bool]] = {
    "kubernetes.io/tls": (("tls.crt", "tls.key"), True),
    "kubernetes.io/ssh-auth": (("ssh-privatekey",), True),
    "kubernetes.io/dockercfg": ((".dockercfg",), True),
    "kubernetes.io/dockerconfigjson": ((".dockerconfigjson",), True),
    "kubernetes.io/basic-auth": (("username", "password"), False),
}
"""
Type -> the keys that it needs, all of them or one of them.

Source: kubernetes 1.36 pkg/apis/core/validation/validation.go `ValidateSecret`.
"""

_FOR_PODS_OF_KUBERNETES = "kubernetes.io/service-account-token"
_KEY = re.compile(r"^(?:binary_)?data\['(.*?)'\]")
_LEAST_BASE64 = 8
"""A shorter text may be base64 by chance, in characters."""


@dataclass(frozen=True)
class SecretContent:
    """Type and content of a Secret. Every key whose bytes are UTF-8 is in `content.data`, however it was passed."""

    type: str = OPAQUE
    content: Content = field(default_factory=Content, repr=False)


def parse_secret(fields: Mapping[str, Any]) -> tuple[SecretContent, list[Finding]]:
    """
    Return what a Secret holds, and everything wrong with it.

    `fields` has `string_data` (key -> text), `data` (key -> base64 text), `type`, and what a ConfigMap has besides.
    """
    findings: list[Finding] = []
    values: dict[Any, bytes] = {}  # parse_content says which keys are no text
    sections: dict[Any, str] = {}
    for section in ("string_data", "data"):
        values_of = fields.get(section) or {}
        if not isinstance(values_of, Mapping):
            findings.append(Finding(section, f"must map key to text (got {type(values_of).__name__})", "Pass a dict"))
            continue
        for key, value in values_of.items():
            place = f"{section}[{key!r}]"
            if key in sections:
                findings.append(Finding(place, "the key is in string_data too", "Keep it in one of the two"))
            sections[key] = section
            read = _text(value) if section == "string_data" else _decoded(value)
            if isinstance(read, bytes):
                values[key] = read
            else:
                findings.append(replace(read, where=place))
    if findings and not values:
        return SecretContent(), findings
    content, wrong = _content(values, *(fields.get(name) for name in ("formats", "effects", "text_version")))
    wrong = wrong or unmatched(content)
    findings += [_in_words(finding, sections) for finding in wrong]
    kind = fields.get("type", OPAQUE)
    findings += _check_type(kind, sections)
    return SecretContent(str(kind), content), findings


def doubts(fields: Mapping[str, Any], secret: SecretContent) -> Iterator[Finding]:
    """Yield what may be wrong with a Secret and is not refused."""
    for key, value in (fields.get("string_data") or {}).items():
        if isinstance(value, str) and _is_base64_of_text(value):
            what = "is base64 of a text, and pods get it as it is written"
            yield Finding(f"string_data[{key!r}]", what, "Move it to `data`, unless the program decodes it")
    for key in dict.fromkeys(_key_of(finding) for finding in warnings(secret.content)):
        section = "string_data" if key in (fields.get("string_data") or {}) else "data"
        what = "cannot be read in its format, so every byte of it counts"
        yield Finding(f"{section}[{key!r}]", what, "Correct it, or pass the format 'text' for it in `formats`")


def secret_of(secret: Object, like: Content | None = None) -> SecretContent:
    """Return what a Secret of the cluster holds, read by the formats and effects of `like`, as a ConfigMap is."""
    values = {key: base64.b64decode(text) for key, text in (secret.get("data") or {}).items()}
    reading = read_as(secret)[0] or ReadAs()
    formats = {**reading.formats, **(like.formats if like else {})}
    effects = {**reading.effects, **like.declared_effects} if like else reading.effects
    known = {key: name for key, name in formats.items() if key in values}
    stated = {where: effect for where, effect in effects.items() if where.partition(":")[0] in values}
    content = _content(values, known, stated, reading.text_version)[0].as_read(reading.reads)
    return SecretContent(str(secret.get("type") or OPAQUE), content)


def encoded(content: Content) -> dict[str, str]:
    """Return key -> base64 text, as the object has it."""
    return {
        key: base64.b64encode(value).decode()
        for _, values in content.sections()
        for key, value in sorted(values.items())
    }


def _content(values: Mapping[Any, bytes], *declared: Any) -> tuple[Content, list[Finding]]:
    texts: dict[str, str] = {}
    binaries: dict[str, str] = {}
    for key, value in values.items():
        try:
            texts[key] = value.decode()
        except UnicodeDecodeError:
            binaries[key] = base64.b64encode(value).decode()
    return parse_content(texts, binaries, *declared)


def _text(value: object) -> bytes | Finding:
    if not isinstance(value, str):
        return Finding("", f"must be text (got {type(value).__name__})", "Pass a str, or an Output of one")
    try:
        return value.encode()
    except UnicodeEncodeError:
        return Finding("", "is not UTF-8 text", "Pass its bytes in `data`, as base64")


def _decoded(value: object) -> bytes | Finding:
    """Return the bytes of base64; what is wrong with it is said without any character of it."""
    if not isinstance(value, str):
        return Finding("", f"must be base64 text (got {type(value).__name__})", "Pass base64.b64encode(...).decode()")
    read = decode_base64(value)
    if isinstance(read, bytes):
        return read
    return Finding("", "is not base64", "Pass plain text in `string_data`, or base64.b64encode(...).decode()")


def _check_type(kind: object, keys: Mapping[Any, str]) -> Iterator[Finding]:
    if not isinstance(kind, str) or not kind:
        yield Finding("type", f"must be text (got {kind!r})", "Leave it out, or pass one as 'kubernetes.io/tls'")
        return
    if kind == _FOR_PODS_OF_KUBERNETES:
        what = f"is {kind}, which Kubernetes fills by itself, so its content is not the program's"
        yield Finding("type", what, "Mount a projected `service_account_token` instead")
    needed, every = _NEEDS.get(kind, ((), True))
    missing = [key for key in needed if key not in keys]
    if missing and (every or len(missing) == len(needed)):
        what = f"is {kind}, which needs {(' and ' if every else ' or ').join(repr(key) for key in missing)}"
        yield Finding("type", what, "Add the key, or leave the type out")


def _in_words(finding: Finding, sections: Mapping[Any, str]) -> Finding:
    """Return a finding on a ConfigMap's content for a Secret: in its own sections, and without a value."""
    what, key = finding.what.replace("ConfigMap", "Secret"), _key_of(finding)
    if not key:
        where = "string_data" if finding.where == "data" else finding.where
        is_path = finding.where.startswith("effects['") and ":" in finding.where
        fix = "Name a field of the key, or the whole key" if is_path else finding.fix
        return Finding(where, what, fix.replace("ConfigMap", "Secret"))
    place = f"{sections.get(key, 'string_data')}[{key!r}]"
    if finding.where.endswith("]"):
        return Finding(place, what, finding.fix)
    return Finding(place, "the program that reads this format would refuse it", "Correct it, or pass the format 'text'")


def _key_of(finding: Finding) -> str:
    named = _KEY.match(finding.where)
    return named[1] if named else ""


def _is_base64_of_text(value: str) -> bool:
    plain = value.strip()
    read = decode_base64(plain) if len(plain) >= _LEAST_BASE64 else None
    return isinstance(read, bytes) and read.isascii() and read.decode().replace("\n", "").isprintable()
