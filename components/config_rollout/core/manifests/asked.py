"""The argument `workloads`: what a program says of single workloads among the manifests."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..arguments.fields import named
from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from ..kubernetes.workload_kinds import KINDS

PASSED_ON = ("waves", "external", "reload", "rollout_timeout_seconds")
"""What the component of the workload takes as it is."""

_FIELDS = ("formats", "effects", "exclude", *PASSED_ON)


@dataclass(frozen=True)
class Asked:
    """
    What is said of one workload.

    `formats` and `effects` are for every ConfigMap and Secret that it reads and that has the key; `CONFIGMAP/KEY` is
    that of one.
    """

    formats: Mapping[str, str] = field(default_factory=dict)
    effects: Mapping[str, str] = field(default_factory=dict)
    is_excluded: bool = False
    passed_on: Mapping[str, Any] = field(default_factory=dict)

    def of_source(self, name: str, keys: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return the formats and the effects for one source with these keys."""
        return _said(self.formats, name, keys), _said(self.effects, name, keys)


def _said(every: Mapping[str, str], name: str, keys: Collection[str]) -> dict[str, str]:
    said = {}
    for where, value in every.items():
        place, _, path = where.partition(":")
        source, _, key = place.rpartition("/")
        if key in keys and source in ("", name):
            said[f"{key}:{path}" if path else key] = value
    return said


def parse_asked(given: object) -> tuple[dict[str, Asked], list[Finding]]:
    """Return `KIND/NAME` or `KIND/NAMESPACE/NAME` -> what is said of it, and what is wrong with the form."""
    if not isinstance(given, Mapping):
        what = f"must map KIND/NAME to a mapping (got {type(given).__name__})"
        return {}, [Finding("workloads", what, "Pass {'DaemonSet/agent': {...}}")]
    every: dict[str, Asked] = {}
    findings: list[Finding] = []
    for key, fields in given.items():
        where = f"workloads[{key!r}]"
        if not isinstance(key, str) or not 1 <= key.count("/") <= 2 or key.partition("/")[0] not in KINDS:
            what = "must be KIND/NAME or KIND/NAMESPACE/NAME, and KIND one of " + ", ".join(KINDS)
            findings.append(Finding(where, what, "Write for example 'DaemonSet/agent'"))
        elif not isinstance(fields, Mapping):
            what = f"must be a mapping (got {type(fields).__name__})"
            findings.append(Finding(where, what, "Pass {'exclude': True}, or another field"))
        else:
            of, wrong = named(where, fields, _FIELDS)
            findings += [*wrong, *_check(where, of)]
            every[key] = Asked(
                _texts(of.get("formats")),
                _texts(of.get("effects")),
                of.get("exclude") is True,
                {name: of[name] for name in PASSED_ON if name in of},
            )
    return every, findings


def _check(where: str, of: Mapping[str, object]) -> Iterator[Finding]:
    for name in ("formats", "effects"):
        value = of.get(name, {})
        if not isinstance(value, Mapping) or not all(isinstance(one, str) for item in value.items() for one in item):
            yield Finding(f"{where}.{name}", "must map text to text", "Pass {'KEY': '...'}")
    if not isinstance(of.get("exclude", False), bool):
        yield Finding(f"{where}.exclude", f"must be True or False (got {of['exclude']!r})", "Pass True")


def _texts(value: object) -> dict[str, str]:
    return {str(key): str(of) for key, of in value.items()} if isinstance(value, Mapping) else {}


def check_meant(given: Collection[str], workloads: Collection[str]) -> Iterator[Finding]:
    """Find what is said of a workload that is not among the manifests; `workloads` are KIND/NAMESPACE/NAME."""
    short = [f"{one.partition('/')[0]}/{one.rpartition('/')[2]}" for one in workloads]
    for key in given:
        if key not in workloads and key not in short:
            known = ", ".join(sorted(set(short))) or "none"
            fix = did_you_mean(key, [*short, *workloads], f"Use one of these: {known}")
            yield Finding(f"workloads[{key!r}]", "is not among the manifests", fix)
        elif key in short and short.count(key) > 1:
            yield Finding(f"workloads[{key!r}]", "is in several namespaces", "Write KIND/NAMESPACE/NAME")


def said_of(every: Mapping[str, Asked], kind: str, namespace: str, name: str) -> Asked:
    """Return what is said of a workload; nothing is the default."""
    return every.get(f"{kind}/{namespace}/{name}") or every.get(f"{kind}/{name}") or Asked()
