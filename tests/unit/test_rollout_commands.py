"""`pause`, `resume` and `rbac`."""

import json

import pytest
import yaml

from config_rollout.cli.main import main
from tests.unit.canned_server import FakeServer, kubeconfig

PATH = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy?fieldManager=config-rollout"


@pytest.fixture
def server(tmp_path, monkeypatch):
    server = FakeServer()
    (tmp_path / "config").write_text(kubeconfig(server.url))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    yield server
    server.close()


@pytest.mark.parametrize(
    ("command", "value", "said"),
    [
        ("pause", "true", "kube-system/kube-proxy is paused: a running `up` stops before the next pod. "
         "config-rollout resume kube-system/kube-proxy ends the pause\n"),
        ("resume", None, "kube-system/kube-proxy is resumed: `pulumi up` continues\n"),
    ],
)  # fmt: skip
def test_annotation_is_set_and_taken_away(server, capsys, command, value, said):
    server.answers[f"PATCH {PATH}"] = 200, {}

    assert 0 == main([command, "kube-system/kube-proxy"])
    assert said == capsys.readouterr().out
    assert {"metadata": {"annotations": {"config-rollout/paused": value}}} == json.loads(server.asked[0][3])


def test_stateful_set_is_paused_as_kubectl_names_it(server, capsys):
    path = "/apis/apps/v1/namespaces/n/statefulsets/db?fieldManager=config-rollout"
    server.answers[f"PATCH {path}"] = 200, {}

    assert 0 == main(["pause", "-n", "n", "sts/db"])
    assert capsys.readouterr().out.endswith("config-rollout resume -n n statefulset/db ends the pause\n")


def test_daemon_set_that_is_not_there_is_a_sentence(server, capsys):
    assert 2 == main(["pause", "kube-system/kube-proxy"])
    assert f"config-rollout: kube-system/kube-proxy: no such DaemonSet on {server.url}. Correct the name.\n" == (
        capsys.readouterr().err
    )


def test_cluster_that_refuses_is_a_sentence(server, capsys):
    server.answers[f"PATCH {PATH}"] = 403, {"message": "no"}

    assert 2 == main(["pause", "kube-system/kube-proxy"])
    assert "may not patch daemonsets 'kube-proxy' in namespace kube-system" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["kube-proxy"], "must be NAMESPACE/NAME (got 'kube-proxy'). Any kind of workload is named by "),
        (["n/sts/db"], "must be NAMESPACE/NAME (got 'n/sts/db'). Any kind of workload is named by -n n sts/db."),
        (["-n", "n", "job/db"], "-n n: must be followed by KIND/NAME (got 'job/db'). Kinds are daemonset, "),
        (["-n", "n", "deploy/"], "-n n: must be followed by KIND/NAME (got 'deploy/')."),
        (["-n", "n", "deploy/web"], "Deployment n/web: has no waves, so `up` would not notice. Use kubectl -n n "),
    ],
)  # fmt: skip
def test_what_names_no_workload_that_can_be_paused_is_refused(arguments, message, capsys):
    assert 2 == main(["pause", *arguments])
    assert f"config-rollout: {message}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("gates", "proxied"),
    [([], False), (["http"], True), (["kube_proxy"], True), (["url", "prometheus", "command", "restarts"], False)],
)
def test_rbac_prints_roles_that_name_no_more_than_is_asked(capsys, gates, proxied):
    main(["rbac", "kube-system/kube-proxy", *(option for gate in gates for option in ("--gate", gate))])
    role, cluster_role = yaml.safe_load_all(capsys.readouterr().out)
    proxy = [{"apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["get"]}] if proxied else []

    assert [
        {
            "apiGroups": ["apps"],
            "resources": ["daemonsets"],
            "resourceNames": ["kube-proxy"],
            "verbs": ["get", "patch"],
        },
        {"apiGroups": ["apps"], "resources": ["controllerrevisions"], "verbs": ["list", "patch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch", "delete"]},
        *proxy,
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "create", "patch", "delete"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]},
    ] == role["rules"]
    assert ("Role", "kube-system") == (role["kind"], role["metadata"]["namespace"])
    assert [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list", "watch"]}] == cluster_role["rules"]


@pytest.mark.parametrize(
    ("kind", "resource", "revisions", "pods"),
    [("deployment", "deployments", {("replicasets", ""): {"list"}}, {"list"}),
     ("sts", "statefulsets", {("controllerrevisions", ""): {"list", "patch"}}, {"list", "delete"})],
)  # fmt: skip
def test_rbac_of_another_kind_names_its_own_revisions(capsys, kind, resource, revisions, pods):
    assert 0 == main(["rbac", "-n", "web", f"{kind}/api", "--secrets"])
    (role,) = yaml.safe_load_all(capsys.readouterr().out)

    kept = {"get", "create", "patch", "delete"}
    assert {
        (resource, "api"): {"get", "patch"},
        **revisions,
        ("pods", ""): pods,
        ("configmaps", ""): {"list", *kept},
        ("secrets", ""): kept,
        ("events", ""): {"create"},
    } == rules(role)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("deployment/api", ["--manage", "own"], "--manage: is for DaemonSets, and Deployment web/api is none"),
        ("deployment/api", ["--gate", "http"], "--gate: Deployment web/api has no waves"),
        ("deployment/api", ["--waves"], "--waves: Deployment web/api has no waves"),
        ("sts/db", ["--gate", "kube_proxy"], "--gate kube_proxy: is for DaemonSets, and StatefulSet web/db is none"),
        ("sts/db", ["--gate", "new_service"], "--gate new_service: is for DaemonSets, and StatefulSet web/db is none"),
    ],
)
def test_rbac_refuses_what_a_kind_does_not_have(capsys, name, options, message):
    assert 2 == main(["rbac", "-n", "web", name, *options])
    assert f"{message}. Leave it out." in capsys.readouterr().err


@pytest.mark.parametrize(("options", "proxied"), [(["--waves"], False), (["--gate", "http"], True)])
def test_rbac_of_a_stateful_set_in_waves_reads_no_nodes(capsys, options, proxied):
    assert 0 == main(["rbac", "-n", "web", "sts/db", *options])
    (role,) = yaml.safe_load_all(capsys.readouterr().out)

    of_gate = {("pods/proxy", ""): {"get"}} if proxied else {}
    assert {
        ("statefulsets", "db"): {"get", "patch"},
        ("controllerrevisions", ""): {"list", "patch"},
        ("pods", ""): {"list", "watch", "delete"},
        **of_gate,
        ("configmaps", ""): {"get", "list", "create", "patch", "delete"},
        ("events", ""): {"create"},
    } == rules(role)


EVERYTHING = {"get", "list", "watch", "create", "patch", "delete"}


def rules(manifest) -> dict[tuple[str, str], set[str]]:
    """Return (resource, name) -> verbs."""
    return {
        (rule["resources"][0], name): set(rule["verbs"])
        for rule in manifest["rules"]
        for name in rule.get("resourceNames", [""])
    }


@pytest.mark.parametrize(
    ("manage", "added", "beyond"),
    [
        ("adopt", {("daemonsets", ""): {"list", "watch"}}, {}),
        (
            "own",
            {
                ("daemonsets", ""): EVERYTHING,
                ("serviceaccounts", ""): EVERYTHING,
                ("roles", ""): EVERYTHING,
                ("rolebindings", ""): EVERYTHING,
            },
            {
                ("clusterrolebindings", ""): EVERYTHING,
                ("clusterroles", "system:node-proxier"): {"bind"},
            },
        ),
    ],
)
def test_rbac_of_a_kube_proxy_adds_what_it_needs_itself(capsys, manage, added, beyond):
    main(["rbac", "kube-system/kube-proxy"])
    role, cluster_role = yaml.safe_load_all(capsys.readouterr().out)
    main(["rbac", "kube-system/kube-proxy", "--manage", manage])
    whole, whole_cluster = yaml.safe_load_all(capsys.readouterr().out)

    assert {**rules(role), **added} == rules(whole)
    assert {**rules(cluster_role), **beyond} == rules(whole_cluster)


def test_rbac_of_a_reload_adds_that_pods_are_asked_and_annotated_and_a_canary_is_made(capsys):
    main(["rbac", "kube-system/kube-proxy"])
    role, _ = yaml.safe_load_all(capsys.readouterr().out)
    main(["rbac", "kube-system/kube-proxy", "--reload"])
    whole, _ = yaml.safe_load_all(capsys.readouterr().out)
    pods = {("pods", ""): {"list", "watch", "delete", "patch"}, ("pods/proxy", ""): {"get"}}
    jobs = {("jobs", ""): {"create", "list", "delete"}}

    assert {**rules(role), **pods, **jobs} == rules(whole)


def test_rbac_of_a_reload_of_a_deployment_has_no_canary(capsys):
    main(["rbac", "-n", "dns", "deployment/dns", "--reload"])

    assert "jobs" not in capsys.readouterr().out


API_SERVER = {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "resourceNames": ["kubernetes"],
              "verbs": ["get"]}  # fmt: skip
PROBES = [
    {"apiGroups": [""], "resources": ["services"], "verbs": ["create", "list", "delete"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "list", "delete"]},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["create"]},
]


def test_rbac_of_a_new_service_has_a_role_in_each_namespace(capsys):
    main(["rbac", "kube-system/kube-proxy", "--gate", "new_service", "--gate-namespace", "probes"])
    own, *elsewhere = yaml.safe_load_all(capsys.readouterr().out)

    assert {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch", "delete"]} in own["rules"]
    name = "config-rollout-deployer-kube-proxy-kube-system"
    assert [
        ("Role", {"name": name, "namespace": "default"}, [API_SERVER]),
        ("Role", {"name": name, "namespace": "probes"}, PROBES),
        ("ClusterRole", {"name": name}, [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list", "watch"]}]),
    ] == [(role["kind"], role["metadata"], role["rules"]) for role in elsewhere]


def test_rbac_of_a_new_service_is_in_the_namespace_of_the_daemon_set_unless_it_is_said(capsys):
    main(["rbac", "kube-system/kube-proxy", "--gate", "new_service"])
    own, default, _ = yaml.safe_load_all(capsys.readouterr().out)

    assert "default" == default["metadata"]["namespace"]
    assert {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch", "delete", "create"]} in own["rules"]
    assert PROBES[0] in own["rules"]


def test_namespace_of_no_gate_is_refused(capsys):
    assert 2 == main(["rbac", "kube-system/kube-proxy", "--gate-namespace", "probes"])
    assert "config-rollout: --gate-namespace: requires --gate new_service. Add it.\n" == capsys.readouterr().err


def test_rbac_of_what_others_own_is_to_read_it_alone(capsys):
    main(["rbac", "n/agent", "--external", "ca", "--external", "cluster", "--external-secret", "tls"])
    (role,) = yaml.safe_load_all(capsys.readouterr().out)

    assert {"name": "config-rollout-external-agent", "namespace": "n"} == role["metadata"]
    assert [
        {"apiGroups": [""], "resources": [resource], "resourceNames": [name], "verbs": ["get"]}
        for resource, name in (("configmaps", "ca"), ("configmaps", "cluster"), ("secrets", "tls"))
    ] == role["rules"]


@pytest.mark.parametrize("option", ["--external", "--external-secret"])
@pytest.mark.parametrize("more", [["--gate", "http"], ["--manage", "own"], ["--secrets"], ["--waves"]])
def test_rbac_of_what_others_own_takes_nothing_of_waves(capsys, option, more):
    assert 2 == main(["rbac", "n/agent", option, "ca", *more])
    fix = "Leave out --gate, --manage, --reload, --secrets and --waves."
    assert f"{option}: prints only what reading it needs. {fix}" in capsys.readouterr().err
