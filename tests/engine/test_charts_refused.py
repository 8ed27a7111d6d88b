"""Charts that the real provider cannot render, or whose objects cannot be: what is said; nothing is written."""

import json

import pytest

from config_rollout import ConfiguredChart, ConfiguredKustomization
from tests.engine.observed import written
from tests.objects.manifests import source, workload

READS = (
    'metadata: {labels: {app: agent}}, spec: {containers: [{name: a, image: "a:1", envFrom: [{configMapRef: '
    "{name: agent}}]}]}"
)
LOOKUP = 'data: {a.yaml: {{ (lookup "v1" "Secret" "default" "x").data | default "none" }}}'


@pytest.fixture
def refused(project, cluster):
    """Return a function that gives what a preview and an `up` say, the same; nothing may be written."""

    def run(component, arguments):
        said = []

        def both():
            for command in (project.preview, project.up):
                outcome = command(lambda: component("agent", arguments))
                assert outcome.failed
                assert "Traceback" not in outcome.output
                head = f"error: {component.__name__} 'agent': "
                said.append(sorted({line.partition(head)[2] for line in outcome.output.splitlines() if head in line}))

        assert {} == written(cluster, both)
        assert said[0] == said[1]
        return said[0]

    return run


@pytest.fixture
def chart(tmp_path):
    """Return a function that writes a chart of one template, and gives its folder."""

    def write(template, values="level: info"):
        files = {"Chart.yaml": json.dumps({"apiVersion": "v2", "name": "agent", "version": "1.0.0"})}
        files |= {"values.yaml": values, "templates/all.yaml": template}
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        return str(tmp_path)

    return write


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ('a: b\nc: {{ fail "level is required" }}', "chart: cannot be rendered: agent/templates/all.yaml:2:6: level is "
         "required. Correct it."),
        ("a: {{ .Values.no.such }}", "chart: cannot be rendered: agent/templates/all.yaml:1:13: <.Values.no.such>: nil "
         "pointer evaluating interface {}.such. Correct it."),
        ("a: {{ required", "cannot be rendered: "),
        ("{{ if }}", "cannot be rendered: "),
        ("a: [", "cannot be rendered: "),
        ("{{ if false }}a: b{{ end }}", "renders no objects"),
    ],
)  # fmt: skip
def test_chart_that_cannot_be_rendered_is_refused_with_its_cause(refused, chart, namespace, template, why):
    lines = refused(ConfiguredChart, {"chart": chart(template), "namespace": namespace})
    print(lines)

    assert 1 == len(lines)
    assert why in lines[0]
    assert len(lines[0]) < 300


def test_kustomization_that_cannot_be_built_is_refused_with_its_cause(refused, namespace, tmp_path):
    (tmp_path / "kustomization.yaml").write_text("resources: [nowhere.yaml]\n")
    lines = refused(ConfiguredKustomization, {"directory": str(tmp_path), "namespace": namespace})
    print(lines)

    assert 1 == len(lines)
    assert "nowhere.yaml" in lines[0]


@pytest.mark.parametrize(
    ("template", "why"),
    [
        (workload(READS) + source() + source(), "ConfigMap NAMESPACE/agent: is also in chart"),
        (workload(READS), "reads ConfigMap 'agent', which is not among the manifests"),
        ("apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}", "has generateName and no name"),
        (source("x" * 54) + workload(READS).replace("name: agent,", f"name: {'x' * 54},", 1) + source(),
         "has 54 characters. Use at most 52"),
    ],
    ids=["twice", "missing ConfigMap", "generateName", "long name"],
)  # fmt: skip
def test_object_of_a_chart_that_cannot_be_registered_is_refused(refused, chart, namespace, template, why):
    lines = refused(ConfiguredChart, {"chart": chart(template), "namespace": namespace})

    assert 1 == len(lines)
    assert why.replace("NAMESPACE", namespace) in lines[0]


def test_lookup_in_a_chart_is_named_and_finds_nothing(chart, project, cluster, namespace):
    template = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: found}}\n{LOOKUP}\n"
    outcome = project.up(lambda: ConfiguredChart("agent", {"chart": chart(template), "namespace": namespace}))

    assert not outcome.failed
    assert "templates/all.yaml: `lookup` finds nothing here" in "\n".join(outcome.messages)
    assert {"a.yaml": "none"} == cluster.api.get(f"namespaces/{namespace}/configmaps/found")["data"]
    assert not project.destroy().failed
