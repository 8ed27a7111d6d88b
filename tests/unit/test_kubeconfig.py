"""Several kubeconfigs as one, and which cluster and user of it are meant."""

import json

import pytest
import yaml

from config_rollout.core.kubernetes.kubeconfig import BadKubeconfig, chosen, impersonation, merged, user_of, with_server
from tests.objects.kubeadm import KUBECONFIG


def config(current="", **named):
    """Return a kubeconfig: `NAME=server` is a cluster with a user and a context of the same name."""
    return {
        **({"current-context": current} if current else {}),
        "clusters": [{"name": name, "cluster": {"server": server}} for name, server in named.items()],
        "users": [{"name": name, "user": {"token": f"{name}-token"}} for name in named],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in named],
    }


def server(config):
    (context,) = [entry["context"] for entry in config["contexts"] if entry["name"] == config["current-context"]]
    return next(e["cluster"]["server"] for e in config["clusters"] if e["name"] == context["cluster"])


ONE, OTHER = config("a", a="https://one"), config("b", a="https://other", b="https://b")


def test_first_kubeconfig_wins_as_in_kubectl():
    both = merged([("/x", ONE), ("/y", OTHER)])

    assert ("a", "https://one") == (both["current-context"], server(both))
    assert ["a", "b"] == [entry["name"] for entry in both["clusters"]]


def test_context_of_a_later_kubeconfig_counts_if_no_earlier_one_says_one():
    assert "b" == merged([("/x", config(a="https://one")), ("/y", OTHER)])["current-context"]


@pytest.mark.parametrize(
    ("section", "inner", "field"),
    [
        ("clusters", "cluster", "certificate-authority"),
        ("users", "user", "client-certificate"),
        ("users", "user", "client-key"),
        ("users", "user", "tokenFile"),
    ],
)
def test_file_is_looked_for_beside_its_kubeconfig(section, inner, field):
    given = {**config("a", a="https://one"), section: [{"name": "a", inner: {"server": "s", field: "pki/x"}}]}

    assert "/home/.kube/pki/x" == merged([("/home/.kube", given)])[section][0][inner][field]


@pytest.mark.parametrize(
    ("command", "found"), [("./login", "/k/./login"), ("/bin/login", "/bin/login"), ("aws", "aws")]
)
def test_credential_plugin_with_a_path_is_looked_for_beside_its_kubeconfig(command, found):
    given = {**ONE, "users": [{"name": "a", "user": {"exec": {"command": command}}}]}

    assert found == merged([("/k", given)])["users"][0]["user"]["exec"]["command"]


def test_context_and_cluster_can_be_chosen():
    whole = merged([("/y", OTHER)])

    assert "https://b" == server(chosen(whole, None, None)[0])
    assert "https://other" == server(chosen(whole, "a", None)[0])
    assert "https://other" == server(chosen(whole, "b", "a")[0])


def test_user_is_that_of_the_context():
    assert {"token": "b-token"} == user_of(chosen(merged([("/y", OTHER)]), "b", "a")[0])


@pytest.mark.parametrize(
    ("given", "context", "cluster", "wrong"),
    [
        (ONE, "z", None, "has no context 'z' (contexts: a)"),
        (ONE, None, "z", "has no cluster 'z' (clusters: a)"),
        (config(a="https://one"), None, None, "has no current-context (contexts: a)"),
        ({**ONE, "users": []}, None, None, "has no user 'a' (users: none)"),
        (config("a", a=""), None, None, "has no server for cluster 'a'"),
    ],
)
def test_what_a_kubeconfig_does_not_have_is_named_with_what_it_has(given, context, cluster, wrong):
    with pytest.raises(BadKubeconfig) as error:
        chosen(merged([("/", given)]), context, cluster)

    assert wrong == str(error.value)


@pytest.mark.parametrize("given", [None, [], {}, "text", {"clusters": {"a": 1}}, {"clusters": [{"cluster": {}}]}])
def test_what_is_no_kubeconfig_is_refused(given):
    with pytest.raises(BadKubeconfig):
        merged([("/", given)])


def test_impersonation_is_sent_as_kubectl_sends_it():
    user = {"as": "bob", "as-groups": ["x", "y"], "as-user-extra": {"reason": ["z"]}}

    assert [
        ("Impersonate-User", "bob"),
        ("Impersonate-Group", "x"),
        ("Impersonate-Group", "y"),
        ("Impersonate-Extra-reason", "z"),
    ] == impersonation(user)


TWO = {**config("b", a="https://one", b="https://two"), "preferences": {}}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(TWO), id="JSON"),
        pytest.param(json.dumps(TWO, indent="\t"), id="JSON over lines"),
        pytest.param(yaml.safe_dump(TWO), id="YAML"),
        pytest.param(yaml.safe_dump(TWO, default_flow_style=True), id="flow style"),
        pytest.param("# é \U0001f600\n" + yaml.safe_dump(TWO, default_style="'"), id="quoted"),
        pytest.param(yaml.safe_dump(TWO).replace("\n", "\r\n"), id="line ends of Windows"),
    ],
)
@pytest.mark.parametrize("server", ["https://h:6443", "https://[::1]:6443"])
def test_server_of_the_current_context_is_replaced_and_every_other_byte_stays(text, server):
    changed = with_server(text, server)
    clusters = [{"name": "a", "cluster": {"server": "https://one"}}, {"name": "b", "cluster": {"server": server}}]

    assert {**TWO, "clusters": clusters} == yaml.load(changed, yaml.CSafeLoader)
    start, end = text.split("https://two")
    assert (changed.startswith(start.rstrip("'\"")), changed.endswith(end.lstrip("'\""))) == (True, True)


def test_plain_server_stays_plain():
    assert KUBECONFIG.replace("10.1.2.3", "h") == with_server(KUBECONFIG, "https://h:6443")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("clusters: []", "has no current-context (clusters: none)"),
        (json.dumps({**TWO, "current-context": ""}), "has no current-context (clusters: a, b)"),
        (json.dumps({**TWO, "current-context": "z"}), "has no context 'z' (contexts: a, b)"),
        (json.dumps({**TWO, "clusters": []}), "has no cluster 'b' (clusters: none)"),
        (json.dumps({**TWO, "clusters": [{"name": "b", "cluster": {}}]}), "has no server for cluster 'b'"),
        (
            json.dumps(TWO).replace('"https://two"', '&a "https://two"').replace("{}", '{"x": *a}'),
            "is not valid YAML (found undefined alias)",
        ),
        ("clusters: [", "is not valid YAML (while parsing a flow node)"),
        ("a text", "has no current-context (clusters: none)"),
    ],
)
def test_kubeconfig_whose_server_cannot_be_told_is_refused(text, wrong):
    with pytest.raises(BadKubeconfig) as error:
        with_server(text, "https://h")

    assert wrong == str(error.value)
