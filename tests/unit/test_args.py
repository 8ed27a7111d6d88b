"""What users write is described field by field, in a shape that Pulumi's component analyzer takes."""

import ast
import importlib
import inspect
import pkgutil
import typing
from pathlib import Path

import pytest
from pulumi.provider.experimental.analyzer import Analyzer, PropertyDefinition

from config_rollout import (
    ConfiguredChartArgs,
    ConfiguredDaemonSetArgs,
    ConfiguredDeploymentArgs,
    ConfiguredKustomizationArgs,
    ConfiguredManifestsArgs,
    KubeProxyArgs,
    args,
)
from config_rollout.args.gates import GateArgs
from config_rollout.core.waves.gates import KINDS

MODULES = [importlib.import_module(f"{args.__name__}.{module.name}") for module in pkgutil.iter_modules(args.__path__)]
TYPES = [
    value
    for module in MODULES
    for value in vars(module).values()
    if typing.is_typeddict(value) and value.__module__ == module.__name__
]
COMPONENTS = [
    ConfiguredChartArgs,
    ConfiguredDaemonSetArgs,
    ConfiguredDeploymentArgs,
    ConfiguredKustomizationArgs,
    ConfiguredManifestsArgs,
    KubeProxyArgs,
]


def analyzed(of: type) -> tuple[Analyzer, dict[str, PropertyDefinition]]:
    analyzer = Analyzer("config-rollout")
    inputs, _ = analyzer.analyze_type(of, is_component_output=False)
    assert not analyzer.unresolved_forward_refs
    return analyzer, inputs


def documented(of: type) -> dict[str, str]:
    """Return field -> docstring, of the fields that have one."""
    (definition,) = ast.parse(inspect.getsource(of)).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: after.value.value
        for field, after in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }


def any_fields(of: type) -> list[str]:
    """Return the fields of a component, and of all that it holds, that other languages see as any value."""
    analyzer, inputs = analyzed(of)
    fields = dict(inputs)
    for name, held in analyzer.type_definitions.items():
        fields |= {f"{name}.{inner}": field for inner, field in held.properties.items()}

    def is_any(field: PropertyDefinition | None) -> bool:
        return field is not None and (
            field.ref == "pulumi.json#/Any" or is_any(field.items) or is_any(field.additional_properties)
        )

    return sorted(name for name, field in fields.items() if is_any(field))


@pytest.mark.parametrize("component", COMPONENTS)
def test_analyzer_takes_every_argument(component):
    _, inputs = analyzed(component)

    assert len(component.__annotations__) == len(inputs)


@pytest.mark.parametrize("component", COMPONENTS)
def test_analyzer_finds_a_description_of_every_field(component):
    analyzer, inputs = analyzed(component)
    fields = [inputs, *(held.properties for held in analyzer.type_definitions.values())]

    assert [] == [name for of in fields for name, field in of.items() if not field.description]


def test_analyzer_finds_the_types_inside():
    expected = {
        "AuditSinkArgs",
        "ConfigMapArgs",
        "ExternalArgs",
        "GateArgs",
        "HttpGateArgs",
        "KubeProxyGateArgs",
        "MatchExpressionArgs",
        "NewServiceGateArgs",
        "PrometheusGateArgs",
        "RestartsGateArgs",
        "RollingUpdateArgs",
        "SecretArgs",
        "UpdateStrategyArgs",
        "WaveArgs",
        "WavesArgs",
        "WindowArgs",
    }

    assert expected == {*analyzed(ConfiguredDaemonSetArgs)[0].type_definitions}


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        (
            ConfiguredDaemonSetArgs,
            ["RollingUpdateArgs.maxSurge", "RollingUpdateArgs.maxUnavailable", "WaveArgs.maxUnavailable",
             "WaveArgs.nodes", "WavesArgs.maxUnavailable", "podSpec"],
        ),
        (
            ConfiguredDeploymentArgs,
            ["RollingDeploymentArgs.maxSurge", "RollingDeploymentArgs.maxUnavailable", "podSpec"],
        ),
        (
            KubeProxyArgs,
            ["WaveArgs.maxUnavailable", "WaveArgs.nodes", "WavesArgs.maxUnavailable", "config", "layout",
             "maxUnavailable"],
        ),
    ],
)  # fmt: skip
def test_other_languages_see_any_value_only_where_two_kinds_are_allowed(component, expected):
    assert expected == any_fields(component)


@pytest.mark.parametrize("component", [ConfiguredDaemonSetArgs, ConfiguredDeploymentArgs])
def test_required_arguments_stay_required(component):
    required = {name for name, field in analyzed(component)[1].items() if not field.optional}

    assert {"namespace", "podSpec"} == required


@pytest.mark.parametrize("of", TYPES, ids=lambda of: of.__name__)
def test_every_field_has_a_docstring(of):
    assert list(of.__annotations__) == list(documented(of))


def test_gates_are_those_that_are_parsed():
    asked = {"timeout_seconds", "strict"}

    assert {*KINDS} - {"function"} == {*GateArgs.__annotations__} - asked


def test_only_python_has_function_gates():
    assert "function" not in GateArgs.__annotations__


def test_no_field_is_declared_as_any_value():
    written = {
        f"{module.__name__}: {ast.unparse(field)}"
        for module in MODULES
        for field in ast.walk(ast.parse(Path(str(module.__file__)).read_text()))
        if isinstance(field, ast.AnnAssign) and "Any" in ast.unparse(field.annotation)
    }

    assert set() == written


def test_arguments_of_both_components_are_described_alike():
    of_both = [documented(ConfiguredDaemonSetArgs), documented(ConfiguredDeploymentArgs)]
    shared = of_both[0].keys() & of_both[1].keys() - {"kubeconfig", "rollout_timeout_seconds"}  # waves and replicas

    expected = {name: of_both[0][name].replace("DaemonSet", "Deployment") for name in shared}
    assert expected == {name: of_both[1][name] for name in shared}
