"""What the driver of the waves did, noted as it happens, for the audit record."""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ..core.audit.record import Times, WaveRecord, utc
from ..core.audit.writing import shown_findings


@dataclass
class _Wave:
    started: float
    ended: float
    nodes: Sequence[str] = ()
    retries: int = 0
    result: str = "stopped"
    findings: Sequence[str] = ()


@dataclass
class Report:
    """One rollout's waves and pods. Times are seconds since 1970."""

    result: str = ""
    """How a rollout ended that did not finish; empty if it did, or was stopped."""
    revision: int | None = None
    """The number of the ControllerRevision that it brings."""
    retries: int = 0
    """How many requests were made again."""
    _waves: dict[str, _Wave] = field(default_factory=dict)
    _now: str = ""
    _moved: int = 0
    """How many pods had been deleted when the wave was looked at."""
    _deleted: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    """UID of a pod -> its wave, its node, and when it was deleted."""
    _ready: dict[str, float | None] = field(default_factory=dict)
    _waiting: set[str] = field(default_factory=set)
    """Nodes whose new pod was not ready when it was looked at: only a watch that sees it become so is exact."""

    def begins(self, wave: str, nodes: Sequence[str]) -> None:
        """Note that a wave is looked at; what follows is that wave's."""
        self._now, self._moved = wave, len(self._deleted)
        self._waves.setdefault(wave, _Wave(time.time(), time.time())).nodes = nodes

    def brings(self, revision: int) -> None:
        """Note the number of the newest revision; the first one counts, what is taken back later does not."""
        self.revision = self.revision or revision

    def deletes(self, node: str, uid: str) -> None:
        """Note that the pod of a node is being deleted; whether that was served may not be known before `saw`."""
        self._deleted.setdefault(uid, (self._now, node, time.time()))
        self._waiting.add(node)

    def retried(self) -> None:
        """Note that a request is made again."""
        self.retries += 1
        if wave := self._current():
            wave.retries += 1

    def ends(self, result: str, findings: Sequence[str] = ()) -> None:
        """Note how the wave ended; one that had already finished, and still has, keeps its time."""
        wave = self._current()
        if wave and (wave.result != result or len(self._deleted) != self._moved):
            wave.result, wave.findings, wave.ended = result, findings, time.time()

    def saw(self, ready: Mapping[str, float | None], staying: Collection[str]) -> None:
        """
        Note what there is now; of a wave that has failed only what was deleted: its nodes get the old revision again.

        Args:
          ready: Node -> since when its pod is ready, by the monotonic clock, `None` where it is not.
          staying: The UIDs of the pods that nobody deletes.

        """
        self._deleted = {uid: deletion for uid, deletion in self._deleted.items() if uid not in staying}
        wave = self._current()
        if wave and wave.result == "failed":
            return
        past = time.time() - time.monotonic()
        for node in self._waiting & ready.keys():
            since = ready[node]
            self._ready[node] = None if since is None else past + since
        self._waiting = {node for node in self._waiting if self._ready.get(node) is None}
        if wave and wave.result == "stopped":
            wave.ended = time.time()

    def slowest(self, nodes: Collection[str]) -> tuple[str, float] | None:
        """Return which of some nodes has waited longest since its pod was deleted, and for how many seconds."""
        last: dict[str, float] = {}
        for _, node, moment in [*self._deleted.values()]:
            if node in nodes:
                last[node] = max(moment, last.get(node, moment))
        if not last:
            return None
        slowest = min(last, key=lambda node: (last[node], node))
        return slowest, max(0.0, time.time() - last[slowest])

    @property
    def restarts(self) -> int:
        """How many pods were deleted."""
        return len(self._deleted)

    @property
    def first(self) -> float | None:
        """When the first wave began."""
        return min((wave.started for wave in self._waves.values()), default=None)

    def waves(self) -> tuple[WaveRecord, ...]:
        """Return the waves in their order."""
        of = Counter(wave for wave, _, _ in self._deleted.values())
        return tuple(
            WaveRecord(name, utc(wave.started), utc(wave.ended), len(wave.nodes), of[name], wave.retries, wave.result,
                       shown_findings(wave.findings))
            for name, wave in self._waves.items()
        )  # fmt: skip

    @property
    def nodes(self) -> dict[str, Sequence[str]]:
        """Wave -> its nodes."""
        return {name: wave.nodes for name, wave in self._waves.items()}

    def pods(self, started: float) -> dict[str, Times]:
        """Return node -> when its old pod was deleted and its new one ready, in seconds after the start."""
        first: dict[str, float] = {}
        for _, node, moment in self._deleted.values():
            first[node] = min(moment, first.get(node, moment))
        return {
            node: (round(deleted - started, 3), self._seconds(node, started)) for node, deleted in sorted(first.items())
        }

    def _seconds(self, node: str, started: float) -> float | None:
        ready = self._ready.get(node)
        return None if ready is None else round(ready - started, 3)

    def _current(self) -> _Wave | None:
        return self._waves.get(self._now)
