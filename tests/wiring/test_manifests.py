"""What ConfiguredManifests registers: a component for each workload, everything else as it is."""

import pulumi
import pytest

from config_rollout import ConfiguredManifests
from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash
from tests.objects.manifests import source, workload

READS = (
    'spec: {containers: [{name: agent, image: "agent:1", volumeMounts: [{name: c, mountPath: /etc/agent}]}], '
    "volumes: [{name: c, configMap: {name: agent}}]}, metadata: {labels: {app: agent}, annotations: {%s}}"
)
HASH = config_hash(Content({"a.yaml": b"x"}))
AGENT = "agent:default/agent"


def manifests(kind: str = "DaemonSet", annotations: str = "", more: str = "") -> str:
    return workload(READS % annotations, kind=kind) + source() + more


@pytest.fixture
def registered(register):
    """Return a function that gives what the component registers for manifests."""

    def run(text=None, **changes):
        of = {"manifests": manifests() if text is None else text, "namespace": "default"}
        return register(component=ConfiguredManifests, data=None, pod_spec=None, **(of | changes))

    return run


@pytest.mark.parametrize("kind", ["DaemonSet", "Deployment"])
def test_workload_has_its_own_component_and_its_config_map_follows_the_content(registered, kind):
    assert {
        "ConfiguredManifests agent",
        f"Configured{kind} {AGENT}",
        f"{kind} {AGENT}",
        f"ConfigMapPatch {AGENT}-{HASH[:10]}",
    } == set(registered(manifests(kind)))


def test_pods_get_the_hash_and_mount_the_config_map_of_that_content(registered):
    template = registered()[f"DaemonSet {AGENT}"].inputs["spec"]["template"]

    assert {"checksum/config": HASH} == template["metadata"]["annotations"]
    assert f"agent-{HASH[:10]}" == template["spec"]["volumes"][0]["configMap"]["name"]


JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: once}\nspec: {template: {spec: {restartPolicy: Never, "
    'containers: [{name: a, image: "a:1", envFrom: [{configMapRef: {name: agent}}]}]}}}\n---\n'
)
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: agent}\nspec: {selector: {app: agent}}\n---\n"
OWN = "ConfigMap agent:default/agent"


@pytest.mark.parametrize("reader", [
    JOB,
    workload(READS % "", kind="ReplicaSet"),
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{resourceNames: [agent]}]\n",
], ids=["a Job", "another kind of workload", "a Role by its name"])  # fmt: skip
def test_config_map_that_something_else_reads_keeps_its_name_too(registered, reader):
    assert OWN in registered(manifests(more=reader))


@pytest.mark.parametrize("more", ["", SERVICE], ids=["nothing else", "a Service of that name"])
def test_config_map_that_only_the_workload_reads_has_only_the_name_of_its_content(registered, more):
    assert OWN not in registered(manifests(more=more))


def test_config_map_that_no_pod_reads_is_registered_as_it_is(registered):
    assert {"a.yaml": "x"} == registered(manifests(more=source("other")))["ConfigMap agent:default/other"].inputs[
        "data"
    ]


def test_excluded_workload_and_what_it_reads_are_registered_as_they_are(registered):
    every = registered(workloads={"DaemonSet/agent": {"exclude": True}})

    assert {"ConfiguredManifests agent", "DaemonSet agent:default/agent", OWN} == set(every)
    assert (
        "agent"
        == every["DaemonSet agent:default/agent"].inputs["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"]
    )


def test_what_reloads_has_a_config_map_that_changes_in_place(registered):
    said = {"effects": {"a.yaml": "reload"}, "reload": {"command": ["true"]}}
    every = registered(workloads={"DaemonSet/agent": said})
    volume = every[f"DaemonSet {AGENT}"].inputs["spec"]["template"]["spec"]["volumes"][0]
    sources = [source["configMap"]["name"] for source in volume["projected"]["sources"]]

    assert {"a.yaml": "x"} == every[f"ConfigMapPatch {AGENT}-reload"].inputs["data"]
    assert [f"agent-{config_hash(Content())[:10]}", "agent-reload"] == sources
    assert f"Stash {AGENT}/reloaded" in every


def test_workload_that_reads_nothing_has_its_component_too(registered):
    text = workload('spec: {containers: [{name: agent, image: "agent:1"}]}, metadata: {labels: {app: agent}}')

    assert {"ConfiguredManifests agent", f"ConfiguredDaemonSet {AGENT}", f"DaemonSet {AGENT}"} == set(registered(text))


def test_what_stands_beside_the_pod_template_stays(registered):
    text = workload(
        READS % "", kind="Deployment", spec="replicas: 2, progressDeadlineSeconds: 77, minReadySeconds: 3",
        metadata="labels: {helm.sh/chart: a-1}, annotations: {note: x}",
    )  # fmt: skip
    inputs = registered(text + source())[f"Deployment {AGENT}"].inputs

    assert (2, 77, 3) == tuple(
        inputs["spec"][key] for key in ("replicas", "progressDeadlineSeconds", "minReadySeconds")
    )
    assert ({"helm.sh/chart": "a-1"}, "x") == (inputs["metadata"]["labels"], inputs["metadata"]["annotations"]["note"])


def test_fields_that_only_a_stateful_set_has_stay_and_the_component_waits_for_its_pods(registered):
    claims = "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]"
    text = workload(READS % "", kind="StatefulSet", spec=f"serviceName: agent, podManagementPolicy: Parallel, {claims}")
    every = registered(text + source())
    spec = every[f"StatefulSet {AGENT}"].inputs["spec"]

    assert ("agent", "Parallel", "data") == (
        spec["serviceName"], spec["podManagementPolicy"], spec["volumeClaimTemplates"][0]["metadata"]["name"],
    )  # fmt: skip
    assert {f"ConfiguredStatefulSet {AGENT}", f"Stash {AGENT}-rollout", f"ConfigMapPatch {AGENT}-{HASH[:10]}"} < {
        *every
    }


def test_checksum_of_what_is_hashed_goes_and_another_stays_under_a_name_of_its_own(registered):
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: password}\nstringData: {p: x}\n---\n"
        + workload(READS.replace("volumes: [", "volumes: [{name: s, secret: {secretName: password}}, ")
                   .replace("volumeMounts: [", "volumeMounts: [{name: s, mountPath: /s}, ")
                   % f"checksum/config: {'a' * 64}, checksum/password: {'b' * 64}")
    )  # fmt: skip
    annotations = registered(secret + source())[f"DaemonSet {AGENT}"].inputs["spec"]["template"]["metadata"][
        "annotations"
    ]

    assert {"checksum/config": HASH, "checksum/password": "b" * 64} == annotations


def test_label_that_is_to_be_left_out_of_pod_templates_is_not_in_them(registered):
    text = workload((READS % "").replace("labels: {app: agent}", "labels: {app: agent, helm.sh/chart: a-1}")) + source()
    labels = [
        registered(text, leave_out=left)[f"DaemonSet {AGENT}"].inputs["spec"]["template"]["metadata"]["labels"]
        for left in ([], ["helm.sh/chart"])
    ]

    assert [{"app": "agent", "helm.sh/chart": "a-1"}, {"app": "agent"}] == labels


def test_secrets_count_with_a_key(registered):
    text = (
        manifests()
        .replace("configMap: {name: agent}", "secret: {secretName: agent}")
        .replace("kind: ConfigMap", "kind: Secret")
        .replace("data: {a", "stringData: {a")
    )
    key = {"hash_key": lambda: pulumi.Output.secret("k" * 32)}

    assert [True, False] == [
        any(name.startswith(f"SecretPatch {AGENT}/agent-") for name in registered(text, **given)) for given in (key, {})
    ]
    assert ["Secret agent:default/agent" in registered(text, **given) for given in (key, {})] == [False, True]


def test_namespaces_and_definitions_come_first(registered):
    text = (
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n---\n"
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.example.com}\n"
        "spec: {group: example.com, scope: Cluster, names: {kind: A}}\n---\n"
        "apiVersion: example.com/v1\nkind: A\nmetadata: {name: a}\n---\n"
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: agent}\n---\n"
    )  # fmt: skip
    reads = (READS % "").replace("spec: {", "spec: {serviceAccountName: agent, ", 1)
    every = registered("---\n".join([workload(reads), source(), text]))

    assert ["agent:as.example.com"] == every["A agent:a"].dependencies
    assert ["agent:default"] == every["ServiceAccount agent:default/agent"].dependencies
    assert {"agent:default", "agent:default/agent"} <= set(every[f"DaemonSet {AGENT}"].dependencies)


def test_values_of_secrets_are_secret_to_the_engine(registered):
    every = registered(source("s", "{p: eA==}", kind="Secret"))

    assert (
        "1b47061264138c4ac30d75fd1eb44270"
        in every["Secret agent:default/s"].inputs["data"]["4dabf18193072939515e22adb298388d"]
    )
