"""ConfigMap manifests on the command line: what kubectl and the API server take, and what they refuse."""

import pytest

from config_rollout.cli.errors import Trouble
from config_rollout.cli.inputs.config_maps import own_document
from tests.objects.manifest_sources import ACCEPTED, HEAD, REFUSED, held


@pytest.mark.parametrize("what", ACCEPTED)
def test_what_the_api_server_takes_is_taken_as_it_does(what):
    text, expected = ACCEPTED[what]

    assert expected == held(HEAD + text)


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_api_server_refuses_is_a_sentence_with_the_line(what):
    text, said = REFUSED[what]
    with pytest.raises(Trouble) as trouble:
        held(HEAD + text)

    assert f"c.yaml: {said}" == str(trouble.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apiVersion: v1\nkind: ConfigMap\ndata: {a: x}\n", "line 1: metadata.name is required. Add it."),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\ndata: {a: x}\n", "line 1: metadata.name is required. Add it."),
        (
            "# x\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: 1}\n",
            "line 5: metadata.name must be text (got 1). Quote it.",
        ),
    ],
)
def test_manifest_without_a_name_is_refused(text, said):
    with pytest.raises(Trouble) as trouble:
        held(text)

    assert f"c.yaml: {said}" == str(trouble.value)


OTHER = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n"


@pytest.mark.parametrize(
    "odd", ["y: 1\n", "a: 1\na: 2\n", "a: {{ x }}\n", "a: [\n", "\ta: 1\n", "a: !x 1\n", "n: {1: !!int a}\n"]
)
@pytest.mark.parametrize("first", [True, False])
def test_what_is_odd_in_another_object_does_not_matter(odd, first):
    texts = [OTHER + odd, "---\n" + HEAD + "data: {a: x}\n"]

    assert {"a": b"x"} == held("".join(texts if first else reversed(texts)))


@pytest.mark.parametrize("before", ["{{- if .Values.on }}\n", "# x\n\n", "data: {{ x }}\n", "on: {a: [\n"])
def test_manifest_that_cannot_be_read_is_an_error_and_no_text(before):
    with pytest.raises(Trouble) as trouble:
        held(before + HEAD + "data: {{ x }}\n")

    assert "c.yaml: is not a readable manifest: " in str(trouble.value)


def test_config_map_that_cannot_be_read_does_not_matter_where_another_one_is_named():
    text = f"{HEAD}data: {{a: x}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b}}\ndata: [\n"

    assert {"a": b"x"} == held(text, "a")
    with pytest.raises(Trouble):
        held(text)


@pytest.mark.parametrize(
    "text",
    [
        "level: info\n",
        "apiVersion: 1\ndatasources: []\n",
        "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n",
        "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmetadata: {name: a}\n",
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\na: [\n",
        "apiVersion: v1\nkind: Config\nclusters: []\n",
        "apiVersion: example.com/v1\nkind: Thing\nspec: {}\n",
        "# apiVersion and kind\na: [\n",
        f"cat <<EOF | kubectl apply -f -\n{HEAD}EOF\n",
        f"text: |\n  {HEAD}b: [\n".replace("\nkind", "\n  kind").replace("\nmeta", "\n  meta"),
    ],
)
def test_configuration_of_a_program_is_no_manifest(text):
    assert None is held(text)


KUBEADM = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"


@pytest.mark.parametrize("before", ["", "---\n", "# kubeadm\n"])
def test_kube_proxy_configuration_of_kubeadm_s_file_is_taken(before):
    text, note = own_document("k.yaml", f"{before}{KUBEADM}---\n{PROXY}".encode())

    assert PROXY == text.decode().lstrip()
    assert "contains 2 documents; only the KubeProxyConfiguration on line" in note


def test_lone_kube_proxy_configuration_is_taken_whole():
    assert (PROXY.encode(), "") == own_document("k.yaml", PROXY.encode())


def test_two_kube_proxy_configurations_are_refused():
    with pytest.raises(Trouble) as trouble:
        own_document("k.yaml", f"{PROXY}---\n{PROXY}".encode())

    assert "k.yaml: contains 2 KubeProxyConfigurations (lines 1, 5). Keep one in the file." == str(trouble.value)
