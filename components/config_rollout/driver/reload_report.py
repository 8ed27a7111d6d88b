"""What a reload did, noted as it happens, for the audit record."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..core.audit.reloads import Reloaded


@dataclass
class ReloadReport:
    """One reload's pods. Times are seconds since 1970."""

    restarts: int = 0
    """How many pods were restarted in place of reloading."""
    result: str = "stopped"
    """How it ended; stopped as long as nothing else is noted."""
    nodes: Sequence[str] = ()
    """Those with a pod that was asked before the text changed, and `away` those without."""
    away: Sequence[str] = ()
    _began: float = 0.0
    _read: dict[str, float] = field(default_factory=dict)
    _new: set[str] = field(default_factory=set)
    """Nodes whose pod began with the new text: those had nothing to read again."""
    _wrong: Mapping[str, str] = field(default_factory=dict)
    _asked_until: float = 0.0

    def begins(self, nodes: Iterable[str], away: Sequence[str]) -> None:
        """Note who is to read the text again, before it is written."""
        self.nodes, self.away, self._began = sorted(nodes), away, time.time()

    def reads(self, node: str, is_new: bool) -> None:
        """Note that the pod of a node has read the text, or began with it."""
        if is_new:
            self._new.add(node)
        self._read.setdefault(node, time.time())

    def refuses(self, wrong: Mapping[str, str]) -> None:
        """Note who has not read it, also of those that seemed to have."""
        self._wrong, self._asked_until = wrong, time.time()
        every = self.nodes if "" in wrong else wrong
        self._read = {node: at for node, at in self._read.items() if node not in every}

    @property
    def is_worth_a_record(self) -> bool:
        """Whether any process had to read something again: not where all pods have restarted anyway."""
        return bool(self._asked)

    def reloaded(self, reason: str) -> Reloaded:
        """Return how it went, now that it has ended; `reason` is why it did not end well."""
        read = {node: at for node, at in self._read.items() if node in self._asked}
        ended = time.time()
        until = self._asked_until or ended
        times = self._began, until, ended
        return Reloaded(self.result, *times, self._asked, self.away, read, self._wrong, reason, self.restarts)

    @property
    def _asked(self) -> list[str]:
        return [node for node in self.nodes if node not in self._new]
