"""`diff`: what a change of a configuration does."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...core.configuration.diff import TEXT_VERSION, FieldChange, KeyChange, diff_contents
from ...core.configuration.digest import config_hash, short_hash
from ...core.configuration.secret_values import hide
from ...core.markers import ABSENT
from ...core.words.changes import field_lines, field_name, lines_of_keys, reloads
from ..errors import Trouble
from .reading import PATH, add_options, read

NO_RESTART, RESTART = 0, 1
"""The exit codes."""

_COLORS = {"+": "\033[32m", "-": "\033[31m", "~": "\033[33m"}
_RESET = "\033[0m"


def add(commands: Any) -> None:
    """Add the command."""
    text = "print what changed; exit with 0 for no restart, 1 for a restart, 2 for an error"
    command = commands.add_parser("diff", help=text, description=text)
    command.set_defaults(run=_diff)
    command.add_argument("old", metavar="OLD", help=PATH)
    command.add_argument("new", metavar="NEW", help=PATH)
    command.add_argument("--json", action="store_true", help="as described in docs/command-line.md")
    add_options(command)


def _diff(args: argparse.Namespace) -> int:
    if args.old == args.new == "-":
        raise Trouble("-: standard input cannot be both OLD and NEW. Pass a file for one of them.")
    old, new = read(args, args.old, args.new)
    return show(diff_contents(old, new), (config_hash(old), config_hash(new)), args.json)


def show(
    changes: Sequence[KeyChange], hashes: tuple[str, str], as_json: bool, template: Sequence[FieldChange] = ()
) -> int:
    """
    Print what changed between two contents with these hashes, and return the exit code.

    `template` is what changed in the pod template beside them, which always restarts pods.
    """
    restart = hashes[0] != hashes[1] or bool(template)
    if as_json:
        rows = [row for change in changes for row in rows_of(change)] + [_row("", change) for change in template]
        print(json.dumps({"restart": restart, "old_hash": hashes[0], "new_hash": hashes[1], "changes": rows}, indent=2))
        return RESTART if restart else NO_RESTART
    for line in lines_of_keys(changes):
        print(_colored(line[2:]))
    if template:
        print("pod template")
    for line in [line for change in template for line in field_lines(change, secret=False)]:
        print(_colored(f"    {line}"))
    if hashes[0] == hashes[1]:
        print(
            "restart" if restart else "reload, nothing restarts" if any(map(reloads, changes)) else "nothing restarts"
        )
    else:
        print(f"{short_hash(hashes[0])} => {short_hash(hashes[1])}: restart")
    return RESTART if restart else NO_RESTART


def rows_of(change: KeyChange) -> Iterator[dict[str, Any]]:
    """Yield one row for each field that changed, or one for the key where there are no fields."""
    if change.section == TEXT_VERSION:
        old, new = (ABSENT if side is None else side.decode() for side in (change.old, change.new))
        yield _row("", FieldChange(TEXT_VERSION, old, new)) | ({"source": change.source} if change.source else {})
        return
    source = {"source": change.source} if change.source else {}
    row = {"key": change.key, "path": "", "op": change.op, "old": None, "new": None, **source}
    if not change.fields:
        yield row | {"effect": change.effect.effect, "class": change.effect.kind}
        return
    yield from (_row(change.key, field) | source for field in change.fields)


def _row(key: str, field: FieldChange) -> dict[str, Any]:
    name = field_name(field.path)
    old, new = (_plain(hide(value, name)) for value in (field.old, field.new))
    return {"key": key, "path": field.path, "op": field.op, "old": old, "new": new, "effect": field.effect.effect,
            "class": field.effect.kind}  # fmt: skip


def _plain(value: object) -> Any:
    """Return a value as JSON can hold it: a scalar that counts by its spelling as that, a missing one as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is ABSENT or value is None:
        return None
    return value if isinstance(value, str | int | float) else repr(value)


def _colored(line: str) -> str:
    """Return the line in the colour of its sign, on a terminal."""
    sign = line.lstrip()[:1]
    return f"{_COLORS[sign]}{line}{_RESET}" if sign in _COLORS and sys.stdout.isatty() else line
