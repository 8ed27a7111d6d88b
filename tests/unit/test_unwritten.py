"""What is not written because it restarts nothing: what is said of it, and when it is taken back."""

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.diff import KeyChange
from config_rollout.core.configuration.keyed import HashKey
from config_rollout.core.configuration.secret_content import SecretContent, encoded
from config_rollout.core.explain.unwritten import older_texts, taken_back
from config_rollout.core.revisions.observation import Observation
from config_rollout.core.workload.configuration import Configuration, diff_configurations
from config_rollout.core.workload.secret import SecretSource
from config_rollout.core.workload.source import Source

KEY = HashKey(b"k" * 32)


def content(note, level="info", unread=("note",)):
    values = {"a.yaml": f"level: {level}\n", **({} if note is None else {"note": note})}
    return Content({key: text.encode() for key, text in values.items()}, unread=frozenset(unread))


def configuration(note, level="info"):
    return Configuration([Source("agent", content(note, level))])


def seen(note, level="info", **more):
    """Return what is there: the ConfigMap of a configuration with that note."""
    data = {key: value.decode() for key, value in content(note, level).data.items()}
    name = configuration(note, level).sources[0].object_name("agent")
    return Observation("n", "agent", config_maps={name: {"metadata": {"name": name}, "data": data}}, **more)


@pytest.mark.parametrize(
    ("there", "was", "now", "names"),
    [
        pytest.param("1", "2", "1", ["note"], id="waited, and is taken back"),
        pytest.param("1", "1", "2", [], id="begins to wait"),
        pytest.param("1", "2", "3", [], id="waits with another text"),
        pytest.param(None, "2", None, ["note"], id="an added key is removed again"),
        pytest.param("1", None, "1", ["note"], id="a removed key is back"),
        pytest.param("1", "1", None, [], id="begins to wait to be removed"),
    ],
)
def test_unread_key_is_taken_back_to_what_is_there(there, was, now, names):
    new = configuration(now)
    keys = diff_configurations(configuration(was), new)

    assert names == [key.name for key in taken_back(keys, seen(there), new, [])]


def test_what_pods_read_is_never_taken_back():
    new = Configuration([Source("agent", content("1", unread=()))])
    keys = diff_configurations(Configuration([Source("agent", content("2", unread=()))]), new)

    assert ["note"] == [key.name for key in keys if key.restarts]
    assert [] == taken_back(keys, seen("1"), new, [])


def test_key_taken_back_beside_a_change_is_compared_with_what_pods_have():
    new = configuration("1", "debug")
    keys = diff_configurations(configuration("2"), new)

    assert ["a.yaml", "note"] == [key.name for key in keys]
    assert ["note"] == [key.name for key in taken_back(keys, seen("1", contents={"agent": content("1")}), new, [])]


def test_what_was_not_read_is_not_known_to_be_there():
    keys = diff_configurations(configuration("2"), configuration("1"))

    assert [] == taken_back(keys, Observation("n", "agent"), configuration("1"), [])


def secret(note):
    return SecretSource("token", SecretContent("Opaque", content(note)), KEY, "agent")


@pytest.mark.parametrize(("there", "names"), [("1", ["Secret token: note"]), ("3", [])])
def test_unread_key_of_a_secret_is_taken_back_too(there, names):
    old, new = (Configuration([], [secret(note).public]) for note in ("2", "1"))
    name = secret("1").public.object_name("agent")
    live = {"metadata": {"name": name}, "type": "Opaque", "data": encoded(content(there))}
    observation = Observation("n", "agent", secrets={name: live})

    assert names == [key.name for key in taken_back(diff_configurations(old, new), observation, new, [secret("1")])]


WRITTEN_OTHERWISE = {"a.yaml": b"# a note\nlevel: info\n"}


@pytest.mark.parametrize(("secrets", "name"), [([], "a.yaml"), ([secret("1").public], "ConfigMap agent: a.yaml")])
def test_older_text_is_named_with_its_config_map_unless_that_is_all_there_is(secrets, name):
    now = Configuration([Source("agent", Content(WRITTEN_OTHERWISE))], secrets)
    called = now.sources[0].object_name("agent")
    template = {"spec": {"volumes": [{"configMap": {"name": called}}]}}
    config_map = {"metadata": {"name": called}, "data": {"a.yaml": "level: info\n"}}
    workload = {"metadata": {"name": "agent", "namespace": "n"}, "spec": {"template": template}}
    observation = Observation("n", "agent", workload=workload, config_maps={called: config_map})

    assert [name] == older_texts(observation, now)


def test_changes_of_no_key_stay():
    line = KeyChange("text version", "text version", b"1", b"2")

    assert [] == taken_back([line], seen("1"), configuration("1"), [])
