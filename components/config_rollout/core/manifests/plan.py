"""What becomes of all manifests of a component: configured workloads, objects as they are, and notes about them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..arguments.finding import Finding
from ..kubernetes.workload_kinds import KINDS
from ..rules.labels import Selecting
from ..rules.objects import CONFIGURATION, WORKLOADS, KubernetesObject, Objects, is_known
from ..rules.volatile import VOLATILE_TEMPLATE
from ..transform.reading import Readings
from ..transform.stream import Stream, title
from .asked import Asked, check_meant, said_of
from .items import Item, check_twice
from .mentions import mentioned
from .order import Key, order
from .workloads import Around, ConfiguredPart, configured_part


@dataclass(frozen=True)
class Plan:
    """
    The objects that are registered as they are, in an order that fits, and the configured workloads.

    `after` is object -> those that come before it. `notes` is title -> what to know about that object.
    """

    objects: Sequence[Item] = ()
    parts: Sequence[ConfiguredPart] = ()
    after: Mapping[Key, Sequence[Key]] = field(default_factory=dict)
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def plan(
    items: Sequence[Item],
    asked: Mapping[str, Asked],
    leave_out: Collection[str] = (),
    hash_key: Any = None,
    common: Mapping[str, Any] | None = None,
    keeps_names: bool = False,
) -> tuple[Plan, list[Finding]]:
    """
    Return what becomes of objects whose namespaces are known, and everything that prevents it.

    Args:
      items: The objects.
      asked: What the program says of single workloads.
      leave_out: Labels and annotations that are left out of pod templates.
      hash_key: The key of the hashes of Secrets; without it they do not count.
      common: Arguments that every workload gets.
      keeps_names: Whether what workloads read is there under its own name too, as while something is taken over.

    """
    findings = list(check_twice(items))
    stream = _stream(items)
    readings = Readings(stream)
    by_name = {(item.of.kind, str(item.of.namespace), str(item.of.name)): item for item in items}
    around = Around(by_name, Selecting(stream.objects), leave_out, hash_key, common)
    workloads = [item for item in items if item.of.kind in KINDS and item.key[0] in ("apps", "extensions")]
    titles = [f"{item.of.kind}/{item.name}" for item in workloads]
    findings += check_meant(asked, titles)
    parts: list[ConfiguredPart] = []
    notes: dict[str, list[str]] = {}
    for item in workloads:
        said = said_of(asked, item.of.kind, *item.key[2:])
        if said.is_excluded:
            continue
        if not isinstance(item.of.pod_spec, Mapping):
            findings.append(Finding(f"{item.of.place}: {title(item.of)}", "has no spec.template.spec", "Correct it"))
            continue
        part, wrong = configured_part(item, KINDS[item.of.kind], readings.of(item.of), said, around)
        parts.append(part)
        findings += wrong
    findings += readings.findings
    if findings:
        return Plan(), list(dict.fromkeys(findings))
    in_order, after, findings = order(items)
    for part in parts:
        notes[title(part.item.of)] = [*part.notes]
    for of, what in [*_still_volatile(stream, parts), *readings.notes, *_as_they_are(items, parts)]:
        notes.setdefault(title(of), []).append(what)
    every = {title: of for title, of in notes.items() if of}
    registered = [item for item in in_order if all(item is not part.item for part in parts)]
    registered = registered if keeps_names else _read_by_others(registered, parts)
    return Plan(registered, _sorted(in_order, parts), after, every), findings


def _stream(items: Sequence[Item]) -> Stream:
    every = (item.of for item in items)
    return Stream(Objects.of(o for o in every if is_known(o.kind, str(o.get("apiVersion")))))


def _read_by_others(items: Sequence[Item], parts: Sequence[ConfiguredPart]) -> list[Item]:
    """Return the objects beside the workloads without what only these read."""
    names = mentioned((item.of for item in items), [(part.item.of, part.counted) for part in parts])
    counted = {(kind, str(part.item.of.namespace), name) for part in parts for kind, name in part.counted}
    return [
        item
        for item in items
        if item.of.kind not in CONFIGURATION
        or (item.of.kind, str(item.of.namespace), str(item.of.name)) not in counted
        or item.of.name in names
    ]


def _sorted(items: Sequence[Item], parts: Sequence[ConfiguredPart]) -> list[ConfiguredPart]:
    place = {item.key: position for position, item in enumerate(items)}
    return sorted(parts, key=lambda part: place.get(part.item.key, 0))


def _still_volatile(stream: Stream, parts: Sequence[ConfiguredPart]) -> Iterator[tuple[KubernetesObject, str]]:
    """Yield what is left in pod templates that changes although nothing in it means anything."""
    edited = {id(part.item.of): part.edited for part in parts}
    of = {id(part.edited): part.item.of for part in parts}
    check = VOLATILE_TEMPLATE.check_all
    assert check
    for o, answer in check(Objects.of(edited.get(id(o), o) for o in stream.objects.all), {}):
        if id(o) in of and isinstance(answer, Finding):
            can_go = answer.where.startswith(("spec.template.metadata.annotations", "spec.template.metadata.labels"))
            fix = "; `leave_out` takes it out of the pod template" if can_go else ""
            yield of[id(o)], f"{answer.where} {answer.what}{fix}"


def _as_they_are(items: Sequence[Item], parts: Sequence[ConfiguredPart]) -> Iterator[tuple[KubernetesObject, str]]:
    """Yield the workloads that nothing here looks after."""
    configured = {id(part.item) for part in parts}
    for item in items:
        if item.of.kind in WORKLOADS and id(item) not in configured:
            what = "is registered as it is, so its pods restart as its own annotations say, or not at all"
            yield item.of, what
