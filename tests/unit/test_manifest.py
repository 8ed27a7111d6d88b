"""What is read of a manifest, and what is left out with a note."""

import json

import pytest

from config_rollout.core.rules.gaps import PART, summary
from config_rollout.core.rules.manifest import Place
from tests.objects.rule_examples import manifest, said

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param(MAP, 1, id="one document"),
        pytest.param(f"---\n# first\n{MAP}---\n{MAP}...\n", 2, id="two documents"),
        pytest.param(f"--- # a comment\n{MAP}", 1, id="a comment beside the separator"),
        pytest.param("\ufeff" + MAP.replace("\n", "\r\n"), 1, id="from Windows"),
        pytest.param("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap}\n", 1, id="a List"),
        pytest.param(
            "apiVersion: v1\nkind: List\nitems: [{kind: List, items: [{apiVersion: v1, kind: Secret}]}]\n",
            1,
            id="a List in a List",
        ),
        pytest.param("apiVersion: v1\nkind: ConfigMapList\nitems: [{metadata: {name: a}}]\n", 1, id="a ConfigMapList"),
        pytest.param(json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "é\u2028"}}), 1, id="JSON"),
        pytest.param("{apiVersion: v1, kind: ConfigMap}", 1, id="flow YAML"),
        pytest.param(json.dumps([{"apiVersion": "v1", "kind": "Secret"}] * 3), 3, id="a JSON list"),
    ],
)
def test_objects(text, count):
    found = manifest(text)

    assert (count, []) == (len(found.objects), found.gaps)


@pytest.mark.parametrize(
    ("text", "skipped"),
    [
        pytest.param("---\n---\n# nothing\n", {"empty document": 2}, id="empty documents"),
        pytest.param("apiVersion: v1\nkind: Service\n", {"Service": 1}, id="another kind"),
        pytest.param(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {names: {kind: DaemonSet}}\n",
            {"CustomResourceDefinition": 1},
            id="a CRD",
        ),
        pytest.param("apiVersion: example.com/v1\nkind: DaemonSet\n", {"DaemonSet": 1}, id="another group"),
        pytest.param("apiVersion: v1\nkind: List\nitems: []\n", {}, id="an empty List"),
        pytest.param("apiVersion: v1\nkind: Service\nspec: [\n", {"Service": 1}, id="another kind is not even read"),
    ],
)
def test_skipped(text, skipped):
    found = manifest(text)

    assert ([], skipped, []) == (found.objects, dict(found.skipped), found.gaps)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            "apiVersion: v1\nkind: ConfigMap\ndata: {{ .Values.data }}\n",
            "1 document with template syntax (file:1). Render",
        ),
        (
            "{{- if .Values.on }}\napiVersion: v1\nkind: ConfigMap\n{{- end }}\n",
            "1 document with template syntax (file:1)",
        ),
        ("apiVersion: v1\nkind: ConfigMap\ndata: [\n", "it is not valid YAML"),
        ("just text\n", "1 document that is not an object (file:1). Pass manifests."),
        ("[1, 2]", "2 documents that are not objects (file:1, file:1)"),
        ("apiVersion: v1\nkind: ConfigMap\nx: !!int a\n", "it has the tag !!int on 'a', line 3"),
        (
            "# first\n---\n\napiVersion: v1\nkind: ConfigMap\nx: !!int a\n",
            "file:4: it has the tag !!int on 'a', line 6",
        ),
        ("apiVersion: v1\nkind: ConfigMap\nx: " + "[" * 200 + "]" * 200, "it is nested deeper than 100"),
        ("apiVersion: v1\nkind: ConfigMap\nx: " + "[" * 5000, "it is not valid YAML"),
        ("apiVersion: v1\nkind: ConfigMap\nx: \x00\n", "it is not valid YAML"),
    ],
)
def test_what_is_not_looked_at_is_told(text, note):
    found = manifest(text)
    (told,) = summary(found.gaps)

    assert [] == found.objects
    assert note in told


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n",
        "kind: ConfigMap\n",
        "kind: [1]\napiVersion: v1\n",
        "kind: DaemonSet\nimage: {tag: 1}\n",
    ],
)
def test_what_is_no_kubernetes_object_is_counted(text):
    found = manifest(text)

    assert (1, [], []) == (found.others, found.objects, found.gaps)


def part(text: str) -> tuple[int, list[str]]:
    """Return how many whole objects a manifest holds, and where its parts of objects are."""
    found = manifest(text)
    return sum(not o.patch for o in found.objects), [one.where for one in found.gaps if one.reason is PART]


PATCH = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec: {template: {spec: {hostNetwork: true}}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(PATCH, (0, ["file:1"]), id="a patch of a DaemonSet"),
        pytest.param(PATCH.replace("DaemonSet", "Deployment"), (0, ["file:1"]), id="of a Deployment"),
        pytest.param(f"{MAP}---\n{PATCH}", (1, ["file:5"]), id="beside a whole object"),
        pytest.param(PATCH.replace("{template", "{selector: {matchLabels: {a: b}}, template"), (1, []), id="whole"),
        pytest.param(PATCH.replace("apps/v1", "extensions/v1beta1"), (1, []), id="a group with a default selector"),
    ],
)
def test_workload_without_a_selector_is_part_of_one(text, expected):
    assert expected == part(text)


def test_reasons_are_counted_and_the_first_places_shown():
    found = manifest("---\n".join(["data: {{ x }}\n"] * 5 + ["data: [\n"]))

    assert [
        "not checked: 5 documents with template syntax (file:1, file:3, file:5 and 2 more). Render first.",
        "not checked: 1 document that cannot be read (file:11: it is not valid YAML (did not find expected node "
        "content), line 12). Correct it.",
    ] == list(summary(found.gaps))


@pytest.mark.parametrize("text", [b"kind: \xff\xfe", b"\xff\xfe\x00", b"{" * 100_000, b"[" * 100_000, b"---" * 9])
def test_hostile_text_is_a_note(text):
    found = manifest(text)

    assert ([], 1) == (found.objects, len(found.gaps))


def test_what_cannot_be_read_leaves_the_other_documents():
    found = manifest(f"{MAP}---\nkind: ConfigMap\ndata: [\n---\n{MAP}")

    assert (2, 1) == (len(found.objects), len(found.gaps))


def test_place_is_the_first_line_with_something_on_it():
    found = manifest(f"\n# a comment\n{MAP}---\n\n{MAP}")

    assert [Place("file", 3), Place("file", 8)] == [o.place for o in found.objects]


def test_scalars_are_what_go_takes_them_for():
    text = MAP.replace("{name: a}", "{a: 10, b: 010, c: yes, d: 1.5, e: '10', f: ~, g: 2026-01-01, h: 1e3}")
    (found,) = manifest(text).objects

    assert {"a": 10, "b": 8, "c": True, "d": 1.5, "e": "10", "f": None, "g": "2026-01-01", "h": 1000} == (
        found.get("metadata")
    )


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("data: {a: x, a: z}", {"a": "z"}),
        ("data: {a: !!str 10, b: !x 10}", {"a": "10", "b": "10"}),
        ("data: {a: &a x, b: *a}", {"a": "x", "b": "x"}),
        ("x: &x {a: z}\ndata: {<<: *x, b: w}", {"a": "z", "b": "w"}),
        ("data: {on: x, 010: z}", {"true": "x", "8": "z"}),
    ],
)
def test_what_kubectl_reads_is_read(text, data):
    found = manifest(MAP + text)

    assert ([data], []) == ([o.get("data") for o in found.objects], found.gaps)


@pytest.mark.parametrize("before", ["", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n---\n"])
def test_kube_proxy_configuration_in_a_file_of_its_own_is_looked_at(before):
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptabels\n"
    found = manifest(before + text)

    assert [("KubeProxyConfiguration", 3 * bool(before) + 1)] == [(o.title, o.place.line) for o in found.objects]
    (said_of_it,) = said("kube-proxy-refuses", found.objects)
    assert said_of_it.startswith("mode: is not valid (got 'iptabels')")


@pytest.mark.slow
def test_ten_thousand_resources_are_read():
    found = manifest("---\n".join([MAP] * 10_000))

    assert (10_000, []) == (len(found.objects), found.gaps)
