"""Which revision has a DaemonSet's template, and in what a template differs from the one that was written."""

import pytest

from config_rollout.core.kubernetes import template


def of(image, **more):
    return {"metadata": {"labels": {"a": "b"}, **more}, "spec": {"containers": [{"name": "a", "image": image}]}}


def revision(number, image, **more):
    return {"revision": number, "data": {"spec": {"template": {**of(image, **more), "$patch": "replace"}}}}


@pytest.mark.parametrize(
    ("revisions", "number"),
    [
        ([revision(1, "1"), revision(2, "2")], 2),
        ([revision(3, "1"), revision(2, "2")], 2),  # the newest is of another template
        ([revision(1, "2"), revision(2, "2")], 2),
        ([revision(1, "1")], None),
        ([revision(2, "2", creationTimestamp=None)], 2),  # as older controllers write it
        ([revision(2, "2", annotations={"restartedAt": "t"})], None),
    ],
)
def test_current_revision_has_the_template(revisions, number):
    found = template.current({"spec": {"template": of("2")}}, revisions)

    assert number == (found and found["revision"])


LIVE = {
    "metadata": {"annotations": {"checksum/config": "x", "a_b": "1"}},
    "spec": {
        "containers": [{"name": "a", "image": "1", "imagePullPolicy": "Always"}, {"name": "injected", "image": "i"}],
        "tolerations": [{"key": "k"}],
        "hostNetwork": True,
    },
}


@pytest.mark.parametrize(
    ("written", "paths"),
    [
        (None, []),
        (LIVE, []),
        ({"spec": {"containers": [{"name": "a", "image_pull_policy": "Always", "image": "1"}]}}, []),
        ({"spec": {"containers": [{"name": "a", "image": "2"}]}}, ["spec.containers[a].image"]),
        ({"spec": {"containers": [{"name": "b", "image": "2"}]}}, ["spec.containers[b]"]),
        ({"metadata": {"annotations": {"a_b": "1"}}}, []),
        ({"metadata": {"annotations": {"aB": "1"}}}, ["metadata.annotations.aB"]),
        ({"spec": {"tolerations": [{"key": "other"}]}}, ["spec.tolerations[0].key"]),
        ({"spec": {"tolerations": [{"key": "k"}, {"key": "l"}]}}, ["spec.tolerations"]),
        ({"spec": {"host_network": False, "host_pid": None, "volumes": []}}, ["spec.hostNetwork"]),
    ],
)
def test_differences(written, paths):
    assert paths == template.differences(written, LIVE)
