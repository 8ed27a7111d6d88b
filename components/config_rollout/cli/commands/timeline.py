"""`timeline`: a picture of a rollout, nodes by time."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...cluster.client import ClusterError
from ..errors import Trouble
from .drawing import drawing
from .rollouts import add_options, find_cluster, listed, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.audit.record import AuditRecord
    from ..inputs.records import RolloutRecords

PICTURES = (".svg", ".png", ".html")

_MOST_WAVES = 200


def add(commands: Any) -> None:
    """Add the command."""
    text = "draw a rollout: which node had which configuration when"
    command = commands.add_parser("timeline", help=text, description=text)
    command.set_defaults(run=_timeline)
    add_options(command)
    command.add_argument("--output", metavar="FILE", type=Path, help="draw a picture: .svg, .png or .html")
    command.add_argument(
        "--rollout", metavar="N", type=_number, default=1, help="which one: 1 is the last, 2 the one before it"
    )
    command.add_argument(
        "--dark", action="store_true", help="make a .png for a dark page; the other formats follow the reader's"
    )
    command.add_argument("--json", action="store_true", help="as docs/schemas/timeline.json describes it")


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1 (got {text!r})")
    return int(text)


def _timeline(args: argparse.Namespace) -> int:
    from ...core.audit.timeline import as_json, timeline

    if not (args.output or args.json):
        raise Trouble("timeline: there is nothing to do. Pass --output PICTURE or --json.")
    if args.dark and (args.output is None or args.output.suffix != ".png"):
        raise Trouble("--dark: is only for a .png; the other formats follow the reader's page. Leave it out.")
    draw = drawing(args.output, PICTURES, _import) if args.output else None
    try:
        selected = read(args, find_cluster(args))
    except ClusterError as error:
        raise Trouble(str(error)) from None
    chart = timeline(_chosen(selected, args.rollout))
    if draw is not None:
        if len(chart.bands) > _MOST_WAVES:
            raise Trouble(f"{len(chart.bands):,} waves are more than a picture can show ({_MOST_WAVES}). Use --json.")
        draw(chart, args.output, args.dark)
    if args.json:
        print(json.dumps(as_json(chart), indent=2))
    return selected.code


def _import() -> "Callable[..., None]":
    from ..outputs.timeline_picture import draw

    return draw


def _chosen(selected: "RolloutRecords", number: int) -> "AuditRecord":
    """Return the selected record, merged with those of the rollout that it continued."""
    from ...core.audit.resumed import whole

    if len(selected.rollouts) > 1:
        names = listed(list(selected.rollouts))
        raise Trouble(
            f"there are rollouts of several workloads ({names}). Choose one: NAMESPACE/NAME, or -n NAMESPACE KIND/NAME."
        )
    ((name, records),) = selected.rollouts.items()
    if number > len(records):
        count = f"{len(records):,} rollout{'' if len(records) == 1 else 's'}"
        raise Trouble(f"--rollout: {name} has a history of {count} (got {number:,}). Choose one of them.")
    return whole(records[: len(records) - number + 1])
