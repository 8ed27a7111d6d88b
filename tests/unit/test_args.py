"""What users write is described field by field. What other languages see of it is in test_schema.py."""

import ast
import importlib
import pkgutil
import typing
from pathlib import Path

import pytest

from config_rollout import (
    ConfiguredDaemonSetArgs,
    ConfiguredDeploymentArgs,
    ConfiguredStatefulSetArgs,
    args,
)
from config_rollout.args.gates import GateArgs
from config_rollout.core.waves.gates import KINDS
from config_rollout.hosted.schema import fields

MODULES = [importlib.import_module(f"{args.__name__}.{module.name}") for module in pkgutil.iter_modules(args.__path__)]
TYPES = [
    value
    for module in MODULES
    for value in vars(module).values()
    if typing.is_typeddict(value) and value.__module__ == module.__name__
]


@pytest.mark.parametrize("component", [ConfiguredDaemonSetArgs, ConfiguredDeploymentArgs, ConfiguredStatefulSetArgs])
def test_required_arguments_stay_required(component):
    assert {"namespace", "pod_spec"} == component.__required_keys__


@pytest.mark.parametrize("of", TYPES, ids=lambda of: of.__name__)
def test_every_field_has_a_docstring(of):
    assert [] == [name for name, (_, text) in fields(of).items() if not text]


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


@pytest.mark.parametrize("name", ["effects", "reload"])
def test_what_changes_in_place_is_described_alike(name):
    assert fields(ConfiguredDaemonSetArgs)[name] == fields(ConfiguredDeploymentArgs)[name]
