"""Writes what a preview means as Markdown, for a comment on a pull request."""

import re
from collections.abc import Iterator, Sequence

from ...core.configuration.secret_values import secret_lines
from ...core.words.shown import cut
from ..inputs.previewed import Effect, Report

MOST = 60_000
"""How long a comment may be, in characters: GitHub takes 65,536."""

_MOST_NAMES = 20
_MOST_OF_ERRORS, _MOST_OF_WHY = 10_000, 200
_WORDS = {
    "updated": "Updated without a restart",
    "created": "Created",
    "replaced": "Replaced",
    "kept": "Kept in the cluster",
    "deleted": "Deleted",
}


def comment(report: Report) -> str:
    """Return the comment; what makes it too long is left out of its end, and said so."""
    lines = [f"### {_headline(report)}", ""]
    if report.errors:
        lines += [*_block(cut("\n".join(map(hidden, report.errors)), _MOST_OF_ERRORS)), ""]
    if report.effects:
        lines += ["| workload | what happens | why |", "| --- | --- | --- |"]
        lines += [_row(effect) for effect in report.effects[:_MOST_NAMES]]
        lines += [f"\nand {len(report.effects) - _MOST_NAMES:,} more"] if len(report.effects) > _MOST_NAMES else []
        lines.append("")
    lines += [line for what, names in _WORDS.items() for line in _list(names, report.others.get(what, []))]
    text = "\n".join(lines)
    left = 0
    for effect in report.effects:
        part = "\n".join(_details(effect))
        if len(text) + len(part) > MOST:
            left += 1
        else:
            text += part
    text += f"\nThe messages of {left:,} workloads are too long for a comment: see the preview.\n" if left else ""
    return f"{text.rstrip()}\n"


def _headline(report: Report) -> str:
    if report.errors:
        return "The preview failed"
    restarts, unsure = report.count(True), report.count(None)
    if not restarts and not unsure:
        return "Nothing restarts"
    sure = f"{restarts:,} workload{' restarts' if restarts == 1 else 's restart'}"
    if not unsure:
        return sure
    return f"{f'{sure}, ' if restarts else ''}{unsure:,} {'more ' if restarts else ''}may restart"


def _row(effect: Effect) -> str:
    return f"| {_code(effect.where)} | {effect.outcome} | {_code(cut(effect.why, _MOST_OF_WHY))} |"


def _code(text: str) -> str:
    """Return a text as code in the cell of a table."""
    if not text:
        return ""
    fence = _fence(text, 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def _details(effect: Effect) -> Iterator[str]:
    """Yield what the component said, under a line to open it by; nothing where it said nothing."""
    if effect.message:
        yield from (
            "",
            f"<details{'' if effect.restarts is False else ' open'}><summary>{_html(effect.where)}</summary>",
            "",
        )
        yield from _block(effect.message)
        yield from ("</details>", "")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _block(text: str) -> list[str]:
    fence = _fence(text, 3)
    return [f"{fence}text", *text.splitlines(), fence]


def _fence(text: str, least: int) -> str:
    """Return more backticks than stand together anywhere in a text."""
    return "`" * max([least, *(len(run) + 1 for run in re.findall("`+", text))])


def _list(what: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return [f"{what}: {', '.join(map(_code, names[:_MOST_NAMES]))}{more}", ""]


def hidden(text: str) -> str:
    """Return an error without the lines that look like secrets."""
    secret = secret_lines(text)
    return "\n".join("[secret]" if line in secret else line for line in text.split("\n"))
