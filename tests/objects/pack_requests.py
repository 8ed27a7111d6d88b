"""What the engine asks a policy pack, as messages of its protocol, and what the pack says to it."""

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2 as protocol

from config_rollout.core.rules import RULES
from config_rollout.policies import Analyzer

URN = "urn:pulumi:test::test::{}::{}"
NOT_RUN = "can't run policy"


def struct(value: Mapping[str, Any]) -> Struct:
    """Return properties as they are sent; what no JSON can hold is text."""
    made = Struct()
    made.update(json.loads(json.dumps(value, default=str)))
    return made


def provider(**properties: Any) -> protocol.AnalyzerProviderResource:
    return protocol.AnalyzerProviderResource(
        type="pulumi:providers:kubernetes", properties=struct(properties), urn="urn", name="name"
    )


def one(
    kind: str, props: Mapping[str, Any], provider: Any = None, name: str = "agent", urn: str = URN
) -> protocol.AnalyzeRequest:
    """Return what is asked about one resource."""
    return protocol.AnalyzeRequest(
        type=kind, properties=struct(props), urn=urn.format(kind, name), name=name, provider=provider
    )


def stack(*resources: tuple[str, str, Mapping[str, Any], Mapping[str, list[str]]]) -> protocol.AnalyzeStackRequest:
    """Return what is asked about a stack; each resource is (type, name, props, property -> names it depends on)."""
    urns = {name: URN.format(kind, name) for kind, name, *_ in resources}
    return protocol.AnalyzeStackRequest(
        resources=[
            protocol.AnalyzerResource(
                type=kind,
                properties=struct(props),
                urn=urns[name],
                name=name,
                propertyDependencies={
                    key: protocol.AnalyzerPropertyDependencies(urns=[urns[other] for other in names])
                    for key, names in depends.items()
                },
            )
            for kind, name, props, depends in resources
        ]
    )


def configured(**of_rules: Mapping[str, Any]) -> Analyzer:
    """Return the pack with settings for rules, whose names have `_` for `-`; `enforcementLevel` is one of them."""
    analyzer, config = Analyzer(), {}
    defaults = {rule.id: rule.level.value for rule in RULES}
    for name, stated in of_rules.items():
        rule = name.replace("_", "-")
        level = stated.get("enforcementLevel", defaults[rule])
        config[rule] = protocol.PolicyConfig(
            enforcementLevel=protocol.EnforcementLevel.Value(level.upper()),
            properties=struct({key: value for key, value in stated.items() if key != "enforcementLevel"}),
        )
    analyzer.Configure(protocol.ConfigureAnalyzerRequest(policyConfig=config), None)
    return analyzer


def everything() -> Analyzer:
    """Return the pack with no rule off."""
    return configured(**{rule.id: {"enforcementLevel": "advisory"} for rule in RULES})


def answer(request: Any, analyzer: Analyzer) -> list[Any]:
    """Return all that the pack says about one resource, or a stack."""
    ask = analyzer.AnalyzeStack if isinstance(request, protocol.AnalyzeStackRequest) else analyzer.Analyze
    return list(ask(request, None).diagnostics)


def told(rule: str, request: Any, analyzer: Analyzer | None = None) -> list[tuple[str, str]]:
    """Return what a rule finds, as (message, URN)."""
    return [
        (said.message.partition("\n")[2], said.urn)
        for said in answer(request, analyzer or everything())
        if said.policyName == rule and not said.message.startswith(NOT_RUN)
    ]


def not_run(rule: str, request: Any, analyzer: Analyzer | None = None) -> list[str]:
    """Return what a rule could not look at, without the words of all packs before it."""
    return [
        said.message.partition(" during preview: ")[2]
        for said in answer(request, analyzer or everything())
        if said.policyName == rule and said.message.startswith(NOT_RUN)
    ]
