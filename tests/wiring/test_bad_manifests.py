"""Manifests that cannot be registered are refused whole: one answer for each fault, and nothing is registered."""

import pulumi
import pytest

from config_rollout import ConfiguredManifests
from tests.objects.manifests import source, workload

POD = (
    'spec: {containers: [{name: agent, image: "agent:1", volumeMounts: [{name: c, mountPath: /etc/agent}]}], '
    "volumes: [{name: c, configMap: {name: %s}}]}, metadata: {labels: {app: agent}}"
)
POD_OBJECT = "{apiVersion: v1, kind: Pod, metadata: {name: once}}"
LONG, TOO_LONG = "x" * 53, "x" * 253


def reads(config_map: str = "agent", name: str = "agent") -> str:
    return workload(POD % config_map).replace("name: agent,", f"name: {name},", 1)


@pytest.fixture
def manifests(refused):
    """Return a function that gives the lines that refuse manifests."""

    def run(given, **changes):
        of = {"manifests": given, "namespace": "default", "data": None, "pod_spec": None, **changes}
        lines = refused(component=ConfiguredManifests, **of)
        return [line.removeprefix("ConfiguredManifests 'agent': ") for line in lines]

    return run


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (reads() + source() + source(),
         "manifests:12: ConfigMap default/agent: is also in manifests:7. Keep one of them."),
        (f"apiVersion: v1\nkind: List\nitems: [{POD_OBJECT}, {POD_OBJECT}]\n",
         "manifests:1: Pod default/once: is also in manifests:1. Keep one of them."),
        ("apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: once-}\n",
         "manifests:1: Job: has generateName and no name, so each `up` would make another one. Give it a name."),
        ("kind: {{ .Values.kind }}\n", "manifests:1: has template syntax. Render it first."),
        (reads(), "manifests:1: DaemonSet default/agent: reads ConfigMap 'agent', which is not among the manifests. "
         "Add it, or, if something else makes it, pass external={'config_maps': ['agent']} in `workloads`; or exclude "
         "the workload."),
        (reads(name=LONG) + source(), f"DaemonSet default/{LONG}: name: has 53 characters. Use at most 52, since the "
         "ConfigMap's name adds 11 for the hash."),
        (reads(TOO_LONG) + source(TOO_LONG),
         f"DaemonSet default/agent: config_maps['{TOO_LONG}']: the name has 253 characters. Use at most 236."),
    ],
    ids=["twice", "twice in a List", "generateName", "template", "missing ConfigMap", "long name", "long ConfigMap"],
)  # fmt: skip
def test_object_that_cannot_be_registered_is_refused(manifests, text, line):
    assert [line] == manifests(text)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("https://example.com/a.yaml",
         "is a URL (got 'https://example.com/a.yaml'). Keep a copy of the file beside the program."),
        ("nowhere.yaml",
         "nowhere.yaml cannot be read: no such file or directory. Correct the path, from where Pulumi.yaml is."),
        (7, "must be text, a path, an object, or a list of these (got int). Pass one of these."),
        ([], "has no objects. Pass manifests."),
    ],
)  # fmt: skip
def test_place_that_holds_no_manifests_is_refused(manifests, given, line):
    assert [f"manifests: {line}"] == manifests(given)


def test_folder_without_manifests_is_refused(manifests, tmp_path):
    assert [
        f"manifests: {tmp_path} has no file that ends in .yaml, .yml, .json. Pass a folder of manifests."
    ] == manifests(tmp_path)


def test_kustomization_is_for_another_component(manifests, tmp_path):
    (tmp_path / "kustomization.yaml").write_text("resources: []\n")

    assert [
        f"manifests: {tmp_path} is a kustomization: it has kustomization.yaml. Use ConfiguredKustomization."
    ] == manifests(tmp_path)


def test_everything_wrong_is_said_at_once(manifests):
    lines = manifests(reads() + "kind: {{ a }}\n", leave_out="x", workloads={"Job/a": {}}, namspace="y")

    assert ["namspace", "workloads['Job/a']", "leave_out", "manifests:7"] == [line.split(": ")[0] for line in lines]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (lambda unknown: [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": unknown}}],
         r"manifests\[0\]: metadata.name must be known in preview, since they name it. Pass plain text."),
        (lambda unknown: [unknown], r"manifests\[0\]: is not known in this preview, so neither are the objects in it."),
    ],
    ids=["a name", "the objects"],
)  # fmt: skip
def test_what_a_preview_does_not_know_and_decides_which_objects_there_are_is_refused(register, given, where):
    with pytest.raises(ValueError, match=where):
        register(
            preview=True, component=ConfiguredManifests, data=None, pod_spec=None, namespace="default",
            manifests=lambda: given(pulumi.Output.from_input(pulumi.UNKNOWN)),
        )  # fmt: skip
