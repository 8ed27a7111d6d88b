"""The tables of docs/compare.md: what each tool did to the pods. What it cost is in cost.py."""

from collections.abc import Iterable, Iterator, Sequence

from ..machine import said
from . import cost
from .figures import MANY_PART, Figures, Verdict, spread, table
from .rules import OTHERS, decisions
from .situations import BY_NAME, MANY, SHARED, SITUATIONS, Situation

UNSEEN = ("none", "label", "text", "default", "order", "unread")
SEEN = ("field", "secret", "two", "back", "burst")
BROKEN = ("bad", "mended", "undo", "reverted")
BESIDE = ("edited", "away", "killed", "upgraded")
"""The situations of the four tables: programs see nothing, programs see it, something goes wrong, or comes between."""

GROUPS = {
    "Nothing that a program sees changed: no pod should restart": UNSEEN,
    "What programs read changed: every pod should restart": SEEN,
    "A bad value, and the way back": BROKEN,
    "Somebody else, or the end of the tool, comes between": BESIDE,
}

_RULE = {"none": "0", "restart": "restart"}
_UNDONE = {Verdict.RIGHT: "yes", Verdict.NONE: ""}


def render(figures: Figures) -> str:
    """Return everything that is made from the figures, as Markdown."""
    parts = [_about(figures), "### In short", totals(figures), "### Find your situation", by_situation(figures)]
    for head, those in shown(figures).items():
        parts += [f"### {head}", outcomes(figures, those)]
    return "\n\n".join([*parts, *cost.render(figures), *_left(figures)])


def shown(figures: Figures) -> dict[str, list[Situation]]:
    """Return head -> the situations that there are figures of."""
    every = {head: [BY_NAME[name] for name in names] for head, names in GROUPS.items()}
    return {head: [one for one in those if figures.has(one)] for head, those in every.items()}


def _left(figures: Figures) -> Iterator[str]:
    """Yield what `make compare` does and there are no figures of."""
    if titles := [f"*{one.title}*" for one in SITUATIONS if not figures.has(one)]:
        yield f"`make compare` has more situations than this run had: {'; '.join(titles)}."
    if MANY_PART not in figures.runs:
        yield f"It also deploys {MANY} workloads at once, and {SHARED} that read one ConfigMap."


def _about(figures: Figures) -> str:
    return (
        f"{figures.date}, {figures.nodes} nodes, on {figures.machine}; {said(figures.versions)}. "
        "Where runs differ, a cell has the least and the most."
    )


def totals(figures: Figures) -> str:
    """Return a table with a row for each tool: over all situations, in each run."""
    undo, field = BY_NAME["undo"], BY_NAME["field"]
    heads = ["tool", "runs", "situations as they should be", "pods restarted needlessly", "pods missed"]
    rows = [[*heads, "pods that had a changed field before their turn", "`kubectl rollout undo` brings it back"]]
    for peer in figures.peers():
        verdicts = [figures.said(peer, situation)[1] for situation in SITUATIONS]
        applying = [verdict for verdict in verdicts if verdict is not Verdict.NONE]
        runs = figures.of(peer)
        undone = figures.said(peer, undo)[1]
        rows.append(
            [
                peer.title,
                str(len(runs)),
                f"{applying.count(Verdict.RIGHT)} of {len(applying)}",
                spread([sum(cell.needless for cell in run.values()) for run in runs]),
                spread([sum(cell.missed for cell in run.values()) for run in runs]),
                spread([cell.early for cell in figures.cells(peer, field)]),
                _UNDONE.get(undone, "no"),
            ]
        )
    return table(rows)


def by_situation(figures: Figures) -> str:
    """Return a table with a row for each situation, and the tools by what they do in it; those by rule in italics."""
    kinds = (Verdict.RIGHT, Verdict.NEEDLESS, Verdict.MISSED)
    rows = [
        [
            "situation",
            "as it should be",
            "restarts needlessly, or leaves something bad",
            "misses it, fails, or does harm",
        ]
    ]
    decided = decisions()
    of_word = {"none": Verdict.RIGHT, "restart": Verdict.RIGHT, "needless": Verdict.NEEDLESS, "missed": Verdict.MISSED}
    for situation in (one for those in shown(figures).values() for one in those):
        titles = [(peer.title, figures.said(peer, situation)[1]) for peer in figures.peers()]
        words = {} if situation.is_bad else decided.get(situation.name, {})  # a rule does not say whom it reaches
        titles += [(f"*{rule.title}*", of_word[words[rule.name]]) for rule in OTHERS if rule.name in words]
        rows.append([f"**{situation.title}**", *(_listed(titles, kind) for kind in kinds)])
    return table(rows)


def _listed(titles: Iterable[tuple[str, Verdict]], kind: Verdict) -> str:
    return ", ".join(title for title, verdict in titles if verdict is kind)


def outcomes(figures: Figures, situations: Sequence[Situation]) -> str:
    """Return a table: a row for each peer, and for each rule; a column for each situation. What is wrong is bold."""
    rows = [["", *(situation.short for situation in situations)]]
    for peer in figures.peers():
        rows.append([peer.title, *(_marked(*figures.said(peer, situation)) for situation in situations)])
    decided = decisions()
    for rule in OTHERS:
        words = [decided.get(situation.name, {}).get(rule.name, "") for situation in situations]
        if any(words):
            cells = [_RULE.get(word, f"**{word}**" if word else "") for word in words]
            rows.append([f"*{rule.title}, by rule*", *cells])
    return table(rows)


def _marked(said: str, verdict: Verdict) -> str:
    return f"**{said}**" if verdict in (Verdict.NEEDLESS, Verdict.MISSED) else said
