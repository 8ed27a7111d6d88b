"""Runs a program in a terminal of its own, and returns what a person would see when it has ended."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_ROWS, _COLUMNS = 60, 150
_UP = re.compile(r"\x1b\[\d+A")
_CONTROL = re.compile(r"\x1b\[\??[\d;]*[A-HJKSTfhlsu]")


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Return exit code and last picture. Colours stay as escape codes; frames that were drawn over are gone."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    process = subprocess.Popen(
        command, cwd=folder, env={**environment, "TERM": "xterm"}, stdin=writer, stdout=writer, stderr=writer
    )
    os.close(writer)
    output = bytearray()
    with suppress(OSError):  # Linux ends the stream of a closed terminal with EIO
        while piece := os.read(reader, 65536):
            output += piece
    os.close(reader)
    return process.wait(), last_picture(output.decode(errors="replace"))


def last_picture(output: str) -> str:
    """Return what is left on the screen: a cursor that goes up begins to draw the table anew."""
    *_, table, rest = ["", *_UP.split(output)]
    text = _CONTROL.sub("", rest if "Type  " in rest else f"{table.rstrip()}\n\n{rest}")
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]  # "\r" writes a line anew
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
