"""The command line: what a configuration hashes to, and what a change of it does. Imports no Pulumi."""

import argparse
import sys
from collections.abc import Sequence

from .commands import difference, hashing, rollout
from .sources import Trouble

TROUBLE = 2
"""The exit code of every command that could not do its work."""

_COMMANDS = (hashing, difference, rollout)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="config-rollout", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.add(commands)
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
