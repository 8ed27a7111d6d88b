"""`kubespray`: the KubeProxyConfiguration that kubespray renders from an inventory's variables."""

import argparse
import sys
from typing import Any

from ..core.finding import report
from ..core.kubespray import convert
from ..sources import Trouble


def add(commands: Any) -> None:
    """Add the command."""
    text = "print the KubeProxyConfiguration that kubespray renders from its defaults and these variables"
    command = commands.add_parser("kubespray", help=text, description=text)
    command.set_defaults(run=_kubespray)
    command.add_argument(
        "paths",
        metavar="GROUP_VARS",
        nargs="+",
        help="files and folders of group_vars, later ones win; `inventory/NAME/group_vars` as a whole is one",
    )


def _kubespray(given: argparse.Namespace) -> int:
    from ..group_vars import GroupVars

    variables = GroupVars(given.paths)
    conversion = convert(variables.values)
    if conversion.findings:
        raise Trouble(report("kubespray", conversion.findings))
    for line in [*variables.notes, *report("kubespray", conversion.warnings).splitlines()]:
        print(f"config-rollout: warning: {line}", file=sys.stderr)
    print(conversion.text, end="")
    return 0
