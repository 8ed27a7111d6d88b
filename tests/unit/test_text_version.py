"""A text version: rolls out what is written differently but means the same."""

import pytest

from config_rollout.core.audit.record import Change
from config_rollout.core.audit.writing import changes_of
from config_rollout.core.configuration.content import Content, parse_content
from config_rollout.core.configuration.diff import diff_contents
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.explain.reasons import WorkloadUpdate, explain, explain_older_text
from config_rollout.core.revisions.naming import content_name
from config_rollout.core.revisions.observation import Observation
from config_rollout.core.words.changes import lines_of_keys
from tests.objects.rendered import NEW, OLD, daemon_set

ONE, SAME = {"a.yaml": b"b: 1\n"}, {"a.yaml": b"b: 1 # note\n"}


def changes(old: str, new: str):
    return diff_contents(Content(ONE, text_version=old), Content(SAME, text_version=new))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("", "1", '  + text_version "1": rolls every text out as it is written'),
        ("1", "2026-11-28", '  ~ text_version "1" => "2026-11-28": rolls every text out as it is written'),
        ("1", "", '  - text_version "1": rolls every text out as it is written'),
    ],
)
def test_change_is_told_beside_the_texts(old, new, line):
    assert ["  = a.yaml: written differently, means the same", line] == lines_of_keys(changes(old, new))


def test_explanation_names_it():
    update = WorkloadUpdate(daemon_set(), daemon_set(NEW), changes("1", "2"), OLD)

    assert 'text_version "1" => "2": rolling restart' == explain(update).splitlines()[0]
    assert Change("", "text_version", "1", "2", "restart", "restart") == changes_of(update)[0][-1]


@pytest.mark.parametrize("version", ["1", "é", "data 1:a text 1:b"])
def test_hash_has_it(version):
    assert config_hash(Content(ONE)) != config_hash(Content(ONE, text_version=version))
    assert config_hash(Content(ONE, text_version=version)) == config_hash(Content(SAME, text_version=version))
    assert config_hash(Content(ONE, text_version=version)) != config_hash(Content(ONE, text_version=version + "x"))


@pytest.mark.parametrize("version", ["", "a\n", 1, "x" * 254, ["a"]])
def test_what_is_none_is_refused(version):
    (finding,) = parse_content({"a": "b"}, text_version=version)[1]

    assert f"text_version: must be printable text of at most 253 characters (got {version!r}). " in str(finding)


def test_older_text_of_the_pods_is_named():
    name = content_name("agent", config_hash(Content(ONE)))
    live = daemon_set(config_hash(Content(ONE)))
    older = {"metadata": {}, "data": {"a.yaml": "b: 1\n"}}
    before = Observation(workload=live, config_maps={name: older}, wanted=[name])

    assert ["a.yaml"] == before.older_text(name, Content(SAME))
    assert [] == before.older_text(name, Content(ONE))
    assert [] == before.older_text("agent-0000000000", Content(SAME))
    assert [] == before.older_text(name, Content(SAME, unread=frozenset(["a.yaml"])))
    assert "older text of a.yaml; change `text_version`" in explain_older_text(["a.yaml"])[0]
