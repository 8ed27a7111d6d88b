"""`check`: runs the rules of the policy pack over manifests."""

import argparse
import json
from typing import Any

from ..errors import Trouble

EXPLAINED = ("config-not-hashed", "config-changed-in-place")
"""The rules for which `--explain` takes a PATH."""

_FORMS = {
    "json": "as described in docs/check.md",
    "sarif": "SARIF 2.1.0, for code scanning",
    "github": "workflow commands, which GitHub shows next to the lines",
    "junit": "JUnit XML, which GitLab and others show as tests",
}


def add(commands: Any) -> None:
    """Add the command."""
    text = "check manifests; exit with 0 for no mandatory finding, 1 for one, 2 if something went wrong"
    command = commands.add_parser("check", help=text, description=text)
    command.set_defaults(run=_check)
    command.add_argument(
        "paths", metavar="PATH", nargs="*", help="a file, a folder, a pattern with * ? [ ], or - for standard input"
    )
    command.add_argument("--config", metavar="FILE", help="the settings, instead of the closest .config-rollout.yaml")
    command.add_argument("--rule", metavar="RULE", action="append", default=[], help="run this rule only; repeatable")
    command.add_argument(
        "--exclude", metavar="RULE|PATTERN", action="append", default=[], help="leave out a rule or files; repeatable"
    )
    command.add_argument(
        "--fail-on", choices=("mandatory", "advisory", "never"), help="the lowest level that makes the exit code 1"
    )
    command.add_argument("--baseline", metavar="FILE", help="do not report the findings in FILE, which --json wrote")
    command.add_argument("--strict", action="store_true", help="exit with 2 if something could not be checked")
    command.add_argument("--together", action="store_true", help="treat all files as one set, not each folder")
    command.add_argument("--yes", action="store_true", help="with --fix: write the changes")
    form = command.add_mutually_exclusive_group()
    for name, what in _FORMS.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, default="text", help=what)
    form.add_argument("--fix", action="store_true", help="show the missing hashes as a diff; see --yes")
    form.add_argument("--list", action="store_true", help="print all rules")
    form.add_argument("--schema", action="store_true", help="print the JSON schema of the configuration file")
    form.add_argument(
        "--explain",
        metavar="RULE",
        help="describe a rule; config-not-hashed with PATH: what covers each ConfigMap there",
    )


def _check(arguments: argparse.Namespace) -> int:
    from ...core.rules import BY_ID, document  # the rules take longer to import than the other commands to run
    from ...core.rules.check_settings import config_schema
    from .findings import Options, explain, run

    for rule in (*arguments.rule, *filter(None, [arguments.explain])):
        if rule not in BY_ID:
            raise Trouble(f"check: unknown rule {rule!r}. `config-rollout check --list` prints all rules.")
    if arguments.schema:
        print(json.dumps(config_schema(), indent=2))
        return 0
    if arguments.list or arguments.explain:
        if arguments.explain in EXPLAINED and arguments.paths:
            explain(arguments.paths, arguments.config, arguments.together)
        else:
            print(document.render_list() if arguments.list else document.render_rule(BY_ID[arguments.explain]))
        return 0
    if arguments.yes and not arguments.fix:
        raise Trouble("check: --yes requires --fix. Add --fix, or remove --yes.")
    if not arguments.paths:
        raise Trouble("check: PATH is required. Name files, folders or '-'.")
    options = Options(
        arguments.paths,
        arguments.config,
        arguments.rule,
        arguments.exclude,
        arguments.fail_on,
        arguments.baseline,
        arguments.strict,
        arguments.together,
        arguments.form,
        arguments.fix,
        arguments.yes,
    )
    return run(options)
