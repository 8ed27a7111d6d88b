"""What ConfiguredChart and ConfiguredKustomization ask the provider for, and what they make of its answer."""

import json
from types import SimpleNamespace

import pulumi
import pytest
import yaml

from config_rollout import ConfiguredChart, ConfiguredKustomization
from config_rollout.prepare.charts import read_chart
from tests.objects.manifests import source, workload

POD = (
    'metadata: {labels: {app: agent}}, spec: {containers: [{name: agent, image: "agent:1", volumeMounts: [{name: c, '
    "mountPath: /etc/agent}]}], volumes: [{name: c, configMap: {name: agent}}]}"
)
HOOK = "apiVersion: v1\nkind: Pod\nmetadata: {name: once, annotations: {helm.sh/hook: pre-install}}\n"


@pytest.fixture
def provider(monkeypatch):
    """Return what the provider was asked; it answers with `text`, or raises `error`."""
    provider = SimpleNamespace(asked=[], text=workload(POD) + source(), error="")

    def invoke(what, arguments, _):
        provider.asked.append((what, arguments))
        if provider.error:
            raise RuntimeError(provider.error)
        return SimpleNamespace(value={"result": [of for of in yaml.safe_load_all(provider.text) if of]})

    monkeypatch.setattr(pulumi.runtime, "invoke", invoke)
    return provider


def unknown():
    """Return an Output that no preview knows."""
    return pulumi.Output.from_input(pulumi.UNKNOWN)


def chart(run, **changes):
    given = {"chart": "agent", "namespace": "default", **changes}
    return run(component=ConfiguredChart, data=None, pod_spec=None, **given)


def test_chart_of_a_repository_is_asked_for_by_its_name(register, provider):
    values = {"level": lambda: pulumi.Output.from_input("debug")}
    chart(
        register, repository="https://example.com/charts", version="1.2.3", values=lambda: {"level": values["level"]()}
    )
    ((what, arguments),) = provider.asked

    assert "kubernetes:helm:template" == what
    assert {
        "chart": "agent",
        "version": "1.2.3",
        "fetch_opts": {"repo": "https://example.com/charts"},
        "values": {"level": "debug"},
        "release_name": "agent",
        "namespace": "default",
        "skip_crd_rendering": False,
    } == json.loads(arguments["jsonOpts"])


def test_chart_that_is_a_folder_is_asked_for_by_its_path(register, provider, tmp_path):
    chart(register, chart=str(tmp_path), release_name="of-mine")
    options = json.loads(provider.asked[0][1]["jsonOpts"])

    assert (str(tmp_path), "of-mine", False) == (options["path"], options["release_name"], "chart" in options)


def test_whole_numbers_that_come_as_floats_are_whole_again(provider):
    provider.text = "apiVersion: v1\nkind: Pod\nmetadata: {name: once}\nspec: {priority: 80.0}\n"
    read, _ = read_chart("agent", {"chart": "agent"}, "default", None)

    assert ["80"] == [str(item.of.get("spec", "priority")) for item in read.items]


def test_kustomization_is_asked_for_by_its_folder(register, provider, tmp_path):
    register(component=ConfiguredKustomization, data=None, pod_spec=None, namespace=None, directory=str(tmp_path))

    assert [("kubernetes:kustomize:directory", {"directory": str(tmp_path)})] == provider.asked


def test_hooks_of_a_chart_are_left_out_and_noted(register, provider):
    provider.text += HOOK
    registered = chart(register)

    assert "Pod agent:default/once" not in registered
    assert ["is a hook, which only Helm runs: it is left out"] == registered["ConfiguredChart agent"].inputs["notes"][
        "Pod once"
    ]


def test_template_that_looks_something_up_is_noted(register, provider, tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.yaml").write_text('a: {{ (lookup "v1" "Secret" "x" "y").data }}\n')
    (tmp_path / "templates" / "b.yaml").write_text("lookup: {{ .Values.lookup }}\n")
    (notes,) = chart(register, chart=str(tmp_path))["ConfiguredChart agent"].inputs["notes"].values()

    assert ["templates/a.yaml: `lookup` finds nothing here"] == [note.partition(",")[0] for note in notes]


def test_what_a_chart_keeps_stays_when_it_leaves_the_chart(register, provider):
    provider.text += source("kept", more="annotations: {helm.sh/resource-policy: keep}") + source("other")
    registered = chart(register)

    assert [True, False] == [registered[f"ConfigMap agent:default/{name}"].request.retainOnDelete
                             for name in ("kept", "other")]  # fmt: skip


def test_objects_of_the_provider_s_own_chart_go_on(register, provider):
    provider.text += source("other")
    aliases = chart(register)["ConfigMap agent:default/other"].request.aliases

    assert {
        ("kubernetes:helm.sh/v4:Chart::agent", "agent:default/other"),
        ("kubernetes:helm.sh/v3:Chart::agent", "default/other"),
    } == {
        (alias.spec.parentUrn.rpartition("$")[2], alias.spec.name or "agent:default/other")
        for alias in aliases
        if "helm.sh" in alias.spec.parentUrn
    }


@pytest.mark.parametrize(
    ("takes", "now", "other"), [(True, "ConfigMapPatch", "ConfigMap"), (None, "ConfigMap", "ConfigMapPatch")]
)
def test_what_is_taken_over_is_a_patch_and_goes_on_as_the_object_itself(register, provider, takes, now, other):
    provider.text += source("other")
    request = chart(register, take_over=takes)[f"{now} agent:default/other"].request

    assert (f"kubernetes:core/v1:{other}", bool(takes), "") == (
        request.aliases[-1].spec.type, request.retainOnDelete, request.importId
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "error", "wrong"),
    [
        ({}, "failed to create chart from template: execution error at (agent/templates/a.yaml:3:4): level is required",
         "chart: cannot be rendered: agent/templates/a.yaml:3:4: level is required. Correct it."),
        ({"chart": 7}, "", "chart: must be text (got int). Pass a plain str."),
        ({"release_name": "A"}, "", "release_name: is not a valid DNS label (got 'A')."),
        ({"valuse": {}}, "", "valuse: is not a known argument. Write 'values', if that was meant."),
        ({"chart": None}, "", "chart: is required. Pass it."),
    ],
)  # fmt: skip
def test_chart_that_is_not_rendered_is_refused(refused, provider, changes, error, wrong):
    provider.error = error

    assert wrong in chart(refused, **changes)[0]


def test_chart_that_renders_nothing_is_refused(refused, provider):
    provider.text = ""

    assert ["ConfiguredChart 'agent': chart agent: renders no objects. Turn something on in its values."] == chart(
        refused
    )


@pytest.mark.parametrize(
    ("where", "given"),
    [
        (r"values\.level", {"values": lambda: {"level": unknown()}}),
        ("values", {"values": lambda: unknown()}),
        ("chart", {"chart": lambda: unknown()}),
        ("version", {"version": lambda: unknown()}),
        ("namespace", {"namespace": lambda: unknown()}),
    ],
)
def test_value_that_a_preview_does_not_know_is_refused(register, provider, where, given):
    with pytest.raises(ValueError, match=rf"agent': {where}: is not known in this preview, so neither are the objects"):
        chart(register, preview=True, **given)
    assert [] == provider.asked
