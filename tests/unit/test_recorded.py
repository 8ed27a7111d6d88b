"""What an update starts from, read from the live object."""

import pytest

from config_rollout.core.explain.previous import is_template, recorded


@pytest.mark.parametrize(
    ("live", "old", "new", "expected"),
    [
        pytest.param({"a": 1, "default": 2}, {"a": 1}, {"a": 3}, {"a": 1}, id="defaults are left out"),
        pytest.param({"a": 2}, {"a": 1}, {"a": 1}, {"a": 2}, id="a failed update has moved the live object"),
        pytest.param({"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 2}, id="a field named only now"),
        pytest.param({"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 2}, id="a field named no more"),
        pytest.param({"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1}, id="a field that the live object lost"),
        pytest.param(
            {"c": [{"name": "y", "i": 1, "d": 0}, {"name": "x", "i": 1, "d": 0}]},
            {"c": [{"name": "x", "i": 1}]},
            {"c": [{"name": "x", "i": 2}, {"name": "y", "i": 1}]},
            {"c": [{"name": "y", "i": 1}, {"name": "x", "i": 1}]},
            id="lists by name",
        ),
        pytest.param(
            {"v": [{"name": "mine", "d": 0}, {"name": "theirs", "d": 0}]},
            {"v": [{"name": "mine", "d": 0}]},
            {"v": [{"name": "mine", "d": 1}]},
            {"v": [{"name": "mine", "d": 0}]},
            id="what others added to a list by name",
        ),
        pytest.param({"l": ["a", "b"]}, {"l": ["a"]}, {"l": ["a"]}, {"l": ["a", "b"]}, id="lists by position"),
        pytest.param({"cpu": "1"}, {"cpu": "1000m"}, {"cpu": "1000m"}, {"cpu": "1000m"}, id="a quantity rewritten"),
        pytest.param({"m": "1Gi"}, {"m": "1024Mi"}, {"m": "1024Mi"}, {"m": "1024Mi"}, id="a binary quantity rewritten"),
        pytest.param({"cpu": "1"}, {"cpu": "2"}, {"cpu": "1000m"}, {"cpu": "1"}, id="another quantity asked for"),
        pytest.param({"cpu": "2"}, {"cpu": "1"}, {"cpu": "1"}, {"cpu": "2"}, id="another quantity live"),
    ],
)
def test_what_an_update_starts_from(live, old, new, expected):
    assert expected == recorded(live, old, new)


def template(image="agent:1", config_hash="a", **annotations):
    pod_spec = {"dnsPolicy": "ClusterFirst", "containers": [{"name": "agent", "image": image, "tty": False}]}
    return {"metadata": {"annotations": {"checksum/config": config_hash, **annotations}}, "spec": pod_spec}


def inputs(image="agent:1", config_hash="a"):
    return {
        "metadata": {"annotations": {"checksum/config": config_hash}},
        "spec": {"containers": [{"name": "agent", "image": image}]},
    }


@pytest.mark.parametrize(
    ("revision", "live", "new", "expected"),
    [
        pytest.param(template(), template(config_hash="b"), inputs(), True, id="back to another configuration"),
        pytest.param(template(), template("agent:2"), inputs(), True, id="back to another image"),
        pytest.param(template("agent:2"), template("agent:2", "b"), inputs(), False, id="another image"),
        pytest.param(template(), template(config_hash="b", restartedAt="now"), inputs(), False, id="restarted since"),
        pytest.param(template(restartedAt="now"), template(config_hash="b", restartedAt="now"), inputs(), True,
                     id="restarted before"),
    ],
)  # fmt: skip
def test_template_of_an_earlier_revision_is_known(revision, live, new, expected):
    assert expected == is_template(revision, live, inputs(config_hash="b"), new)
