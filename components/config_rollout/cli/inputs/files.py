"""Reads configurations and manifests from where the command line says: a file, a folder, or standard input."""

import base64
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ...core.arguments.finding import report
from ...core.configuration.content import MAX_BYTES
from ...core.configuration.read_as import ReadAs, read_as
from ...core.kinds import KUBE_PROXY
from ..errors import Trouble

MAX_FILE_BYTES = 4 * MAX_BYTES
"""The largest file that is read: a manifest of a full ConfigMap, encoded in base64 and indented."""


MAX_MANIFEST_BYTES = 64 * MAX_BYTES
"""The largest file of manifests that is read."""

STDIN = "stdin"
"""The key of what comes from standard input."""


@dataclass(frozen=True)
class Given:
    """
    What a PATH holds as a ConfigMap would hold it, unchecked: `data` and `binary_data`.

    `read_as` is how a ConfigMap of ours says it is to be read. With `is_lone` it is one file or standard input, whose
    name need not be that of the key. `note` is a sentence on what was left out.
    """

    data: Mapping[str, Any]
    binary_data: Mapping[str, Any]
    read_as: ReadAs | None = None
    is_lone: bool = False
    note: str = ""

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
            if os.path.isdir(path):
                return Given(*by_encoding(read_folder(path)))
        key, text = os.path.basename(path), read_file(path)
    note = ""
    if b"apiVersion" in text or KUBE_PROXY.encode() in text:
        from .config_maps import config_map_in, own_document  # most texts are no manifest, and need not wait for it

        config_map = config_map_in(path, text, name)
        if config_map is not None:
            reading, wrong = read_as(config_map)
            if wrong:
                raise Trouble(report(path, wrong))
            return Given(*maps_of(config_map), reading)
        text, note = own_document(path, text)
    return Given(*by_encoding({key: text}), is_lone=True, note=note)


def read_folder(folder: str | os.PathLike[str]) -> dict[str, bytes]:
    """Return name -> bytes of a folder's files; `..data` and its like are how a kubelet mounts a ConfigMap."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith(".."))
    folders = [name for name in names if os.path.isdir(os.path.join(folder, name))]
    if folders:
        raise Trouble(
            f"{folder}: contains the folder '{folders[0]}', but a ConfigMap has no folders. Pass a flat folder."
        )
    files: dict[str, bytes] = {}
    for name in names:
        files[name] = read_file(os.path.join(folder, name))
        if sum(map(len, files.values())) > MAX_BYTES:
            raise Trouble(f"{folder}: is larger than {MAX_BYTES:,} bytes, the most that a ConfigMap holds.")
    return files


def read_file(file: str | os.PathLike[str], most: int = MAX_FILE_BYTES) -> bytes:
    """Return the bytes of a file that is not too large; of a pipe, until its end, if anyone writes to it."""
    with _told(file), open(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as stream:
        first = stream.read(1)  # `None`: the writer of a pipe has not begun
        if first == b"" and stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
            raise Trouble(f"{file}: is a pipe that nothing writes to. Pass a file, a folder, a manifest or '-'.")
        os.set_blocking(stream.fileno(), True)
        with open(stream.fileno(), "rb", closefd=False) as rest:
            return _limited(str(file), (first or b"") + rest.read(most + 1), most)


@contextmanager
def _told(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Trouble(f"{path}: {why}. Pass a file, a folder, a manifest or '-'.") from None


def standard_input(most: int) -> bytes:
    """Return the bytes of standard input, if they are not too many."""
    return _limited("-", sys.stdin.buffer.read(most + 1), most)


def read_limited(path: str, most: int, place: str, fix: str, smaller: str) -> bytes:
    """
    Return the bytes of a file of any kind, or of standard input (`-`), that are not too many.

    Args:
      path: The file.
      most: How many bytes it may have.
      place: Where the path was passed, for messages.
      fix: What to pass instead of a file that cannot be opened.
      smaller: What to do about one that is too large.

    Raises:
      Trouble: It cannot be read, or is too large.

    """
    try:
        if path == "-":
            text = sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb") as file:
                text = file.read(most + 1)
    except OSError as error:
        raise Trouble(f"{place}: {(error.strerror or str(error)).lower()}. {fix}.") from None
    if len(text) > most:
        raise Trouble(f"{place}: is larger than {most:,} bytes. {smaller}.")
    return text


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


def maps_of(config_map: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return `data` and `binary_data` of a ConfigMap."""
    return dict(config_map.get("data") or {}), dict(config_map.get("binaryData") or {})
