"""The tables of docs/compare.md on requests, writes and time; and on many workloads."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from .counted import Cell
from .figures import MANY_PART, Figures, spread, table
from .peers import PEERS, Peer
from .situations import BY_NAME, MANY, SHARED

VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
_BESIDE = next(peer for peer in PEERS if peer.name == "helm-3")
"""Times are shown as multiples of this one's, in the same run: seconds alone say more of the machine."""


def render(figures: Figures) -> Iterator[str]:
    """Yield the headings and tables."""
    yield "### What one changed field costs"
    yield costs(figures)
    yield "### What the tool asks the API server"
    yield requests(figures)
    if MANY_PART in figures.runs:
        yield f"### {MANY} workloads in one stack or one release"
        yield many(figures)


def costs(figures: Figures) -> str:
    """Return the table of writes, bytes and time."""
    heads = [
        "",
        "writes, nothing changed",
        "writes, one field changed",
        "KiB that etcd wrote",
        "nodes without a ready pod at once",
    ]
    rows = [[*heads, f"time, {_BESIDE.title} = 1", "seconds"]]
    for peer in figures.peers():
        changed = figures.cells(peer, BY_NAME["field"])
        idle = figures.cells(peer, BY_NAME["none"])
        if changed and idle:
            rows.append(
                [
                    peer.title,
                    spread([_sum(cell.writes) for cell in idle]),
                    spread([_sum(cell.writes) for cell in changed]),
                    spread([round(cell.bytes / 1024) for cell in changed]),
                    spread([cell.at_once for cell in changed]),
                    _times(figures, peer, "field"),
                    spread([cell.seconds for cell in changed], ".1f"),
                ]
            )
    return table(rows)


def requests(figures: Figures) -> str:
    """Return the table of a tool's requests by verb."""
    rows = [["", "all, nothing changed", "all, one field changed", *VERBS]]
    for peer in figures.peers():
        idle, changed = (figures.cells(peer, BY_NAME[name]) for name in ("none", "field"))
        if idle and changed:
            counts = [spread([_of(cell, verb) for cell in changed]) for verb in VERBS]
            every = (spread([_sum(cell.requests) for cell in cells]) for cells in (idle, changed))
            rows.append([peer.title, *every, *counts])
    return table(rows)


def many(figures: Figures) -> str:
    """Return the table of many workloads."""
    heads = ["", "requests, nothing changed", "writes", "pods restarted for a label", "for a field of one", "requests"]
    rows = [
        [
            *heads,
            "writes",
            "KiB",
            f"time, {_BESIDE.title} = 1",
            "seconds",
            f"pods restarted of {SHARED} with one ConfigMap",
        ]
    ]
    for peer in figures.peers():
        idle, label, field, shared = (
            figures.cells(peer, BY_NAME[name]) for name in ("many-none", "many-label", "many-field", "shared-field")
        )
        if idle and label and field:
            needless = any(cell.needless for cell in label)
            pods = spread([cell.pods for cell in label])
            rows.append(
                [
                    peer.title,
                    spread([_sum(cell.requests) for cell in idle]),
                    spread([_sum(cell.writes) for cell in idle]),
                    f"**{pods}**" if needless else pods,
                    _restarted(field),
                    spread([_sum(cell.requests) for cell in field]),
                    spread([_sum(cell.writes) for cell in field]),
                    spread([round(cell.bytes / 1024) for cell in field]),
                    _times(figures, peer, "many-field"),
                    spread([cell.seconds for cell in field], ".1f"),
                    _restarted(shared) if shared else "",
                ]
            )
    return table(rows)


def _restarted(cells: Sequence[Cell]) -> str:
    pods = spread([cell.pods for cell in cells])
    return f"**{pods}**" if any(cell.missed or cell.needless for cell in cells) else pods


def _times(figures: Figures, peer: Peer, name: str) -> str:
    """Return how much longer a peer takes than the one that times are shown beside, in each run."""
    situation = BY_NAME[name]
    both = figures.pairs(peer, _BESIDE, situation)
    return spread([cell.seconds / other.seconds for cell, other in both], ".1f") if both else ""


def _sum(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _of(cell: Cell, verb: str) -> int:
    by_verb: Counter[str] = Counter()
    for what, count in cell.requests.items():
        by_verb[what.split(" ")[0]] += count
    return by_verb[verb]
