"""Prints what makes a shell complete the command line, made from the command line itself. Needs the extra `cli`."""

import argparse
from collections.abc import Iterator
from typing import Any

from .errors import not_installed

SHELLS = ("bash", "zsh", "tcsh")

_FILES = {"PATH", "OLD", "NEW", "HISTORY", "FILE"}
"""The words in the help that stand for a file or folder."""


class PrintCompletion(argparse.Action):
    """`--print-completion SHELL`: print the completion of the whole parser, and leave."""

    def __call__(self, parser: argparse.ArgumentParser, _namespace: object, shell: Any, _option: object = None) -> None:
        """Import shtab here: only who asks for a completion waits for it, and needs it."""
        try:
            import shtab
        except ModuleNotFoundError as error:
            raise not_installed(error, "make the completion", "cli", "--print-completion: ") from None
        for action in _actions(parser):
            if action.metavar in _FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined] # where shtab looks for it
        print(shtab.complete(parser, shell), flush=True)
        parser.exit()


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
