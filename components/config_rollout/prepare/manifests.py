"""The manifests that a program passes: text, files, folders and objects, with what their Outputs hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi

from ..core.arguments.finding import Finding
from ..core.manifests.items import Item, items_of_objects, items_of_text
from ..core.markers import UNKNOWN
from .outputs import known

_SUFFIXES = (".yaml", ".yml", ".json")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")

NOT_KNOWN = "is not known in this preview, so neither are the objects in it"
_KNOWN = "Pass what a preview knows, or run `pulumi up --skip-preview` once"


@dataclass
class Read:
    """
    The objects, what is wrong, and the resources that values in them come from.

    `notes` is title -> what to know about an object that is left out.
    """

    items: list[Item] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    needs: set[pulumi.Resource] = field(default_factory=set)

    def add(self, items: list[Item], findings: list[Finding]) -> None:
        """Add what was read."""
        self.items += items
        self.findings += findings


def read_manifests(given: Any) -> Read:
    """Return the objects in the argument `manifests`: text, a path, an object, or a list of these."""
    read = Read()
    listed = isinstance(given, list)
    for position, one in enumerate(given if listed else [given]):
        _read(f"manifests[{position}]" if listed else "manifests", one, read)
    if not read.items and not read.findings:
        read.findings.append(Finding("manifests", "has no objects", "Pass manifests"))
    return read


def known_value(where: str, given: Any, read: Read) -> Any:
    """Return an argument that has to be plain, with what its Outputs hold; what is not known is a finding."""
    value, _, resources = known(given)
    read.needs |= resources
    if (unknown := next(_unknown_places(value), None)) is not None:
        read.findings.append(Finding(f"{where}{unknown}", NOT_KNOWN, _KNOWN))
    return value


def add_objects(where: str, objects: Any, read: Read) -> None:
    """Add objects that are mappings, Lists among them."""
    value, secret, resources = known(objects)
    read.needs |= resources
    read.add(
        *items_of_objects(where, _with_markers(value), objects if secret and isinstance(objects, Mapping) else value)
    )


def _read(where: str, one: Any, read: Read) -> None:
    if isinstance(one, pulumi.Output):
        one = known_value(where, one, read)
    if isinstance(one, pulumi.Output):
        return
    if isinstance(one, str) and ("\n" in one or one.lstrip().startswith("{")):
        read.add(*items_of_text(where, one.encode()))
    elif isinstance(one, str | Path):
        _read_path(where, one, read)
    elif isinstance(one, Mapping):
        add_objects(where, one, read)
    elif isinstance(one, list):
        for position, item in enumerate(one):
            _read(f"{where}[{position}]", item, read)
    else:
        what = f"must be text, a path, an object, or a list of these (got {type(one).__name__})"
        read.findings.append(Finding(where, what, "Pass one of these"))


def _read_path(where: str, given: str | Path, read: Read) -> None:
    path = Path(given)
    if str(given).startswith(("http://", "https://")):
        read.findings.append(
            Finding(where, f"is a URL (got {str(given)!r})", "Keep a copy of the file beside the program")
        )
    elif path.is_dir():
        if name := next((name for name in _KUSTOMIZATIONS if (path / name).is_file()), ""):
            what = f"{path} is a kustomization: it has {name}"
            read.findings.append(Finding(where, what, "Use ConfiguredKustomization"))
            return
        files = [file for file in sorted(path.rglob("*")) if file.suffix in _SUFFIXES and file.is_file()]
        if not files:
            what = f"{path} has no file that ends in {', '.join(_SUFFIXES)}"
            read.findings.append(Finding(where, what, "Pass a folder of manifests"))
        for file in files:
            _read_file(where, file, read)
    else:
        _read_file(where, path, read)


def _read_file(where: str, file: Path, read: Read) -> None:
    try:
        text = file.read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        read.findings.append(
            Finding(where, f"{file} cannot be read: {why}", "Correct the path, from where Pulumi.yaml is")
        )
        return
    read.add(*items_of_text(str(file), text))


def _unknown_places(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, pulumi.Output):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _unknown_places(item, f"{path}.{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _unknown_places(item, f"{path}[{position}]")


def _with_markers(value: Any) -> Any:
    """Return a structure with `UNKNOWN` for each value that is not known."""
    if isinstance(value, pulumi.Output):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _with_markers(item) for key, item in value.items()}
    return [_with_markers(item) for item in value] if isinstance(value, list) else value
