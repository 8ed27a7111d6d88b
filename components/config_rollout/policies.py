"""
The rules as Pulumi policies: answers what the engine asks a policy pack, with one policy for each rule.

It speaks the engine's protocol itself. Pulumi's library for policies imports the whole SDK first, and turns the
properties of a resource into plain values anew for each policy.
Source: pulumi 3.272 proto/pulumi/analyzer.proto; pulumi-policy 1.21 policy.py for what a pack answers.
"""

from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2 as protocol
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerServicer, add_AnalyzerServicer_to_server
from pulumi.runtime.proto.plugin_pb2 import PluginInfo

from .core.arguments.finding import Finding, report
from .core.rules import RULES
from .core.rules.checking import run
from .core.rules.objects import KubernetesObject, Objects
from .core.rules.rule import NotChecked, Rule
from .core.rules.settings import Settings, parse_rule_settings, schema
from .policy_objects import edited, object_of

__all__ = ["Analyzer", "add_AnalyzerServicer_to_server"]

NAME, VERSION = "config-rollout", "0.0.1"
"""What previews call the pack. The version counts where no PulumiPolicy.yaml has one, as in all packs in Python."""


class Analyzer(AnalyzerServicer):
    """Answers one run of the engine, which asks about each resource, and at the end about all of them."""

    def __init__(self) -> None:
        settings = Settings()
        self._levels = {rule.id: _level(rule.level.value) for rule in RULES}
        self._settings = {rule.id: settings.of(rule) for rule in RULES}

    def Handshake(self, request: Any, context: Any) -> Any:
        """Take where the engine is, which no rule asks for."""
        return protocol.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Return the version."""
        return PluginInfo(version=VERSION)

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        """Return what there is to say about each policy."""
        return protocol.AnalyzerInfo(name=NAME, version=VERSION, supportsConfig=True, policies=map(_policy, RULES))

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        """Take the stack's name and tags, which no rule asks for."""
        return protocol.AnalyzerStackConfigureResponse()

    def Cancel(self, request: Any, context: Any) -> Any:
        """Take that nothing more is asked; the process is ended next."""
        return Empty()

    def Configure(self, request: Any, context: Any) -> Any:
        """Take the level and the settings of each policy. The engine has held them against the schema."""
        for rule in RULES:
            if rule.id in request.policyConfig:
                stated = request.policyConfig[rule.id]
                settings, wrong = parse_rule_settings(rule, MessageToDict(stated.properties))
                if wrong:
                    context.abort(grpc.StatusCode.INVALID_ARGUMENT, report(f"policy pack {NAME}", wrong))
                self._levels[rule.id] = stated.enforcementLevel
                self._settings[rule.id] = Settings({rule.id: settings}).of(rule)
        return Empty()

    def Remediate(self, request: Any, context: Any) -> Any:
        """Return the properties as the policies that remediate want them, one after the other."""
        response, properties = protocol.RemediateResponse(), request.properties
        for rule in RULES:
            if rule.remedy and self._levels[rule.id] == protocol.REMEDIATE:
                o, settings = object_of(request, properties), self._settings[rule.id]
                touched = o and o.kind in rule.kinds and not settings.covers(o)
                if o and touched and (edit := rule.remedy(o, settings.parameters)):
                    properties = edited(properties, *edit)
                    response.remediations.append(
                        protocol.Remediation(**_named(rule), description=_description(rule), properties=properties)
                    )
        return response

    def Analyze(self, request: Any, context: Any) -> Any:
        """Return what the rules on one resource find."""
        response = protocol.AnalyzeResponse()
        if o := object_of(request, request.properties):
            objects = Objects((o,))
            for rule in RULES:
                if rule.check_one and (not rule.kinds or o.kind in rule.kinds):
                    response.diagnostics.extend(self._told(rule, objects))
        return response

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        """Return what the rules on the whole stack find."""
        objects = Objects(tuple(filter(None, (object_of(each, each.properties) for each in request.resources))))
        found = (self._told(rule, objects) for rule in RULES if rule.check_all)
        return protocol.AnalyzeResponse(diagnostics=[each for of_rule in found for each in of_rule])

    def _told(self, rule: Rule, objects: Objects) -> list[Any]:
        """Return a rule's findings, one line each, and last what it could not look at."""
        level = self._levels[rule.id]
        if level == protocol.DISABLED:
            return []
        if level == protocol.REMEDIATE:
            level = protocol.MANDATORY  # it is still found, after remediation
        settings = self._settings[rule.id]
        found, unchecked = [], []
        for o, what in run(rule, objects, settings.parameters):
            if settings.covers(o):
                continue
            if isinstance(what, Finding):
                found.append(self._diagnostic(rule, level, f"{_description(rule)}\n{what}", o))
            else:
                unchecked.append((o, what))
        if unchecked:
            found.append(self._diagnostic(rule, protocol.ADVISORY, _not_run(rule, unchecked)))
        return found

    def _diagnostic(self, rule: Rule, level: Any, message: str, o: KubernetesObject | None = None) -> Any:
        return protocol.AnalyzeDiagnostic(
            **_named(rule),
            description=_description(rule),
            message=message,
            urn=o.program.urn if o and o.program else "",
            enforcementLevel=level,
            severity=_severity(rule) if o else protocol.POLICY_SEVERITY_UNSPECIFIED,
        )


def _policy(rule: Rule) -> Any:
    """Return what there is to say about a rule."""
    policy = protocol.PolicyInfo(
        name=rule.id,
        description=_description(rule),
        enforcementLevel=_level(rule.level.value),
        policy_type=protocol.POLICY_TYPE_STACK if rule.check_all else protocol.POLICY_TYPE_RESOURCE,
        severity=_severity(rule),
        tags=[rule.topic],
        remediation_steps=f"{rule.fix[:1].upper()}{rule.fix[1:]}.",
        url=rule.link,
    )
    policy.configSchema.properties.update(schema(rule))
    return policy


def _named(rule: Rule) -> dict[str, str]:
    return {"policyName": rule.id, "policyPackName": NAME, "policyPackVersion": VERSION}


def _description(rule: Rule) -> str:
    return f"Prevents {rule.prevents}."


def _level(name: str) -> Any:
    return protocol.EnforcementLevel.Value(name.upper())


def _severity(rule: Rule) -> Any:
    return protocol.PolicySeverity.Value(f"POLICY_SEVERITY_{rule.severity.name}")


def _not_run(rule: Rule, unchecked: list[tuple[KubernetesObject, NotChecked]]) -> str:
    """Return the message of a rule that could not look at something in a preview, in the words of all packs."""
    o, first = unchecked[0]
    more = f", and {len(unchecked) - 1} more" if len(unchecked) > 1 else ""
    return f"can't run policy '{rule.id}' from policy pack '{NAME}@v{VERSION}' during preview: {o.title}: {first}{more}"
