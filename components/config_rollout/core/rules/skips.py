"""Skips: objects that a rule ignores, by the settings or an annotation, and how many findings that hides."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from ..kubernetes.annotations import SKIP_ANNOTATION
from .objects import KubernetesObject


@dataclass(frozen=True)
class Skip:
    """Objects that a rule ignores, by shell patterns, and why."""

    namespace: str
    name: str
    reason: str

    def covers(self, o: KubernetesObject) -> bool:
        """Return whether the object is one of these."""
        return fnmatchcase(str(o.namespace), self.namespace) and fnmatchcase(str(o.name), self.name)

    def __str__(self) -> str:
        patterns = (("namespace", self.namespace), ("name", self.name))
        return " and ".join(f"{what} {pattern!r}" for what, pattern in patterns if pattern != "*")


def annotation_skips(o: KubernetesObject, rules: Collection[str] = ()) -> tuple[dict[str, str], list[Finding]]:
    """
    Return rule -> reason from an object's annotation, and what is wrong with it.

    Args:
      o: The object.
      rules: All rules; without them no rule is reported as unknown.

    """
    text = o.texts("metadata", "annotations").get(SKIP_ANNOTATION)
    if not isinstance(text, str):
        return {}, []
    reasons: dict[str, str] = {}
    wrong = []
    for line in filter(None, map(str.strip, text.splitlines())):
        rule, _, reason = (part.strip() for part in line.partition(":"))
        if rules and rule not in rules:
            fix = did_you_mean(rule, rules, "`config-rollout check --list` prints all rules")
            wrong.append(Finding(_WHERE, f"has an unknown rule (got {rule!r})", fix))
        elif not reason:
            wrong.append(Finding(_WHERE, f"{rule} has no reason", f"Write '{rule}: REASON'"))
        else:
            reasons[rule] = reason
    return reasons, wrong


_WHERE = f"metadata.annotations['{SKIP_ANNOTATION}']"


@dataclass
class SkipLog:
    """
    What was skipped, over any number of sets.

    `counts` is rule -> number of findings, `matches` holds the skips of the settings that matched. `notes` are
    sentences about annotations that are wrong or match nothing.
    """

    counts: Counter[str] = field(default_factory=Counter)
    matches: set[tuple[str, Skip]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    _on_objects: set[tuple[int, str]] = field(default_factory=set)

    def add(self, rule: str, o: KubernetesObject, skip: Skip | None) -> None:
        """Count a finding that was skipped, by a skip of the settings or else by the object's annotation."""
        self.counts[rule] += 1
        if skip:
            self.matches.add((rule, skip))
        else:
            self._on_objects.add((id(o), rule))

    def close(self, objects: Iterable[KubernetesObject], ran: Collection[str], rules: Collection[str]) -> None:
        """Note which annotations of a set matched nothing; `ran` holds the rules that ran."""
        for o in objects:
            reasons, wrong = annotation_skips(o, rules)
            self.notes += [f"{o.place}: {o.title}: {finding}" for finding in wrong]
            for rule in reasons:
                if rule in ran and (id(o), rule) not in self._on_objects:
                    finding = Finding(_WHERE, f"{rule} has no finding on this object", "Remove the line")
                    self.notes.append(f"{o.place}: {o.title}: {finding}")
        self._on_objects.clear()

    def without_match(self, skips: Iterable[tuple[str, Skip]]) -> Iterator[str]:
        """Yield a sentence for each skip of the settings that matched nothing."""
        for rule, skip in skips:
            if (rule, skip) not in self.matches:
                yield f"{rule}: skip: {skip} matched nothing. Remove it, or correct the pattern."
