"""Which manifests the command line names, and which of them belong together: one kustomization, or one folder."""

import fnmatch
import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...core.rules.unread import Reason, Unread
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
    "Pipe what is rendered into check -",
)
PATCH_FILE = Reason("patch-file", "file of a kustomization's patches", "files of kustomizations' patches",
                    "Check what it renders")  # fmt: skip


@dataclass(frozen=True)
class Pattern:
    """Files and folders to leave out: `vendor`, `charts/*/templates`, `**/test-*.yaml`, from a folder on."""

    text: str
    folder: Path = Path()

    def fits(self, path: Path) -> bool:
        """Return whether a file or folder fits, or stands in a folder that does."""
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

    `unread` fills while `sets` is read. `unmatched` are the patterns of `exclude` that no file matched.

    Args:
      paths: Files, folders, patterns with `*`, `?` or `[`, and `-` for standard input.
      exclude: Patterns of files and folders to leave out.
      ours: Files of the command's own, which are no manifests: its configuration and baseline.
      together: Whether all that is named is one set.

    """

    paths: Sequence[str]
    exclude: Sequence[Pattern] = ()
    ours: Sequence[Path] = ()
    together: bool = False
    unread: list[Unread] = field(default_factory=list)
    excluded: int = 0
    unmatched: set[str] = field(default_factory=set)

    def sets(self) -> Iterator[ManifestSet]:
        """
        Yield the sets: standard input, each kustomization that nothing else is made of, and each folder.

        Raises:
          Trouble: Something that was named cannot be read, or a folder holds no manifests.

        """
        self.unmatched = {pattern.text for pattern in self.exclude}
        files = self._files()
        if "-" in self.paths:
            yield ManifestSet(iter([(STDIN, standard_input(MAX_MANIFEST_BYTES))]))
        covered: set[Path] = set()
        for one in self._rendered(files, covered):
            yield ManifestSet(iter([(shown(one.root / NAMES[0]), one.text)]), one)
        covered |= {file.resolve() for file in self.ours}
        by_folder: dict[Path, list[Path]] = {}
        for file in files:
            if (real := file.resolve()) not in covered and (file.suffix or str(file) in self.paths):
                by_folder.setdefault(Path() if self.together else real.parent, []).append(file)
        for folder_files in by_folder.values():
            yield ManifestSet(self._texts(folder_files))

    def _files(self) -> list[Path]:
        """Return every file that is named or found in a folder that is named, each once."""
        found: dict[str, Path] = {}
        for path in [path for path in self.paths if path != "-"]:
            every = _expanded(path)
            for named in every:
                if named.is_dir():
                    inside = list(self._walk(named, named.resolve()))
                    if not inside and len(every) == 1 and not self.unread and not self.excluded:
                        raise Trouble(
                            f"{path}: holds no file that ends in {', '.join(_SUFFIXES)}. Name a folder of manifests."
                        )
                    found |= {os.path.abspath(file): file for file in inside}
                elif not self._is_excluded(named):
                    found[os.path.abspath(named)] = named
        return list(found.values())

    def _walk(self, folder: Path, top: Path) -> Iterator[Path]:
        """Yield the files of manifests in a folder and below, and note what is not looked at."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.unread.append(Unread(UNREADABLE, shown(folder), (error.strerror or str(error)).lower()))
            return
        for entry in entries:
            path = Path(entry.path)
            if entry.name in _NEVER or entry.name.startswith("..") or self._is_excluded(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(path, top)
            elif entry.is_dir():
                if not path.resolve().is_relative_to(top):
                    self.unread.append(Unread(LINK, shown(path)))
            elif path.suffix.lower() in _SUFFIXES or entry.name in NAMES:
                yield path
            elif _TEMPLATE_NAME.fullmatch(entry.name):
                self.unread.append(Unread(NAMED_AS_TEMPLATE, shown(path)))

    def _is_excluded(self, path: Path) -> bool:
        matched = [pattern for pattern in self.exclude if pattern.fits(path)]
        self.unmatched -= {pattern.text for pattern in matched}
        self.excluded += bool(matched)
        return bool(matched)

    def _rendered(self, files: Sequence[Path], covered: set[Path]) -> Iterator[Rendered]:
        """Yield what each root renders to, and note which files need no look of their own."""
        kustomizations = Kustomizations.of(sorted({file.parent for file in files if file.name in NAMES}))
        covered |= {one.file.resolve() for one in kustomizations.every.values()}
        patches: set[Path] = set()
        for root in kustomizations.roots:
            made_of = list(kustomizations.under(root))
            parts = {file for one in made_of for file in one.parts}
            parts |= {file for one in made_of if one.is_component for file in one.resources}
            try:
                rendered = kustomizations.render(root)
            except NotRendered as why:
                self.unread.append(Unread(NOT_RENDERED, shown(root), str(why)))
                patches |= parts
                continue
            covered |= parts | {file for one in made_of for file in one.resources}
            yield rendered
        left = [file for file in files if file.resolve() in patches - covered and file.suffix.lower() in _SUFFIXES]
        self.unread += [Unread(PATCH_FILE, shown(file)) for file in left]
        covered |= patches

    def _texts(self, files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
        for file in files:
            try:
                text = read_file(file, MAX_MANIFEST_BYTES)
            except Trouble as trouble:
                if str(file) in self.paths:
                    raise
                why = str(trouble).removeprefix(f"{file}: ").partition(". ")[0]
                self.unread.append(Unread(UNREADABLE, shown(file), why))
                continue
            yield shown(file), text


def shown(path: Path) -> str:
    """Return a path as findings and outputs name it: from the working directory, if it is below that."""
    full = Path(os.path.abspath(path))
    here = Path.cwd()
    return full.relative_to(here).as_posix() if full.is_relative_to(here) else full.as_posix()


def _expanded(path: str) -> list[Path]:
    """Return what a path names: itself, or what fits it as a pattern."""
    if glob.has_magic(path) and not os.path.lexists(path):
        found = sorted(glob.glob(path, recursive=True, include_hidden=True))
        if not found:
            raise Trouble(f"{path}: fits no file. Name a file, a folder or '-', or correct the pattern.")
        return [Path(one) for one in found if Path(one).is_dir() or Path(one).suffix.lower() in _SUFFIXES]
    if not os.path.exists(path):
        read_file(Path(path))  # raises, with the reason
    return [Path(path)]
