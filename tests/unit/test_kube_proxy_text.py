"""How the text of a KubeProxyConfiguration is decoded: what kube-proxy reads, refuses and overlooks."""

import pytest

from config_rollout.core.formats import read, read_key
from config_rollout.core.formats.kube_proxy.read import read_kube_proxy
from config_rollout.core.formats.kube_proxy.yaml import NotRead, decode
from tests.judge.shapes import HEAD, IPVS, SHAPES


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.means is not None], ids=str)
def test_shape_means_what_its_plain_text_means(shape):
    got, plain = (read_kube_proxy(text.encode(), "linux") for text in (shape.text, shape.means))

    assert (plain.effective, []) == (got.effective, got.findings)
    assert [shape.warned] * bool(shape.warned) == [one.where for one in got.warnings]


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.means is None], ids=str)
def test_shape_is_refused_where_a_kube_proxy_configuration_is_asked_for(shape):
    assert read(shape.text.encode(), "kube-proxy").findings


def refusal(text: str, key: str = "config.conf") -> str:
    (finding,) = read_key(key, text.encode(), {}).findings
    return str(finding)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "iptables:\n\tmasqueradeAll: true\n", "line 4: kube-proxy cannot read it: it is not valid YAML (found "
         "character that cannot start any token; the line begins with a tab). Indent it with spaces."),
        (HEAD + " mode: ipvs\n", "line 3: kube-proxy cannot read it: it is not valid YAML (mapping values are not "
         "allowed in this context). Correct the line."),
        (HEAD + "mode:\u00a0ipvs\n", "line 4: kube-proxy cannot read it: it is not valid YAML (could not find expected "
         "':'; there is a no-break space). Use ordinary spaces."),
        (HEAD.replace("v1alpha1", "v1beta1"), "line 1: kube-proxy cannot read it: its apiVersion is "
         "'kubeproxy.config.k8s.io/v1beta1', and kube-proxy reads only "
         "kubeproxy.config.k8s.io/v1alpha1. Write apiVersion: kubeproxy.config.k8s.io/v1alpha1."),
        (HEAD.replace("Configuration", "Configuraton"), "line 2: kube-proxy cannot read it: its kind is "
         "'KubeProxyConfiguraton', and kube-proxy reads only KubeProxyConfiguration. Write kind: "
         "KubeProxyConfiguration, if that was meant."),
        ("{apiVersion: kubeproxy.config.k8s.io/v1alpha1,\n kind: KubeProxyConfiguration}", "line 1: kube-proxy cannot "
         "read it: it is JSON to kube-proxy, since it begins with {, but it is not valid JSON (Expecting property "
         "name enclosed in double quotes). Write names and texts in double quotes, or the configuration as YAML "
         "without the outer braces."),
        (HEAD + "mode: *m\n", "line 3: kube-proxy cannot read it: it uses the anchor 'm' before it is set. "
         "Correct the line."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["config.conf", "proxy.yaml"])
def test_text_that_calls_itself_one_is_refused_with_line_and_reason(text, expected, key):
    assert expected == refusal(text, key)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("#!/bin/sh\ncat > a <<EOF\n" + HEAD + "EOF\n", id="a script"),
        pytest.param("{{- if .proxy }}\n" + HEAD + "{{- end }}\n", id="a template"),
        pytest.param("kind: ConfigMap\ndata:\n  config.conf: |\n    " + HEAD.replace("\n", "\n    "), id="a manifest"),
        pytest.param("# see kubeproxy.config.k8s.io\nmode: [\n", id="a mention"),
        pytest.param("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n---\n" + HEAD, id="kubeadm's"),
        pytest.param(
            HEAD + "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
            id="of several readers",
        ),
    ],
)
@pytest.mark.parametrize("key", ["a.conf", "a.yaml"])
def test_text_that_only_contains_one_is_what_its_key_says(text, key):
    meaning = read_key(key, text.encode(), {})

    assert ((), "kube-proxy") == (meaning.findings, "kube-proxy" if meaning.format != "kube-proxy" else "")


def test_text_that_is_refused_keeps_its_hash():
    text = (HEAD.replace("v1alpha1", "v1beta1") + IPVS).encode()

    assert read(text, "yaml").hashed == read_key("proxy.yaml", text, {}).hashed
    assert ("text", text) == read_key("config.conf", text, {}).hashed


def test_declared_text_is_never_refused():
    assert () == read_key("config.conf", b"kind: KubeProxyConfiguration\n\tx", {"config.conf": "text"}).findings


def test_several_documents_are_read_where_kube_proxy_is_declared():
    text = (HEAD + IPVS + "---\na: 1\n").encode()

    assert ["---"] == [warning.where for warning in read(text, "kube-proxy").warnings]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"{one}: &{one} [{', '.join([f'*{chr(ord(one) - 1)}'] * 10)}]\n" for one in "bcdefg"),
        "x: " + "[" * 200 + "]" * 200,
    ],
    ids=["aliases of aliases", "nested too deeply"],
)
def test_text_that_means_far_too_much_is_refused(text):
    with pytest.raises(NotRead):
        decode(HEAD + text)


@pytest.mark.parametrize(
    "text", [" \n" * 100_000, "\n" * 100_000 + "{", "#\n" * 100_000 + "mode"], ids=["blank", "brace", "comments"]
)
def test_white_space_without_end_is_looked_at_once(text):
    assert () == read_key("config.conf", (text + "\tKubeProxyConfiguration: [").encode(), {}).findings
