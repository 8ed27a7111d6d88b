"""`kubespray`: the KubeProxyConfiguration that kubespray renders from an inventory's variables."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...core.arguments.finding import Finding, report
from ...core.kubespray.template import convert
from ..errors import Trouble


def add(commands: Any) -> None:
    """Add the command."""
    text = "print the KubeProxyConfiguration that kubespray renders from its defaults and these variables"
    command = commands.add_parser("kubespray", help=text, description=text)
    command.set_defaults(run=_kubespray)
    command.add_argument(
        "paths",
        metavar="GROUP_VARS",
        nargs="+",
        help="an inventory's folder, its group_vars, or files and folders of variables, later ones win; "
        "`-` for standard input",
    )


def _kubespray(args: argparse.Namespace) -> int:
    from ..inputs.group_vars import GroupVars

    variables = GroupVars(args.paths)
    conversion = convert(variables.values)
    if conversion.findings:
        raise Trouble(report("kubespray", _placed(variables.places, conversion.findings)))
    warnings = report("kubespray", _placed(variables.places, conversion.warnings)).splitlines()
    for line in [*variables.notes, *variables.doubts(conversion.used), *warnings]:
        print(f"config-rollout: warning: {line}", file=sys.stderr)
    print(conversion.text, end="")
    return 0


def _placed(places: Mapping[str, str], findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings with the file and line of the variable that they are about, where one is."""
    for finding in findings:
        place = places.get(finding.where.partition(":")[0])
        yield replace(finding, where=f"{place}: {finding.where}") if place else finding
