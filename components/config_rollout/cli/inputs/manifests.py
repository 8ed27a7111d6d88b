"""The manifests at the paths of the command line, in sets that belong together: a kustomization, or a folder."""

import fnmatch
import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...core.rules.gaps import Gap, Reason
from ..errors import Trouble
from .files import MAX_MANIFEST_BYTES, STDIN, read_file, standard_input
from .kustomizations import NAMES, Kustomizations, NotRendered, Rendered

_SUFFIXES = (".yaml", ".yml", ".json")
_TEMPLATE_NAME = re.compile(r"(?i).*\.(ya?ml|json)\.(tpl|tmpl|gotmpl|j2|jinja2?|erb|mustache|template|in)")
_NEVER = (".git", "node_modules")

NAMED_AS_TEMPLATE = Reason(
    "template-name", "file whose name is a template's", "files whose names are templates'", "Render first"
)
UNREADABLE = Reason("unreadable", "file or folder that cannot be opened", "files or folders that cannot be opened",
                    "Give the permission, or remove it")  # fmt: skip
LINK = Reason("link", "link to a folder elsewhere", "links to folders elsewhere", "Name the folder itself")
NOT_RENDERED = Reason(
    "kustomization",
    "kustomization that is not rendered",
    "kustomizations that are not rendered",
    "Render it yourself, and pipe the result into check -",
)
PATCH_FILE = Reason("patch-file", "file of a kustomization's patches", "files of kustomizations' patches",
                    "Check what the kustomization renders to")  # fmt: skip


@dataclass(frozen=True)
class Pattern:
    """Files and folders to leave out, relative to a folder: `vendor`, `charts/*/templates`, `**/test-*.yaml`."""

    text: str
    folder: Path = Path()

    def matches(self, path: Path) -> bool:
        """Return whether a file or folder, or one above it, matches."""
        relative = os.path.relpath(path, self.folder)
        pattern = self.text.removeprefix("./").rstrip("/")
        if "/" not in pattern:
            return any(fnmatch.fnmatchcase(part, pattern) for part in Path(relative).parts)
        patterns = {pattern, pattern.replace("**/", "")}
        return any(fnmatch.fnmatchcase(relative, one) or fnmatch.fnmatchcase(relative, f"{one}/*") for one in patterns)


@dataclass(frozen=True)
class ManifestSet:
    """Manifests that belong together, as names and texts; `rendered` is the kustomization that they come from."""

    texts: Iterator[tuple[str, bytes]]
    rendered: Rendered | None = None


@dataclass
class Manifests:
    """
    The manifests at some paths.

    While `sets` is read, `gaps` collects what cannot be read, `excluded` counts what is left out, and `unmatched` keeps
    the patterns of `exclude` that have not matched.

    Args:
      paths: Files, folders, patterns with `*`, `?` or `[`, and `-` for standard input.
      exclude: Patterns of files and folders to leave out.
      ours: The configuration and baseline of the command, which are not manifests.
      together: Whether all files are one set.

    """

    paths: Sequence[str]
    exclude: Sequence[Pattern] = ()
    ours: Sequence[Path] = ()
    together: bool = False
    gaps: list[Gap] = field(default_factory=list)
    excluded: int = 0
    unmatched: set[str] = field(default_factory=set)

    def sets(self) -> Iterator[ManifestSet]:
        """
        Yield the sets: standard input, each kustomization that no other one uses, and each folder.

        Raises:
          Trouble: A path cannot be read, or is a folder without manifests.

        """
        self.unmatched = {pattern.text for pattern in self.exclude}
        files = self._files()
        if "-" in self.paths:
            yield ManifestSet(iter([(STDIN, standard_input(MAX_MANIFEST_BYTES))]))
        sources = {file.resolve() for file in self.ours}
        for rendered in self._kustomizations(files, sources):
            yield ManifestSet(iter([(display_name(rendered.root / NAMES[0]), rendered.text)]), rendered)
        by_folder: dict[Path, list[Path]] = {}
        for file in files:
            if (real := file.resolve()) not in sources and (file.suffix or str(file) in self.paths):
                by_folder.setdefault(Path() if self.together else real.parent, []).append(file)
        for folder_files in by_folder.values():
            yield ManifestSet(self._texts(folder_files))

    def _files(self) -> list[Path]:
        """Return the files at the paths, and those in folders at the paths, each once."""
        files: dict[str, Path] = {}
        for path in [path for path in self.paths if path != "-"]:
            every = _expand(path)
            for one in every:
                if one.is_dir():
                    inside = list(self._walk(one, one.resolve()))
                    if not inside and len(every) == 1 and not self.gaps and not self.excluded:
                        raise Trouble(
                            f"{path}: contains no file that ends in {', '.join(_SUFFIXES)}. Pass a folder of manifests."
                        )
                    files |= {os.path.abspath(file): file for file in inside}
                elif not self._is_excluded(one):
                    files[os.path.abspath(one)] = one
        return list(files.values())

    def _walk(self, folder: Path, top: Path) -> Iterator[Path]:
        """Yield the files of manifests in a folder and below it, and note what cannot be read."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.gaps.append(Gap(UNREADABLE, display_name(folder), (error.strerror or str(error)).lower()))
            return
        for entry in entries:
            path = Path(entry.path)
            if entry.name in _NEVER or entry.name.startswith("..") or self._is_excluded(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(path, top)
            elif entry.is_dir():
                if not path.resolve().is_relative_to(top):
                    self.gaps.append(Gap(LINK, display_name(path)))
            elif path.suffix.lower() in _SUFFIXES or entry.name in NAMES:
                yield path
            elif _TEMPLATE_NAME.fullmatch(entry.name):
                self.gaps.append(Gap(NAMED_AS_TEMPLATE, display_name(path)))

    def _is_excluded(self, path: Path) -> bool:
        patterns = [pattern for pattern in self.exclude if pattern.matches(path)]
        self.unmatched -= {pattern.text for pattern in patterns}
        self.excluded += bool(patterns)
        return bool(patterns)

    def _kustomizations(self, files: Sequence[Path], sources: set[Path]) -> Iterator[Rendered]:
        """Yield what each root renders to, and add the files that are not manifests of their own to `sources`."""
        kustomizations = Kustomizations.of(sorted({file.parent for file in files if file.name in NAMES}))
        sources |= {one.file.resolve() for one in kustomizations.every.values()}
        patches: set[Path] = set()
        for root in kustomizations.roots:
            layers = list(kustomizations.under(root))
            parts = {file for one in layers for file in one.parts}
            parts |= {file for one in layers if one.is_component for file in one.resources}
            try:
                rendered = kustomizations.render(root)
            except NotRendered as why:
                self.gaps.append(Gap(NOT_RENDERED, display_name(root), str(why)))
                patches |= parts
                continue
            sources |= parts | {file for one in layers for file in one.resources}
            yield rendered
        left = [file for file in files if file.resolve() in patches - sources and file.suffix.lower() in _SUFFIXES]
        self.gaps += [Gap(PATCH_FILE, display_name(file)) for file in left]
        sources |= patches

    def _texts(self, files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
        for file in files:
            try:
                text = read_file(file, MAX_MANIFEST_BYTES)
            except Trouble as trouble:
                if str(file) in self.paths:
                    raise
                why = str(trouble).removeprefix(f"{file}: ").partition(". ")[0]
                self.gaps.append(Gap(UNREADABLE, display_name(file), why))
                continue
            yield display_name(file), text


def display_name(path: Path) -> str:
    """Return a path as findings and outputs show it: relative to the working directory, if it is below that."""
    full = Path(os.path.abspath(path))
    here = Path.cwd()
    return full.relative_to(here).as_posix() if full.is_relative_to(here) else full.as_posix()


def _expand(path: str) -> list[Path]:
    """Return the path itself, or the files and folders that match it as a pattern."""
    if glob.has_magic(path) and not os.path.lexists(path):
        names = sorted(glob.glob(path, recursive=True, include_hidden=True))
        if not names:
            raise Trouble(f"{path}: matches no file. Name a file, a folder or '-', or correct the pattern.")
        return [Path(name) for name in names if Path(name).is_dir() or Path(name).suffix.lower() in _SUFFIXES]
    if not os.path.exists(path):
        read_file(Path(path))  # raises, with the reason
    return [Path(path)]
