"""`transform`: a filter that puts the hash of what pods read into rendered manifests."""

import argparse
import sys
from typing import Any

from ..errors import Trouble


def add(commands: Any) -> None:
    """Add the command."""
    text = "read rendered manifests on standard input, and write them with the hash of what their pods read"
    command = commands.add_parser("transform", help=text, description=text)
    command.set_defaults(run=_transform)
    command.add_argument(
        "--names",
        choices=("keep", "content"),
        default="keep",
        help="content: name ConfigMaps after their content instead, immutable, and kept when they leave the manifests",
    )
    command.add_argument(
        "--leave-out",
        metavar="KEY",
        action="append",
        default=[],
        help="a label or annotation to take out of pod templates, such as helm.sh/chart; repeatable",
    )


def _transform(arguments: argparse.Namespace) -> int:
    from ...core.arguments.finding import report
    from ...core.transform.transform import Refused, transform  # with the rules, which take longer to import
    from ..inputs.files import MAX_MANIFEST_BYTES, standard_input

    try:
        done = transform(standard_input(MAX_MANIFEST_BYTES), arguments.names == "content", arguments.leave_out)
    except Refused as refused:
        raise Trouble(report("transform", refused.findings)) from None
    for note in done.notes:
        print(f"config-rollout: note: {note}.", file=sys.stderr)
    sys.stdout.buffer.write(done.text)
    return 0
