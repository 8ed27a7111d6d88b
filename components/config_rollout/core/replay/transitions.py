"""A history of a configuration, and which of its changes restart pods under which rule. Not how it is read or drawn."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..configuration.content import Content
from ..configuration.digest import config_hash
from . import other_tools as peers


@dataclass(frozen=True)
class Snapshot:
    """
    A configuration at one point in time.

    Args:
      name: How a person finds it: a commit, a release, a file.
      content: What the ConfigMap held.
      date: As the history has it, ISO 8601.
      rest: The ConfigMap without its two maps: metadata with labels and annotations, `immutable`.
      helm_checksum: As it was rendered, or of the manifest's text; empty if neither is there.
      template: Anything that changes when the pod template does, its checksum aside; `None` where it is not known.
      effective: Anything that changes when what is in force does; `None` where it is not known.

    """

    name: str
    content: Content
    date: str = ""
    rest: Mapping[str, object] = field(default_factory=dict)
    helm_checksum: str = ""
    template: str | None = None
    effective: str | None = None


@dataclass(frozen=True)
class Restarter:
    """Who restarts pods: its name in JSON, and in tables and pictures."""

    name: str
    title: str


@dataclass(frozen=True)
class Rule(Restarter):
    """A way to decide about restarts: pods restart when the value that `of` gives changes."""

    of: Callable[[Snapshot], str]


def _maps(snapshot: Snapshot) -> tuple[peers.Values, peers.Values]:
    return snapshot.content.data, snapshot.content.binary_data


def _resource_version(snapshot: Snapshot) -> str:
    return peers.resource_version(snapshot.rest, *_maps(snapshot))


def _name(snapshot: Snapshot) -> str:
    metadata = snapshot.rest.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, Mapping) else ""


OURS = "config-rollout"

RULES = (
    # A manifest that nobody rendered changes its text where the object changes.
    Rule("helm", "Helm's checksum/config", lambda s: s.helm_checksum or _resource_version(s)),
    Rule("resource-version", "resourceVersion, any write", _resource_version),
    Rule("kustomize", "kustomize's name suffix", lambda s: peers.kustomize_suffix(*_maps(s))),
    Rule("reloader", "Reloader's SHA-1", lambda s: peers.reloader_sha1(*_maps(s))),
    Rule("wave", "wave's config hash", lambda s: peers.wave_hash(_name(s), *_maps(s))),
    Rule("bytes", "a hash of the bytes", lambda s: peers.byte_hash(*_maps(s))),
    Rule(OURS, "config-rollout", lambda s: config_hash(s.content)),
)
"""Every rule, in the order of the table; ours is the last."""

Judge = Callable[[Snapshot], str]
"""Returns what is in force with a snapshot: equal for two exactly if the program would do the same."""


@dataclass(frozen=True)
class Transition:
    """From one snapshot to the next: whether it is a real change, and the rules that restart for it."""

    history: str
    old: str
    new: str
    date: str
    real: bool
    restarts: frozenset[str]
    template: bool | None
    """Whether the pod template changed in something else, so that pods restarted anyway; `None` if unknown."""

    def row(self) -> dict[str, Any]:
        """Return the transition for `--json`."""
        return {
            "history": self.history, "from": self.old, "to": self.new, "date": self.date or None, "real": self.real,
            "template_changed": self.template, "restarts": [rule.name for rule in RULES if rule.name in self.restarts],
        }  # fmt: skip


def once(of: Callable[[Snapshot], str]) -> Callable[[Snapshot], str]:
    """Return the function so that it works once for each text: a history returns to one for many snapshots."""
    known: dict[str, str] = {}

    def remembered(snapshot: Snapshot) -> str:
        text = peers.byte_hash(*_maps(snapshot))
        if text not in known:
            known[text] = of(snapshot)
        return known[text]

    return remembered


def transitions(history: str, snapshots: Iterable[Snapshot], judge: Judge) -> Iterator[Transition]:
    """Yield each transition of one history, holding two snapshots at most."""
    values_of = {rule.name: once(rule.of) if rule.name == OURS else rule.of for rule in RULES}
    old: tuple[Snapshot, dict[str, str], str] | None = None
    for new in snapshots:
        values, in_force = {name: of(new) for name, of in values_of.items()}, judge(new)
        if old is not None:
            before, were, was_in_force = old
            yield Transition(
                history,
                before.name,
                new.name,
                new.date,
                real=in_force != was_in_force,
                restarts=frozenset(name for name, value in values.items() if value != were[name]),
                template=None if new.template is None else new.template != before.template,
            )
        old = new, values, in_force


@dataclass(frozen=True)
class Tally:
    """
    The result of one rule, or of one tool that was watched.

    Args:
      rule: The rule or tool.
      restarts: How often it restarted the pods.
      needless: Of these, how often for no real change.
      alone: Of the needless ones, how often nothing else in the pod template changed; `None` if unknown.
      missed: How many real changes it did not restart for.

    """

    rule: Restarter
    restarts: int
    needless: int
    alone: int | None
    missed: int

    def row(self) -> dict[str, Any]:
        """Return the tally for `--json`."""
        return {
            "rule": self.rule.name, "title": self.rule.title, "restarts": self.restarts, "needless": self.needless,
            "needless_alone": self.alone, "missed": self.missed,
        }  # fmt: skip


def tallies(every: Sequence[Transition], of: Sequence[Restarter] = RULES) -> list[Tally]:
    """Return the tally of every rule, or of the tools whose restarts the transitions have."""
    knows = any(one.template is not None for one in every)
    counts = []
    for rule in of:
        needless = [one for one in every if rule.name in one.restarts and not one.real]
        counts.append(
            Tally(
                rule,
                restarts=sum(rule.name in one.restarts for one in every),
                needless=len(needless),
                alone=sum(one.template is False for one in needless) if knows else None,
                missed=sum(one.real and rule.name not in one.restarts for one in every),
            )
        )
    return counts


def table(every: Sequence[Transition]) -> list[list[str]]:
    """Return the table, its head first. Unknown numbers have no column."""
    rows = tallies(every)
    with_alone = rows[0].alone is not None
    head = ["rule", "restarts", "needless", *(["nothing else changed"] if with_alone else []), "missed"]
    return [head] + [
        [t.rule.title, f"{t.restarts:,}", f"{t.needless:,}", *([f"{t.alone:,}"] if with_alone else []), f"{t.missed:,}"]
        for t in rows
    ]


def breakdown(every: Sequence[Transition]) -> list[list[str]]:
    """Return the table of restarts by history and rule, its head first."""
    head = ["restarts of", "transitions", "real changes", *(rule.name for rule in RULES)]
    rows = [head]
    for history in dict.fromkeys(one.history for one in every):
        its = [one for one in every if one.history == history]
        counts = [sum(rule.name in one.restarts for one in its) for rule in RULES]
        numbers = [len(its), sum(one.real for one in its), *counts]
        rows.append([history, *(f"{number:,}" for number in numbers)])
    return rows


DECIDERS = {
    "judge": "the command of --judge",
    "history": "the effective values in the history",
    "parsed": "the parsed values",
}
"""What can decide which change is real, and the words for it."""


def summary(every: Sequence[Transition], decider: str) -> str:
    """Return the line above the table."""
    real = sum(one.real for one in every)
    return f"{_counted(len(every), 'transition')}, {_counted(real, 'real change')}, decided by {DECIDERS[decider]}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table for a terminal: the first column to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))])
        for first, *rest in rows
    ]
