"""Reads Ansible group_vars as the first control plane host of a kubespray inventory gets them. Runs no Jinja."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .core.kubespray import Unreadable, counts
from .sources import MAX_FILE_BYTES, Trouble

_GROUPS = ("all", "k8s-cluster", "k8s_cluster", "kube-master", "kube_control_plane")
"""The groups of kubespray that hold this host for certain, later ones win; with the names of older releases."""

_SUFFIXES = ("", ".yml", ".yaml", ".json")
"""What Ansible reads in a folder. Source: ansible.builtin.host_group_vars, `YAML_FILENAME_EXTENSIONS`."""

_VAULT = b"$ANSIBLE_VAULT;"


class GroupVars:
    """
    Variable -> plain value from files and folders, later ones win; `notes` is what the user should know of the reading.

    A folder is read with its subfolders, in order of names. One that is named after groups (`all`, `k8s_cluster`) is
    read in the order in which Ansible lets groups win, and other groups are left out.

    Raises:
      Trouble: A file cannot be read, or holds no mapping.

    """

    def __init__(self, paths: list[str]) -> None:
        self.values: dict[str, object] = {}
        self.notes: list[str] = []
        for path in map(Path, paths):
            for file in self._files(path):
                self.values |= self._read(file)

    def _files(self, path: Path) -> Iterator[Path]:
        if not path.is_dir():
            yield path
            return
        entries = _entries(path)
        groups: dict[str, list[Path]] = {}
        for entry in entries:
            groups.setdefault(entry.name if entry.is_dir() else entry.stem, []).append(entry)
        if not groups.keys() & set(_GROUPS):
            yield from (file for entry in entries for file in _below(entry))
            return
        for group in _GROUPS:
            yield from (file for entry in groups.pop(group, []) for file in _below(entry))
        for group, left in groups.items():
            self._note_what_is_left_out(path, group, [file for entry in left for file in _below(entry)])

    def _note_what_is_left_out(self, folder: Path, group: str, files: list[Path]) -> None:
        names = sorted({name for file in files for name in self._read(file) if counts(name)})
        if names:
            self.notes.append(
                f"{folder}: group '{group}' sets {', '.join(names)} and is left out, since only the inventory knows "
                "its hosts. Name its files after the folder if the control plane is in it."
            )

    def _read(self, file: Path) -> dict[str, Any]:
        try:
            with file.open("rb") as stream:
                text = stream.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise Trouble(f"{file}: {(error.strerror or str(error)).lower()}. Name a file or a folder.") from None
        if len(text) > MAX_FILE_BYTES:
            raise Trouble(f"{file}: is larger than {MAX_FILE_BYTES:,} bytes. Name a file of variables.")
        if text.startswith(_VAULT):
            self.notes.append(f"{file}: is encrypted, and what it sets is not known here. Decrypt it if that counts.")
            return {}
        try:
            loader = _Loader(text)
            try:
                found = loader.get_single_data()
            finally:
                loader.dispose()
        except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise Trouble(f"{file}: is no YAML that Ansible reads ({reason}). Correct it.") from None
        if found is None:
            return {}
        if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
            raise Trouble(f"{file}: must map variables to values (got {type(found).__name__}). Write NAME: VALUE.")
        for name in loader.repeated:
            self.notes.append(f"{file}: sets {name} twice; the later one counts, as for Ansible. Remove one.")
        return found


def _entries(folder: Path) -> list[Path]:
    """Return what Ansible looks at in a folder: no hidden files, no backups, no other suffixes."""
    return sorted(
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and not entry.name.endswith("~")
        if entry.is_dir() or entry.suffix in _SUFFIXES
    )


def _below(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for entry in _entries(path) for file in _below(entry))
    else:
        yield path


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML 1.1, as Ansible reads it; a value with a tag (`!vault`) is known to be there and no more."""

    def __init__(self, stream: bytes) -> None:
        super().__init__(stream)
        self.repeated: list[str] = []

    def construct_document(self, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            names = [str(key.value) for key, _ in node.value]
            self.repeated = sorted({name for name in names if names.count(name) > 1})
        return super().construct_document(node)


def _tagged(loader: Any, suffix: str, node: Any) -> Unreadable:
    return Unreadable(f"has the tag '!{suffix}', which only Ansible can read")


_Loader.add_multi_constructor("!", _tagged)
