"""What is finished: a figure and a log for each (part, peer, situation), so that a run that was cut off goes on."""

import hashlib
import io
import json
import lzma
import os
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..documents import ROOT
from ..local_cluster import RUN_FOLDER
from .counted import Cell

FOLDER = RUN_FOLDER / "compare"
_ABOUT = "about.json"
_SHOWS = {"page.py", "picture.py", "cost.py", "figures.py", "shelf.py", "rules.py", "__main__.py"}
"""Files of this package that change no figure."""


class Shelf:
    """
    A folder with `PART/PEER/SITUATION.json` and `.log`, of one machine and one state of the code.

    Args:
      about: What the figures are of: with anything else what is there is thrown away.
      folder: Where it is.

    """

    def __init__(self, about: Mapping[str, Any], folder: Path = FOLDER) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(dict(about), sort_keys=True)
        if not (folder / _ABOUT).exists() or (folder / _ABOUT).read_text() != text:
            self.clear()
            (folder / _ABOUT).write_text(text)

    def clear(self) -> None:
        """Throw everything away."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    def cell(self, part: str, peer: str, situation: str) -> Cell | None:
        """Return a figure, if it is finished."""
        file = self._file(part, peer, situation, "json")
        return Cell(**json.loads(file.read_text())) if file.exists() else None

    def keep(self, part: str, peer: str, situation: str, cell: Cell) -> None:
        """Keep a figure."""
        self._file(part, peer, situation, "json").write_text(json.dumps(cell.row()))

    def restore(self, runs: Mapping[str, Mapping[str, Mapping[str, Cell]]], archive: Path) -> None:
        """Take in figures, part -> peer -> situation -> cell, and their logs, where none is here yet."""
        with tarfile.open(fileobj=io.BytesIO(lzma.decompress(archive.read_bytes()))) as packed:
            for part, peer, situation, cell in (
                (part, peer, situation, cell)
                for part, peers in runs.items()
                for peer, cells in peers.items()
                for situation, cell in cells.items()
            ):
                log = packed.extractfile(log_name(part, peer, situation))
                if log and not self.cell(part, peer, situation):
                    self.log(part, peer, situation).write_bytes(log.read())
                    self.keep(part, peer, situation, cell)

    def log(self, part: str, peer: str, situation: str) -> Path:
        """Return the file for what a peer prints, empty: what was cut off begins anew."""
        file = self._file(part, peer, situation, "log")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
        return file

    def pack(self, names: Iterable[tuple[str, str, str]], file: Path) -> None:
        """Write the logs of figures, without folders of this machine. The same give the same bytes."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name in sorted(names):
                text = self._file(*name, "log").read_bytes()
                for folder, said in ((ROOT, b"."), (Path.home(), b"~")):
                    text = text.replace(os.fsencode(folder), said)
                entry = tarfile.TarInfo(log_name(*name))
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text))
        file.write_bytes(lzma.compress(packed.getvalue(), preset=9))

    def _file(self, part: str, peer: str, situation: str, kind: str) -> Path:
        return self.folder / part / peer / f"{situation}.{kind}"


def log_name(part: str, peer: str, situation: str) -> str:
    """Return the name that the log of a figure has in the archive."""
    return f"{part}/{peer}/{situation}.log"


def code() -> str:
    """Return a hash of the code that figures depend on: the library, and this package without what only shows them."""
    package = Path(__file__).parent
    files = [*(ROOT / "components" / "config_rollout").rglob("*.py"), *package.glob("*.py")]
    read = [file for file in sorted(files) if file.parent != package or file.name not in _SHOWS]
    return hashlib.sha256(b"".join(file.read_bytes() for file in read)).hexdigest()[:16]
