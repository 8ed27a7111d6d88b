"""`check`: what the rules of the policy pack find in manifests."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command."""
    text = "print what is wrong with manifests; exit with 0 for nothing mandatory, 1 for that, 2 for trouble"
    command = commands.add_parser("check", help=text, description=text)
    command.set_defaults(run=_check)
    command.add_argument("path", metavar="PATH", help="a file, a folder of manifests, or - for standard input")
    command.add_argument(
        "--config", metavar="FILE", help="levels, parameters and skips, as described in docs/policies.md"
    )
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as described in docs/policies.md")
    form.add_argument("--sarif", action="store_true", help="SARIF 2.1.0, for code scanning")


def _check(given: argparse.Namespace) -> int:
    from .findings import run

    return run(given.path, given.config, "json" if given.json else "sarif" if given.sarif else "text")
