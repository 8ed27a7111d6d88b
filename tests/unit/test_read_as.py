"""What a ConfigMap says of itself, so that anyone can check its hash."""

import json

import pytest

from config_rollout.core.configuration.content import parse_content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.configuration.read_as import ReadAs, annotations, read_as
from config_rollout.core.kubernetes.annotations import DAEMON_SET_LABEL, DEPLOYMENT_LABEL, READ_AS_ANNOTATION

KUBE_PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"


def said(data, formats=None, effects=None, binary=None) -> dict:
    """Return what the annotation of a content holds."""
    content, findings = parse_content(data, binary, formats, effects)
    assert [] == findings
    return json.loads(annotations(content).get(READ_AS_ANNOTATION, "{}"))


@pytest.mark.parametrize(
    ("data", "formats", "effects"),
    [
        pytest.param({"a.yaml": "a: 1"}, None, None, id="the suffix tells it"),
        pytest.param({"a.yaml": "a: 1"}, {"a.yaml": "yaml"}, None, id="and it is declared too"),
        pytest.param({"a": KUBE_PROXY}, {"a": "kube-proxy"}, None, id="the text tells it"),
        pytest.param({"a": "b"}, {"a": "text"}, None, id="text is what else it is"),
        pytest.param({"a": "b: ["}, {"a": "yaml"}, None, id="text that is not of its format counts byte for byte"),
        pytest.param({"a.yaml": "b: 1"}, None, {"a.yaml:b": "restart"}, id="a restart is what it does anyway"),
        pytest.param({"a": KUBE_PROXY}, None, {"a:mode": "none"}, id="what is known of kube-proxy cannot be stated"),
    ],
)
def test_content_that_tells_everything_has_no_annotation(data, formats, effects):
    assert {} == said(data, formats, effects)


@pytest.mark.parametrize(
    ("data", "formats", "effects", "expected"),
    [
        ({"a": "b: 1", "c.json": "{}"}, {"a": "yaml", "c.json": "json"}, None, {"formats": {"a": "yaml"}}),
        ({"a.yaml": "b: 1"}, {"a.yaml": "text"}, None, {"formats": {"a.yaml": "text"}}),
        ({"a.yaml": "b: 1\nc: 2", "d": "e"}, None, {"a.yaml:b": "none", "d": "none"},
         {"effects": {"a.yaml:b": "none", "d": "none"}}),
        ({"a.yaml": "b: {c: 1, d: 2}"}, None, {"a.yaml:b": "none", "a.yaml:b.c": "restart"},
         {"effects": {"a.yaml:b": "none", "a.yaml:b.c": "restart"}}),
        ({"a": "b: 1"}, {"a": "yaml"}, {"a:b": "none"}, {"formats": {"a": "yaml"}, "effects": {"a:b": "none"}}),
    ],
)  # fmt: skip
def test_annotation_says_what_the_content_does_not_tell(data, formats, effects, expected):
    assert expected == said(data, formats, effects)


def test_binary_data_has_effects_too():
    assert {"effects": {"b": "none"}} == said({"a": "x"}, None, {"b": "none"}, {"b": "AAE="})


def test_content_read_by_its_annotation_has_the_same_hash():
    data, formats, effects = {"a": "b: 1\nc: 2", "d": "x"}, {"a": "yaml"}, {"a:b": "none", "d": "none"}
    content, _ = parse_content(data, None, formats, effects)
    found, wrong = read_as({"metadata": {"annotations": annotations(content)}})

    assert [] == wrong
    assert config_hash(content) == config_hash(parse_content(data, None, found.formats, found.effects)[0])
    assert config_hash(content) != config_hash(parse_content(data)[0])


def test_text_version_is_said():
    content, _ = parse_content({"a.yaml": "a: 1"}, text_version="2")
    found, wrong = read_as({"metadata": {"annotations": annotations(content)}})

    assert (ReadAs(text_version="2"), []) == (found, wrong)
    assert config_hash(content) == config_hash(parse_content({"a.yaml": "a: 1"}, text_version="2")[0])
    assert config_hash(content) != config_hash(parse_content({"a.yaml": "a: 1"})[0])


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"annotations": {READ_AS_ANNOTATION: '{"formats": {"a": "yaml"}}'}}, ReadAs({"a": "yaml"})),
        ({"labels": {DAEMON_SET_LABEL: "agent"}}, ReadAs()),
        ({"labels": {DEPLOYMENT_LABEL: "agent"}}, ReadAs()),
        ({"labels": {"a": "b"}, "annotations": {"c": "d"}}, None),
        ({}, None),
        ({"labels": None, "annotations": None}, None),
    ],
)
def test_config_map_says_how_it_is_read(metadata, expected):
    assert (expected, []) == read_as({"metadata": metadata})


@pytest.mark.parametrize("text", ["", "{", "[]", '{"formats": []}', '{"effects": {"a": 1}}', '{"text_version": 1}', 7])
def test_annotation_that_nobody_here_wrote_is_refused(text):
    (finding,) = read_as({"metadata": {"annotations": {READ_AS_ANNOTATION: text}}})[1]

    assert (
        f"annotation '{READ_AS_ANNOTATION}': "
        'must be a JSON object with "formats" and "effects" that map text to text, "text_version", and "keys" '
        f"(got {text!r}). Remove it."
    ) == str(finding)
