"""What the driver of the waves is doing at the moment, noted as it happens, for a line about how far it is."""

import math
import time
from collections.abc import Sequence

from ..core.waves import progress
from ..core.waves import words as wave_words
from ..core.waves.order import Division
from ..core.waves.progress import Progress
from ..core.waves.restarts import WorkloadPods
from .driven import Target
from .report import Report


class Tracking:
    """One driver. `line` may be asked from another thread, while `waits` and `sees` come from the driver's own."""

    def __init__(self, target: Target, report: Report) -> None:
        self._where, self._report = target.where, report
        waiting = f"waiting for the {target.kind.kind} to be seen"
        self._doing, self._since, self._until = waiting, time.monotonic(), 0.0
        self._seen: tuple[Division, WorkloadPods, Sequence[Division], int] | None = None
        self._began: tuple[str, float, int] = ("", 0.0, 0)
        self._blind = 0.0

    def does(self, what: str = progress.RESTARTING, seconds: float = 0.0) -> None:
        """Note what is being done, and for how long where that is known."""
        self._doing, self._since = what, time.monotonic()
        self._until = self._since + seconds if seconds else 0.0

    def is_blind(self) -> bool:
        """Note that the cluster cannot be seen, and return whether that is new."""
        new, self._blind = not self._blind, self._blind or time.monotonic()
        return new

    def sees(
        self, division: Division, workload_pods: WorkloadPods, later: Sequence[Division], min_ready_seconds: int
    ) -> None:
        """Note the pods as they are, the wave whose turn it is, and those that come after it."""
        if division.wave.name != self._began[0]:
            self._began = division.wave.name, time.monotonic(), progress.at(division, workload_pods).done
        self._seen, self._blind = (division, workload_pods, later, min_ready_seconds), 0.0

    def line(self) -> str:
        """Return in one line how far it is."""
        now = time.monotonic()
        doing = self._doing
        if self._blind:
            doing = f"waiting for the API server ({wave_words.duration(round(now - self._blind))})"
        elif doing and self._until:
            doing = f"{doing} for {wave_words.duration(math.ceil(max(0.0, self._until - now)))} more"
        elif doing:
            doing = f"{doing} ({wave_words.duration(round(now - self._since))})"
        if self._seen is None:
            return f"{self._where} {doing}"
        division, workload_pods, later, min_ready = self._seen
        wave, (_, began, had) = progress.at(division, workload_pods), self._began
        turn = progress.turn_seconds(now - began, wave.done - had, wave.budget, min_ready)
        return Progress(
            wave, workload_pods.in_flight(), self._report.slowest(workload_pods.behind(division.nodes)),
            len(workload_pods.down & {*division.nodes}), [progress.at(one, workload_pods) for one in later], turn,
        ).line(doing, self._where)  # fmt: skip
