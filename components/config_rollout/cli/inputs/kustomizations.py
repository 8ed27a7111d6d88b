"""Kustomizations: which files belong to them, and what the installed kustomize or kubectl renders them to."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ...core.formats.meaning import NotUnderstood, encode_value
from ...core.formats.yaml_text import load_documents

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names of a kustomization's file. Source: kustomize 5.5 `RecognizedKustomizationFileNames`."""

ORIGIN = "config.kubernetes.io/origin"
"""The annotation that says which file a rendered object comes from. Source: kustomize, `buildMetadata`."""

_API = "kustomize.config.k8s.io/"
_MOST_SECONDS = 60
_BASES = ("resources", "bases", "components")
_PARTS = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers", "validators",
          "configurations", "crds", "generators", "openapi",
          "helmCharts")  # fmt: skip
_GENERATORS = ("configMapGenerator", "secretGenerator")
_REMOTE = re.compile(r"[a-z][a-z0-9+]*://|git@|git::")


class NotRendered(Exception):
    """Why something could not be rendered."""


@dataclass(frozen=True)
class Kustomization:
    """
    One kustomization.

    `bases` are the folders that it uses, `resources` the files with objects, `parts` those with patches and such.
    `missing` is what it names and is not here, usually a remote base; `wrong` says why its file cannot be used.
    """

    file: Path
    is_component: bool = False
    bases: tuple[Path, ...] = ()
    resources: tuple[Path, ...] = ()
    parts: tuple[Path, ...] = ()
    missing: str = ""
    wrong: str = ""


@dataclass(frozen=True)
class Rendered:
    """What a root renders to; the origins of its objects are paths from `above`."""

    text: bytes
    root: Path
    above: Path

    def origin(self, value: Mapping[str, Any]) -> Path | None:
        """Return the file that an object comes from: a resource, or the kustomization that generates it."""
        annotations = value.get("metadata", {}).get("annotations") or {}
        origin = yaml.safe_load(str(annotations.get(ORIGIN, ""))) or {}
        path = origin.get("path") or origin.get("configuredIn")
        return Path(os.path.normpath(self.above / path)) if path else None


@dataclass
class Kustomizations:
    """The kustomizations in some folders, and those that they use, by folder."""

    every: dict[Path, Kustomization] = field(default_factory=dict)

    @classmethod
    def of(cls, folders: Iterable[Path]) -> "Kustomizations":
        """Return the kustomizations in these folders."""
        kustomizations = cls()
        for folder in folders:
            kustomizations._add(folder.resolve())
        return kustomizations

    def _add(self, folder: Path) -> None:
        if folder not in self.every and (kustomization := _read(folder)):
            self.every[folder] = kustomization
            for base in kustomization.bases:
                self._add(base)

    @property
    def roots(self) -> list[Path]:
        """Return the folders that no other kustomization uses: what is deployed."""
        used = {base for one in self.every.values() for base in one.bases}
        return [folder for folder, one in self.every.items() if folder not in used and not one.is_component]

    def under(self, root: Path) -> Iterator[Kustomization]:
        """Yield a root and all that it uses."""
        seen, left = {root}, [root]
        while left:
            if one := self.every.get(left.pop()):
                yield one
                left += [base for base in one.bases if base not in seen]
                seen |= set(one.bases)

    def render(self, root: Path) -> "Rendered":
        """
        Return what the installed program renders a root to. Nothing is fetched.

        Raises:
          NotRendered: No program is installed, it refuses, or it would have to fetch something.

        """
        for one in self.under(root):
            if one.missing or one.wrong:
                raise NotRendered(one.wrong or f"it names {one.missing}, which is not a file or folder here")
        command = _program()
        with tempfile.TemporaryDirectory(prefix="config-rollout-") as folder:
            above = Path(folder).resolve()
            about = {"resources": [os.path.relpath(root, above)], "buildMetadata": ["originAnnotations"]}
            (above / NAMES[0]).write_text(yaml.safe_dump(about))
            done = run_renderer([*command, str(above)])
        if done.returncode:
            raise NotRendered(_cause(done.stderr.decode(errors="replace"), above))
        return Rendered(done.stdout, root, above)


def run_renderer(command: list[str]) -> "subprocess.CompletedProcess[bytes]":
    """
    Run a program that renders, with nothing on its standard input.

    Raises:
      NotRendered: It does not start, or does not end within a minute.

    """
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_MOST_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotRendered(f"{Path(command[0]).name} does not answer ({type(error).__name__})") from None


def _program() -> list[str]:
    """Return the command that renders a folder."""
    if kustomize := shutil.which("kustomize"):
        return [kustomize, "build"]
    if kubectl := shutil.which("kubectl"):
        return [kubectl, "kustomize"]
    raise NotRendered("neither kustomize nor kubectl is installed")


def _cause(error: str, above: Path) -> str:
    """Return the cause of an error on one line: what follows the last path that it quotes."""
    last = (error.strip().splitlines() or ["no message"])[-1].replace('\\"', '"').replace(str(above), ".")
    cause = last.removeprefix("error: ").removeprefix("Error: ").rpartition("': ")[2]
    return cause[:-1] if cause.count('"') % 2 else cause


def _read(folder: Path) -> Kustomization | None:
    """Return the kustomization of a folder, if it has one."""
    file = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if file is None:
        return None
    try:
        text = file.read_bytes()
        if b"*" in text:
            encode_value(load_documents(text))  # refuses aliases that hold themselves or become far too large
        value = yaml.safe_load(text)
    except (OSError, yaml.YAMLError, NotUnderstood, ValueError, RecursionError):
        return Kustomization(file, wrong=f"{file.name} cannot be read")
    if not isinstance(value, Mapping):
        return Kustomization(file, wrong=f"{file.name} is not a mapping")
    if not str(value.get("apiVersion", _API)).startswith(_API):
        return None  # Flux uses the same name for its own objects
    return _made_of(file, value)


def _made_of(file: Path, value: Mapping[str, Any]) -> Kustomization:
    """Return what a kustomization uses."""
    folder = file.parent
    bases, resources, missing = [], [], ""
    for entry in (str(entry) for section in _BASES for entry in _list(value.get(section)) if isinstance(entry, str)):
        path = _path(folder, entry)
        if path and path.is_dir():
            bases.append(path)
        elif path:
            resources.append(path)
        elif "\n" not in entry:
            missing = missing or entry
    parts = [text for section in _PARTS for text in _texts(value.get(section))]
    for generator in [one for section in _GENERATORS for one in _list(value.get(section)) if isinstance(one, Mapping)]:
        parts += [text for section in ("files", "envs", "env") for text in _texts(generator.get(section))]
    missing = missing or next((text for text in parts if _REMOTE.match(text)), "")
    missing = missing if missing.isprintable() else repr(missing)
    files = [part for text in parts if (part := _path(folder, text)) and part.is_file()]
    component = value.get("kind") == "Component"
    return Kustomization(file, component, tuple(bases), tuple(resources), tuple(files), missing)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value that may name a file; one of several lines is a patch itself."""
    if isinstance(value, str):
        if "\n" not in value and value:
            yield value.partition("=")[2] or value  # a generator's KEY=FILE
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _path(folder: Path, text: str) -> Path | None:
    """Return what a text names in a folder, if that exists."""
    try:
        path = (folder / text).resolve()
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):
        return None
