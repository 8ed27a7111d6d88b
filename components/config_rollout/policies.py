"""The rules as Pulumi policies: thin adapters, one for rules on one resource and one for rules on the whole stack."""

import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

import pulumi_policy.policy as policy_module
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
    proxy,
)

from .core.arguments.finding import Finding, report
from .core.markers import UNKNOWN
from .core.rules import RULES
from .core.rules.checking import run
from .core.rules.objects import CONFIGURATION, WAVE_STASH, KubernetesObject, Objects, Program
from .core.rules.rule import NotChecked, Rule
from .core.rules.settings import RuleSettings, Settings, parse_rule_settings, schema

_TYPES = (
    re.compile(r"kubernetes:[^:]+/[a-z0-9]+:([A-Za-z]+)(Patch)"),
    re.compile(r"kubernetes:(?:core|apps|batch|policy|extensions)/[a-z0-9]+:([A-Za-z]+)"),
    re.compile(r"kubernetes:argoproj\.io/[a-z0-9]+:(Rollout)"),
    re.compile(r"kubernetes:apps\.openshift\.io/[a-z0-9]+:(DeploymentConfig)"),
    re.compile(rf"pulumi:index:({WAVE_STASH})"),
)
"""Types of the resources that rules look at, with their kind and whether they are patches."""

_SENTINELS = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))


class Unchecked(proxy.UnknownValueError):
    """What a rule could not look at in a preview; Pulumi tells it as advisory, whatever the policy's level."""

    def __init__(self, unchecked: Sequence[tuple[KubernetesObject, NotChecked]]) -> None:
        super().__init__(proxy.UNKNOWN_STRING_VALUE, [])
        o, first = unchecked[0]
        more = f", and {len(unchecked) - 1} more" if len(unchecked) > 1 else ""
        self.message = f"{o.title}: {first}{more}"


def serve() -> None:
    """Serve the policies to the engine, until it ends the process."""
    # PolicyPack writes its port and does not flush, and not every language host runs Python with -u.
    sys.stdout = io.TextIOWrapper(open(sys.stdout.fileno(), "wb", 0, closefd=False), write_through=True)  # noqa: SIM115
    _read_once()
    PolicyPack("config-rollout", policies())


def _read_once() -> None:
    """
    Make pulumi_policy turn the properties of a resource into plain values once, not once for every policy.

    That was nine tenths of the pack's time. What it makes is the same, and nothing changes it but a remediation,
    whose properties are left alone. A release without these names works as before, only slower.
    """
    for name in ("deserialize_properties", "unknown_checking_proxy"):
        if hasattr(policy_module, name):
            setattr(policy_module, name, _Memory(getattr(policy_module, name)))
    names = vars(policy_module)
    if "json_format" in names:  # not in protobuf's own module, which others use
        names["json_format"] = SimpleNamespace(MessageToDict=_Memory(names["json_format"].MessageToDict))


class _Memory:
    """
    A function of one object that remembers its answers, for as many objects as a stack has.

    Objects are known by the identity of their `part`, or of themselves.
    """

    def __init__(self, function: Callable[..., Any], most: int = 20_000, part: Callable[[Any], Any] | None = None):
        self._function, self._most, self._part = function, most, part
        self._known: dict[int, tuple[Any, Any]] = {}

    def __call__(self, argument: Any, *more: Any) -> Any:
        if more:
            return self._function(argument, *more)
        part = self._part(argument) if self._part else argument
        known = self._known.get(id(part))
        if known is None or known[0] is not part:
            if len(self._known) >= self._most:
                self._known = {}
            known = self._known[id(part)] = (part, self._function(argument))
        return known[1]


def policies() -> list[Policy]:
    """Return a policy for every rule."""
    return [_stack_policy(rule) if rule.check_all else _resource_policy(rule) for rule in RULES]


def _common(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.id,
        "description": f"Prevents {rule.prevents}.",
        "enforcement_level": EnforcementLevel(rule.level.value),
        "config_schema": PolicyConfigSchema(schema(rule)),
        "severity": Severity(rule.severity.value),
        "tags": [rule.topic],
        "remediation_steps": f"{rule.fix[:1].upper()}{rule.fix[1:]}.",
        "url": rule.link,
    }


def _resource_policy(rule: Rule) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        if objects := _objects([args], rule.kinds):
            settings = _settings(rule, args.get_config())
            answers = run(rule, Objects(objects), settings.parameters)
            _tell(answers, settings, lambda _, message: report_violation(message, None))

    return ResourceValidationPolicy(
        validate=validate, remediate=_remediation(rule) if rule.remedy else None, **_common(rule)
    )


def _remediation(rule: Rule) -> Any:
    def remediate(args: ResourceValidationArgs) -> Any:
        settings = _settings(rule, args.get_config())
        for o in _objects([args], rule.kinds):
            edit = rule.remedy(o, settings.parameters) if rule.remedy and not settings.covers(o) else None
            if edit:
                return _edited(args.props, *edit)
        return None

    return remediate


def _stack_policy(rule: Rule) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        settings = _settings(rule, args.get_config())
        answers = run(rule, _stack(_objects(args.resources)), settings.parameters)
        _tell(answers, settings, lambda o, message: report_violation(message, o.program.urn))

    return StackValidationPolicy(validate=validate, **_common(rule))


_last_stack = Objects(())


def _stack(objects: list[KubernetesObject]) -> Objects:
    """Return the objects with what rules know of them together: one policy after the other gets the same stack."""
    global _last_stack
    known = _last_stack.all
    if len(known) != len(objects) or any(one is not other for one, other in zip(known, objects, strict=True)):
        _last_stack = Objects(objects)
    return _last_stack


def _tell(answers: Iterable[tuple[KubernetesObject, Any]], settings: RuleSettings, violation: Any) -> None:
    """Report the findings, one line each, and raise what could not be looked at."""
    unchecked = []
    for o, what in answers:
        if settings.covers(o):
            continue
        if isinstance(what, Finding):
            violation(o, str(what))
        else:
            unchecked.append((o, what))
    if unchecked:
        raise Unchecked(unchecked)


def _settings(rule: Rule, config: Mapping[str, Any]) -> RuleSettings:
    """Return the settings of a rule; the engine has held them against the schema."""
    settings, wrong = parse_rule_settings(rule, dict(config))
    if wrong:
        raise ValueError(report("policy pack config-rollout", wrong))
    return Settings({rule.id: settings}).of(rule)


def _objects(
    resources: Iterable[ResourceValidationArgs | PolicyResource], kinds: Sequence[str] = ()
) -> list[KubernetesObject]:
    """Return the resources that rules look at, of these kinds if there are any."""
    kinds_of = ((resource, _kind(resource.resource_type)[0]) for resource in resources)
    return [_object_once(resource) for resource, kind in kinds_of if kind and (not kinds or kind in kinds)]


@cache
def _kind(resource_type: str) -> tuple[str, bool]:
    """Return the kind of a type of resources, and whether it is a patch; no kind if rules do not look at it."""
    name = next(filter(None, (pattern.fullmatch(resource_type) for pattern in _TYPES)), None)
    return (name[1], name.lastindex == 2) if name else ("", False)


def _object(resource: ResourceValidationArgs | PolicyResource) -> KubernetesObject:
    kind, patch = _kind(resource.resource_type)
    dependencies = getattr(resource, "property_dependencies", {})
    program = Program(
        urn=resource.urn,
        depends={name: [each.urn for each in resources] for name, resources in dependencies.items()},
        replaces=_replaces(kind, resource) if kind in CONFIGURATION else True,
        protected=resource.opts.protect,
    )
    return KubernetesObject(kind, plain(resource.props), resource.urn, patch, program)


# Every policy gets the same properties, in a resource of its own.
_object_once = _Memory(_object, part=lambda resource: resource.props)


def _replaces(kind: str, resource: ResourceValidationArgs | PolicyResource) -> object:
    """Return whether the provider replaces an object of this kind when its data changes: the default."""
    if os.environ.get(f"PULUMI_K8S_ENABLE_{kind.upper()}_MUTABLE", "").lower() in ("true", "1"):
        return False
    set_to = _plain_once(resource.provider.props).get(f"enable{kind}Mutable") if resource.provider else None
    return UNKNOWN if set_to is UNKNOWN else set_to not in (True, "true")


def plain(value: Any) -> Any:
    """Return a copy of what Pulumi hands a policy as plain values, with `UNKNOWN` for what is not known yet."""
    if isinstance(value, str):
        return UNKNOWN if value in _SENTINELS else value
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence):
        return [_item(value, position) for position in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value


_plain_once = _Memory(plain)


def _item(holder: Any, key: Any) -> Any:
    try:
        return plain(holder[key])
    except proxy.UnknownValueError:
        return UNKNOWN


def _edited(props: Any, path: tuple[str, ...], value: object) -> Any:
    """Return the properties with a value set; they are edited in place, which keeps secrets and what is unknown."""
    *above, last = path
    place = props
    for key in above:
        if key not in place:
            place[key] = {}
        place = place[key]
    place[last] = value
    return props
