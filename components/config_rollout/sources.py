"""Reads configurations and manifests from where the command line says: a file, a folder, or standard input."""

import base64
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .core.content import MAX_BYTES
from .core.finding import Finding, report
from .core.formats.meaning import NotUnderstood
from .core.read_as import ReadAs, read_as

MAX_FILE_BYTES = 4 * MAX_BYTES
"""The largest file that is read: a manifest of a full ConfigMap, encoded in base64 and indented."""


MAX_MANIFEST_BYTES = 64 * MAX_BYTES
"""The largest file of manifests that is read."""

STDIN = "stdin"
"""The key of what comes from standard input."""

_MANIFESTS = (".yaml", ".yml", ".json")


class Trouble(Exception):
    """What keeps a configuration from being read, told as the user should see it."""


@dataclass(frozen=True)
class Given:
    """
    What a PATH holds as a ConfigMap would hold it, unchecked: `data` and `binary_data`.

    `read_as` is how a ConfigMap of ours says that it is read. With `is_lone` it is one file or standard input, whose
    name need not be that of the key.
    """

    data: Mapping[str, Any]
    binary_data: Mapping[str, Any]
    read_as: ReadAs | None = None
    is_lone: bool = False

    @property
    def keys(self) -> list[str]:
        """Return the keys of both."""
        return [*self.data, *self.binary_data]

    def under(self, key: str) -> "Given":
        """Return the same with its one key called otherwise."""
        data, binary = (dict(zip([key], of.values(), strict=False)) for of in (self.data, self.binary_data))
        return replace(self, data=data, binary_data=binary)


def read_maps(path: str, name: str | None) -> Given:
    """
    Return what a PATH holds.

    Args:
      path: A file (its name is the key), a folder (a file for each key), a manifest with a ConfigMap (YAML or JSON,
        also a List or several documents), or `-` for standard input (key `stdin`).
      name: Which ConfigMap of a manifest; needed if there are several.

    Raises:
      Trouble: With one line for everything that is wrong.

    """
    if path == "-":
        key, text = STDIN, standard_input(MAX_FILE_BYTES)
    else:
        with _told(path):
            if Path(path).is_dir():
                return Given(*by_encoding(read_folder(Path(path))))
        key, text = Path(path).name, read_file(Path(path))
    found = config_map_in(path, text, name)
    if found is None:
        return Given(*by_encoding({key: text}), is_lone=True)
    said, wrong = read_as(found)
    if wrong:
        raise Trouble(report(path, wrong))
    return Given(*maps_of(found), said)


def read_manifests(path: str) -> Iterator[tuple[str, bytes]]:
    """
    Yield name and text of each file of manifests.

    Args:
      path: A file, a folder (its .yaml, .yml and .json files, those of its folders too), or `-` for standard input.

    Raises:
      Trouble: Something cannot be read, or a folder holds no such file.

    """
    if path == "-":
        yield "stdin", standard_input(MAX_MANIFEST_BYTES)
        return
    files = [Path(path)]
    with _told(path):
        if files[0].is_dir():
            files = sorted(file for file in files[0].rglob("*") if file.suffix in _MANIFESTS and file.is_file())
    if not files:
        raise Trouble(f"{path}: holds no file that ends in {', '.join(_MANIFESTS)}. Name a folder of manifests.")
    for file in files:
        yield str(file), read_file(file, MAX_MANIFEST_BYTES)


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return name -> bytes of a folder's files; `..data` and its like are how a kubelet mounts a ConfigMap."""
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith(".."))
    folders = [entry.name for entry in entries if entry.is_dir()]
    if folders:
        raise Trouble(f"{folder}: holds the folder '{folders[0]}', and a ConfigMap has no folders. Name a flat folder.")
    files: dict[str, bytes] = {}
    for entry in entries:
        files[entry.name] = read_file(entry)
        if sum(map(len, files.values())) > MAX_BYTES:
            raise Trouble(f"{folder}: is larger than {MAX_BYTES:,} bytes, which is all that a ConfigMap holds.")
    return files


def read_file(file: Path, most: int = MAX_FILE_BYTES) -> bytes:
    """Return the bytes of a file that is not too large; of a pipe, until its end, if anyone writes to it."""
    with _told(file), open(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as stream:
        first = stream.read(1)  # `None`: the writer of a pipe has not begun
        if first == b"" and stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
            raise Trouble(f"{file}: is a pipe that nobody writes to. Name a file, a folder, a manifest or '-'.")
        os.set_blocking(stream.fileno(), True)
        with open(stream.fileno(), "rb", closefd=False) as rest:
            return _limited(str(file), (first or b"") + rest.read(most + 1), most)


@contextmanager
def _told(path: Path | str) -> Iterator[None]:
    """Turn what the system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Trouble(f"{path}: {why}. Name a file, a folder, a manifest or '-'.") from None


def standard_input(most: int) -> bytes:
    """Return the bytes of standard input, if they are not too many."""
    return _limited("-", sys.stdin.buffer.read(most + 1), most)


def _limited(path: str, text: bytes, most: int) -> bytes:
    if len(text) > most:
        raise Trouble(f"{path}: is larger than {most:,} bytes; a ConfigMap holds at most {MAX_BYTES:,}.")
    return text


def by_encoding(files: Mapping[str, bytes]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return text and other files apart, as `kubectl create configmap --from-file` does."""
    text, binary = {}, {}
    for key, value in files.items():
        try:
            text[key] = value.decode()
        except UnicodeDecodeError:
            binary[key] = base64.b64encode(value).decode()
    return text, binary


def config_map_in(path: str, text: bytes, name: str | None) -> Mapping[str, Any] | None:
    """Return the ConfigMap that a manifest holds, the one of that name if there is one; `None` for other text."""
    objects = _kubernetes_objects(text)
    return None if objects is None else _config_map(path, objects, name)


def maps_of(config_map: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return `data` and `binary_data` of a ConfigMap."""
    return dict(config_map.get("data") or {}), dict(config_map.get("binaryData") or {})


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
    kubernetes = [o for o in objects if isinstance(o, Mapping) and _is_kubernetes(o)]
    return kubernetes if objects and len(kubernetes) == len(objects) else None


def _is_kubernetes(value: Mapping[str, Any]) -> bool:
    """Tell whether a mapping is an object of the API server; a program's configuration may have metadata as well."""
    if str(value.get("apiVersion")).partition("/")[0].endswith(".config.k8s.io"):
        return False
    return isinstance(value.get("metadata"), Mapping) and {"apiVersion", "kind"} <= value.keys()


def _items(document: Any) -> list[Any]:
    """Return the items of a List, or the object itself."""
    if isinstance(document, Mapping) and str(document.get("kind", "")).endswith("List"):
        items = document.get("items")
        return items if isinstance(items, list) else []
    return [document]


def _config_map(path: str, objects: list[Mapping[str, Any]], name: str | None) -> Mapping[str, Any]:
    """Return the one ConfigMap that is meant, its two maps checked."""
    every = [o for o in objects if o["kind"] == "ConfigMap"]
    maps = {_name(o): o for o in every}
    kinds = ", ".join(sorted({_shown(o["kind"]) for o in objects}))
    if not maps:
        raise Trouble(f"{path}: holds no ConfigMap (got {kinds}). Name a manifest with one.")
    if name is None and len(maps) > 1:
        raise Trouble(f"{path}: holds {len(maps)} ConfigMaps ({', '.join(sorted(maps))}). Choose one with --name.")
    if name is not None and name not in maps:
        raise Trouble(f"{path}: holds no ConfigMap '{name}' (got {', '.join(sorted(maps))}). Choose one of them.")
    chosen = name if name is not None else next(iter(maps))
    if (count := sum(_name(o) == chosen for o in every)) > 1:
        raise Trouble(f"{path}: holds {count} ConfigMaps called '{chosen}'. Leave one in the manifest.")
    found = maps[chosen]
    wrong = [
        Finding(section, f"must be a mapping (got {type(found[section]).__name__})", "Write key: text")
        for section in ("data", "binaryData")
        if found.get(section) is not None and not isinstance(found[section], Mapping)
    ]
    if wrong:
        raise Trouble(report(path, wrong))
    return found


def _name(config_map: Mapping[str, Any]) -> str:
    return _shown(config_map["metadata"].get("name"))


def _shown(value: object) -> str:
    """Return a value as a sentence can hold it, on one line."""
    return text if (text := str(value)).isprintable() else repr(text)
