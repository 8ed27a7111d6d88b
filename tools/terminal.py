"""Runs a program in a terminal of its own, and returns what a person would see when it has ended."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_ROWS, _COLUMNS = 60, 150
_UP = re.compile(r"\x1b\[\d+A")
_CONTROL = re.compile(r"\x1b\[\??[\d;]*[A-HJKSTfhlsu]")


def run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    columns: int = _COLUMNS,
    drawn: Callable[[str], None] | None = None,
) -> tuple[int, str]:
    """
    Return exit code and last picture. Colours stay as escape codes; frames that were drawn over are gone.

    Each of these frames goes to `drawn` when the next one is begun.
    """
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
    process = subprocess.Popen(
        command, cwd=folder, env={**environment, "TERM": "xterm"}, stdin=writer, stdout=writer, stderr=writer
    )
    os.close(writer)
    output = bytearray()
    with suppress(OSError):  # Linux ends the stream of a closed terminal with EIO
        while piece := os.read(reader, 65536):
            output += piece
            if drawn and len(frames := _UP.split(output.decode(errors="replace"))) > 2:
                drawn(_plain(frames[-2]).strip("\n"))
    os.close(reader)
    return process.wait(), last_picture(output.decode(errors="replace"))


def last_picture(output: str) -> str:
    """Return what is left on the screen: after the cursor moves up, the table is drawn again."""
    *_, table, rest = ["", *_UP.split(output)]
    text = _CONTROL.sub("", rest if "Type  " in rest else f"{table.rstrip()}\n\n{rest}")
    return re.sub(r"\n{3,}", "\n\n", _plain(text)).strip("\n")


def _plain(frame: str) -> str:
    """Return the lines of a frame as displayed: a carriage return overwrites its line."""
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in _CONTROL.sub("", frame).split("\n"))
