"""What a change does as the caller states it: only what restarts is hashed."""

import random

import pytest

from config_rollout.core.configuration.content import Content, parse_content, unmatched
from config_rollout.core.configuration.diff import diff_contents
from config_rollout.core.configuration.digest import canonical_bytes, config_hash
from config_rollout.core.configuration.effects import parse_effects, state
from config_rollout.core.formats import read
from tests.objects.contents import as_yaml, random_value, shuffled

YAML = "log: {level: info, path: /x}\nlisten: 80\nports: [1, 2]\npipes: [{name: a, size: 1}, {name: b, size: 1}]\n"


def content(text: str = YAML, effects: dict | None = None, key: str = "c.yaml") -> Content:
    made, findings = parse_content({key: text}, effects=effects)
    assert [] == findings
    return made


def changes(old: Content, new: Content) -> list[tuple[str, str, str, str]]:
    """Return (sign, path, effect, class) of every field that differs; the path of a whole key is empty."""
    found = []
    for key in diff_contents(old, new):
        if key.fields:
            found += [(field.op, field.path, field.effect.effect, field.effect.kind) for field in key.fields]
        else:
            found.append((key.op, "", key.effect.effect, key.effect.kind))
    return found


NONE = {"c.yaml:log": "none"}


@pytest.mark.parametrize(
    ("effects", "old", "new", "restart"),
    [
        pytest.param({}, "info", "debug", True, id="nothing is stated"),
        pytest.param(NONE, "info", "debug", False, id="a field in a section that does nothing"),
        pytest.param(NONE, "80", "81", True, id="a field beside it"),
        pytest.param(NONE, "log: {level: info, path: /x}\n", "", False, id="the section is gone"),
        pytest.param({"c.yaml:log.level": "reload"}, "info", "debug", False, id="a field that is read again"),
        pytest.param({"c.yaml:log.level": "none"}, "/x", "/y", True, id="its neighbour"),
        pytest.param({**NONE, "c.yaml:log.path": "restart"}, "/x", "/y", True, id="the longest path decides"),
        pytest.param({**NONE, "c.yaml:log.path": "restart"}, "info", "debug", False, id="and only for what it covers"),
        pytest.param({"c.yaml": "none"}, "info", "debug", False, id="the whole key"),
        pytest.param({"c.yaml": "none", "c.yaml:listen": "restart"}, "80", "81", True, id="all but one field"),
        pytest.param({"c.yaml:ports[0]": "none"}, "[1, 2]", "[3, 2]", False, id="an item by position"),
        pytest.param({"c.yaml:ports[0]": "none"}, "[1, 2]", "[1, 3]", True, id="its neighbour by position"),
        pytest.param({"c.yaml:ports[0]": "none"}, "[1, 2]", "[2]", True, id="an item that takes its place"),
        pytest.param({"c.yaml:pipes[name=a].size": "none"}, "a, size: 1", "a, size: 2", False, id="an item by name"),
        pytest.param({"c.yaml:pipes[name=a]": "none"}, "{name: a, size: 1}, ", "", False, id="an item by name is gone"),
        pytest.param({"c.yaml:pipes[name=a]": "none"}, "name: b, size: 1", "name: b, size: 2", True, id="another item"),
        pytest.param({"c.yaml:pipes[name=a]": "none"}, "{name: a, size: 1}, {name: b, size: 1}",
                     "{name: b, size: 1}, {name: a, size: 1}", False, id="the order with an item that does nothing"),
        pytest.param(NONE, "# c\n", "", False, id="a comment"),
    ],
)  # fmt: skip
def test_only_what_restarts_is_hashed(effects, old, new, restart):
    before = "# c\n" + YAML
    first, second = content(before, effects), content(before.replace(old, new, 1), effects)

    assert restart == (config_hash(first) != config_hash(second))
    assert restart == any(effect == "restart" for _, _, effect, _ in changes(first, second))


def test_field_that_does_nothing_is_told_as_stated():
    changed = changes(content(effects=NONE), content(YAML.replace("info", "debug"), NONE))

    assert [("~", "log.level", "none", "stated")] == changed


def test_section_with_a_part_that_is_read_again_is_a_reload():
    effects = {"c.yaml:log": "none", "c.yaml:log.level": "reload"}
    changed = changes(content(effects=effects), content(YAML.replace("log: {level: info, path: /x}\n", ""), effects))

    assert [("-", "log", "reload", "stated")] == changed


def test_key_without_fields_can_only_be_stated_as_a_whole():
    first, second = (content(text, {"a.conf": "none"}, "a.conf") for text in ("a", "b"))

    assert [("~", "", "none", "stated")] == changes(first, second)
    assert canonical_bytes(first) == canonical_bytes(second) == b"config-rollout/v1\n"


def test_key_that_does_nothing_can_come_and_go():
    both, _ = parse_content({"c.yaml": YAML, "x": "1"}, effects={"x": "none"})

    assert config_hash(content()) == config_hash(both)


def test_stating_the_default_changes_no_bytes():
    assert canonical_bytes(content()) == canonical_bytes(content(effects={"c.yaml": "restart"}))


def test_change_of_what_is_stated_is_told_as_such():
    (key,) = diff_contents(content(), content(effects=NONE))

    assert (True, []) == (key.restated, key.fields)


def test_number_and_text_of_the_same_spelling_are_different_keys():
    first, second = content("1: x\n", {"c.yaml": "restart"}), content('"1": x\n', {"c.yaml": "restart"})

    assert config_hash(first) != config_hash(second)
    assert [("-", "1"), ("+", "1")] == [change[:2] for change in changes(first, second)]


def test_document_of_a_stream_keeps_its_place():
    stream = "a: 1\n---\na: 2\n"
    effects = {"c.yaml:document 1": "none"}

    assert config_hash(content(stream, effects)) == config_hash(content("a: 9\n---\na: 2\n", effects))
    assert config_hash(content(stream, effects)) != config_hash(content("a: 2\n", {}))


@pytest.mark.parametrize(
    ("effects", "finding"),
    [
        ([], "effects: must map key to effect (got list). Pass a dict."),
        (
            {"c.yaml": "restarts"},
            "effects['c.yaml']: is not a known effect (got 'restarts'). Use one of 'restart', 'reload', 'none'.",
        ),
        ({"c.yml": "none"}, "effects['c.yml']: there is no such key. Write 'c.yaml', if that was meant."),
        ({"x:y": "none"}, "effects['x:y']: there is no such key. Name a key of the content."),
        ({"c.yaml:": "none"}, "effects['c.yaml:']: has no path after the colon. Write 'c.yaml' for the whole key."),
    ],
)
def test_what_is_stated_badly_is_refused(effects, finding):
    assert [finding] == [str(found) for found in parse_effects(effects, ["c.yaml"])[1]]


@pytest.mark.parametrize(
    ("text", "path", "finding"),
    [
        (YAML, "log.levels", "is not a known field. Write 'log.level', if that was meant."),
        (YAML, "q", "is not a known field. Name a field as `config-rollout diff` prints it."),
        (YAML, "pipes[0]", "is not a known field. Write 'pipes', if that was meant."),
        ("a: {b: 1}\na.b: 2\n", "a.b", "two fields have this path. Pass the effect for the field that holds them."),
        ("a: {x: 1}\na.b: 2\n", "a",
         "another field's path begins with it. Pass the effect for the field that holds them."),
        ("a: {{ b }}\n", "a",
         "the key has no fields: it looks like a template. "
         "Pass the effect for the whole key, or give the key a format."),
    ],
)  # fmt: skip
def test_path_that_names_no_field_is_refused(text, path, finding):
    (found,) = unmatched(content(text, {f"c.yaml:{path}": "none"}))

    assert f"effects['c.yaml:{path}']: {finding}" == str(found)


def test_path_needs_to_be_in_one_of_two_contents_only():
    effects = {"c.yaml:log": "none"}

    assert [] == unmatched(content("listen: 80\n", effects), content(effects=effects))


def test_fields_of_a_kube_proxy_configuration_are_known_and_not_to_be_stated():
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"
    (found,) = unmatched(content(text, {"c.yaml:mode": "none"}))

    assert (
        "effects['c.yaml']: the key is a KubeProxyConfiguration. Leave the effects out: they are known for each field."
        == str(found)
    )


@pytest.mark.parametrize("name", ["yaml", "json", "toml"])
def test_what_is_stated_to_restart_is_encoded_as_without_a_statement(name):
    text = {
        "yaml": b"a: [1, 1.0, on, x, ~]\n1: {b: 010}\n",
        "json": b'{"a": [1, 1.0, null, "x"]}',
        "toml": b"a = [1]\nb = 1.0\nc = 1979-05-27\nd = true",
    }[name]
    meaning = read(text, name)

    assert meaning.canonical == state(meaning, {"": "restart"}).canonical


def paths(value: object, path: str = "") -> list[str]:
    """Return the paths of all fields of mappings, and items of lists by position."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    for key, item in inside:
        found += paths(item, f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}" if path else key)
    return found


@pytest.mark.slow
def test_fields_are_told_to_restart_exactly_if_the_hashes_differ():
    maker = random.Random(8)
    seen = set()
    for _ in range(2000):
        value = {"top": random_value(maker), "more": random_value(maker)}
        other = shuffled(value, maker)
        place = maker.choice(["top", "more"])
        other[place] = random_value(maker, maker.randint(1, 4))
        known = paths(value) + paths(other)
        effects = {f"c.yaml:{path}": maker.choice(["none", "reload", "restart"]) for path in maker.sample(known, 2)}
        old, new = (content(as_yaml(one), effects) for one in (value, other))
        differs = config_hash(old) != config_hash(new)
        seen.add(differs)

        assert differs == any(effect == "restart" for _, _, effect, _ in changes(old, new)), (value, other, effects)
    assert {True, False} == seen
