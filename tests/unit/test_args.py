"""What users write is described field by field. What other languages see of it is in test_schema.py."""

import ast
import importlib
import inspect
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

MODULES = [importlib.import_module(f"{args.__name__}.{module.name}") for module in pkgutil.iter_modules(args.__path__)]
TYPES = [
    value
    for module in MODULES
    for value in vars(module).values()
    if typing.is_typeddict(value) and value.__module__ == module.__name__
]


def documented(of: type) -> dict[str, str]:
    """Return field -> docstring, of the fields that have one."""
    (definition,) = ast.parse(inspect.getsource(of)).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: after.value.value
        for field, after in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }


@pytest.mark.parametrize("component", [ConfiguredDaemonSetArgs, ConfiguredDeploymentArgs, ConfiguredStatefulSetArgs])
def test_required_arguments_stay_required(component):
    assert {"namespace", "pod_spec"} == component.__required_keys__


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


@pytest.mark.parametrize(
    ("component", "kind", "own"),
    [
        (ConfiguredDeploymentArgs, "Deployment", set()),
        (ConfiguredStatefulSetArgs, "StatefulSet", {"effects", "revision_history_limit", "update_strategy"}),
    ],
)
def test_arguments_of_all_kinds_are_described_alike(component, kind, own):
    daemon_set, other = documented(ConfiguredDaemonSetArgs), documented(component)
    own = own | {"kubeconfig", "rollout_timeout_seconds"}  # waves and replicas
    shared = daemon_set.keys() & other.keys() - own

    assert {name: daemon_set[name].replace("DaemonSet", kind) for name in shared} == {
        name: other[name] for name in shared
    }
