"""
Waves: the order in which the nodes of a DaemonSet, or the pods of a StatefulSet, get a change; which is in which.

What is said of nodes goes for a StatefulSet's pods, by their names: `WorkloadKind.places` has the word for them.

Not here: when a pod may restart (restarts.py), and the words about it (words.py).
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...args.waves import WaveArgs, WavesArgs
from ..arguments.fields import as_written, check_seconds, is_whole_number, named, wrong_value
from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from ..kubernetes.amounts import PERCENT
from ..kubernetes.annotations import WAVES_ANNOTATION
from ..kubernetes.field_managers import DRIVEN
from ..kubernetes.label_selector import LabelSelector, parse_selector
from ..kubernetes.stateful_sets import ordinal_of
from ..kubernetes.workload_kinds import DAEMON_SET, STATEFUL_SET, WorkloadKind
from .gates import Gate, KubeProxyGate, NewServiceGate, parse_gates
from .places import FROM_WAVE, FROM_WAVES
from .windows import Window

REST = "rest"
"""The name of the last wave: all nodes that are in no other."""

RESTORE, HALT = "restore", "halt"
"""What follows when a wave fails: the previous revision for all its nodes, or everything left as it is."""

PROGRESS_DEADLINE_SECONDS = 600
"""How long no pod need become available, in seconds. Source: a Deployment's `progressDeadlineSeconds`."""

_OF_ALL, _OF_ONE = tuple(WavesArgs.__annotations__), tuple(WaveArgs.__annotations__)
_SETTINGS = tuple(name for name in _OF_ALL if name in _OF_ONE)
"""Fields of a wave whose default is what `waves` says for all."""

MEMBERSHIP = ("name", "selector", "nodes", "pods", "each")
"""The fields of a wave that define which nodes are in it."""

Labels = Mapping[str, Mapping[str, str]]
"""Node -> its labels."""


@dataclass(frozen=True)
class Wave:
    """
    One wave: the nodes that fit its selector and no earlier wave took, or so many of them, or so many of each value.

    `nodes` and `max_unavailable` are numbers or shares ("10%"), which round up.
    """

    name: str
    selector: LabelSelector = field(default_factory=LabelSelector)
    nodes: int | str | None = None
    each: str = ""
    max_unavailable: int | str = 1
    soak_seconds: int = 0
    gates: tuple[Gate, ...] = ()
    kind: WorkloadKind = DAEMON_SET

    def budget(self, nodes: int) -> int:
        """Return how many pods of the workload may be unavailable while this wave of so many nodes restarts."""
        return max(1, scaled(self.max_unavailable, nodes))

    @property
    def windows(self) -> list[Window]:
        """When the wave may not begin."""
        return [gate for gate in self.gates if isinstance(gate, Window)]

    def definition(self) -> dict[str, object]:
        """Return what a record keeps of it, as plain values."""
        requirements = [f"{r.key} {r.operator} {','.join(r.values)}".rstrip() for r in self.selector.requirements]
        of = {self.kind.places: self.nodes, "each": self.each, "selector": requirements}
        of["soakSeconds"] = self.soak_seconds
        of["gates"] = [str(gate) for gate in self.gates if not isinstance(gate, Window)]
        of["windows"] = [str(window) for window in self.windows]
        selection = {key: value for key, value in of.items() if value}
        return {"name": self.name, "maxUnavailable": self.max_unavailable, **selection}


@dataclass(frozen=True)
class Waves:
    """All of `waves`: `first` in its order, then one wave for each value of the label `by`, then the rest."""

    first: tuple[Wave, ...] = ()
    by: str = ""
    rest: Wave = field(default_factory=lambda: Wave(REST))
    on_failure: str = RESTORE
    through: str = ""
    progress_deadline_seconds: int = PROGRESS_DEADLINE_SECONDS
    over_unhealthy: bool = False

    @property
    def kind(self) -> WorkloadKind:
        """What the waves are of."""
        return self.rest.kind

    def in_order(self, labels: Labels) -> list[Wave]:
        """Return the waves that a cluster of these nodes has: those of `by` in the order of their values."""
        values = sorted({of[self.by] for of in labels.values() if of.get(self.by)}) if self.by else []
        return [*self.first, *(replace(self.rest, name=value) for value in values), self.rest]

    @property
    def keys(self) -> set[str]:
        """The labels that say in which wave a node is."""
        of_first = [{wave.each, *(r.key for r in wave.selector.requirements)} for wave in self.first]
        return {self.by}.union(*of_first) - {""}

    def membership(self) -> dict[str, object]:
        """Return what says which nodes are in which wave, and nothing else, as `parse_waves` takes it."""
        first = []
        for wave in self.first:
            expressions = [{"key": r.key, "operator": r.operator, "values": list(r.values)}
                           for r in wave.selector.requirements]  # fmt: skip
            of = {"matchExpressions": expressions, self.kind.places: wave.nodes, "each": wave.each}
            first.append({"name": wave.name, **{key: value for key, value in of.items() if value}})
        return {**({"first": first} if first else {}), **({"by": self.by} if self.by else {})}

    def annotations(self) -> dict[str, str]:
        """
        Return what a workload with these waves has, as `config-rollout status` shows them.

        On a patch of its own they go with the waves.
        """
        return {**DRIVEN, WAVES_ANNOTATION: json.dumps(self.membership(), sort_keys=True)}


@dataclass(frozen=True)
class Division:
    """A wave and its nodes, in the order in which they restart."""

    wave: Wave
    nodes: tuple[str, ...]

    @property
    def budget(self) -> int:
        """How many pods of the workload may be unavailable."""
        return self.wave.budget(len(self.nodes))


def divide(waves: Waves, labels: Labels, seed: str, covered: Iterable[str] | None = None) -> list[Division]:
    """
    Return the waves with their nodes: every covered node is in exactly one.

    Nodes come in the order of the SHA-256 of `seed` and their name: a different seed picks other nodes first, so no
    node is always the canary, and the same seed picks the same ones again, however they are listed. Pods of a
    StatefulSet come from the highest ordinal down: a `partition` knows no other order.

    Args:
      waves: The waves.
      labels: All nodes of the cluster.
      seed: The config hash.
      covered: The nodes that have a pod; by default all.

    """
    names = labels if covered is None else [name for name in covered if name in labels]
    left = sorted(names, key=lambda name: (hashlib.sha256(f"{seed}/{name}".encode()).digest(), name))
    if waves.kind is STATEFUL_SET:
        left = sorted(names, key=ordinal_of, reverse=True)
    divisions = []
    for wave in waves.in_order(labels):
        if wave in waves.first:
            nodes = _chosen(wave, [name for name in left if wave.selector.fits(labels[name])], labels)
        elif wave.name != REST:
            nodes = [name for name in left if labels[name].get(waves.by) == wave.name]
        else:
            nodes = left
        taken = set(nodes)
        left = [name for name in left if name not in taken]
        divisions.append(Division(wave, tuple(nodes)))
    return divisions


def after(divisions: Sequence[Division], name: str, through: str) -> list[Division]:
    """Return the waves that come after one, up to the one that `through` names; empty is all of them."""
    names = [division.wave.name for division in divisions]
    if name not in names or name == through:
        return []
    later = divisions[names.index(name) + 1 :]
    last = names.index(through) - names.index(name) if through in names else len(later)
    return list(later[: max(0, last)])


def check_names(waves: Waves, labels: Labels) -> Iterator[Finding]:
    """Find waves that share a name, and a `through` that names no wave."""
    names = [wave.name for wave in waves.in_order(labels)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding("waves", f"two waves are named '{name}'", "Rename the one in `first`")
    if waves.through and waves.through not in names:
        fix = did_you_mean(waves.through, names, f"Use one of {', '.join(names)}")
        yield Finding("waves.through", f"there is no wave '{waves.through}'", fix)


def empty_selectors(waves: Waves, labels: Labels) -> Iterator[Finding]:
    """Find selectors that match no node, and labels that no node has, with those that exist."""
    if waves.kind is not DAEMON_SET:
        return
    found = sorted({label for of in labels.values() for label in of})
    for number, wave in enumerate(waves.first):
        where = f"waves.first[{number}] ('{wave.name}')"
        if not any(wave.selector.fits(of) for of in labels.values()):
            values = {r.key: sorted({of[r.key] for of in labels.values() if r.key in of})
                      for r in wave.selector.requirements}  # fmt: skip
            there = "; ".join(f"{key}: {', '.join(of) or 'on no node'}" for key, of in values.items())
            yield Finding(where, "its selector matches no node", f"The nodes have {there}")
        if wave.each and wave.each not in found:
            yield Finding(where, f"no node has the label '{wave.each}'", f"Use one of {', '.join(found)}")
    if waves.by and waves.by not in found:
        yield Finding("waves.by", f"no node has the label '{waves.by}'", f"Use one of {', '.join(found)}")


def no_waves(kind: WorkloadKind) -> Finding:
    """Return that workloads of a kind have no waves, and what there is instead."""
    what = "is for DaemonSets and StatefulSets, whose waves are of nodes and of ordinals"
    fix = "Use its native `strategy`, for example with max_unavailable 1 and max_surge 0"
    return Finding("waves", f"{what}; Kubernetes itself replaces the pods of a {kind.kind}", fix)


def check_beside_waves(
    plain: Mapping[str, object], outputs: Iterable[str], kind: WorkloadKind = DAEMON_SET
) -> Iterator[Finding]:
    """Find arguments that contradict `waves`, among them those that are not known before the cluster is read."""
    lowered = "Leave it out: the waves lower its `partition` themselves, and nothing remains of it after a rollout"
    for key, fix in (
        ("update_strategy", lowered if kind is STATEFUL_SET else "Use waves.max_unavailable"),
        ("max_unavailable", "Use waves.max_unavailable"),
        ("rollout_timeout_seconds", "Use waves.progress_deadline_seconds"),
    ):
        if key in plain:
            yield Finding(key, "cannot be combined with `waves`", fix)
    for key in outputs:
        yield Finding(key, "cannot be an Output with `waves`, which read the cluster first", "Pass a plain value")
    waves, ready = plain["waves"], plain.get("min_ready_seconds")
    deadline = waves.get("progress_deadline_seconds") if isinstance(waves, Mapping) else None
    deadline = PROGRESS_DEADLINE_SECONDS if deadline is None else deadline
    if isinstance(ready, int | float) and isinstance(deadline, int | float) and deadline <= ready:
        both = f"{as_written(deadline)} and min_ready_seconds {as_written(ready)}"
        what = f"is {both}, so no pod could become available in time"
        yield Finding("waves.progress_deadline_seconds", what, "Raise it above min_ready_seconds")


def scaled(value: int | str, nodes: int) -> int:
    """Return a number, or a share of so many nodes, as a number. Shares round up, as a DaemonSet's do."""
    return math.ceil(int(value.removesuffix("%")) * nodes / 100) if isinstance(value, str) else int(value)


def parse_waves(value: object, where: str = "waves", kind: WorkloadKind = DAEMON_SET) -> tuple[Waves, list[Finding]]:
    """Return the parsed `waves` of a workload of that kind, with defaults filled in, and everything wrong with it."""
    if not isinstance(value, Mapping):
        return Waves(), [Finding(where, f"must be a mapping (got {type(value).__name__})", "Pass a dict")]
    of, findings = named(where, value, _OF_ALL, elsewhere=FROM_WAVES)
    of, of_others = _of_kind(where, of, kind)
    usual = Wave(REST, kind=kind)
    rest, wrong = _parse_wave(where, {key: of[key] for key in _SETTINGS if key in of} | {"name": REST}, usual)
    findings += [*of_others, *wrong]
    first: list[Wave] = []
    listed = of.get("first", [])
    if isinstance(listed, list | tuple):
        for number, item in enumerate(listed):
            place = f"{where}.first[{number}]"
            if isinstance(item, Mapping):
                known, wrong = named(place, item, _OF_ONE, elsewhere=FROM_WAVE)
                known, of_others = _of_kind(place, known, kind)
                wave, more = _parse_wave(place, known, rest)
                first.append(wave)
                findings += [*wrong, *of_others, *more, *([] if of_others else _check_choice(place, known, kind))]
            else:
                findings.append(Finding(place, f"must be a mapping (got {type(item).__name__})", "Pass a dict"))
    else:
        findings.append(Finding(f"{where}.first", f"must be a list (got {type(listed).__name__})", "Pass a list"))
    findings += _check_twice(where, first)
    for key in ("by", "through"):
        if key in of and (not isinstance(of[key], str) or not of[key]):
            what = "a label" if key == "by" else "a wave's name"
            findings.append(wrong_value(f"{where}.{key}", f"must be {what}", of[key], "Pass a plain str"))
    if of.get("on_failure", RESTORE) not in (RESTORE, HALT):
        fix = f"Use '{RESTORE}' or '{HALT}'"
        findings.append(wrong_value(f"{where}.on_failure", "is not valid", of["on_failure"], fix))
    deadline = of.get("progress_deadline_seconds", PROGRESS_DEADLINE_SECONDS)
    findings += check_seconds(f"{where}.progress_deadline_seconds", deadline, least=1)
    over = of.get("over_unhealthy", False)
    if not isinstance(over, bool):
        fix = "Write it without quotes"
        findings.append(wrong_value(f"{where}.over_unhealthy", "must be true or false", over, fix))
    if findings:
        return Waves(), findings
    return Waves(
        tuple(first), str(of.get("by", "")), rest, str(of.get("on_failure", RESTORE)), str(of.get("through", "")),
        int(deadline), bool(over),  # type: ignore[call-overload]
    ), []  # fmt: skip


def _of_kind(where: str, of: Mapping[str, object], kind: WorkloadKind) -> tuple[dict[str, object], list[Finding]]:
    """Return the fields of `waves`, or of one wave, that a kind has, and a finding for each that it has not."""
    what = "is of nodes, and the waves of a StatefulSet are of its pods, from the highest ordinal down"
    of_nodes = ("by", "match_labels", "match_expressions", "nodes", "each")
    others = dict.fromkeys(of_nodes, (what, "Use `pods` of a wave in `first`"))
    one = "is for DaemonSets: the pods of a StatefulSet follow one at a time, as in Kubernetes"
    others["max_unavailable"] = one, "Leave it out"
    if kind is not STATEFUL_SET:
        others = {"pods": ("is for StatefulSets, whose pods have an order", "Use `nodes`")}
    wrong = [Finding(f"{where}.{name}", *others[name]) for name in of if name in others]
    return {name: value for name, value in of.items() if name not in others}, wrong


def _parse_wave(where: str, of: Mapping[str, object], defaults: Wave) -> tuple[Wave, list[Finding]]:
    findings: list[Finding] = []
    kind = defaults.kind
    name = of.get("name")
    if not isinstance(name, str) or not name:
        findings.append(wrong_value(f"{where}.name", "must be text", name, "Give the wave a name"))
    selector, wrong = parse_selector(where, of.get("match_labels"), of.get("match_expressions"))
    findings += wrong
    budget, nodes = of.get("max_unavailable", defaults.max_unavailable), of.get(kind.places)
    findings += _check_amount(f"{where}.max_unavailable", budget, "pods")
    if nodes is not None:
        findings += _check_amount(f"{where}.{kind.places}", nodes, kind.places)
    each = of.get("each", "")
    if not isinstance(each, str):
        findings.append(wrong_value(f"{where}.each", "must be a label", each, "Pass a plain str"))
    soak = of.get("soak_seconds", defaults.soak_seconds)
    findings += check_seconds(f"{where}.soak_seconds", soak, least=0)
    gates: tuple[Gate, ...] = defaults.gates
    if "gates" in of:
        gates, wrong = parse_gates(f"{where}.gates", of["gates"])
        findings += [*wrong, *_check_gates_of_nodes(f"{where}.gates", gates, kind)]
    if findings:
        return replace(defaults, name=str(name)), findings
    return Wave(str(name), selector, _plain(nodes), str(each), _plain(budget) or 1, int(soak), gates, kind), []  # type: ignore[call-overload]


def _check_gates_of_nodes(where: str, gates: Iterable[Gate], kind: WorkloadKind) -> Iterator[Finding]:
    """Find gates of nodes, where the waves are of pods."""
    for gate in gates:
        if kind is STATEFUL_SET and isinstance(gate, KubeProxyGate | NewServiceGate):
            what = f"gate {gate} asks about nodes, and the waves of a StatefulSet are of its pods"
            yield Finding(where, what, "Leave it out, or use `http`")


def _check_choice(where: str, of: Mapping[str, object], kind: WorkloadKind) -> Iterator[Finding]:
    """Find a wave with neither a selector nor a number of nodes, which would take all of them."""
    if kind is STATEFUL_SET and "pods" not in of:
        yield Finding(where, "would take every pod", "Give it `pods`")
    elif kind is not STATEFUL_SET and not {"match_labels", "match_expressions", "nodes"} & set(of):
        yield Finding(where, "would take every node", "Give it match_labels, match_expressions or nodes")
    if "each" in of and "nodes" not in of:
        yield Finding(f"{where}.each", "requires `nodes`", "Set `nodes` to how many nodes of each value")


def _check_twice(where: str, first: Sequence[Wave]) -> Iterator[Finding]:
    names = [wave.name for wave in first]
    for number, name in enumerate(names):
        if name in names[:number] or name == REST:
            taken = "is reserved for the last wave" if name == REST else "is used twice"
            yield Finding(f"{where}.first[{number}].name", f"{taken} (got {name!r})", "Give each wave its own name")


def _check_amount(where: str, value: object, what: str) -> Iterator[Finding]:
    """Find what is not a number or percentage above 0."""
    share = PERCENT.fullmatch(value) if isinstance(value, str) else None
    if not (0 < int(share[1]) <= 100 if share else is_whole_number(value) and value != 0):
        fix = "Pass an int of at least 1, or '1%' to '100%'"
        yield wrong_value(where, f"must be a number or percentage of {what} above 0", value, fix)


def _chosen(wave: Wave, fitting: list[str], labels: Labels) -> list[str]:
    """Return those of the nodes that a wave takes."""
    if wave.nodes is None:
        return fitting
    groups: dict[str, list[str]] = {}
    for name in fitting:
        value = labels[name].get(wave.each, "") if wave.each else "all"
        if value:
            groups.setdefault(value, []).append(name)
    return [name for group in groups.values() for name in group[: scaled(wave.nodes, len(group))]]


def _plain(value: object) -> int | str | None:
    return value if isinstance(value, str) or value is None else int(value)  # type: ignore[call-overload]
