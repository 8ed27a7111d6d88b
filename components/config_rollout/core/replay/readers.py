"""
What programs read in a text: the judge of a replay if nothing says which values are effective.

Shares nothing with formats/, which it judges: PyYAML as YAML 1.1, the core schema of YAML 1.2 as Go's YAML reads it,
`json` and `tomllib` build plain values, and values are compared with their types; a Corefile is read by its brackets. A
text that a parser refuses counts as its bytes. Not what an explicit default means: only the program knows that.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from ..configuration.content import Content
from ..formats import BY_SUFFIX

_REFUSALS = (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)
"""What the readers raise for a text that they do not take."""

_MERGE = "tag:yaml.org,2002:merge"

_CORE_SCHEMA = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}
"""Tag -> the plain scalars that have it. Source: yaml.org/spec/1.2.2, 10.3.2 Tag Resolution."""


class _Yaml12(yaml.CSafeLoader):
    """Reads by the core schema of YAML 1.2, and refuses a key that stands twice, as Go's YAML does."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 # PyYAML's attribute

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value if key.tag != _MERGE]
        if len(keys) != len({(type(key), key) for key in keys}):
            raise ValueError("a key appears twice")
        return super().construct_mapping(node, deep)


def _number(loader: Any, node: Any) -> int | float:
    text = loader.construct_scalar(node)
    bases = {"0o": 8, "0x": 16}
    return int(text[2:], bases[text[:2]]) if text[:2] in bases else int(text)


for _tag, _pattern in _CORE_SCHEMA.items():
    _Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), None)
_Yaml12.add_implicit_resolver(_MERGE, re.compile(r"<<\Z"), None)
_Yaml12.add_constructor("tag:yaml.org,2002:int", _number)


def _yaml_1_1(text: bytes) -> object:
    return list(yaml.load_all(text, yaml.CSafeLoader))


def _yaml_1_2(text: bytes) -> object:
    return list(yaml.load_all(text, _Yaml12))


def _toml(text: bytes) -> object:
    return tomllib.loads(text.decode())


_COREFILE_TOKEN = re.compile(r'(?s)"((?:[^"\\]|\\.)*)"|#[^\n]*|(\n)|[^\S\n]+|([^\s#"][^\s#]*)(?:#\S*)?')


def _corefile(text: bytes) -> object:
    """Return the blocks, each with the lines of each plugin; from the first import or variable on, as they stand."""
    lines: list[list[str]] = [[]]
    for match in _COREFILE_TOKEN.finditer(text.decode()):
        if match[2]:
            lines.append([])
        elif match[1] is not None or match[3]:
            lines[-1].append(match[3] or match[1].replace('\\"', '"'))
    blocks: list[list[object]] = []
    plugins: dict[str, list[object]] = {}
    depth, in_order = 0, False
    for line in filter(None, lines):
        in_order = in_order or line[0] == "import" or "$" in "".join(line)
        if depth == 0:
            plugins = {}
            blocks.append([line, plugins])
        elif depth == 1:
            plugin = plugins.setdefault("" if in_order else line[0], [])
        if depth:
            plugin.append(line)
        depth += line.count("{") - line.count("}")
    return blocks


_KUBE_PROXY = re.compile(rb"""(?m)^[\s{,]*["']?apiVersion["']?\s*:\s*["']?kubeproxy\.config\.k8s\.io/""")

_YAML = (_yaml_1_1, _yaml_1_2)
_READERS: Mapping[str, tuple[Callable[[bytes], object], ...]] = {
    "yaml": _YAML,
    **dict.fromkeys(("kube-proxy", "kube-proxy-linux", "kube-proxy-windows"), _YAML),
    "json": (json.loads,),
    "toml": (_toml,),
    "corefile": (_corefile,),
}


def parsed_digest(content: Content) -> str:
    """Return what is equal for two contents exactly if every reader reads the same values in them, 64 hex digits."""
    digest = hashlib.sha256()
    for section, values in content.sections():
        for key, text in sorted(values.items()):
            name = _format_of(key, text, content.formats) if section == "data" else "bytes"
            digest.update(f"{section} {key} ".encode())
            for one in _readings(text, _READERS.get(name, ())):
                digest.update(one)
    return digest.hexdigest()


def _format_of(key: str, text: bytes, declared: Mapping[str, str]) -> str:
    """Return the format of a text: as declared, else by what it says it is, else by the key's suffix."""
    if key in declared:
        return declared[key]
    if _KUBE_PROXY.search(text):
        return "kube-proxy"
    return next((name for suffix, name in BY_SUFFIX.items() if key.endswith(suffix)), "text")


def _readings(text: bytes, readers: tuple[Callable[[bytes], object], ...]) -> Iterator[bytes]:
    """Yield the digest of each reading, or of the bytes."""
    for read in readers:
        try:
            yield _Digests().of(read(text))
        except _REFUSALS:
            yield _sha256(b"bytes", text)
    if not readers:
        yield _sha256(b"bytes", text)


class _Digests:
    """Digests of values, each object and each text once: what YAML's aliases share is never expanded."""

    def __init__(self) -> None:
        self._objects: dict[int, bytes] = {}
        self._texts: dict[str, bytes] = {}

    def of(self, value: Any) -> bytes:
        """Return the digest of a value and its type. The value must outlive this object."""
        if isinstance(value, str):
            if value not in self._texts:
                self._texts[value] = _of_leaf(value)
            return self._texts[value]
        if not isinstance(value, (dict, list, set)):
            return _of_leaf(value)
        if id(value) not in self._objects:
            self._objects[id(value)] = self._of_many(value)
        return self._objects[id(value)]

    def _of_many(self, value: dict[Any, Any] | list[Any] | set[Any]) -> bytes:
        if isinstance(value, list):
            return _sha256(b"list", *map(self.of, value))
        if isinstance(value, set):
            return _sha256(b"set", *sorted(map(self.of, value)))
        return _sha256(b"dict", *sorted(self.of(key) + self.of(item) for key, item in value.items()))


def _of_leaf(value: object) -> bytes:
    return _sha256(type(value).__name__.encode(), repr(value).encode(errors="surrogatepass"))


def _sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts)).digest()
