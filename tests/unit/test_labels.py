"""The rules on labels and selectors."""

import pytest

from config_rollout.core.kubernetes.labels import (
    MAX_ANNOTATION_BYTES,
    check_labels,
    check_live_selector,
    check_pod_annotations,
    check_selector,
)
from config_rollout.core.revisions.naming import default_selector

CHARACTERS = "at most 63 letters, digits, '-', '_' and '.', a letter or digit first and last"


def lines(findings) -> list[str]:
    return [str(finding) for finding in findings]


@pytest.mark.parametrize("labels", [{}, {"a": ""}, {"A.b-c_d": "x" * 63}, {"example.com/a": "1.2"}, {"a": object()}])
def test_labels_are_accepted(labels):
    assert [] == lines(check_labels("labels", labels))


@pytest.mark.parametrize("key", ["", "a b", "-a", "a-", "x" * 64, "/a", "a/", "A.com/a", "a/b/c", f"{'x' * 254}/a"])
def test_key_of_a_label_is_refused(key):
    fix = f"Use {CHARACTERS}; a domain and '/' may come first"

    assert [f"labels[{key!r}]: is not a valid key of a label. {fix}."] == lines(check_labels("labels", {key: "v"}))


@pytest.mark.parametrize("value", ["a b", "-a", "a/b", "x" * 64, "a\n"])
def test_value_of_a_label_is_refused(value):
    assert [f"labels['a']: is not a valid label value (got {value!r}). Use {CHARACTERS}."] == lines(
        check_labels("labels", {"a": value})
    )


def test_label_that_is_no_text_is_refused():
    assert ["labels['a']: must be text (got 1). Quote it."] == lines(check_labels("labels", {"a": 1}))


@pytest.mark.parametrize("key", ["", "a b", "-a", "a-", "x" * 64, "/a", "a/", "a/b/c", f"{'x' * 254}/a"])
def test_key_of_an_annotation_is_refused(key):
    fix = f"Use {CHARACTERS}; a domain and '/' may come first"

    assert [f"pod_annotations[{key!r}]: is not a valid key of an annotation. {fix}."] == (
        lines(check_pod_annotations({key: "v"}))
    )


def test_hash_annotation_of_ones_own_is_refused():
    assert ["pod_annotations['checksum/config']: is reserved for the config hash. Leave it out."] == lines(
        check_pod_annotations({"checksum/config": "x"})
    )


@pytest.mark.parametrize("given", [{}, {"A.com/a": "any text\n"}, {"a": object()}, {"a": "x" * (256 * 1024 - 1)}])
def test_annotations_are_accepted(given):
    assert [] == lines(check_pod_annotations(given))


def test_annotations_that_are_too_large_are_refused():
    assert [
        "pod_annotations: has 262,145 bytes in total; an object may have at most 262,144. Move long texts to `data`."
    ] == lines(check_pod_annotations({"a": "x" * MAX_ANNOTATION_BYTES}))


@pytest.mark.parametrize(
    ("selector", "pod_labels"), [({"app": "a"}, None), ({"app": "a"}, {"team": "net"}), ({"app": "a"}, {"app": "a"})]
)
def test_selector_is_accepted(selector, pod_labels):
    assert [] == lines(check_selector(selector, pod_labels))


@pytest.mark.parametrize(
    ("selector", "pod_labels", "line"),
    [
        ({}, None, "selector: is empty. Pass the labels of its pods, or leave it out."),
        ({"app": object()}, None, "selector['app']: must be known in preview. Pass a plain str."),
        (
            {"app": "a"},
            {"app": "b"},
            "pod_labels['app']: differs from the selector's 'a'. Leave it out, or change `selector`.",
        ),
    ],
)
def test_selector_is_refused(selector, pod_labels, line):
    assert [line] == lines(check_selector(selector, pod_labels))


def daemon_set(**selector) -> dict:
    return {"metadata": {"namespace": "ns", "name": "agent"}, "spec": {"selector": selector}}


def test_live_daemon_set_with_the_same_selector_is_accepted():
    assert [] == check_live_selector(default_selector("agent"), daemon_set(matchLabels=default_selector("agent")))


@pytest.mark.parametrize(
    ("live", "line"),
    [
        ({"matchLabels": {"app": "a"}},
         "selector: DaemonSet ns/agent has {'app': 'a'}, which cannot be changed. Pass selector={'app': 'a'}, or "
         "another `name`."),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]},
         "selector: DaemonSet ns/agent has {'matchExpressions': [{'key': 'app', 'operator': 'Exists'}]}, which "
         "cannot be changed. "
         "Use another `name`."),
    ],
)  # fmt: skip
def test_live_daemon_set_with_another_selector_is_refused_with_the_way_out(live, line):
    assert [line] == lines(check_live_selector({"app": "b"}, daemon_set(**live)))
