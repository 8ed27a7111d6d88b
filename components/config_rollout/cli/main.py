"""The command line: what a configuration hashes to, what a change of it does, what is wrong. Imports no Pulumi."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from ..when_used import put_off

with put_off("inspect"):  # which dataclasses ask for signatures, and none of ours has to
    from ..core.arguments.finding import report
    from ..core.compatibility import judge
    from .completion import SHELLS, PrintCompletion
    from .errors import Trouble

TROUBLE = 2
"""The exit code of every command that could not do its work."""

INTERRUPTED = 130
"""The exit code of a command that was interrupted from the keyboard, as shells have it."""

_WHAT = "What a configuration hashes to, what a change of it does, and what is wrong with it. Needs no Pulumi."

_MODULES = {
    "hash": "hashing",
    "canonical": "hashing",
    "diff": "difference",
    "init": "init",
    "explain": "explain",
    "replay": "replay",
    "check": "check",
    "transform": "transform",
    "prune": "prune",
    "kubespray": "kubespray",
    "pause": "rollout",
    "resume": "rollout",
    "rbac": "rbac",
    "status": "status",
    "history": "history",
    "timeline": "timeline",
    "metrics": "metrics",
}
"""Command -> its module in commands/."""


class _PrintVersion(argparse.Action):
    """`--version`: print the version of the package, and leave."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Read it of the installed package: it stands nowhere else."""
        from importlib.metadata import version

        print(f"config-rollout {version('pulumi-config-rollout')}")
        parser.exit()


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal. argparse asks for the width at every argument, and imports a lot to do so."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


class _Parser(argparse.ArgumentParser):
    """A parser with that help."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Help, **options)


def _columns() -> int:
    """Return the width of the terminal, as `shutil.get_terminal_size` does."""
    asked = os.environ.get("COLUMNS", "")
    try:
        return int(asked) if asked.isdecimal() and int(asked) else os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 80


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = command_line(sys.argv[1:] if arguments is None else arguments)
    try:
        _check_python()
        args = parser.parse_args(arguments)
        code: int = args.run(args)
        sys.stdout.flush()
    except Trouble as trouble:
        print(f"config-rollout: {trouble}", file=sys.stderr)
        return TROUBLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has seen enough
        return TROUBLE
    return code


def command_line(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of the command that is called, or of all of them where none is."""
    parser = _Parser(prog="config-rollout", description=_WHAT)
    parser.add_argument(
        "--print-completion", choices=SHELLS, action=PrintCompletion, help="print the completion script for a shell"
    )
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help="print the version, and leave")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for module in _modules(arguments):
        module.add(commands)
    return parser


def _modules(arguments: Sequence[str]) -> list[Any]:
    """Import the module of the command that is called, and all of them where none is: for help and completion."""
    called = _MODULES.get(arguments[0]) if arguments else None
    names = [called] if called else dict.fromkeys(_MODULES.values())
    return [importlib.import_module(f".commands.{name}", __package__) for name in names]


def _check_python() -> None:
    findings, warnings = judge({"python": ".".join(map(str, sys.version_info[:3]))})
    if findings:
        raise Trouble(report("python", findings))
    for line in report("python", warnings).splitlines():
        print(f"config-rollout: warning: {line}", file=sys.stderr)
