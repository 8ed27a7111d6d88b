"""The command line: what a configuration hashes to, and what a change of it does. Imports no Pulumi."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from .core.content import Content, warnings
from .core.diff import ABSENT, KeyChange, diff_contents
from .core.digest import canonical_bytes, config_hash
from .core.explain import key_lines
from .core.finding import report
from .core.formats import FORMATS
from .sources import Trouble, read_content

NO_RESTART, RESTART, TROUBLE = 0, 1, 2
"""The exit codes of `diff`; trouble is that of the other commands too."""

_COLORS = {"+": "\033[32m", "-": "\033[31m", "~": "\033[33m"}
_RESET = "\033[0m"

_PATH = "a file, a folder (a file for each key), a manifest with a ConfigMap, or - for standard input"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        code: int = given.run(given)
        sys.stdout.flush()
    except Trouble as trouble:
        print(f"config-rollout: {trouble}", file=sys.stderr)
        return TROUBLE
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has seen enough
        return TROUBLE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="config-rollout", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = _command(commands, "hash", _hash, "print the config hash")
    command.add_argument("path", metavar="PATH", help=_PATH)
    command.add_argument("--json", action="store_true", help="with the format of every key")

    command = _command(commands, "canonical", _canonical, "print the bytes that are hashed")
    command.add_argument("path", metavar="PATH", help=_PATH)

    command = _command(
        commands, "diff", _diff, "print what changed; exit with 0 for no restart, 1 for one, 2 for trouble"
    )
    command.add_argument("old", metavar="OLD", help=_PATH)
    command.add_argument("new", metavar="NEW", help=_PATH)
    command.add_argument("--json", action="store_true", help="as described in docs/command-line.md")
    return parser


def _command(commands: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    command.add_argument("--name", metavar="NAME", help="which ConfigMap of a manifest")
    command.add_argument(
        "--format",
        metavar="KEY=FORMAT",
        action="append",
        default=[],
        type=_key_and_format,
        help=f"the format of a key whose suffix does not tell it: {', '.join(FORMATS)}",
    )
    return command


def _key_and_format(text: str) -> tuple[str, str]:
    key, equals, name = text.rpartition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"must be KEY=FORMAT (got {text!r})")
    return key, name


def _content(given: argparse.Namespace, path: str) -> Content:
    content = read_content(path, given.name, dict(given.format))
    for line in report(path, warnings(content)).splitlines():
        print(f"config-rollout: warning: {line}", file=sys.stderr)
    return content


def _hash(given: argparse.Namespace) -> int:
    content = _content(given, given.path)
    digest = config_hash(content)
    if given.json:
        keys = {
            key: {"format": m.format, **({"note": m.note} if m.note else {})} for key, m in content.meanings.items()
        }
        print(json.dumps({"hash": digest, "keys": keys}, indent=2))
    else:
        print(digest)
    return NO_RESTART


def _canonical(given: argparse.Namespace) -> int:
    sys.stdout.buffer.write(canonical_bytes(_content(given, given.path)))
    return NO_RESTART


def _diff(given: argparse.Namespace) -> int:
    if given.old == given.new == "-":
        raise Trouble("-: standard input cannot be both OLD and NEW. Name a file for one of them.")
    old, new = _content(given, given.old), _content(given, given.new)
    hashes = config_hash(old), config_hash(new)
    changes = diff_contents(old, new)
    restart = hashes[0] != hashes[1]
    if given.json:
        rows = [row for change in changes for row in _rows(change)]
        print(json.dumps({"restart": restart, "old_hash": hashes[0], "new_hash": hashes[1], "changes": rows}, indent=2))
    else:
        for line in [line for change in changes for line in key_lines(change)]:
            print(_colored(line[2:]))
        print("nothing restarts" if not restart else f"{hashes[0][:10]} => {hashes[1][:10]}: restart")
    return RESTART if restart else NO_RESTART


def _rows(change: KeyChange) -> Iterator[dict[str, Any]]:
    """Yield one row for each field that changed, or one for the key where there are no fields."""
    row = {"key": change.key, "path": "", "op": change.op, "old": None, "new": None}
    fields = change.fields()
    if not fields:
        same = change.means_the_same
        yield row | {"effect": "none" if same else "restart", "class": "no-op" if same else "restart"}
        return
    for field in fields:
        values = {"path": field.path, "op": field.op, "old": _plain(field.old), "new": _plain(field.new)}
        yield row | values | {"effect": field.effect.effect, "class": field.effect.kind}


def _plain(value: object) -> Any:
    """Return a value as JSON can hold it: what is spelled in its own way as its spelling, what is absent as null."""
    if value is ABSENT:
        return None
    return json.loads(json.dumps(value, default=repr))


def _colored(line: str) -> str:
    """Return the line in the colour of its sign, on a terminal."""
    sign = line.lstrip()[:1]
    return f"{_COLORS[sign]}{line}{_RESET}" if sign in _COLORS and sys.stdout.isatty() else line
