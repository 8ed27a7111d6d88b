"""ConfigMap manifests on the command line: what kubectl and the API server take, and what they refuse."""

import pytest

from config_rollout.core.content import parse_content
from config_rollout.sources import Trouble, config_map_in, maps_of, own_document

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def held(text: str | bytes, name: str | None = None) -> dict[str, bytes] | None:
    """Return what the ConfigMap of a text holds; `None` where the text is no manifest."""
    found = config_map_in("c.yaml", text.encode() if isinstance(text, str) else text, name)
    if found is None:
        return None
    content, findings = parse_content(*maps_of(found))
    assert [] == findings
    return {**content.data, **content.binary_data}


ACCEPTED = {
    "a date": ("data:\n  a: 2024-01-05\n", {"a": b"2024-01-05"}),
    "a time": ("data:\n  a: 12:30\n", {"a": b"12:30"}),
    "an equals sign": ("data:\n  a: =\n", {"a": b"="}),
    "nothing": ("data:\n  a:\n  b: ~\n", {"a": b"", "b": b""}),
    "a number as key": ("data:\n  80: x\n  010: z\n  1.50: w\n", {"80": b"x", "8": b"z", "1.5": b"w"}),
    "a boolean as key": ("data:\n  on: x\n", {"true": b"x"}),
    "a key twice": ("data:\n  a: x\n  a: z\n", {"a": b"z"}),
    "data twice": ("data: {b: x}\ndata: {a: x}\n", {"a": b"x"}),
    "a tag": ("data: {a: !!str 10, b: !x 10, c: ! 10}\n", {"a": b"10", "b": b"10", "c": b"10"}),
    "an anchor": ("data: {a: &n x, b: *n}\n", {"a": b"x", "b": b"x"}),
    "a template in quotes": ("data:\n  a: '{{ x }}'\n", {"a": b"{{ x }}"}),
    "base64 with line breaks": ("binaryData:\n  a: |\n    AAEC\n    AAE=\n", {"a": b"\0\1\2\0\1"}),
    "base64 with line breaks of Windows": ('binaryData:\n  a: "AAEC\\r\\nAAE=\\r\\n"\n', {"a": b"\0\1\2\0\1"}),
    "base64 with bits left over": ("binaryData:\n  a: AAF=\n", {"a": b"\0\1"}),
    "base64 of nothing": ("binaryData:\n  a:\n", {"a": b""}),
    "a list of bytes": ("binaryData:\n  a: [0, 255]\n", {"a": b"\0\xff"}),
    "the end of a document": ("data: {a: x}\n...\n---\n", {"a": b"x"}),
}
"""What is odd -> the text after `HEAD`, and what the API server holds then."""

REFUSED = {
    "a number": ("data:\n  a: 1_0\n", "line 5: data['a']: must be text, and 1_0 is a number. Quote it."),
    "a boolean": ("data:\n  a: yes\n", "line 5: data['a']: must be text, and yes is a boolean. Quote it."),
    "a mapping": ("data:\n  a: {b: c}\n",
                  "line 5: data['a']: must be text, and it is a mapping. Write it as one text."),
    "a number as base64": ("binaryData:\n  a: 1234\n",
                           "line 5: binaryData['a']: must be text, and 1234 is a number. Quote it."),
    "data as text": ("data: x\n", "line 4: data: must be a mapping (got str). Write key: text."),
    "a misspelt field": ("dta: {a: x}\n",
                         "line 4: a ConfigMap has no field 'dta'. Write 'data', if that was meant."),
    "a tab": ("data:\n\ta: x\n", "is no manifest that can be read: it is not valid YAML (found character that cannot "
              "start any token; the line begins with a tab), line 5. Correct it."),
    "a template": ("data:\n  a: {{ x }}\n",
                   "is no manifest that can be read: it has template syntax. Render it first."),
    "a key without a name": ("data:\n  ~: x\n", "is no manifest that can be read: a key is null, line 5. Correct it."),
}  # fmt: skip
"""What is wrong -> the text after `HEAD`, and what is said."""


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
        ("apiVersion: v1\nkind: ConfigMap\ndata: {a: x}\n", "line 1: the ConfigMap has no metadata.name. Give it one."),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\ndata: {a: x}\n",
         "line 1: the ConfigMap has no metadata.name. Give it one."),
        ("# x\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: 1}\n",
         "line 5: metadata.name must be text (got 1). Quote it."),
    ],
)  # fmt: skip
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

    assert "c.yaml: is no manifest that can be read: " in str(trouble.value)


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
    assert "holds 2 documents; the KubeProxyConfiguration on line" in note


def test_lone_kube_proxy_configuration_is_taken_whole():
    assert (PROXY.encode(), "") == own_document("k.yaml", PROXY.encode())


def test_two_kube_proxy_configurations_are_refused():
    with pytest.raises(Trouble) as trouble:
        own_document("k.yaml", f"{PROXY}---\n{PROXY}".encode())

    assert "k.yaml: holds 2 KubeProxyConfigurations (lines 1, 5). Leave one in the file." == str(trouble.value)
