"""Volumes that take the keys that reload from a ConfigMap of their own."""

import pytest

from config_rollout.core.kubernetes.joined_volumes import Reloads, join

RELOADS = {"dns": Reloads(frozenset({"Corefile"}), "dns-reload")}
COREFILE, OTHER = {"key": "Corefile", "path": "Corefile"}, {"key": "hosts", "path": "hosts"}


def joined(volume):
    """Return what becomes of a volume called `v`."""
    (one,) = join({"volumes": [{"name": "v", **volume}]}, RELOADS)["volumes"]
    return {key: value for key, value in one.items() if key != "name"}


def of(*sources, **more):
    return {"projected": {"sources": [{"configMap": source} for source in sources], **more}}


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        pytest.param({"configMap": {"name": "dns"}}, of({"name": "dns"}, {"name": "dns-reload"}), id="a folder"),
        pytest.param(
            {"configMap": {"name": "dns", "defaultMode": 256, "optional": True}},
            of({"name": "dns", "optional": True}, {"name": "dns-reload", "optional": True}, defaultMode=256),
            id="its mode stays with the volume",
        ),
        pytest.param(
            {"config_map": {"name": "dns", "default_mode": 256}},
            {"projected": {"sources": [{"config_map": {"name": "dns"}}, {"config_map": {"name": "dns-reload"}}],
                           "default_mode": 256}},
            id="snake case",
        ),
        pytest.param(
            {"configMap": {"name": "dns", "items": [OTHER, COREFILE]}},
            of({"name": "dns", "items": [OTHER]}, {"name": "dns-reload", "items": [COREFILE]}),
            id="items",
        ),
        pytest.param(
            {"configMap": {"name": "dns", "items": [COREFILE]}}, of({"name": "dns-reload", "items": [COREFILE]}),
            id="only what reloads",
        ),
        pytest.param(
            of({"name": "other"}, {"name": "dns"}, defaultMode=256),
            of({"name": "other"}, {"name": "dns"}, {"name": "dns-reload"}, defaultMode=256),
            id="a projected volume",
        ),
    ],
)  # fmt: skip
def test_volume_with_a_key_that_reloads_has_both(volume, expected):
    assert expected == joined(volume)


@pytest.mark.parametrize(
    "volume",
    [
        pytest.param({"configMap": {"name": "dns", "items": [OTHER]}}, id="none of its keys reload"),
        pytest.param({"configMap": {"name": "other"}}, id="another ConfigMap"),
        pytest.param({"secret": {"secretName": "dns"}}, id="a Secret of that name"),
        pytest.param({"emptyDir": {}}, id="no ConfigMap"),
        pytest.param(of({"name": "other"}), id="a projected one without it"),
    ],
)
def test_other_volumes_stay_as_they_are(volume):
    assert volume == joined(volume)


def test_pod_spec_is_the_same_object_where_nothing_reloads():
    pod_spec = {"volumes": [{"name": "v", "configMap": {"name": "dns"}}]}

    assert join(pod_spec, {}) is pod_spec
