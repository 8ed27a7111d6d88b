"""`check --fix`: shows what it would write as a diff, and writes it with `--yes`."""

import difflib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ...core.kubernetes.manifest_text import Document
from ...core.rules.fixes import NotFixed, fixes
from ...core.rules.gaps import summary
from ...core.rules.manifest import Manifest, Place, parse_manifest
from ...core.rules.meaning_hash import Hashes, NotHashed, write_hashes
from ...core.rules.objects import Objects
from ...core.rules.settings import Settings
from ..errors import Trouble
from ..inputs.manifests import Manifests, display_name

NOTHING_LEFT, LEFT = 0, 1
"""The exit codes."""

_RENDERED = "a kustomization renders it. Generate the ConfigMap with configMapGenerator"


def fix(manifests: Manifests, settings: Settings, write: bool) -> int:
    """
    Print the fixes as a diff, write them if asked, and return the exit code.

    Raises:
      Trouble: Standard input cannot be fixed; a file was changed by someone else, or cannot be written.

    """
    if "-" in manifests.paths:
        raise Trouble("check --fix: cannot write to standard input. Name files or folders.")
    changed, gaps = 0, []
    for manifest_set in manifests.sets():
        manifest, files = Manifest(), dict(manifest_set.texts)
        for name, text in files.items():
            parse_manifest(name, text, manifest)
        gaps += manifest.gaps
        if rendered := manifest_set.rendered:
            for one in fixes(Objects.of(manifest.objects), settings):
                _say(display_name(rendered.root), one.workload.title, _RENDERED)
            continue
        for name, before, after in _edited(manifest, files, settings):
            changed += 1
            _show(name, before, after)
            if write:
                _write(Path(name), before, after)
    for note in summary([*manifests.gaps, *gaps]):
        print(f"config-rollout: note: {note}", file=sys.stderr)
    many = f"{changed:,} {'file' if changed == 1 else 'files'}"
    if changed and not write:
        print(f"config-rollout: {many} would change. Run again with --fix --yes to write them.", file=sys.stderr)
        return LEFT
    print(f"config-rollout: {many} changed." if changed else "config-rollout: nothing to fix.", file=sys.stderr)
    return NOTHING_LEFT


def _edited(manifest: Manifest, files: dict[str, bytes], settings: Settings) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield name, text and new text of each file that changes, and print what is not fixed."""
    by_document: dict[tuple[str, int], tuple[Document, list[tuple[tuple[str | int, ...], Hashes]]]] = {}
    for one in fixes(Objects.of(manifest.objects), settings):
        place = one.workload.place
        assert isinstance(place, Place)
        if isinstance(one, NotFixed):
            _say(str(place), one.workload.title, one.why)
        elif place.document:
            key = place.file, place.document.offset
            by_document.setdefault(key, (place.document, []))[1].append((place.item, one))
    texts = dict(files)
    for (name, offset), (document, every) in sorted(by_document.items(), key=lambda pair: pair[0], reverse=True):
        try:
            new = write_hashes(document, every)
        except NotHashed as why:
            _say(f"{name}:{document.line}", every[0][1].workload.title, str(why))
            continue
        texts[name] = texts[name][:offset] + new + texts[name][offset + len(document.text) :]
    yield from ((name, files[name], texts[name]) for name in files if files[name] != texts[name])


def _say(place: str, title: str, why: str) -> None:
    print(f"config-rollout: note: {place}: {title}: not fixed: {why}.", file=sys.stderr)


def _show(name: str, before: bytes, after: bytes) -> None:
    old, new = (text.decode(errors="replace").splitlines(keepends=True) for text in (before, after))
    relative = name.lstrip("/")
    for line in difflib.unified_diff(old, new, f"a/{relative}", f"b/{relative}"):
        print(line, end="" if line.endswith("\n") else "\n\\ No newline at end of file\n")


def _write(file: Path, before: bytes, after: bytes) -> None:
    """Write a file as a whole or not at all."""
    try:
        if file.read_bytes() != before:
            raise Trouble(f"{file}: was changed by someone else in the meantime. Run the command again.")
        real = file.resolve()
        new = real.with_name(f".{real.name}.{os.getpid()}")
        new.write_bytes(after)
        shutil.copymode(real, new)
        new.replace(real)
    except OSError as error:
        raise Trouble(f"{file}: {(error.strerror or str(error)).lower()}. Give the permission to write it.") from None
