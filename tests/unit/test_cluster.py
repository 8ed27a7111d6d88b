"""What is asked of an API server and how its answers are told: the real client, and a server of this test's own."""

import json
import ssl
import subprocess
import sys
from base64 import b64encode

import pytest

from config_rollout.cluster.client import Cluster, ClusterError, Forbidden
from config_rollout.core.rbac.rights import Right
from tests.unit.canned_server import FakeServer, kubeconfig


@pytest.fixture
def server():
    server = FakeServer()
    yield server
    server.close()


@pytest.fixture
def certified(tmp_path):
    """Give a server that wants a client's certificate, here its own, and the files of a kubeconfig for it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    named = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *named], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    server = FakeServer(context)
    yield server, {"certificate-authority": certificate, "client-certificate": certificate, "client-key": key}
    server.close()


@pytest.fixture
def cluster(server):
    return Cluster.find(kubeconfig(server.url))


NODE_PROXY = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy"


def test_object_is_read_with_its_token(server, cluster):
    server.answers[f"GET {NODE_PROXY}"] = 200, {"kind": "DaemonSet"}

    assert {"kind": "DaemonSet"} == cluster.get("daemonsets", "kube-proxy", "kube-system")
    assert "Bearer t0ken" == server.asked[0][2]["Authorization"]


TRIED = "/apis/batch/v1/namespaces/n/jobs/once?fieldManager=m&force=true&dryRun=All"
JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}}


@pytest.fixture
def jobs(server):
    known = {"resources": [{"name": "jobs", "kind": "Job", "namespaced": True}]}
    server.answers["GET /apis/batch/v1"] = 200, known


def test_object_that_would_be_refused_is_tried_without_being_written(server, cluster, jobs):
    refused = 'Job.batch "once" is invalid: spec.template: field is immutable'
    server.answers[f"PATCH {TRIED}"] = 422, {"message": refused}

    with pytest.raises(ClusterError, match=r"422 Job.batch .* field is immutable"):
        cluster.try_apply(JOB, "n", "once", "m")


def test_object_in_a_namespace_that_is_not_there_or_of_an_unknown_kind_is_not_refused(server, cluster, jobs):
    cluster.try_apply(JOB, "n", "once", "m")
    cluster.try_apply({**JOB, "apiVersion": "example.com/v1"}, "n", "once", "m")

    assert [f"PATCH {TRIED}"] == [f"{verb} {path}" for verb, path, *_ in server.asked if verb != "GET"]


def job(*managed):
    fields = [{"manager": of, "operation": "Apply", "fieldsV1": {"f:spec": {"f:suspend": {}}}} for of in managed]
    return {**JOB, "metadata": {"name": "once", "resourceVersion": "7", "managedFields": fields}}


def test_others_let_go_of_what_the_provider_applied_unless_it_was_written_meanwhile(server, cluster, jobs):
    path = "/apis/batch/v1/namespaces/n/jobs/once"
    server.answers[f"GET {path}"] = 200, job("helm", "pulumi-kubernetes-1a2b")
    server.answers[f"PATCH {path}?fieldManager=config-rollout-own"] = 200, {}
    cluster.let_go(JOB, "n", "once", "pulumi-kubernetes-1a2b")

    mine = job("pulumi-kubernetes-1a2b")["metadata"]["managedFields"]
    assert [
        {"op": "replace", "path": "/metadata/managedFields", "value": mine},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
    ] == json.loads(server.asked[-1][3])


def test_nothing_is_written_where_nobody_has_to_let_go(server, cluster, jobs):
    server.answers["GET /apis/batch/v1/namespaces/n/jobs/once"] = 200, job("pulumi-kubernetes-1a2b")
    for kind, name in ((JOB, "once"), (JOB, "gone"), ({**JOB, "apiVersion": "example.com/v1"}, "once")):
        cluster.let_go(kind, "n", name, "pulumi-kubernetes-1a2b")

    assert {"GET"} == {verb for verb, *_ in server.asked}


def test_object_that_is_not_there_is_none(cluster):
    assert None is cluster.get("configmaps", "kube-proxy", "kube-system")


def test_long_lists_are_read_to_their_end(server, cluster):
    one, two = ({"metadata": {"name": name}} for name in ("one", "two"))
    server.answers["GET /api/v1/nodes?limit=500"] = 200, {"items": [one], "metadata": {"continue": "x"}}
    server.answers["GET /api/v1/nodes?limit=500&continue=x"] = 200, {"items": [two], "metadata": {}}

    assert [one, two] == cluster.list("nodes")


def test_what_nobody_reads_of_a_list_is_not_kept(server, cluster):
    node = {"metadata": {"name": "n", "managedFields": [{}]}, "status": {"images": [{}], "conditions": []}}
    server.answers["GET /api/v1/nodes?limit=500"] = 200, {"items": [node], "metadata": {}}

    assert [{"metadata": {"name": "n"}, "status": {"conditions": []}}] == cluster.list("nodes")


def test_listed_workload_says_its_kind(server, cluster):
    server.answers["GET /apis/apps/v1/deployments?limit=500"] = 200, {"items": [{"metadata": {"name": "web"}}]}

    assert [{"kind": "Deployment", "metadata": {"name": "web"}}] == cluster.list("deployments")


def test_patch_says_who_we_are(server, cluster):
    path = "/api/v1/namespaces/n/configmaps/c?fieldManager=config-rollout"
    server.answers[f"PATCH {path}"] = 200, {"ok": True}

    assert {"ok": True} == cluster.patch("configmaps", "c", "n", {"data": {"k": "v"}})
    assert ("config-rollout", "application/merge-patch+json", '{"data": {"k": "v"}}') == (
        server.asked[0][2]["User-Agent"],
        server.asked[0][2]["Content-Type"],
        server.asked[0][3],
    )


@pytest.mark.parametrize(("dry_run", "asks"), [(False, ""), (True, "&dryRun=All")])
def test_edit_sends_operations_and_a_dry_run_says_so(server, cluster, dry_run, asks):
    path = f"/apis/apps/v1/namespaces/n/daemonsets/agent?fieldManager=me{asks}"
    server.answers[f"PATCH {path}"] = 200, {"ok": True}
    operations = [{"op": "replace", "path": "/spec", "value": {}}]

    assert {"ok": True} == cluster.edit("daemonsets", "agent", "n", operations, "me", dry_run=dry_run)
    _, _, headers, body = server.asked[-1]
    assert ("application/json-patch+json", operations) == (headers["Content-Type"], json.loads(body))


def test_delete_is_of_the_object_that_was_seen_and_of_what_it_owns(server, cluster):
    server.answers["DELETE /api/v1/namespaces/n/pods/p"] = 404, {"message": "not found"}

    assert not cluster.delete("pods", "p", "n", "uid-1")
    body = {"preconditions": {"uid": "uid-1"}, "propagationPolicy": "Background"}
    assert body == json.loads(server.asked[0][3])


def test_conflict_at_a_delete_does_not_say_that_the_object_is_gone(server, cluster):
    server.answers["DELETE /api/v1/namespaces/n/pods/p"] = 409, {"message": "webhook: not now"}
    with pytest.raises(ClusterError, match="409 webhook: not now") as error:
        cluster.delete("pods", "p", "n", "uid-1")

    assert 409 == error.value.status


def test_right_is_asked_of_the_server(server, cluster):
    path = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    right = Right("patch", "apps", "daemonsets", "kube-system", "kube-proxy")
    server.answers[path] = 201, {"status": {"allowed": True}}
    allowed = cluster.may(right)
    server.answers[path] = 201, {"status": {"allowed": False}}

    assert (True, False) == (allowed, cluster.may(right))
    assert {
        "verb": "patch",
        "group": "apps",
        "resource": "daemonsets",
        "namespace": "kube-system",
        "name": "kube-proxy",
    } == json.loads(server.asked[0][3])["spec"]["resourceAttributes"]


def test_missing_right_is_named_with_the_smallest_rule(server, cluster):
    server.answers[f"GET {NODE_PROXY}"] = 403, {"message": "forbidden"}
    with pytest.raises(Forbidden) as error:
        cluster.get("daemonsets", "kube-proxy", "kube-system")

    assert [
        f"{server.url}: may not get daemonsets 'kube-proxy' in namespace kube-system. Grant the user of this "
        "kubeconfig this permission; the smallest rule is",
        "apiVersion: rbac.authorization.k8s.io/v1",
        "kind: Role",
        "metadata: {name: config-rollout, namespace: kube-system}",
        "rules:",
        "  - {apiGroups: ['apps'], resources: [daemonsets], resourceNames: [kube-proxy], verbs: [get]}",
    ] == str(error.value).splitlines()


@pytest.mark.parametrize(
    ("resource", "group", "name"),
    [
        ("pods", "/api/v1", "agent-bn5jw"),
        ("configmaps", "/api/v1", "agent-0123456789"),
        ("controllerrevisions", "/apis/apps/v1", "agent-66c9d"),
    ],
)
def test_rule_is_never_for_an_object_that_is_another_one_next_time(server, cluster, resource, group, name):
    server.answers[f"DELETE {group}/namespaces/n/{resource}/{name}"] = 403, {"message": "forbidden"}
    with pytest.raises(Forbidden) as error:
        cluster.delete(resource, name, "n", "uid")

    assert name not in str(error.value)
    assert f"may not delete {resource} in namespace n." in str(error.value)


@pytest.mark.parametrize("status", [201, 409])
def test_object_that_is_made_already_was_made_by_a_try_whose_answer_was_lost(server, cluster, status):
    server.answers["POST /api/v1/namespaces/n/events"] = status, {"kind": "Status", "message": "already exists"}

    assert None is cluster.make("events", "n", {"metadata": {"name": "agent.1"}})


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ('pods is forbidden: User "ci" cannot create resource "pods" in API group "" in the namespace "n"', Forbidden),
        ('pods "a" is forbidden: violates PodSecurity "baseline:latest": probe or lifecycle host', ClusterError),
        ('pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=9, limited: pods=9', ClusterError),
    ],
)
def test_rule_that_an_object_breaks_is_no_missing_right(server, cluster, message, error):
    server.answers["POST /api/v1/namespaces/n/pods"] = 403, {"kind": "Status", "message": message}
    with pytest.raises(ClusterError) as raised:
        cluster.create("pods", "n", {})

    assert error is type(raised.value)
    told = f"{server.url}: create pods in namespace n: 403 {message}. Correct it and run this again."
    assert (error is ClusterError) == (told == str(raised.value))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "does not accept these credentials. Check whether `kubectl` can log in."),
        (500, "get daemonsets 'kube-proxy' in namespace kube-system: 500 it broke. Correct it and run this again."),
    ],
)
def test_other_answers_are_sentences(server, cluster, status, message):
    server.answers[f"GET {NODE_PROXY}"] = status, {"message": "it broke."}
    with pytest.raises(ClusterError) as error:
        cluster.get("daemonsets", "kube-proxy", "kube-system")

    assert f"{server.url}: {message}" == str(error.value)


def test_server_that_does_not_answer_is_a_sentence(server):
    cluster = Cluster.find(kubeconfig(server.url))
    server.close()
    with pytest.raises(ClusterError) as error:
        cluster.get("nodes", "n")

    assert f"{server.url}: does not answer (" in str(error.value)
    assert "Connection refused). Check whether `kubectl` can reach it." in str(error.value)


def test_other_cluster_is_told_by_the_uid(server, cluster):
    server.answers[f"GET {NODE_PROXY}"] = 200, {"metadata": {"uid": "here"}}
    cluster.prove("daemonsets", "kube-proxy", "kube-system", "here")
    with pytest.raises(
        ClusterError, match=r"UID there: it was deleted or recreated since the last `up`. Run `pulumi up --refresh`"
    ):
        cluster.prove("daemonsets", "kube-proxy", "kube-system", "there")


def test_credential_plugin_gives_the_token(server, tmp_path):
    program = tmp_path / "login"
    status = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "minted"}}
    program.write_text(f"#!{sys.executable}\nprint('''{json.dumps(status)}''')\n")
    program.chmod(0o755)
    plugin = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./login"}}
    (tmp_path / "config").write_text(kubeconfig(server.url, plugin))
    Cluster.find(str(tmp_path / "config")).get("nodes", "n")

    assert "Bearer minted" == server.asked[0][2]["Authorization"]


def test_credential_plugin_that_gives_nothing_is_a_sentence(server):
    plugin = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-program"}}
    with pytest.raises(ClusterError, match=r"^kubeconfig: 'no-such-program' returned no credentials"):
        Cluster.find(kubeconfig(server.url, plugin))


def test_token_of_a_file_is_read(server, tmp_path):
    (tmp_path / "token").write_text("filed")
    (tmp_path / "config").write_text(kubeconfig(server.url, {"tokenFile": "token"}))
    Cluster.find(str(tmp_path / "config")).get("nodes", "n")

    assert "Bearer filed" == server.asked[0][2]["Authorization"]


def test_acting_as_another_user_is_passed_on(server):
    Cluster.find(kubeconfig(server.url, {"token": "t", "as": "bob", "as-groups": ["x", "y"]})).get("nodes", "n")
    headers = server.asked[0][2]

    assert ("bob", ["x", "y"]) == (headers["Impersonate-User"], headers.get_all("Impersonate-Group"))


def test_proxy_of_the_kubeconfig_is_used(server):
    Cluster.find(kubeconfig("http://api.example.com", None, **{"proxy-url": server.url})).get("nodes", "n")

    assert "http://api.example.com/api/v1/nodes/n" == server.asked[0][1]


def test_files_of_the_environment_are_found_in_their_order(server, tmp_path, monkeypatch):
    (tmp_path / "one").write_text(kubeconfig(server.url))
    (tmp_path / "two").write_text(kubeconfig("https://other"))
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'missing'}:{tmp_path / 'one'}:{tmp_path / 'two'}")

    assert server.url == Cluster.find().server


def test_default_file_is_found(server, tmp_path, monkeypatch):
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(kubeconfig(server.url))

    assert server.url == Cluster.find().server


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (
            "no/such/file",
            "kubeconfig: is neither an existing file nor a kubeconfig (got 'no/such/file'). Pass a path that exists.",
        ),
        ("a: b", "kubeconfig: has no clusters, users or contexts. Correct it, or choose with kubernetes:context."),
    ],
)
def test_what_is_no_kubeconfig_is_a_sentence(given, wrong):
    with pytest.raises(ClusterError) as error:
        Cluster.find(given)

    assert wrong == str(error.value)


def test_no_kubeconfig_at_all_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "missing"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ClusterError, match=r"no kubeconfig\. Set kubernetes:kubeconfig, or KUBECONFIG\.$"):
        Cluster.find()


def test_list_says_where_to_watch_from(server, cluster):
    server.answers["GET /api/v1/namespaces/n/pods?limit=500&labelSelector=a%3Db"] = (
        200,
        {"items": [{"metadata": {}}], "metadata": {"resourceVersion": "7"}},
    )

    assert [([{"metadata": {}}], "7")] == list(cluster.pages("pods", "n", "a=b"))


WATCH = (
    "GET /api/v1/namespaces/n/pods?watch=1&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=9"
    "&labelSelector=a%3Db"
)


def test_watch_gives_what_happens(server, cluster):
    server.answers[WATCH] = 200, '{"type": "ADDED"}\n{"type": "DELETED"}\n{"type": "cut o'

    assert ["ADDED", "DELETED"] == [event["type"] for event in cluster.watch("pods", "n", "a=b", "7", 9)]


def test_watch_that_is_refused_says_which_right_is_missing(server, cluster):
    server.answers[WATCH] = 403, {"message": "no"}
    with pytest.raises(Forbidden, match="may not watch pods in namespace n"):
        list(cluster.watch("pods", "n", "a=b", "7", 9))


PROBE = "GET /api/v1/namespaces/n/pods/p:10256/proxy/livez"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"healthy": True}),
        (503, {"message": "not synced"}),
        (403, {"kind": "mine", "message": "the pod itself says so"}),
    ],
)
def test_pod_is_asked_through_the_proxy(server, cluster, status, answer):
    server.answers[PROBE] = status, answer

    assert (status, answer) == (lambda code, body: (code, json.loads(body)))(
        *cluster.ask_pod("p", "n", 10256, "/livez")
    )


def test_proxy_that_may_not_be_used_is_a_missing_right(server, cluster):
    server.answers[PROBE] = 403, {"kind": "Status", "message": "no"}
    with pytest.raises(Forbidden, match="may not get pods/proxy"):
        cluster.ask_pod("p", "n", 10256, "/livez")


@pytest.mark.parametrize(("answer", "status"), [((429, {}), 429), ((503, {}), 503), ((403, {}), 403)])
def test_error_knows_its_status(server, cluster, answer, status):
    server.answers[f"GET {NODE_PROXY}"] = answer
    with pytest.raises(ClusterError) as error:
        cluster.get("daemonsets", "kube-proxy", "kube-system")

    assert status == error.value.status


def test_error_of_a_server_that_does_not_answer_has_status_0(server):
    cluster = Cluster.find(kubeconfig(server.url))
    server.close()
    with pytest.raises(ClusterError) as error:
        cluster.get("nodes", "n")

    assert 0 == error.value.status


def test_client_that_takes_long_to_load_is_left_alone_where_the_kubeconfig_has_the_credentials(server):
    program = (
        "import sys; from config_rollout.cluster.client import Cluster; Cluster.find(sys.argv[1]).get('nodes', 'n')"
    )
    loaded = f"{program}; print('kubernetes' in sys.modules)"

    def found(**users) -> str:
        given = kubeconfig(server.url, **users)
        return subprocess.run([sys.executable, "-c", loaded, given], capture_output=True, text=True, check=True).stdout

    assert ["False\n", "False\n"] == [found(), found(user={"username": "u", "password": "p"})]
    assert f"Basic {b64encode(b'u:p').decode()}" == server.asked[1][2]["Authorization"]


def test_token_of_a_file_that_others_renew_is_read_again(server, tmp_path):
    (tmp_path / "token").write_text("one\n")
    (tmp_path / "config").write_text(kubeconfig(server.url, {"tokenFile": "token"}))
    cluster = Cluster.find(str(tmp_path / "config"))
    cluster.get("nodes", "n")
    (tmp_path / "token").write_text("two\n")
    cluster.get("nodes", "n")

    assert ["Bearer one", "Bearer two"] == [asked[2]["Authorization"] for asked in server.asked]


@pytest.mark.parametrize("inside", [True, False], ids=["data", "files"])
def test_certificates_say_who_we_are(certified, inside, tmp_path):
    server, files = certified
    texts = {key: path.read_bytes() for key, path in files.items()}
    given = {f"{key}-data": b64encode(text).decode() for key, text in texts.items()} if inside else {
        key: str(path) for key, path in files.items()
    }  # fmt: skip
    authority = {key: given.pop(key) for key in [*given] if key.startswith("certificate-authority")}
    (tmp_path / "config").write_text(kubeconfig(server.url, given, **authority))

    assert None is Cluster.find(str(tmp_path / "config")).get("nodes", "n")
    assert [{"commonName": "localhost"}] == server.names


@pytest.mark.parametrize(
    ("user", "cluster", "wrong"),
    [
        ({"client-certificate": "/no/such"}, {}, "context 'c' cannot be used (/no/such does not exist). Correct it."),
        ({}, {"certificate-authority": "/no"}, "context 'c' cannot be used (/no does not exist). Correct it."),
        ({"client-certificate-data": "x"}, {}, "context 'c' cannot be used ("),
        ({"tokenFile": "/no/such"}, {}, "context 'c' cannot be used (/no/such does not exist). Correct it."),
    ],
)
def test_credentials_that_are_not_there_are_a_sentence(user, cluster, wrong):
    with pytest.raises(ClusterError) as error:
        Cluster.find(kubeconfig("https://127.0.0.1:1", user, **cluster))

    assert wrong in str(error.value)
