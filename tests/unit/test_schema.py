"""The schema from which the SDKs of other languages are generated: types, words and names."""

import inspect
import re
import typing

import pytest

import config_rollout
from config_rollout.args.gates import GateArgs
from config_rollout.core.arguments.case import camel_case, snake_case
from config_rollout.hosted import names
from config_rollout.hosted.schema import components, fields, property_of, schema

SCHEMA = schema()
TYPES = {name.rpartition(":")[2]: of for name, of in SCHEMA["types"].items()}
RESOURCES = {name.rpartition(":")[2]: of for name, of in SCHEMA["resources"].items()}
PROPERTIES = {
    f"{of}.{name}": value
    for holders in (RESOURCES, TYPES)
    for of, held in holders.items()
    for name, value in (held.get("inputProperties") or held.get("properties") or {}).items()
}


def kinds(value: dict) -> str:
    """Return a type in few words."""
    if "oneOf" in value:
        return " | ".join(map(kinds, value["oneOf"]))
    if "$ref" in value:
        return value["$ref"].rpartition(":")[2].rpartition("/")[2]
    inner = value.get("additionalProperties") or value.get("items")
    return f"{value['type']} of {kinds(inner)}" if inner else value["type"]


def test_every_component_with_arguments_is_served():
    exported = {name for name in config_rollout.__all__ if f"{name}Args" in config_rollout.__all__}

    assert exported == {*RESOURCES}
    assert {f"config-rollout:index:{name}" for name in exported} == {*SCHEMA["resources"]}


@pytest.mark.parametrize("name", RESOURCES)
def test_every_argument_of_a_component_is_there_and_no_other(name):
    _, args = components()[name]

    assert {camel_case(of) for of in inspect.get_annotations(args)} == {*RESOURCES[name]["inputProperties"]}
    assert {camel_case(of) for of in args.__required_keys__} == {*RESOURCES[name]["requiredInputs"]}


@pytest.mark.parametrize("name", ["ConfiguredDaemonSet", "ConfiguredDeployment", "ConfiguredStatefulSet", "KubeProxy"])
def test_outputs_are_those_that_components_register(name):
    assert {"configHash": "string"} == {of: kinds(value) for of, value in RESOURCES[name]["properties"].items()}


def test_every_property_is_described():
    assert [] == [name for name, value in PROPERTIES.items() if not value["description"]]


def test_no_description_has_the_names_or_words_of_python():
    fields_of_python = {of for module in names.modules() for held in vars(module).values()
                        if typing.is_typeddict(held) for of in inspect.get_annotations(held) if "_" in of}  # fmt: skip
    texts = {**{name: value["description"] for name, value in PROPERTIES.items()},
             **{name: of["description"] for name, of in RESOURCES.items()}}  # fmt: skip
    words = re.compile(rf"\b({'|'.join(fields_of_python)}|True|False|None|ValueError)\b")

    assert {} == {name: found[0] for name, text in texts.items() if (found := words.search(text))}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("ConfiguredDaemonSet.data", "object of string"),
        ("ConfiguredDaemonSet.podSpec", "object of Any"),
        ("ConfiguredDaemonSet.formats", "object of Format"),
        ("ConfiguredDaemonSet.configMaps", "object of ConfigMap"),
        ("ConfiguredDaemonSet.audit", "array of AuditSink"),
        ("ConfiguredDaemonSet.takeOver", "boolean"),
        ("ConfiguredDaemonSet.minReadySeconds", "integer"),
        ("ConfiguredDaemonSet.updateStrategy", "UpdateStrategy"),
        ("ConfiguredDeployment.strategy", "RollingDeploymentStrategy"),
        ("RollingUpdate.maxSurge", "integer | string"),
        ("KubeProxy.config", "string | object of Any"),
        ("KubeProxy.layout", "string | Layout"),
        ("KubeProxy.manage", "Manage"),
        ("Wave.nodes", "integer | string"),
        ("Wave.gates", "array of Gate"),
        ("PrometheusGate.atLeast", "number"),
    ],
)
def test_type_is_the_one_that_python_has(where, expected):
    assert expected == kinds(PROPERTIES[where])


def test_choices_are_enums():
    assert ["restore", "halt"] == [one["value"] for one in TYPES["OnFailure"]["enum"]]
    assert "KubeProxyLinux" in [one["name"] for one in TYPES["Format"]["enum"]]


def test_no_two_choices_have_one_name():
    every = {(name, value) for module in names.modules() for name, value in vars(module).items()
             if typing.get_origin(value) is typing.Literal}  # fmt: skip

    assert len(every) == len({name for name, _ in every})


def test_gates_are_those_of_every_language():
    assert {camel_case(name) for name in GateArgs.__annotations__} == {*TYPES["Gate"]["properties"]}
    assert "function" not in TYPES["Gate"]["properties"]


def test_nothing_is_plain_so_that_programs_may_pass_outputs():
    assert "'plain'" not in str(SCHEMA)


def test_names_have_one_spelling_in_each_case():
    every = {name for of in (*components().values(),) for name in fields(of[1])}
    every |= {name for module in names.modules() for held in vars(module).values() if typing.is_typeddict(held)
              for name in fields(held)}  # fmt: skip

    assert [] == [name for name in every if snake_case(camel_case(name)) != name]


def test_type_that_no_other_language_has_is_refused():
    with pytest.raises(TypeError, match="is no type that other languages have"):
        property_of(tuple[int, str], {})


def test_every_reference_leads_somewhere():
    references = set(re.findall(r"#/types/([\w:-]+)", str(SCHEMA)))

    assert references == {*SCHEMA["types"]}
