"""The command line: hash and diff of a configuration, and what is wrong with manifests. Imports no Pulumi."""

import argparse
import sys
from collections.abc import Sequence

from .commands import check, difference, hashing, replay
from .completion import SHELLS, PrintCompletion
from .sources import Trouble

TROUBLE = 2
"""The exit code of every command that could not do its work."""

INTERRUPTED = 130
"""The exit code of a command that was interrupted from the keyboard, as shells have it."""

_COMMANDS = (hashing, difference, replay, check)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="config-rollout", description=__doc__)
    parser.add_argument(
        "--print-completion", choices=SHELLS, action=PrintCompletion, help="print what makes this shell complete"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.add(commands)
    try:
        given = parser.parse_args(arguments)
        code: int = given.run(given)
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
