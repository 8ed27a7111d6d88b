"""`explain`: what a preview means for pods, as a comment for a pull request."""

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..inputs.previewed import Effect, Report


def add(commands: Any) -> None:
    """Add the command."""
    text = "print what the JSON of `pulumi preview --json` means for pods, as a Markdown comment"
    command = commands.add_parser("explain", help=text, description=text)
    command.set_defaults(run=_explain)
    command.add_argument(
        "preview", metavar="FILE", nargs="?", default="-", help="what the preview printed; default: standard input"
    )
    command.add_argument("--json", action="store_true", help="as docs/schemas/explain.json describes it")


def _explain(args: argparse.Namespace) -> int:
    from ..inputs.previewed import report
    from ..inputs.previews import read_preview

    meaning = report(read_preview(args.preview))
    if args.json:
        print(json.dumps(_as_json(meaning), indent=2))
    else:
        from ..outputs.comment import comment

        print(comment(meaning), end="")
    return 0


def _as_json(report: "Report") -> dict[str, Any]:
    from ..outputs.comment import hidden

    return {
        "failed": bool(report.errors),
        "errors": [hidden(error) for error in report.errors],
        "restarts": report.count(True),
        "may_restart": report.count(None),
        "workloads": [_row(effect) for effect in report.effects],
        "others": {what: [*names] for what, names in report.others.items()},
    }


def _row(effect: "Effect") -> dict[str, Any]:
    from .difference import rows_of

    changes = [row for change in effect.changes for row in rows_of(change)]
    return {
        "workload": effect.where,
        "component": effect.component,
        "outcome": effect.outcome,
        "restarts": effect.restarts,
        "why": effect.why,
        "message": effect.message,
        "changes": changes,
    }
