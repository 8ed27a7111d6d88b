"""Reads Ansible's files of variables: which of a folder count, and what they say. Evaluates no template."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ...core.kubespray.values import Literal, Unreadable
from ..errors import Trouble
from .files import MAX_FILE_BYTES, read_file, standard_input

_SUFFIXES = ("", ".yml", ".yaml", ".json")
_VAULT = "$ANSIBLE_VAULT;"
_SECTION = re.compile(r"^\[[\w.-]+(:\w+)?\]\s*$", re.MULTILINE)
_PARTS_OF_A_GROUP = {"hosts", "children", "vars"}


@dataclass(frozen=True)
class Variables:
    """Variable -> value, variable -> where it is set, and what the user should know of the reading."""

    values: dict[str, object] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def in_folder(folder: Path, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    """
    Yield the files that Ansible reads of a folder and its folders, in its order.

    Source: ansible-core 2.19, `DataLoader._get_dir_vars_files`: nothing hidden, no backup, no other suffix, and no
    folder with a dot in its name. A folder that links to one above it gives nothing new and is skipped.
    """
    above |= {os.path.realpath(folder)}
    for name in sorted(os.listdir(folder)):
        entry, suffix = folder / name, os.path.splitext(name)[1]
        if name.startswith(".") or name.endswith("~"):
            continue
        if entry.is_dir():
            if not suffix and os.path.realpath(entry) not in above:
                yield from in_folder(entry, above)
        elif suffix in _SUFFIXES and entry.is_file():
            yield entry


def dotted_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders that Ansible skips for a dot in their name."""
    for path, folders, _ in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not name.endswith("~"))
        yield from (Path(path, name) for name in folders if os.path.splitext(name)[1])
        folders[:] = [name for name in folders if not os.path.splitext(name)[1]]


def read_variables(file: Path) -> Variables:
    """
    Return what a file sets, or what standard input does if it is called `-`.

    Raises:
      Trouble: It cannot be read, Ansible would not read it, or it is an inventory.

    """
    shown = "standard input" if str(file) == "-" else str(file)
    raw = standard_input(MAX_FILE_BYTES) if str(file) == "-" else read_file(file)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Trouble(f"{shown}: is not UTF-8, which Ansible requires ({error.reason}). Convert it.") from None
    if text.startswith(_VAULT):
        return Variables(notes=[f"{shown}: is encrypted, so its variables are unknown. Decrypt it if they matter."])
    try:
        tree, lines, repeated = _parsed(shown, text)
    except Trouble as trouble:
        raise (_inventory(shown) if _SECTION.search(text) else trouble) from None
    if not tree:
        return Variables()
    if _is_inventory(tree) or (isinstance(tree, str | list) and _SECTION.search(text)):
        raise _inventory(shown)
    if not isinstance(tree, dict):
        raise Trouble(f"{shown}: must map variables to values (got {type(tree).__name__}). Write NAME: VALUE.")
    names = [name for name in tree if isinstance(name, str)]
    return Variables(
        {name: tree[name] for name in names},
        {name: f"{shown}:{lines[name]}" if name in lines else shown for name in names},
        [f"{shown}: sets {name} twice; as in Ansible, the later one counts. Remove one." for name in repeated],
    )


def _parsed(shown: str, text: str) -> tuple[Any, dict[str, int], list[str]]:
    """Return what a text holds, the lines of its variables, and those that it sets twice. JSON is tried first."""
    try:
        return json.loads(text, object_hook=_from_json), {}, []
    except (ValueError, RecursionError):
        pass  # Ansible tries YAML next
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_data(), loader.lines, loader.repeated
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise Trouble(f"{shown}{line}: is not YAML that Ansible reads ({reason}). Correct it.") from None


def _is_inventory(tree: Any) -> bool:
    """Tell an inventory, as YAML or as `ansible-inventory --list` prints it, from variables."""
    if not isinstance(tree, dict):
        return False
    parts = [value for value in tree.values() if value is not None]
    return "_meta" in tree or (
        bool(parts) and all(isinstance(part, dict) and part and part.keys() <= _PARTS_OF_A_GROUP for part in parts)
    )


def _inventory(shown: str) -> Trouble:
    return Trouble(f"{shown}: is an inventory, not a file of variables. Pass its folder, which has its group_vars.")


def _from_json(value: dict[str, Any]) -> object:
    """Source: ansible-core 2.19, `_json/_profiles/_legacy.py`."""
    if "__ansible_vault" in value:
        return _ENCRYPTED
    return _literal(value["__ansible_unsafe"]) if "__ansible_unsafe" in value else value


_ENCRYPTED = Unreadable("is encrypted")


def _literal(value: Any) -> Any:
    """Return a value whose texts are not templates."""
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return Literal(value) if isinstance(value, str) else value


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML 1.1, as Ansible reads it: with its tags, and the later of two equal keys."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.lines: dict[str, int] = {}
        self.repeated: list[str] = []

    def construct_document(self, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            names = [str(key.value) for key, _ in node.value]
            self.lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
            self.repeated = sorted({name for name in names if names.count(name) > 1})
        return super().construct_document(node)


def _encrypted(loader: Any, node: Any) -> Unreadable:
    return _ENCRYPTED


def _unsafe(loader: Any, node: Any) -> Any:
    plain = type(node)(loader.resolve(type(node), node.value, (True, False)), node.value, node.start_mark)
    return _literal(loader.construct_object(plain, deep=True))


_Loader.add_constructor("!vault", _encrypted)
_Loader.add_constructor("!vault-encrypted", _encrypted)
_Loader.add_constructor("!unsafe", _unsafe)
