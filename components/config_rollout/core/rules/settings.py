"""The settings of rules: level, parameters and skips. The policy pack and `check` take the same JSON."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from . import BY_ID
from .objects import KubernetesObject
from .rule import Level, Parameter, Rule
from .skips import Skip, SkipLog, annotation_skips

LEVELS = ("advisory", "mandatory", "remediate", "disabled")
"""Pulumi's levels. For a rule without remediation, `remediate` counts as advisory."""

CHECK = "check"
"""The key of a configuration file with the settings of `check` itself."""

_LEVEL, _SKIP = "enforcementLevel", "skip"


@dataclass(frozen=True)
class RuleSettings:
    """One rule's settings: `level` is `None` if the rule's default applies; `rule` is its id once that is filled in."""

    level: Level | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    skips: tuple[Skip, ...] = ()
    rule: str = ""

    def covers(self, o: KubernetesObject, log: SkipLog | None = None) -> bool:
        """Return whether an object is skipped, and count it in the log."""
        by_annotation = self.rule in annotation_skips(o)[0]
        skip = None if by_annotation else next((skip for skip in self.skips if skip.covers(o)), None)
        if log and (by_annotation or skip):
            log.add(self.rule, o, skip)
        return by_annotation or skip is not None


@dataclass(frozen=True)
class Settings:
    """All rules' settings; `every` is the level of the rules that have none of their own."""

    rules: Mapping[str, RuleSettings] = field(default_factory=dict)
    every: Level | None = None

    def of(self, rule: Rule) -> RuleSettings:
        """Return a rule's settings, with level and parameters filled in."""
        own = self.rules.get(rule.id, RuleSettings())
        level = own.level or self.every or rule.level
        return RuleSettings(level, {**rule.defaults(), **own.parameters}, own.skips, rule.id)

    def restrict(self, only: Collection[str], without: Collection[str]) -> "Settings":
        """Return the settings for the rules in `only`, if any, without others. A rule in `only` always runs."""
        rules = dict(self.rules)
        for rule in BY_ID.values():
            of_rule = self.of(rule)
            off = rule.id in without or (only and rule.id not in only)
            level = Level.DISABLED if off else of_rule.level
            if rule.id in only and level is Level.DISABLED and not off:
                level = Level.ADVISORY
            rules[rule.id] = replace(self.rules.get(rule.id, RuleSettings()), level=level)
        return Settings(rules)

    def skips(self) -> list[tuple[str, Skip]]:
        """Return the skips of the rules that run, each with its rule."""
        each = [self.of(rule) for rule in BY_ID.values()]
        return [(one.rule, skip) for one in each if one.level is not Level.DISABLED for skip in one.skips]


def parse_settings(levels: object) -> tuple[Settings, list[Finding]]:
    """
    Return the settings and everything that is wrong with them.

    Args:
      levels: Rule -> level, or rule -> mapping of `enforcementLevel`, `skip` and the rule's parameters; `all` is the
        level of the others. The format of `--policy-pack-config`.

    """
    if not isinstance(levels, Mapping):
        return Settings(), [Finding("settings", f"must be a mapping (got {type(levels).__name__})", "Write {}")]
    findings: list[Finding] = []
    rules: dict[str, RuleSettings] = {}
    every = None
    for name, value in levels.items():
        if name in (CHECK, "$schema"):
            continue  # for `check` itself, and for editors
        if name == "all":
            every = _level("all", value.get(_LEVEL) if isinstance(value, Mapping) else value, findings)
        elif name not in BY_ID:
            fix = did_you_mean(name, BY_ID, f"Known rules: {', '.join(BY_ID)}")
            findings.append(Finding(str(name), "is not a rule", fix))
        else:
            rules[name], wrong = parse_rule_settings(BY_ID[name], value)
            findings += wrong
    return Settings(rules, every), findings


def parse_rule_settings(rule: Rule, stated: object) -> tuple[RuleSettings, list[Finding]]:
    """Return one rule's settings and everything that is wrong with them."""
    findings: list[Finding] = []
    if not isinstance(stated, Mapping):
        return RuleSettings(_level(rule.id, stated, findings)), findings
    known = {parameter.name: parameter for parameter in rule.parameters}
    level = None
    parameters: dict[str, int] = {}
    skips: tuple[Skip, ...] = ()
    for key, value in stated.items():
        where = f"{rule.id}.{key}"
        if key == _LEVEL:
            level = _level(where, value, findings)
        elif key == _SKIP:
            skips = tuple(_skips(where, value, findings))
        elif key in known:
            parameters[key] = _number(where, known[key], value, findings)
        else:
            names = (_LEVEL, _SKIP, *known)
            findings.append(Finding(where, "is not a setting", f"Known settings: {', '.join(names)}"))
    return RuleSettings(level, parameters, skips), findings


def schema(rule: Rule) -> dict[str, dict[str, Any]]:
    """Return the JSON schema of a rule's settings except the level, property by property."""
    text = {"type": "string", "minLength": 1}
    properties = {"namespace": text, "name": text, "reason": text}
    item = {"type": "object", "properties": properties, "required": ["reason"], "additionalProperties": False,
            "minProperties": 2}  # fmt: skip
    numbers = {
        p.name: {"type": "integer", "minimum": p.least, "maximum": p.most, "default": p.default, "description": p.what}
        for p in rule.parameters
    }
    skip = {"type": "array", "items": item, "description": "namespace or name as a shell pattern, and the reason"}
    return {**numbers, _SKIP: skip}


def _level(where: str, name: object, findings: list[Finding]) -> Level | None:
    if name not in LEVELS:
        findings.append(Finding(where, f"is not a valid level (got {name!r})", f"Use one of {', '.join(LEVELS)}"))
        return None
    return Level.ADVISORY if name == "remediate" else Level(name)


def _number(where: str, parameter: Parameter, value: object, findings: list[Finding]) -> int:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    if whole and parameter.least <= value <= parameter.most:  # type: ignore[operator]
        return int(value)  # type: ignore[call-overload, no-any-return]
    findings.append(
        Finding(
            where, f"is not valid (got {value!r})", f"Use a whole number from {parameter.least} to {parameter.most}"
        )
    )
    return parameter.default


def _skips(where: str, entries: object, findings: list[Finding]) -> Iterator[Skip]:
    if not isinstance(entries, list | tuple):
        findings.append(Finding(where, f"must be a list (got {type(entries).__name__})", "Wrap the entry in [ ]"))
        return
    for number, entry in enumerate(entries):
        here = f"{where}[{number}]"
        if not isinstance(entry, Mapping):
            findings.append(Finding(here, f"must be a mapping (got {type(entry).__name__})", "Name what to skip"))
            continue
        texts = {key: entry[key] for key in entry if isinstance(entry[key], str) and entry[key].strip()}
        if unknown := sorted({str(key) for key in entry} - {"namespace", "name", "reason"}):
            findings.append(Finding(f"{here}.{unknown[0]}", "is not a key of a skip", "Use namespace, name and reason"))
        elif "reason" not in texts:
            findings.append(Finding(here, "has no reason", "Add one, so that others know why"))
        elif len(texts) == 1:
            findings.append(Finding(here, "names nothing", "Add namespace or name; both may contain * and ?"))
        else:
            yield Skip(texts.get("namespace", "*"), texts.get("name", "*"), texts["reason"])
