"""Runs the rules over objects."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..arguments.finding import Finding
from . import BY_ID, RULES
from .objects import KubernetesObject, Objects
from .rule import Answer, Level, NotChecked, Parameters, Rule
from .settings import Settings
from .skips import SkipLog


@dataclass(frozen=True)
class Violation:
    """What a rule found on an object, and at which level it is reported."""

    rule: Rule
    level: Level
    object: KubernetesObject
    finding: Finding


def check(
    objects: Iterable[KubernetesObject], settings: Settings, log: SkipLog | None = None
) -> tuple[list[Violation], list[tuple[KubernetesObject, NotChecked]]]:
    """Return what the rules find, object by object, and what they could not check; skipped findings go to `log`."""
    every = Objects.of(objects)
    ran = set()
    order = {id(o): number for number, o in enumerate(every.all)}
    violations: list[Violation] = []
    unchecked: list[tuple[KubernetesObject, NotChecked]] = []
    for rule in RULES:
        of_rule = settings.of(rule)
        level = of_rule.level or rule.level
        if level is Level.DISABLED:
            continue
        ran.add(rule.id)
        for o, answer in run(rule, every, of_rule.parameters):
            if of_rule.covers(o, log):
                continue
            if isinstance(answer, Finding):
                violations.append(Violation(rule, level, o, answer))
            else:
                unchecked.append((o, answer))
    if log:
        log.close(every.all, ran, BY_ID)
    violations.sort(key=lambda violation: order[id(violation.object)])
    unchecked.sort(key=lambda pair: order[id(pair[0])])
    return violations, unchecked


def run(rule: Rule, objects: Objects, parameters: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    """Yield what one rule reports, each with its object."""
    if rule.check_all:
        yield from rule.check_all(objects, parameters)
    elif rule.check_one:
        for o in objects.all if not rule.kinds else objects.kind(*rule.kinds):
            yield from ((o, answer) for answer in rule.check_one(o, parameters))
