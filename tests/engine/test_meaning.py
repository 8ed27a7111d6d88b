"""A text that is written differently and means the same, on the real engine."""

import pytest

from tests.engine.conftest import hash_of, name_of
from tests.engine.test_changes import config_maps, written

ONE = {"agent.yaml": "level: info\nports: [1, 2]\n"}
SAME = {"agent.yaml": "# the ports are ours\nports:\n  - 1\n  - 2\nlevel: 'info'\n"}
OTHER = {"agent.yaml": "level: debug\nports: [1, 2]\n"}


def test_the_two_texts_share_a_hash():
    assert hash_of(ONE) == hash_of(SAME)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("level: info # really\nports: [1, 2]\n", id="a comment"),
        pytest.param("ports: [1, 2]\nlevel: info\n", id="key order"),
        pytest.param('level: "info"\nports: [1, 2]\n', id="quotes"),
        pytest.param("level: info\nports:\n- 1\n- 2\n", id="style"),
    ],
)
def test_text_only_change_writes_nothing_and_says_so(project, agent, cluster, text):
    project.up(agent(ONE))
    said = []

    def change() -> None:
        said.extend(project.up(agent({"agent.yaml": text})).messages)

    assert {} == written(cluster, change)
    assert ["agent.yaml is written differently and means the same: nothing restarts"] == said


def test_text_only_change_is_said_in_preview(project, agent):
    project.up(agent(ONE))
    outcome = project.preview(agent(SAME))

    assert {"ConfiguredDaemonSet agent": "update"} == outcome.steps
    assert ["agent.yaml is written differently and means the same: nothing restarts"] == outcome.messages


def test_change_after_a_text_only_change_and_back_to_the_other_text(project, agent, cluster, namespace):
    for data in (ONE, SAME, OTHER, SAME, ONE):
        assert not project.up(agent(data)).failed
        assert [name_of(data)] == config_maps(cluster, namespace)


def test_declared_format_is_read(project, agent, cluster):
    formats = {"formats": {"agent.conf": "json"}}
    project.up(agent({"agent.conf": '{"a": 1, "b": 2}'}, **formats))

    assert {} == written(cluster, lambda: project.up(agent({"agent.conf": '{"b": 2, "a": 1}'}, **formats)))
