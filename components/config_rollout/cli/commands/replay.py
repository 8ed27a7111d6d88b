"""`replay`: which changes of a history restarted pods under whose rule, and which had to."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Trouble
from .drawing import drawing
from .reading import add_options

if TYPE_CHECKING:
    from ...core.replay.transitions import Snapshot, Transition
    from ..inputs.histories import Reading

PICTURES = (".svg", ".png")

_SAY_EVERY = 100
"""How many snapshots pass between two words of progress."""
_LINE_START = "\r\033[K"
"""Starts the terminal's line again."""


def add(commands: Any) -> None:
    """Add the command."""
    text = "print which changes of a history restart pods, under whose rule"
    command = commands.add_parser("replay", help=text, description=text)
    command.set_defaults(run=_replay)
    command.add_argument(
        "histories",
        metavar="HISTORY",
        nargs="+",
        help="a git repository, a folder of snapshots in the order of their names, or a file with one JSON snapshot "
        "per line",
    )
    command.add_argument("--path", metavar="IN-REPOSITORY", help="the file or folder in a git repository, from its top")
    command.add_argument(
        "--chart", metavar="IN-REPOSITORY", help="a chart in a git repository, from its top; helm renders each version"
    )
    command.add_argument("--values", metavar="FILE", help="with --chart: the values for every version")
    command.add_argument(
        "--judge",
        metavar="COMMAND",
        help="prints the effective values; run by the shell in a folder with one file per key",
    )
    command.add_argument("--json", action="store_true", help="as docs/schemas/replay.json describes it")
    command.add_argument("--output", metavar="FILE", type=Path, help="draw a picture: .svg or .png")
    add_options(command)


def _replay(args: argparse.Namespace) -> int:
    from ...core.replay import transitions as replay
    from ..inputs.histories import Reading

    draw = drawing(args.output, PICTURES, _import) if args.output else None
    reading = Reading(args.name, dict(args.format), dict(args.effect), _warn)
    judge = _judge(args.judge)
    every: list[replay.Transition] = []
    if args.values is not None and args.chart is None:
        raise Trouble("--values: requires --chart. Add it.")
    for path in args.histories:
        for what, snapshots in _histories(args, path, reading).items():
            every += replay.transitions(what, snapshots, judge)
    if args.chart is None:
        reading.check()
    decider = "judge" if args.judge else _who_decided(reading)
    if args.json:
        print(json.dumps(_as_json(every, decider), indent=2))
    else:
        print(replay.summary(every, decider), "", *replay.aligned(replay.table(every)), sep="\n")
        if args.chart is not None:
            print("", *replay.aligned(replay.breakdown(every)), sep="\n")
    if draw is not None:
        draw(every, replay.summary(every, decider), args.output)
    return 0


def _histories(args: argparse.Namespace, path: str, reading: "Reading") -> "dict[str, Iterable[Snapshot]]":
    """Return name -> snapshots of the histories at a path: one, or one for each workload of a chart."""
    if args.chart is None:
        return {path: _with_progress(reading.history(path, args.path))}
    from ..inputs.charts import chart_histories

    if args.path is not None or args.format or args.effect or args.name:
        raise Trouble("--chart: cannot be combined with --path, --name, --format or --effect. Leave them out.")
    progress = _Progress()
    try:
        return dict(chart_histories(path, args.chart, args.values, _warn, progress.tick))
    finally:
        progress.end()


def _import() -> "Callable[..., None]":
    from ..outputs.picture import draw

    return draw


def _judge(command: str | None) -> "Callable[[Snapshot], str]":
    """Return who decides: the command, else the history itself, else what common readers read."""
    from ...core.replay.readers import parsed_digest
    from ...core.replay.transitions import once

    if command is not None:
        from ..inputs.in_force import judge_by

        return once(judge_by(command))
    parsed = once(lambda snapshot: parsed_digest(snapshot.content))
    return lambda snapshot: parsed(snapshot) if snapshot.effective is None else snapshot.effective


def _who_decided(reading: "Reading") -> str:
    """Return who decided without a command."""
    if len(reading.says_effective) > 1:
        raise Trouble("only some histories contain effective values. Replay them one by one.")
    if True in reading.says_effective:
        return "history"
    if "kube-proxy" in reading.formats_in_use:
        _warn("parsed values count an explicit default as a change; with --judge the real kube-proxy decides.")
    return "parsed"


def _as_json(every: "list[Transition]", decider: str) -> dict[str, Any]:
    from ...core.replay.transitions import tallies

    return {
        "decided_by": decider,
        "real_changes": sum(one.real for one in every),
        "rules": [tally.row() for tally in tallies(every)],
        "transitions": [one.row() for one in every],
    }


class _Progress:
    """Says on a terminal how many snapshots there were so far."""

    def __init__(self) -> None:
        self._number, self._shown = 0, sys.stderr.isatty()

    def tick(self) -> None:
        self._number += 1
        if self._shown and self._number % _SAY_EVERY == 0:
            print(f"\r{self._number:,} snapshots ...", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._shown:
            print(_LINE_START, end="", file=sys.stderr, flush=True)


def _with_progress(snapshots: "Iterable[Snapshot]") -> "Iterator[Snapshot]":
    """Yield the snapshots, and say how many there were so far."""
    progress = _Progress()
    try:
        for snapshot in snapshots:
            progress.tick()
            yield snapshot
    finally:
        progress.end()


def _warn(text: str) -> None:
    start = _LINE_START if sys.stderr.isatty() else ""
    print(f"{start}config-rollout: warning: {text}", file=sys.stderr)
