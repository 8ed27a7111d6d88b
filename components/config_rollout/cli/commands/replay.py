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
    for path in args.histories:
        every += replay.transitions(path, _with_progress(reading.history(path, args.path)), judge)
    reading.check()
    decider = "judge" if args.judge else _who_decided(reading)
    if args.json:
        print(json.dumps(_as_json(every, decider), indent=2))
    else:
        print(replay.summary(every, decider), "", *replay.aligned(replay.table(every)), sep="\n")
    if draw is not None:
        draw(every, replay.summary(every, decider), args.output)
    return 0


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


def _with_progress(snapshots: "Iterable[Snapshot]") -> "Iterator[Snapshot]":
    """Yield the snapshots; on a terminal, say how many there were so far."""
    if not sys.stderr.isatty():
        yield from snapshots
        return
    try:
        for number, snapshot in enumerate(snapshots, start=1):
            if number % _SAY_EVERY == 0:
                print(f"\r{number:,} snapshots ...", end="", file=sys.stderr, flush=True)
            yield snapshot
    finally:
        print(_LINE_START, end="", file=sys.stderr, flush=True)


def _warn(text: str) -> None:
    start = _LINE_START if sys.stderr.isatty() else ""
    print(f"{start}config-rollout: warning: {text}", file=sys.stderr)
