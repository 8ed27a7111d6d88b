"""The tables of docs/compare.md."""

from collections.abc import Sequence

from .figures import Figures, Verdict, spread
from .peers import PEERS, Peer
from .rules import OTHERS, decisions
from .situations import SITUATIONS, Situation

UNSEEN = ("none", "label", "text", "default", "order", "unread")
SEEN = ("field", "secret", "two", "back", "burst")
TROUBLE = ("bad", "mended", "undo", "reverted", "edited")
"""The situations of the three tables: programs see nothing, programs see it, something goes wrong."""

_RULE = {"none": "0", "restart": "restart"}


def render(figures: Figures) -> str:
    """Return everything that is made from the figures, as Markdown."""
    heads = (
        ("### Nothing that a program sees changed: no pod should restart", UNSEEN),
        ("### What programs read changed: every pod should restart", SEEN),
        ("### Something went wrong", TROUBLE),
    )
    parts = [_about(figures)]
    for head, names in heads:
        parts += [head, outcomes(figures, [one for one in SITUATIONS if one.name in names])]
    return "\n\n".join([*parts, "### What it costs the API server", costs(figures)])


def _about(figures: Figures) -> str:
    programs = {"etcd": "etcd", "kube-apiserver": "Kubernetes", "pulumi": "Pulumi", "pulumi-resource-kubernetes":
                "its Kubernetes provider", "helm-3": "Helm", "helm-4": "Helm", "kustomize": "kustomize"}  # fmt: skip
    named = [f"{title} {figures.versions[name]}" for name, title in programs.items() if name in figures.versions]
    runs = f"{len(figures.runs)} {'run' if len(figures.runs) == 1 else 'runs'}"
    return (
        f"{figures.date}, {runs} with {figures.nodes} nodes on {figures.machine}; {', '.join(named)}. "
        "Where runs differ, the least and the most."
    )


def outcomes(figures: Figures, situations: Sequence[Situation]) -> str:
    """Return a table: a row for each peer, and for each rule; a column for each situation. What is wrong is bold."""
    rows = [["", *(situation.title for situation in situations)]]
    for peer in peers_of(figures):
        rows.append([peer.title, *(_marked(*figures.said(peer, situation)) for situation in situations)])
    decided = decisions()
    for rule in OTHERS:
        words = [decided.get(situation.name, {}).get(rule.name, "") for situation in situations]
        if any(words):
            cells = [_RULE.get(word, f"**{word}**" if word else "") for word in words]
            rows.append([f"*{rule.title}, by rule*", *cells])
    return table(rows)


def costs(figures: Figures) -> str:
    """Return the table of requests, writes and seconds."""
    none, field = (next(one for one in SITUATIONS if one.name == name) for name in ("none", "field"))
    heads = ["", "requests of the tool, nothing changed", "writes", "requests of the tool, one field changed"]
    rows = [[*heads, "writes of all programs", "its pods had the change before their turn", "seconds"]]
    for peer in peers_of(figures):
        idle, changed = figures.cells(peer, none), figures.cells(peer, field)
        if idle and changed:
            rows.append(
                [
                    peer.title,
                    spread([sum(cell.requests.values()) for cell in idle]),
                    spread([sum(cell.writes.values()) for cell in idle]),
                    spread([sum(cell.requests.values()) for cell in changed]),
                    spread([sum(cell.writes.values()) for cell in changed]),
                    spread([cell.early for cell in changed]),
                    spread([cell.seconds for cell in changed], ".1f"),
                ]
            )
    return table(rows)


def peers_of(figures: Figures) -> list[Peer]:
    """Return the peers that ran, in their order."""
    ran = {name for run in figures.runs.values() for name in run}
    return [peer for peer in PEERS if peer.name in ran]


def _marked(said: str, verdict: Verdict) -> str:
    return f"**{said}**" if verdict in (Verdict.NEEDLESS, Verdict.MISSED) else said


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows in Markdown, the head first."""
    head, *others = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, f"| {' | '.join(['---'] * len(rows[0]))} |", *others])
