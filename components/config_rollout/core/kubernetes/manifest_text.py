"""
The documents of a manifest as kubectl reads them, one by one: an unreadable one does not affect the others.

Source: kubernetes 1.36 apimachinery pkg/util/yaml `YAMLReader`, `YAMLOrJSONDecoder`; sigs.k8s.io/yaml. The real kubectl
and API server are the judge (tests/engine/test_manifests.py).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from sys import intern
from typing import Any

from ..formats.kube_proxy.values import Number, resolve
from ..formats.kube_proxy.yaml import NotRead, decode, written_at
from ..formats.meaning import MAX_DEPTH, TOO_DEEP, NotUnderstood, Spelled, encode_value
from ..formats.yaml_text import load_documents
from ..kinds import KUBE_PROXY

_SEPARATOR = re.compile(rb"(?m)^---(?=[ \t\r\n]|\Z)")
_NOT_A_COMMENT = re.compile(rb"(?m)^[ \t]*[^#\s]")
_KINDS = re.compile(rb"(?m)^[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?([A-Za-z0-9]+)[\"']?[ \t]*(#.*)?\r?$")
_BEGINS_A_MAPPING = re.compile(rb"""[ \t]*(\{|["']?[\w.-]+["']?[ \t]*:|<<<<<<< )""")
_FIELD = rb"""(?m)(?:^|[{,]\s*)["']?%b["']?[ \t]*:[ \t]*["']?([^\s"',#}]+)"""
_VERSION, _ANY_KIND = re.compile(_FIELD % b"apiVersion"), re.compile(_FIELD % b"kind")
_OF_A_PROGRAM = re.compile(r"(.*\.)?(config\.k8s\.io|kubeadm\.k8s\.io)/.*")


@dataclass(frozen=True)
class Document:
    """One document. `starts` is the line on which its text begins, counted from 1, and `offset` the byte, from 0."""

    starts: int
    text: bytes
    offset: int = 0

    @cached_property
    def line(self) -> int:
        """The first line with something on it; 0 if there is none."""
        match = _NOT_A_COMMENT.search(self.text)
        return self.starts + self.text.count(b"\n", 0, match.start()) if match else 0

    @property
    def kinds(self) -> set[str]:
        """What its lines say of its kind, without reading it."""
        return {kind.decode() for kind, _ in _KINDS.findall(self.text)}

    @property
    def is_kube_proxy(self) -> bool:
        """Whether it is a KubeProxyConfiguration."""
        return self.kinds == {KUBE_PROXY} and b"kubeproxy.config.k8s.io" in self.text

    @property
    def seems_kubernetes(self) -> bool:
        """Whether its lines say that it is a Kubernetes object, not a program's configuration or a script with one."""
        first = self.text[match.start() :] if (match := _NOT_A_COMMENT.search(self.text)) else b""
        if not _BEGINS_A_MAPPING.match(first):
            return False
        version, kind = _VERSION.search(self.text), _ANY_KIND.search(self.text)
        return bool(version and kind) and not is_of_a_program(_text(version), _text(kind))

    def value(self) -> Any:
        """
        Return the plain value: scalars as Go takes them, of a key that stands twice the last.

        Raises:
          NotUnderstood: kubectl cannot read it either, or it is far larger than a manifest can be.

        """
        if self.text.lstrip()[:1] in (b"{", b"["):
            try:
                return _plain(json.loads(self.text), 0)
            except (ValueError, RecursionError):
                pass  # YAML may begin like that too
        try:
            return _read_fast(self.text)
        except NotUnderstood:
            return self._as_kubectl()

    def _as_kubectl(self) -> Any:
        try:
            return _plain(decode(self._decoded()).value, 0)
        except NotRead as error:
            raise NotRead(error.why, self.starts + error.line - 1 if error.line else self.line, error.fix) from None

    def at(self, *path: str) -> tuple[int, str]:
        """Return line and spelling of what stands at a path of keys; the document's first line where it does not."""
        line, spelled = written_at(self._decoded(), *path)
        return (self.starts + line - 1 if line else self.line), spelled

    def _decoded(self) -> str:
        try:
            return self.text.decode()
        except UnicodeDecodeError as error:
            line = self.text.count(b"\n", 0, error.start) + 1
            raise NotRead("it is not UTF-8", line, "Save it as UTF-8") from None


def documents(text: bytes) -> Iterator[Document]:
    """Yield every document of a text, empty ones too."""
    whole, text = len(text), text.removeprefix(b"\xef\xbb\xbf")
    mark = whole - len(text)
    line, start = 1, 0
    for separator in _SEPARATOR.finditer(text):
        if separator.start():
            yield Document(line, text[start : separator.start()], mark + start)
        line += text.count(b"\n", start, separator.start())
        start = separator.end()
    yield Document(line, text[start:], mark + start)


def is_of_a_program(version: str, kind: str) -> bool:
    """Tell whether a kind is a configuration file, as kubeadm, kubelet and kubectl have them, and no object."""
    return bool(_OF_A_PROGRAM.fullmatch(version)) or (version, kind) == ("v1", "Config")


def _read_fast(text: bytes) -> Any:
    """Return the value of a text that every reader reads the same."""
    values = load_documents(text)
    if len(values) > 1:
        raise NotUnderstood("it is more than one document to some parsers and one to others")
    if b"*" in text:
        encode_value(values)  # refuses what aliases make too large
    return _plain(values[0] if values else None, 0)


def _plain(value: Any, depth: int) -> Any:
    """Return a value in which what readers spell in their own way is what Go takes it for."""
    if depth > MAX_DEPTH:
        raise NotUnderstood(TOO_DEEP)
    if isinstance(value, dict):
        if any(isinstance(key, Spelled) and key.text == "<<" for key in value):
            raise NotUnderstood("it has a merge key")
        return {intern(str(key)): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, Spelled):
        value = resolve(value.text) if value.text else None
    if not isinstance(value, Number):
        return value
    try:
        return int(value.literal)
    except ValueError:
        return float(value.literal)


def _text(match: re.Match[bytes] | None) -> str:
    return match[1].decode(errors="replace") if match else ""
