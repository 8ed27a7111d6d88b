"""Reads the group_vars of a kubespray inventory as Ansible does for its first control plane host."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...core.kubespray.variables import counts
from ..errors import Trouble
from .variable_files import Variables, dotted_folders, in_folder, read_variables

_GROUPS = ("all", "k8s_cluster", "kube_control_plane")
"""The groups of kubespray that hold this host for certain, later ones win."""

_OLDER_NAMES = {"k8s_cluster": "k8s-cluster", "kube_control_plane": "kube-master"}
"""Group -> its name in older releases, which counts if the new one is missing."""

_SUFFIXES = ("", ".yml", ".yaml", ".json")
"""
What may follow a group's name; the first that is there counts, and no other.

Source: ansible-core 2.19, `DataLoader.find_vars_files`; `YAML_FILENAME_EXTENSIONS` can change it.
"""

_INVENTORIES = ("", ".ini", ".cfg", ".yml", ".yaml", ".json", ".toml")

_EXACTLY = "If it applies to the control plane, let Ansible merge everything: docs/kubespray.md has the command"


class GroupVars:
    """
    Variables from files and folders, later ones win.

    A folder is an inventory's (its `group_vars` is read), a `group_vars`, or that of one group. Of a `group_vars` the
    groups that hold every control plane host are read, in the order in which Ansible lets groups win.

    Attributes:
      values: Variable -> value; see `core.kubespray.convert`.
      places: Variable -> the file that sets it, with the line if it is YAML.
      notes: What the user should know of the reading.

    Raises:
      Trouble: Something cannot be read, is not a file of variables, or sets no relevant one.

    """

    def __init__(self, paths: list[str]) -> None:
        self.values: dict[str, object] = {}
        self.places: dict[str, str] = {}
        self.notes: list[str] = []
        self._doubtful: list[tuple[str, set[str], str]] = []
        in_groups = False
        try:
            for path in map(Path, paths):
                if path.is_dir():
                    in_groups |= self._read_folder(path)
                else:
                    self._take(read_variables(path))
        except OSError as error:
            raise Trouble(f"{error.filename}: {(error.strerror or str(error)).lower()}.") from None
        if not any(map(counts, self.values)):
            self._tell_of_nothing(paths, in_groups)

    def doubts(self, used: Iterable[str]) -> list[str]:
        """Return what sets a variable that counts, or one of `used`, and was not read or may not apply."""
        wanted = set(used)
        doubts = [
            (where, sorted(name for name in names if name in wanted or counts(name)), why)
            for where, names, why in self._doubtful
        ]
        return [f"{where} sets {', '.join(names)} and {why}." for where, names, why in doubts if names]

    def _read_folder(self, folder: Path) -> bool:
        """Read a folder, and tell whether a file of one of kubespray's groups was found in it."""
        if (folder / "group_vars").is_dir():
            folder = folder / "group_vars"
        known = {*_GROUPS, *_OLDER_NAMES.values()}
        real = folder.resolve()
        if folder.name == "group_vars" or real.name == "group_vars":
            self._look_beside(folder if folder.name == "group_vars" else real)
        elif real.parent.name == "group_vars" or real.name in known or not any(_of_group(folder, it) for it in known):
            self._read_one_group(folder)
            return False
        return self._read_groups(folder)

    def _read_groups(self, folder: Path) -> bool:
        known, read = set(), False
        for group in _GROUPS:
            name = group if _of_group(folder, group) else _OLDER_NAMES.get(group, group)
            known.add(name)
            for entry in _of_group(folder, name)[:1]:
                read |= self._read_entry(entry)
                if name != group:
                    why = f"applies only if the inventory has the group '{name}', which kubespray now calls '{group}'"
                    self._doubt(f"{entry}:", [entry], why)
                for other in _of_group(folder, name)[1:]:
                    why = f"is not read: {entry.name} exists, and Ansible reads only the first of GROUP, "
                    self._doubt(f"{other}:", [other], f"{why}GROUP.yml, GROUP.yaml and GROUP.json. Merge them")
        for name, entry in _others(folder, known):
            why = f"is skipped, because only the inventory knows its hosts. {_EXACTLY}"
            self._doubt(f"{folder}: group '{name}'", [entry], why)
        return read

    def _read_one_group(self, folder: Path) -> None:
        inside = sorted({str(below.parent) for depth in ("*", "*/*") for below in folder.glob(f"{depth}/group_vars")})
        if inside:
            raise Trouble(f"{folder}: is not an inventory, but contains {', '.join(inside[:5])}. Pass one of them.")
        if not self._read_entry(folder):
            raise Trouble(
                f"{folder}: contains no file of variables that Ansible reads. Pass inventory/NAME/group_vars."
            )

    def _read_entry(self, entry: Path) -> bool:
        """Read a file, or what Ansible reads of a folder, and tell whether there was a file."""
        files = list(in_folder(entry)) if entry.is_dir() else [entry]
        for file in files:
            self._take(read_variables(file))
        for folder in dotted_folders(entry) if entry.is_dir() else ():
            why = "is not read: Ansible reads no folder with a dot in its name. Rename it, or remove it"
            self._doubt(f"{folder}:", [folder], why)
        return bool(files)

    def _take(self, variables: Variables) -> None:
        self.values |= variables.values
        self.places |= variables.places
        self.notes += variables.notes

    def _look_beside(self, folder: Path) -> None:
        """See what else of the inventory sets variables: host_vars, and the inventory itself."""
        inventory = folder.parent
        if (hosts := inventory / "host_vars").is_dir():
            entries = [entry for _, entry in _others(hosts, set())]
            self._doubt(f"{hosts}:", entries, f"is skipped: it is about single hosts. {_EXACTLY}")
        for file in sorted(inventory.iterdir()):
            if file.suffix in _INVENTORIES and not file.name.startswith(".") and file.is_file():
                self._doubtful.append((f"{file}:", _words_set(file), f"is skipped. {_EXACTLY}"))

    def _doubt(self, where: str, entries: list[Path], why: str) -> None:
        names: set[str] = set()
        for file in (file for entry in entries for file in (in_folder(entry) if entry.is_dir() else [entry])):
            try:
                names |= read_variables(file).values.keys()
            except Trouble:
                continue  # nobody asked about it, and Ansible would not read it for this host
        self._doubtful.append((where, names, why))

    def _tell_of_nothing(self, paths: list[str], in_groups: bool) -> None:
        names = ", ".join(paths)
        if not in_groups:
            raise Trouble(
                f"{names}: it sets no variable of kube-proxy's configuration. Pass inventory/NAME/group_vars."
            )
        self.notes.append(f"{names}: sets no variable of kube-proxy's configuration: these are kubespray's defaults.")


def _of_group(folder: Path, name: str) -> list[Path]:
    """Return what is there of a group or a host; the first is what Ansible reads."""
    return [path for suffix in _SUFFIXES if os.path.exists(path := folder / f"{name}{suffix}")]


def _others(folder: Path, known: set[str]) -> Iterator[tuple[str, Path]]:
    """Yield name and entry of the groups or hosts of a folder that are not known."""
    names = {
        entry.name if entry.is_dir() else entry.stem
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and not entry.name.endswith("~")
        if entry.is_dir() or entry.suffix in _SUFFIXES
    }
    for name in sorted(names - known):
        yield from ((name, entry) for entry in _of_group(folder, name)[:1])


def _words_set(file: Path) -> set[str]:
    """Return what looks like a variable that an inventory sets, in any of its formats."""
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return set()
    lines = (line for line in text.splitlines() if not line.lstrip().startswith(("#", ";")))
    return {word for line in lines for word in re.findall(r"([A-Za-z_]\w*)\"?\s*[=:]", line)}
