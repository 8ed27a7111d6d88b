"""
What a restart costs the control plane, from windows of equal length: in one all pods restart, in the next none.

Nodes cost something while nothing happens: each renews its lease every ten seconds, and controllers look again. That is
what the idle window has, and it is taken from the busy one. Plain values in, plain values and Markdown out.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

PARTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
"""The programs of a control plane. kwok plays the kubelets, and is none of them."""

LEASES = ("PUT leases", "PATCH leases")
"""How nodes renew their leases, which is nearly all that idle ones ask for. A busy machine renews fewer."""

WAYS = {"native": "Kubernetes' rolling update", "driven": "our waves"}


@dataclass(frozen=True)
class Window:
    """
    What was used in a window.

    Args:
      seconds: How long it was.
      requests: What the API server answered, `VERB resource` or `VERB resource/subresource` -> count.
      log_bytes: What etcd wrote to its log.
      processors: Part -> seconds of the processors.

    """

    seconds: float
    requests: Mapping[str, float]
    log_bytes: float
    processors: Mapping[str, float]

    def __mul__(self, times: float) -> "Window":
        requests = {kind: count * times for kind, count in self.requests.items()}
        processors = {part: seconds * times for part, seconds in self.processors.items()}
        return Window(self.seconds * times, requests, self.log_bytes * times, processors)

    def __sub__(self, other: "Window") -> "Window":
        """Return what this has beyond another: a later reading of counters and an earlier one, or busy and idle."""
        return Window(
            self.seconds - other.seconds,
            {
                kind: self.requests.get(kind, 0) - other.requests.get(kind, 0)
                for kind in {*self.requests, *other.requests}
            },
            self.log_bytes - other.log_bytes,
            {part: self.processors.get(part, 0.0) - other.processors.get(part, 0.0) for part in PARTS},
        )

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""
        kinds = {kind: count for kind, count in sorted(self.requests.items()) if count}
        return {**asdict(self), "requests": kinds}


@dataclass(frozen=True)
class Pair:
    """A rollout of all pods in one way: its window, and the idle one after it. `before_first`: see `waves.Rollouts`."""

    way: str
    pods: int
    took: float
    """How long the rollout took, in seconds; the window is longer, until everything has come to rest."""
    busy: Window
    idle: Window
    before_first: float = 0.0

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**asdict(self), "busy": self.busy.row(), "idle": self.idle.row()}

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> "Pair":
        """Return what a row of JSON holds."""
        return cls(**{**row, "busy": Window(**row["busy"]), "idle": Window(**row["idle"])})


@dataclass(frozen=True)
class Work:
    """What something asks of a control plane: requests, bytes of etcd's log, and seconds of the processors."""

    requests: float
    log_bytes: float
    processors: float

    def __mul__(self, times: float) -> "Work":
        return Work(self.requests * times, self.log_bytes * times, self.processors * times)

    def share(self, of: "Work") -> "Work":
        """Return what part of something this is, each of the three from 0 to 1."""
        pairs = zip(self.amounts(), of.amounts(), strict=True)
        return Work(*(one / whole if whole else 0.0 for one, whole in pairs))

    def __add__(self, other: "Work") -> "Work":
        return Work(*(one + more for one, more in zip(self.amounts(), other.amounts(), strict=True)))

    def amounts(self) -> tuple[float, float, float]:
        """Return the three."""
        return self.requests, self.log_bytes, self.processors


def work(window: Window) -> Work:
    """Return all of a window."""
    return Work(sum(window.requests.values()), window.log_bytes, sum(window.processors.values()))


def of_a_restart(pairs: Iterable[Pair]) -> Work:
    """Return what a restarted pod costs beyond what idle nodes do: medians."""
    return _medians([work(_beyond(pair)) * (1 / pair.pods) for pair in pairs])


def _beyond(pair: Pair) -> Window:
    """
    Return what the busy window has beyond the idle one, which is scaled to the leases that the busy one renewed.

    A machine that is busy with thousands of pods renews few, and idle work that was not done is none to subtract.
    """
    usual = _leases(pair.idle)
    beyond = pair.busy - pair.idle * (_leases(pair.busy) / usual if usual else 1.0)
    return replace(beyond, requests={kind: count for kind, count in beyond.requests.items() if kind not in LEASES})


def of_a_node(pairs: Iterable[Pair], seconds: float) -> Work:
    """Return what a node costs in some seconds in which nothing happens: medians."""
    return _medians([work(pair.idle) * (seconds / pair.idle.seconds / pair.pods) for pair in pairs])


def _medians(every: Sequence[Work]) -> Work:
    return Work(*(statistics.median(column) for column in zip(*(one.amounts() for one in every), strict=True)))


def of_way(pairs: Iterable[Pair], way: str) -> list[Pair]:
    """Return those of one way."""
    return [pair for pair in pairs if pair.way == way]


def rows(sizes: Mapping[int, Sequence[Pair]]) -> list[list[str]]:
    """Return the head and a row for each number of nodes and each way."""
    head = [
        "nodes",
        "restarted by",
        "API requests",
        "kB of etcd's log",
        *(f"CPU s, {part}" for part in PARTS),
        "CPU s, all",
    ]
    made = [head]
    for nodes, pairs in sorted(sizes.items()):
        for way, title in WAYS.items():
            if those := of_way(pairs, way):
                each = of_a_restart(those)
                parts = [_median(those, lambda pair, part=part: _of_part(pair, part)) for part in PARTS]  # type: ignore[misc]
                cells = [f"{each.requests:.2f}", f"{each.log_bytes / 1000:.1f}", *(f"{part:.4f}" for part in parts)]
                made.append([f"{nodes:,}", title, *cells, f"{each.processors:.4f}"])
    return made


def _of_part(pair: Pair, part: str) -> float:
    return _beyond(pair).processors[part] / pair.pods


def _median(pairs: Sequence[Pair], of: Callable[[Pair], float]) -> float:
    return statistics.median(of(pair) for pair in pairs)


def idle_rows(sizes: Mapping[int, Sequence[Pair]]) -> list[list[str]]:
    """Return the head and a row for each number of nodes: what a node costs in an hour in which nothing happens."""
    made = [["nodes", "API requests", "of these renewed leases", "kB of etcd's log", "CPU s"]]
    for nodes, pairs in sorted(sizes.items()):
        hour = of_a_node(pairs, 3600)
        leases = _median(pairs, lambda pair: _leases(pair.idle) * 3600 / pair.idle.seconds / pair.pods)
        cells = f"{hour.requests:,.0f}", f"{leases:,.0f}", f"{hour.log_bytes / 1000:,.0f}", f"{hour.processors:.2f}"
        made.append([f"{nodes:,}", *cells])
    return made


def _leases(window: Window) -> float:
    return sum(count for kind, count in window.requests.items() if kind in LEASES)


def kind_rows(pairs: Sequence[Pair], least: float = 0.05) -> list[list[str]]:
    """Return the head and a row for each kind of request that a restarted pod causes, the most frequent first."""
    made = []
    kinds = {kind for pair in pairs for kind in pair.busy.requests}
    for kind in kinds:
        each = _median(pairs, lambda pair, kind=kind: _beyond(pair).requests.get(kind, 0) / pair.pods)  # type: ignore[misc]
        if each >= least:
            made.append((each, kind))
    found = [[f"`{kind}`", f"{each:.2f}"] for each, kind in sorted(made, key=lambda one: (-one[0], one[1]))]
    return [["request", "for each restarted pod"], *found]


def speed_rows(sizes: Mapping[int, Sequence[Pair]]) -> list[list[str]]:
    """Return the head and a row for each number of nodes: how our waves compare, in pairs of one run."""
    head = ["nodes", "pairs", "our waves / Kubernetes' rolling update", "Kubernetes'", "ours", "to the first restart"]
    made = [head]
    for nodes, pairs in sorted(sizes.items()):
        native, driven = of_way(pairs, "native"), of_way(pairs, "driven")
        both = [mine.took / its.took for mine, its in zip(driven, native, strict=False)]
        if both:
            seconds = (statistics.median(pair.took for pair in those) for those in (native, driven))
            first = max(pair.before_first for pair in driven)
            cells = [f"{statistics.median(both):.2f}", *(f"{took:.0f} s" for took in seconds), f"{first:.2f} s"]
            made.append([f"{nodes:,}", f"{len(both)}", *cells])
    return made
