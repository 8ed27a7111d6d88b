"""`rbac --take-over`: what each kind of object in manifests needs, and what is refused."""

import io
import json

import pytest
import yaml

from config_rollout.cli.main import main
from config_rollout.core.manifests.rights import plural
from tests.objects.manifests import source, workload

WRITTEN = {"get", "create", "patch"}
WATCHED = {"list", "watch"}


def rules(text) -> dict[str, dict[tuple[str, str], set[str]]]:
    """Return `NAMESPACE/ROLE`, or the name of a ClusterRole -> (resource.group, name) -> verbs."""
    return {
        "/".join(filter(None, (of["metadata"].get("namespace"), of["metadata"]["name"]))): {
            (".".join(filter(None, (rule["resources"][0], rule["apiGroups"][0]))), name): set(rule["verbs"])
            for rule in of["rules"]
            for name in rule.get("resourceNames", [""])
        }
        for of in yaml.safe_load_all(text)
    }


@pytest.fixture
def rbac(monkeypatch, capsys):
    """Return a function that gives exit code, rules and standard error of the command for manifests on its input."""

    def run(*manifests, arguments=("-n", "web")):
        text = "\n---\n".join(one if isinstance(one, str) else json.dumps(one) for one in manifests)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        code = main(["rbac", *arguments, "--take-over", "-"])
        out, err = capsys.readouterr()
        return code, rules(out), err

    return run


def thing(version, kind, name="x", namespace=None, annotations=None, **more):
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return {"apiVersion": version, "kind": kind, "metadata": {k: v for k, v in metadata.items() if v}, **more}


HERE, ANYWHERE = "web/config-rollout-deployer", "config-rollout-deployer-web"
SKIPS = {"pulumi.com/skipAwait": "true"}
RBAC = "rbac.authorization.k8s.io"


def binding(kind, of, name="x"):
    return thing(f"{RBAC}/v1", kind, roleRef={"apiGroup": RBAC, "kind": of, "name": name})


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (thing("v1", "ConfigMap"), {HERE: {("configmaps", "x"): WRITTEN}}),
        (thing("v1", "Secret"), {HERE: {("secrets", "x"): WRITTEN}}),
        (thing("v1", "ConfigMap", namespace="other"),
         {"other/config-rollout-deployer-web": {("configmaps", "x"): WRITTEN}}),
        (thing("v1", "PersistentVolumeClaim"), {HERE: {("persistentvolumeclaims", "x"): WRITTEN}}),
        (thing("v1", "ServiceAccount"), {HERE: {("serviceaccounts", "x"): WRITTEN}}),
        (thing("policy/v1", "PodDisruptionBudget"), {HERE: {("poddisruptionbudgets.policy", "x"): WRITTEN}}),
        (thing("networking.k8s.io/v1", "NetworkPolicy"),
         {HERE: {("networkpolicies.networking.k8s.io", "x"): WRITTEN}}),
        (thing("v1", "Service"),
         {HERE: {("services", "x"): WRITTEN, ("services", ""): WATCHED, ("endpoints", ""): WATCHED}}),
        (thing("v1", "Service", annotations=SKIPS), {HERE: {("services", "x"): WRITTEN}}),
        (thing("networking.k8s.io/v1", "Ingress"),
         {HERE: {("ingresses.networking.k8s.io", "x"): WRITTEN, ("ingresses.networking.k8s.io", ""): WATCHED,
                 ("services", ""): WATCHED, ("endpoints", ""): WATCHED}}),
        (thing("batch/v1", "Job"),
         {HERE: {("jobs.batch", "x"): WRITTEN, ("jobs.batch", ""): WATCHED, ("pods", ""): WATCHED}}),
        (thing("batch/v1", "CronJob"), {HERE: {("cronjobs.batch", "x"): WRITTEN}}),
        (thing(f"{RBAC}/v1", "Role"), {HERE: {(f"roles.{RBAC}", "x"): {*WRITTEN, "escalate"}}}),
        (thing(f"{RBAC}/v1", "ClusterRole"), {ANYWHERE: {(f"clusterroles.{RBAC}", "x"): {*WRITTEN, "escalate"}}}),
        (binding("RoleBinding", "Role", "of"),
         {HERE: {(f"rolebindings.{RBAC}", "x"): WRITTEN, (f"roles.{RBAC}", "of"): {"bind"}}}),
        (binding("RoleBinding", "ClusterRole", "of"),
         {HERE: {(f"rolebindings.{RBAC}", "x"): WRITTEN}, ANYWHERE: {(f"clusterroles.{RBAC}", "of"): {"bind"}}}),
        (binding("ClusterRoleBinding", "ClusterRole", "of"),
         {ANYWHERE: {(f"clusterrolebindings.{RBAC}", "x"): WRITTEN, (f"clusterroles.{RBAC}", "of"): {"bind"}}}),
        (thing("v1", "Namespace"), {ANYWHERE: {("namespaces", "x"): WRITTEN}}),
        (thing("apiextensions.k8s.io/v1", "CustomResourceDefinition",
               spec={"group": "e.com", "scope": "Cluster", "names": {"kind": "Ox", "plural": "oxen"}}),
         {ANYWHERE: {("customresourcedefinitions.apiextensions.k8s.io", "x"): {*WRITTEN, "update"}}}),
    ],
)  # fmt: skip
def test_object_needs_what_taking_it_over_reads_and_writes_and_what_the_provider_waits_for(rbac, manifest, expected):
    assert (0, expected, "") == rbac(manifest)


def test_kind_that_a_definition_makes_has_its_resource_and_scope_and_another_is_guessed(rbac):
    spec = {"group": "e.com", "scope": "Cluster", "names": {"kind": "Ox", "plural": "oxen"}}
    definition = thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", "oxen.e.com", spec=spec)
    _, printed, note = rbac(definition, thing("e.com/v1", "Ox"), thing("other.com/v1", "Gateway"))

    assert WRITTEN == printed[ANYWHERE]["oxen.e.com", "x"]
    assert {("gateways.other.com", "x"): WRITTEN} == printed[HERE]
    assert "config-rollout: note: Gateway.other.com: only the cluster can tell its resource" in note
    assert "Ox" not in note


@pytest.mark.parametrize(
    ("kind", "watched"),
    [
        ("DaemonSet", {"daemonsets.apps", "pods"}),
        ("Deployment", {"deployments.apps", "replicasets.apps", "pods", "persistentvolumeclaims"}),
        ("StatefulSet", set()),  # whose rollout the component waits for itself
    ],
)
def test_workload_needs_what_its_component_and_the_provider_need(rbac, kind, watched):
    _, printed, _ = rbac(workload(kind=kind) + source())
    main(["rbac", "-n", "web", f"{kind.lower()}/agent"])
    resource = f"{kind.lower()}s.apps"

    assert {*WRITTEN} == printed[HERE][resource, "agent"]
    assert watched == {of for (of, name), verbs in printed[HERE].items() if not name and verbs >= WATCHED}
    assert ("configmaps", "agent") not in printed[HERE]  # any of the namespace may be written
    assert {"get", "list", "create", "patch", "delete"} == printed[HERE]["configmaps", ""]


def test_options_are_for_the_workloads_that_can_have_them(rbac, capsys):
    _, printed, _ = rbac(workload(kind="StatefulSet"), workload(kind="Deployment").replace("agent", "api"),
                         arguments=["-n", "web", "--gate", "http", "--secrets"])  # fmt: skip

    assert {"get"} == printed[HERE]["pods/proxy", ""]
    assert {"get", "create", "patch", "delete"} == printed[HERE]["secrets", ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "-: has no objects. Pass manifests."),
        ("kind: {{ .Values.kind }}", "stdin:1: has template syntax. Render it first."),
        (thing("v1", "ConfigMap", ""), "stdin:1: ConfigMap: has no metadata.name. Give it a name."),
    ],
)
def test_manifests_that_cannot_be_read_are_refused(rbac, text, message):
    assert (2, {}, f"config-rollout: --take-over: {message}\n") == rbac(text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "names no workload. Name one as NAMESPACE/NAME, or manifests with --take-over."),
        (["n/agent", "--take-over", "-"], "--take-over: prints what all manifests need. Leave out NAMESPACE/NAME"),
        (["--manage", "adopt", "--take-over", "-"], "--take-over: prints what all manifests need."),
        (["--external", "a", "--take-over", "-"], "--take-over: prints what all manifests need."),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(capsys, arguments, message):
    assert 2 == main(["rbac", *arguments])
    assert f"config-rollout: {message}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "resource"),
    [("Endpoints", "endpoints"), ("Ingress", "ingresses"), ("NetworkPolicy", "networkpolicies"),
     ("Gateway", "gateways"), ("Job", "jobs"), ("Box", "boxes"), ("Patch", "patches")],
)  # fmt: skip
def test_resource_of_a_kind_is_its_plural(kind, resource):
    assert resource == plural(kind)
