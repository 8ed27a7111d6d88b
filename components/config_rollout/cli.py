"""The command line: hash and diff of a configuration, and what is wrong with manifests. Imports no Pulumi."""

import argparse
import sys
from collections.abc import Sequence

from .commands import check, difference, hashing, kubespray, replay, rollout
from .completion import SHELLS, PrintCompletion
from .core.compatibility import judge
from .core.finding import report
from .sources import Trouble

TROUBLE = 2
"""The exit code of every command that could not do its work."""

INTERRUPTED = 130
"""The exit code of a command that was interrupted from the keyboard, as shells have it."""

_COMMANDS = (hashing, difference, replay, check, kubespray, rollout)


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
        _check_python()
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


def _check_python() -> None:
    findings, warnings = judge({"python": ".".join(map(str, sys.version_info[:3]))})
    if findings:
        raise Trouble(report("python", findings))
    for line in report("python", warnings).splitlines():
        print(f"config-rollout: warning: {line}", file=sys.stderr)
