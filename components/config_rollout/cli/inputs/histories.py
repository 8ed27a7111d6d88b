"""Reads the history of a configuration, one snapshot at a time: a git repository, a folder, or lines of JSON."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.arguments.finding import Finding, report
from ...core.configuration.content import MAX_BYTES, Content, parse_content, refusals
from ...core.formats import BY_SUFFIX, FORMATS
from ...core.replay import other_tools as peers
from ...core.replay.transitions import Snapshot
from ..errors import Trouble
from .config_maps import config_map_in, own_document
from .files import MAX_FILE_BYTES, by_encoding, maps_of, read_file, read_folder
from .git_history import Version, git_versions

CONTENTS = "contents.json"
"""The file beside lines of JSON that holds the texts, if the lines hold their ids."""

_MAX_CONTENTS_BYTES = 64 * MAX_BYTES

_FIELDS = {
    "commit": str, "name": str, "date": str, "data": dict, "binary_data": dict, "labels": dict, "annotations": dict,
    "helm_checksum": str, "template": str, "effective": str,
}  # fmt: skip
"""The fields of a snapshot as a line of JSON. The last three are in every line or in none."""

_ALL_OR_NONE = ("helm_checksum", "template", "effective")
_A_KIND = {str: "text", dict: "a mapping"}


@dataclass
class Reading:
    """
    How histories are read, and what was seen while they were.

    Args:
      name: Which ConfigMap of a manifest.
      formats: Key -> format, as the component takes it.
      effects: Key or key:path -> effect, as the component takes it. The judge never hears of them.
      warn: Is told what a person should know and what stops nothing.

    """

    name: str | None
    formats: Mapping[str, str]
    effects: Mapping[str, str]
    warn: Callable[[str], None]
    says_effective: set[bool] = field(default_factory=set)
    """Whether snapshots said what is in force."""
    formats_in_use: set[str] = field(default_factory=set)
    _manifests: bool = False
    _keys: set[str] = field(default_factory=set)
    _refused: set[str] = field(default_factory=set)

    def history(self, path: str, inside: str | None) -> Iterator[Snapshot]:
        """
        Yield the snapshots at a path, the oldest first.

        Args:
          path: A git repository, a folder of snapshots, or a file with one snapshot a line.
          inside: A file or folder in the git repository, from its top; `None` for the others.

        Raises:
          Trouble: With what is wrong, also for fewer than two snapshots.

        """
        count, self._manifests = 0, False
        try:
            for snapshot in self._snapshots(path, inside):
                count += 1
                self.says_effective.add(snapshot.effective is not None)
                yield snapshot
        except OSError as error:
            raise Trouble(f"{error.filename or path}: {(error.strerror or str(error)).lower()}.") from None
        if count < 2:
            number = "one snapshot" if count else "no snapshot"
            raise Trouble(f"{path}: contains {number}, but a replay compares at least two. Pass a longer history.")

    def check(self) -> None:
        """Refuse a format or an effect of a key that no snapshot had."""
        named = [("--format", key) for key in self.formats]
        named += [("--effect", name.partition(":")[0]) for name in self.effects]
        for option, key in named:
            if key not in self._keys:
                keys = ", ".join(sorted(self._keys))
                raise Trouble(f"{option} {key}: no snapshot has this key (got {keys}). Use one of them.")

    def _snapshots(self, path: str, inside: str | None) -> Iterator[Snapshot]:
        wrong = [name for name in self.formats.values() if name not in FORMATS]
        if wrong:
            raise Trouble(f"--format: is not a known format (got {wrong[0]!r}). Use one of {', '.join(FORMATS)}.")
        place = Path(path)
        if not place.exists():
            raise Trouble(f"{path}: no such file or directory. Pass a git repository, a folder or lines of JSON.")
        if inside is not None:
            if not place.is_dir():
                raise Trouble(f"{path}: is a file, but --path is for git repositories. Leave one of them out.")
            return self._of_git(path, inside)
        if place.is_dir() and (place / ".git").exists():
            raise Trouble(f"{path}: is a git repository. Pass a file or folder in it with --path.")
        return self._of_folder(place) if place.is_dir() else self._of_lines(place)

    def _of_git(self, path: str, inside: str) -> Iterator[Snapshot]:
        """Yield the versions of a branch, without those that are not a configuration: history cannot be corrected."""
        for version in git_versions(path, inside, self.warn):
            try:
                yield self._version(version)
            except Trouble as trouble:
                self.warn(f"{trouble} This version is skipped.")

    def _of_folder(self, folder: Path) -> Iterator[Snapshot]:
        """Yield the entries of a folder in the order of their names, numbers by their value."""
        for entry in sorted(folder.iterdir(), key=_by_number):
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield self._version(Version(entry.name, "", str(entry), read_folder(entry)))
            else:
                suffix = entry.suffix if entry.suffix in BY_SUFFIX else ""
                yield self._version(Version(entry.name, "", str(entry), f"config{suffix}", read_file(entry)))

    def _version(self, version: Version) -> Snapshot:
        """Return the snapshot of some files, or of a file that may be a manifest."""
        if isinstance(version.files, Mapping):
            return Snapshot(version.name, self._content(version.where, *by_encoding(version.files)), version.date)
        config_map = config_map_in(version.where, version.text, self.name)
        if config_map is None and self._manifests:
            raise Trouble(f"{version.where}: is not a readable manifest, unlike those before it.")
        if config_map is None:
            text, note = own_document(version.where, version.text)
            if note and note.partition(": ")[2] not in self._refused:
                self._refused.add(note.partition(": ")[2])
                self.warn(note)
            maps = by_encoding({version.files: text})
            return Snapshot(version.name, self._content(version.where, *maps), version.date)
        self._manifests = True
        return Snapshot(
            version.name,
            self._content(version.where, *maps_of(config_map)),
            version.date,
            rest={key: value for key, value in config_map.items() if key not in ("data", "binaryData")},
            helm_checksum=peers.helm_checksum(version.text),
        )

    def _of_lines(self, file: Path) -> Iterator[Snapshot]:
        texts = _contents(file)
        first: tuple[bool, ...] | None = None
        for number, line in _lines(file):
            where = f"{file}: line {number}"
            row = _row(where, line)
            there = tuple(name in row for name in _ALL_OR_NONE)
            if first is not None and there != first:
                name = next(n for n, a, b in zip(_ALL_OR_NONE, first, there, strict=True) if a != b)
                raise Trouble(f"{where}: '{name}' is in some lines and missing in others. Write it in all or in none.")
            first = there
            yield Snapshot(
                str(row.get("commit") or row.get("name") or f"line {number}"),
                self._content(where, _looked_up(where, row["data"], texts), row.get("binary_data")),
                row.get("date", ""),
                rest={"metadata": {key: row[key] for key in ("labels", "annotations") if key in row}},
                helm_checksum=row.get("helm_checksum", ""),
                template=row.get("template"),
                effective=row.get("effective"),
            )

    def _content(self, where: str, data: object, binary_data: object) -> Content:
        """Return the content, also one that the component would refuse: history was not made with it."""
        declared = {key: name for key, name in self.formats.items() if isinstance(data, Mapping) and key in data}
        keys = {
            *(data if isinstance(data, Mapping) else ()),
            *(binary_data if isinstance(binary_data, Mapping) else ()),
        }
        effects = {name: effect for name, effect in self.effects.items() if name.partition(":")[0] in keys}
        content, findings = parse_content(data, binary_data, declared, effects)
        if findings and findings != (refused := refusals(content)):
            raise Trouble(report(where, [f for f in findings if f not in refused]))
        for finding in findings:
            self._say_refused(where, finding)
        self._keys |= content.data.keys() | content.binary_data.keys()
        self.formats_in_use |= {meaning.format for meaning in content.meanings.values()}
        return content

    def _say_refused(self, where: str, finding: Finding) -> None:
        if str(finding) not in self._refused:
            self._refused.add(str(finding))
            self.warn(f"{where}: {finding} The component would refuse this; it is compared anyway.")


def _by_number(path: Path) -> list[Any]:
    """Return a key that sorts v2.9 before v2.10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", path.name)]


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Yield number and text of each line that is not empty."""
    with file.open("rb") as stream:
        number = 0
        while line := stream.readline(MAX_FILE_BYTES + 1):
            number += 1
            if len(line) > MAX_FILE_BYTES:
                raise Trouble(
                    f"{file}: line {number}: is larger than {MAX_FILE_BYTES:,} bytes. Write one snapshot per line."
                )
            if line.strip():
                yield number, line


def _row(where: str, line: bytes) -> dict[str, Any]:
    """Return a line as an object whose fields are there and of the right kind."""
    row = _json(where, line, "Write one snapshot per line")
    if not isinstance(row, dict):
        raise Trouble(f"{where}: must be an object (got {type(row).__name__}). Write one snapshot per line.")
    unknown = sorted(row.keys() - _FIELDS.keys())
    if unknown:
        raise Trouble(f"{where}: unknown field '{unknown[0]}'. Use {', '.join(_FIELDS)}.")
    if "data" not in row:
        raise Trouble(f"{where}: 'data' is required. Write key -> text.")
    for name, value in row.items():
        if not isinstance(value, _FIELDS[name]):
            raise Trouble(f"{where}: {name}: must be {_A_KIND[_FIELDS[name]]} (got {type(value).__name__}).")
    return row


def _json(where: str, text: bytes, fix: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Trouble(f"{where}: is not valid JSON ({str(error).lower()}). {fix}.") from None


def _contents(file: Path) -> Mapping[str, str] | None:
    """Return id -> text; `None` where the lines hold the texts themselves."""
    beside = file.with_name(CONTENTS)
    if not beside.is_file():
        return None
    with beside.open("rb") as stream:
        text = stream.read(_MAX_CONTENTS_BYTES + 1)
    if len(text) > _MAX_CONTENTS_BYTES:
        raise Trouble(f"{beside}: is larger than {_MAX_CONTENTS_BYTES:,} bytes. Put the texts in the lines.")
    contents = _json(str(beside), text, "Write an object, id -> text")
    if not isinstance(contents, dict) or not all(isinstance(value, str) for value in contents.values()):
        raise Trouble(f"{beside}: must be an object, id -> text.")
    return contents


def _looked_up(where: str, data: Mapping[str, Any], texts: Mapping[str, str] | None) -> Mapping[str, Any]:
    """Return key -> text."""
    if texts is None:
        return data
    for key, value in data.items():
        if not isinstance(value, str) or value not in texts:
            raise Trouble(f"{where}: data['{key}']: {CONTENTS} has no such id (got {str(value)[:40]!r}). Add its text.")
    return {key: texts[value] for key, value in data.items()}
