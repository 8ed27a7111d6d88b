"""The tables of docs/scale.md, from the figures beside it."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import histories, windows
from benchmarks.scale import picture
from benchmarks.scale.figures import Part, abouts, held, load
from benchmarks.windows import Pair
from tools.compare.figures import table
from tools.documents import ROOT, filled

DOCUMENT = ROOT / "docs" / "scale.md"
PICTURE = ROOT / "docs" / "scale.svg"

TITLES = {
    "create": "`up` that creates",
    "preview": "`preview`, nothing changed",
    "no-op": "`up`, nothing changed",
    "change": "`up`, one value changed",
    "to waves": "`up` that adds waves",
    "preview of waves": "`preview` of a change in waves",
    "change in waves with gates": "`up` of a change in waves with gates",
    "no-op of waves": "`up` with waves, nothing changed",
    "status": "`status`",
    "history": "`history`",
    "timeline": "`timeline`",
    "second owner": "`up` of a second owner, refused",
}
"""Step -> what it is called."""

_BESIDE = {"change in waves with gates": "change"}
"""Step -> the step by hand that it is held against, where that is another one."""

_SILENT = ("preview", "no-op", "no-op of waves", "second owner")
"""Steps that write nothing."""

Sizes = Mapping[int, Part]


@dataclass(frozen=True)
class Row:
    """A row of a table: its title, what of a size it is about, and how a cell says that."""

    title: str
    value: Callable[[Part], float]
    said: Callable[[Part], str]


def render(every: Mapping[str, dict[int, Part]]) -> dict[str, str]:
    """Return marker -> what stands there, of all that was measured."""
    made = {"about": "\n".join(f"- {line}" for line in abouts(every))}
    for curve in ("workloads", "nodes"):
        if sizes := every[curve]:
            made[curve] = "\n\n".join([times(sizes, curve), memory(sizes, curve), requests(sizes, curve)])
    if sizes := every["fakes"]:
        made["fakes"] = fakes(sizes)
    if sizes := every["restart"]:
        made |= restarts({nodes: [*map(Pair.parse, part["pairs"])] for nodes, part in sizes.items()})
    return made


def _table(sizes: Sizes, unit: str, head: str, rows: Iterable[Row]) -> str:
    """Return a table: a column for each size, and one for how much more each unit takes at the largest size."""
    made = [[head, *(f"{size:,} {unit if size > 1 else unit.removesuffix('s')}" for size in sizes)]]
    largest = sorted(sizes)[-2:]
    if len(largest) == 2:
        made[0].append(f"each of {largest[1]:,} / of {largest[0]:,}")
    for row in rows:
        cells = [row.said(part) for part in sizes.values()]
        if len(largest) == 2:
            small, large = (row.value(sizes[size]) / size for size in largest)
            cells.append(f"{large / small:.2f}" if small else "")
        made.append([row.title, *cells])
    return table(made)


def _steps(sizes: Sizes) -> list[str]:
    return [step for step in TITLES if all(step in part["steps"] for part in sizes.values())]


def _runs(part: Part, step: str, who: str) -> list[Part]:
    return [*part["steps"][step].get(who, [])]


def times(sizes: Sizes, unit: str) -> str:
    """Return the table of times: against the same by hand where that exists, and in seconds."""

    def row(step: str) -> Row:
        return Row(TITLES[step], lambda part: _seconds(part, step), lambda part: _time(part, step))

    return _table(sizes, unit, "time / the same by hand", map(row, _steps(sizes)))


def _seconds(part: Part, step: str) -> float:
    return float(statistics.median(run["seconds"] for run in _runs(part, step, "ours")))


def _time(part: Part, step: str) -> str:
    seconds = f"{_seconds(part, step):,.1f} s"
    by_hand = _runs(part, _BESIDE.get(step, step), "by-hand")
    if not by_hand:
        return seconds
    both = zip(_runs(part, step, "ours"), by_hand, strict=True)
    return f"{statistics.median(mine['seconds'] / its['seconds'] for mine, its in both):.2f} ({seconds})"


def memory(sizes: Sizes, unit: str) -> str:
    """Return the table of the most memory that each program has held in any step."""

    def of_client(name: str, title: str) -> Row:
        return Row(
            title,
            lambda part: held(part, name, "ours"),
            lambda part: f"{mib(held(part, name, 'ours'))}, by hand {mib(held(part, name, 'by-hand'))}",
        )

    def of_server(name: str) -> Row:
        return Row(name, lambda part: float(part["memory"][name]), lambda part: mib(part["memory"][name]))

    clients = {"program": "the program", "engine": "the engine", "provider": "its Kubernetes provider"}
    rows = [*(of_client(*one) for one in clients.items()), *map(of_server, ("kube-apiserver", "etcd"))]
    return _table(sizes, unit, "most memory", rows)


def mib(count: float) -> str:
    """Return bytes in words."""
    return f"{count / 2**20:,.0f} MiB"


def requests(sizes: Sizes, unit: str) -> str:
    """Return the table of what a command asks the API server, by hand beside it, and of writes where there are none."""

    def row(step: str) -> Row:
        return Row(TITLES[step], lambda part: _asked(part, step, "ours"), lambda part: _requests(part, step))

    return _table(sizes, unit, "API requests", map(row, _steps(sizes)))


def _asked(part: Part, step: str, who: str) -> float:
    return float(statistics.median(run["requests"] for run in _runs(part, step, who)))


def _requests(part: Part, step: str) -> str:
    said = f"{_asked(part, step, 'ours'):,.0f}"
    if _runs(part, step, "by-hand"):
        said += f", by hand {_asked(part, step, 'by-hand'):,.0f}"
    return f"{said}; writes {part['writes'][step]:,}" if step in _SILENT else said


def fakes(sizes: Sizes) -> str:
    """Return the table of what one process does with the nodes of a fake API server."""
    first = "from the first wave's beginning to the first restart"
    rows = [
        Row("plan of waves", lambda part: float(part["plan"]), lambda part: f"{part['plan']:.3f} s"),
        Row("`status`", lambda part: float(part["status"][0]), lambda part: f"{part['status'][0]:.1f} s"),
        Row("memory of `status`", lambda part: float(part["status"][1]), lambda part: mib(part["status"][1])),
        Row(
            "memory of the driver beyond its program's",
            lambda part: part["driver"] * 1.0,
            lambda part: mib(part["driver"]),
        ),
        Row(first, lambda part: float(part["before_first"]), lambda part: f"{part['before_first']:.2f} s"),
    ]
    return _table(sizes, "nodes", "what", rows)


def restarts(sizes: Mapping[int, Sequence[Pair]]) -> dict[str, str]:
    """Return marker -> the tables on what a restart costs, and the answer to the article."""
    largest = max(sizes)
    native = windows.of_way(sizes[largest], "native")
    cost, idle = windows.of_a_restart(native), windows.of_a_node(sizes[largest], 1)
    every = histories.histories()
    return {
        "speed": table(windows.speed_rows(sizes)),
        "restart": table(windows.rows(sizes)),
        "kinds": table(windows.kind_rows(native)),
        "idle": table(windows.idle_rows(sizes)),
        "answer": histories.answer(every, cost, idle, largest),
        "share": table(histories.rows(every, cost, idle)),
    }


def write() -> None:
    """Write the page and its picture."""
    every = load()
    text = DOCUMENT.read_text()
    for name, part in render(every).items():
        text = filled(text, name, part)
    DOCUMENT.write_text(text)
    if every["workloads"] and every["nodes"]:
        picture.draw(every["workloads"], every["nodes"], PICTURE)
