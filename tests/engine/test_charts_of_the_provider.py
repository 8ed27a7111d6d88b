"""What the Kubernetes provider's own components made goes on as ours: nothing is deleted, replaced or made again."""

import json

import pulumi
from pulumi_kubernetes import kustomize, yaml
from pulumi_kubernetes.helm import v3, v4
from pulumi_kubernetes.yaml import v2 as yaml_v2

from config_rollout import ConfiguredChart, ConfiguredKustomization, ConfiguredManifests
from tests.engine.observed import written
from tests.objects.manifests import source, workload
from tools.pods import Recorder

POD = (
    "metadata: {labels: {app: agent}, annotations: {local-cluster/ready-after: 0s}}, spec: {containers: [{name: a, "
    'image: "a:1", ports: [{containerPort: 80}], volumeMounts: [{name: c, mountPath: /c}]}], volumes: [{name: c, '
    "configMap: {name: agent-config}}]}"
)
FORMS = {
    "chart-v3": (ConfiguredChart, "chart"),
    "chart-v4": (ConfiguredChart, "chart"),
    "directory-v1": (ConfiguredKustomization, "directory"),
    "directory-v2": (ConfiguredKustomization, "directory"),
    "file-v1": (ConfiguredManifests, "manifests"),
    "file-v2": (ConfiguredManifests, "manifests"),
    "group-v1": (ConfiguredManifests, "manifests"),
    "group-v2": (ConfiguredManifests, "manifests"),
    "text-v1": (ConfiguredManifests, "manifests"),
}
"""The provider's component, which is also the name of its Deployment -> ours, and the argument that says where."""


def write(folder, name, namespace):
    """Write a Deployment, its ConfigMap and its ServiceAccount as what each argument names: `folder/ARGUMENT`."""
    account = f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: agent, namespace: {namespace}}}\n"
    text = workload(POD, metadata=f"namespace: {namespace}", kind="Deployment")
    text += source("agent-config", more=f"namespace: {namespace}") + account
    files = {
        "chart/Chart.yaml": json.dumps({"apiVersion": "v2", "name": name, "version": "1.0.0"}),
        "directory/kustomization.yaml": json.dumps({"resources": ["all.yaml"]}),
        **dict.fromkeys(("chart/templates/all.yaml", "directory/all.yaml", "manifests/all.yaml"), text),
    }
    for file, content in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(content.replace("agent", name))
    return folder


def theirs(name, folder, namespace):
    """Register the provider's component."""
    match name:
        case "chart-v3":
            v3.Chart(name, v3.LocalChartOpts(path=f"{folder}/chart", namespace=namespace))
        case "chart-v4":
            v4.Chart(name, chart=f"{folder}/chart", namespace=namespace)
        case "directory-v1":
            kustomize.Directory(name, f"{folder}/directory")
        case "directory-v2":
            # The class of its name takes its output for a text, and fails. Source: pulumi-kubernetes 4.25.
            inputs = {"directory": f"{folder}/directory", "namespace": namespace}
            pulumi.ComponentResource("kubernetes:kustomize/v2:Directory", name, inputs, remote=True)
        case "file-v1":
            yaml.ConfigFile(name, f"{folder}/manifests/all.yaml")
        case "file-v2":
            yaml_v2.ConfigFile(name, file=f"{folder}/manifests/all.yaml")
        case "group-v1":
            yaml.ConfigGroup(name, files=[f"{folder}/manifests/all.yaml"])
        case "text-v1":
            yaml.ConfigGroup(name, yaml=[(folder / "manifests" / "all.yaml").read_text()])
        case "group-v2":
            yaml_v2.ConfigGroup(name, files=[f"{folder}/manifests/all.yaml"])


def ours(name, folder, namespace):
    """Register our component for the same objects."""
    component, argument = FORMS[name]
    component(name, {argument: str(folder / argument), "namespace": namespace, "take_over": True})


def test_objects_keep_their_places_in_the_state_and_each_pod_restarts_once(cluster, namespace, project, tmp_path):
    folders = {name: write(tmp_path / name, name, namespace) for name in FORMS}

    def program(register):
        return lambda: [register(name, folder, namespace) for name, folder in folders.items()]

    def made(register):
        """Return the outcome of an `up`, and the names of the workloads whose pods it made."""
        with Recorder(cluster.api, namespace) as recorder:
            outcome = project.up(program(register))
            assert not outcome.failed, outcome.output
        return outcome, sorted(pod.name.rsplit("-", 2)[0] for kind, pod in recorder.events if kind == "ADDED")

    assert sorted(FORMS) == made(theirs)[1]
    accounts = {
        one["metadata"]["name"]: one["metadata"]["uid"]
        for one in cluster.api.list(f"namespaces/{namespace}/serviceaccounts")
    }
    outcome, restarted = made(ours)
    steps = {what: of for what, of in outcome.steps.items() if not what.endswith(" default")}  # those are providers
    kinds = [(what.partition(" ")[0], of) for what, of in steps.items()]

    assert sorted(FORMS) == restarted
    assert {"update"} == {of for kind, of in kinds if kind in ("ConfigMap", "Deployment", "ServiceAccount")}
    assert {"Chart", "ConfigFile", "ConfigGroup", "Directory"} == {
        kind for kind, of in kinds if of not in ("create", "update")
    }, steps  # the provider's components, which are nothing in the cluster
    assert accounts == {
        one["metadata"]["name"]: one["metadata"]["uid"]
        for one in cluster.api.list(f"namespaces/{namespace}/serviceaccounts")
    }
    assert {} == written(cluster, lambda: project.up(program(ours)))
    assert not project.destroy().failed
