"""Reads configurations and manifests from where the command line says: a file, a folder, or standard input."""

import base64
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .core.content import MAX_BYTES, Content, parse_content
from .core.finding import Finding, report
from .core.formats.meaning import NotUnderstood

MAX_FILE_BYTES = 4 * MAX_BYTES
"""The largest file that is read: a manifest of a full ConfigMap, encoded in base64 and indented."""


MAX_MANIFEST_BYTES = 64 * MAX_BYTES
"""The largest file of manifests that is read."""

_MANIFESTS = (".yaml", ".yml", ".json")


class Trouble(Exception):
    """What keeps a configuration from being read, told as the user should see it."""


def read_content(path: str, name: str | None, formats: Mapping[str, str]) -> Content:
    """
    Return the content at a path.

    Args:
      path: A file (its name is the key), a folder (a file for each key), a manifest with a ConfigMap (YAML or JSON,
        also a List or several documents), or `-` for standard input (key `stdin`).
      name: Which ConfigMap of a manifest; needed if there are several.
      formats: Key -> format, as the component takes it.

    Raises:
      Trouble: With one line for everything that is wrong.

    """
    data, binary = _maps(path, name)
    content, findings = parse_content(data, binary, formats)
    if findings:
        raise Trouble(report(path, findings))
    return content


def read_manifests(path: str) -> Iterator[tuple[str, bytes]]:
    """
    Yield name and text of each file of manifests.

    Args:
      path: A file, a folder (its .yaml, .yml and .json files, those of its folders too), or `-` for standard input.

    Raises:
      Trouble: Something cannot be read, or a folder holds no such file.

    """
    if path == "-":
        yield "stdin", _limited(path, sys.stdin.buffer.read(MAX_MANIFEST_BYTES + 1), MAX_MANIFEST_BYTES)
        return
    files = [Path(path)]
    if files[0].is_dir():
        files = sorted(file for file in files[0].rglob("*") if file.suffix in _MANIFESTS and file.is_file())
        if not files:
            raise Trouble(f"{path}: holds no file that ends in {', '.join(_MANIFESTS)}. Name a folder of manifests.")
    for file in files:
        yield str(file), _bytes(file, MAX_MANIFEST_BYTES)


def _maps(path: str, name: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return `data` and `binary_data` as a ConfigMap would hold them."""
    if path != "-" and Path(path).is_dir():
        return _by_encoding({file.name: _bytes(file) for file in _files(Path(path))})
    key, text = ("stdin", _limited(path, sys.stdin.buffer.read(MAX_FILE_BYTES + 1))) if path == "-" else _file(path)
    objects = _kubernetes_objects(text)
    if objects is None:
        return _by_encoding({key: text})
    return _config_map(path, objects, name)


def _file(path: str) -> tuple[str, bytes]:
    return Path(path).name, _bytes(Path(path))


def _bytes(file: Path, most: int = MAX_FILE_BYTES) -> bytes:
    try:
        with file.open("rb") as stream:
            return _limited(str(file), stream.read(most + 1), most)
    except OSError as error:
        raise Trouble(
            f"{file}: {(error.strerror or str(error)).lower()}. Name a file, a folder, a manifest or '-'."
        ) from None


def _limited(path: str, text: bytes, most: int = MAX_FILE_BYTES) -> bytes:
    if len(text) > most:
        raise Trouble(f"{path}: is larger than {most:,} bytes; a ConfigMap holds at most {MAX_BYTES:,}.")
    return text


def _files(folder: Path) -> Iterable[Path]:
    """Return the files of a folder; `..data` and its like are how a kubelet mounts a ConfigMap."""
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith(".."))
    folders = [entry.name for entry in entries if entry.is_dir()]
    if folders:
        raise Trouble(f"{folder}: holds the folder '{folders[0]}', and a ConfigMap has no folders. Name a flat folder.")
    return entries


def _by_encoding(files: Mapping[str, bytes]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return text and other files apart, as `kubectl create configmap --from-file` does."""
    text, binary = {}, {}
    for key, value in files.items():
        try:
            text[key] = value.decode()
        except UnicodeDecodeError:
            binary[key] = base64.b64encode(value).decode()
    return text, binary


def _kubernetes_objects(text: bytes) -> list[Mapping[str, Any]] | None:
    """Return the objects of a manifest; `None` for a text that is none."""
    if b"apiVersion" not in text:
        return None
    from .core.formats.yaml_text import load_documents

    try:
        documents = [document for document in load_documents(text) if document is not None]
    except NotUnderstood:
        return None
    objects = [item for document in documents for item in _items(document)]
    kubernetes = [o for o in objects if isinstance(o, Mapping) and {"apiVersion", "kind", "metadata"} <= o.keys()]
    return kubernetes if objects and len(kubernetes) == len(objects) else None


def _items(document: Any) -> list[Any]:
    """Return the items of a List, or the object itself."""
    if isinstance(document, Mapping) and str(document.get("kind", "")).endswith("List"):
        items = document.get("items")
        return items if isinstance(items, list) else []
    return [document]


def _config_map(path: str, objects: list[Mapping[str, Any]], name: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the maps of the one ConfigMap that is meant."""
    maps = {str(o["metadata"].get("name")): o for o in objects if o["kind"] == "ConfigMap"}
    kinds = ", ".join(sorted({str(o["kind"]) for o in objects}))
    if not maps:
        raise Trouble(f"{path}: holds no ConfigMap (got {kinds}). Name a manifest with one.")
    if name is None and len(maps) > 1:
        raise Trouble(f"{path}: holds {len(maps)} ConfigMaps ({', '.join(sorted(maps))}). Choose one with --name.")
    if name is not None and name not in maps:
        raise Trouble(f"{path}: holds no ConfigMap '{name}' (got {', '.join(sorted(maps))}). Choose one of them.")
    found = maps[name] if name is not None else next(iter(maps.values()))
    wrong = [
        Finding(section, f"must be a mapping (got {type(found[section]).__name__})", "Write key: text")
        for section in ("data", "binaryData")
        if found.get(section) is not None and not isinstance(found[section], Mapping)
    ]
    if wrong:
        raise Trouble(report(path, wrong))
    return dict(found.get("data") or {}), dict(found.get("binaryData") or {})
