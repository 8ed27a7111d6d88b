"""What may be stated to reload, and what follows for the objects."""

import pytest

from config_rollout.core.configuration.content import parse_content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.configuration.effects import parse_effects
from config_rollout.core.configuration.reloading import no_reloads, reload_keys, reloaded, without_keys
from config_rollout.core.kubernetes.annotations import READ_AS_ANNOTATION
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.revisions.config_maps import check_keys, check_reload, content_of
from config_rollout.core.revisions.naming import content_name, is_content_name, is_reload_name, reload_name
from config_rollout.core.workload.reload import check_reloads
from config_rollout.core.workload.source import Source

DATA = {"Corefile": ". {\n  log\n}\n", "agent.yaml": "a: 1\nb: 2\n"}
MOUNT = {"name": "v", "mountPath": "/etc/dns"}
VOLUMES = [{"name": "v", "configMap": {"name": "dns"}}]


def effects_of(declared):
    return parse_effects(declared, DATA)[0]


def pod_spec(*mounts, containers="containers", **container):
    return {"volumes": VOLUMES, containers: [{"name": "dns", "volumeMounts": list(mounts or [MOUNT]), **container}]}


@pytest.mark.parametrize(
    ("declared", "keys"),
    [
        ({"Corefile": "reload"}, ["Corefile"]),
        ({"agent.yaml": "none", "agent.yaml:a": "reload"}, ["agent.yaml"]),
        ({"agent.yaml": "reload", "agent.yaml:a": "none"}, ["agent.yaml"]),
        ({"agent.yaml:a": "reload"}, []),
        ({"agent.yaml": "reload", "agent.yaml:a": "restart"}, []),
        ({"Corefile": "none"}, []),
    ],
)
def test_key_reloads_if_nothing_in_it_restarts(declared, keys):
    assert keys == reload_keys(effects_of(declared))


@pytest.mark.parametrize("declared", [{"agent.yaml:a": "reload"}, {"agent.yaml": "reload", "agent.yaml:a": "restart"}])
def test_mixed_key_is_refused(declared):
    (finding,) = check_reloads(effects_of(declared), "dns", pod_spec())

    assert "other fields of the key restart" in finding.what


ENV = [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "dns", "key": "Corefile"}}}]


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        pytest.param(pod_spec({**MOUNT, "subPath": "Corefile"}), "mounts it by subPath", id="subPath"),
        pytest.param(pod_spec(env=ENV), "reads it as an environment variable", id="a variable beside the file"),
        pytest.param(pod_spec(envFrom=[{"configMapRef": {"name": "dns"}}]), "environment variable", id="envFrom"),
        pytest.param(pod_spec(containers="initContainers"), "only init container 'dns' reads it", id="init container"),
        pytest.param({"volumes": VOLUMES, "containers": []}, "no container reads it", id="not mounted"),
        pytest.param(
            {**pod_spec(), "volumes": [{"name": "v", "configMap": {"name": "dns", "items": [
                {"key": "agent.yaml", "path": "x"}]}}]}, "no container reads it", id="another item",
        ),
    ],
)  # fmt: skip
def test_key_that_no_running_process_sees_change_is_refused(spec, what):
    (finding,) = check_reloads(effects_of({"Corefile": "reload"}), "dns", spec)

    assert "effects['Corefile']" == finding.where
    assert what in finding.what


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(pod_spec(), id="a folder"),
        pytest.param(pod_spec(MOUNT, {"name": "v", "mountPath": "/x", "subPath": "agent.yaml"}), id="another one"),
        pytest.param({**pod_spec(), "initContainers": pod_spec()["containers"]}, id="an init container reads it too"),
    ],
)  # fmt: skip
def test_key_in_a_folder_may_reload(spec):
    assert [] == list(check_reloads(effects_of({"Corefile": "reload"}), "dns", spec))


def test_nothing_of_a_secret_reloads():
    assert ["effects['Corefile']"] == [one.where for one in no_reloads(effects_of({"Corefile": "reload"}))]


def content(effects, **changes):
    made, findings = parse_content({**DATA, **changes}, None, {"Corefile": "corefile"}, effects, None)
    assert [] == findings
    return made


def test_what_reloads_changes_the_hash_of_what_reloads_alone():
    effects = {"Corefile": "reload"}
    old, new = content(effects), content(effects, Corefile=". {\n  errors\n}\n")

    assert config_hash(old) == config_hash(new) == config_hash(without_keys(new, ["Corefile"]))
    assert config_hash(reloaded(old, ["Corefile"])) != config_hash(reloaded(new, ["Corefile"]))


def test_comment_in_what_reloads_is_no_change():
    effects = {"Corefile": "reload"}
    old, new = content(effects), content(effects, Corefile="# DNS\n. {\n  log\n}\n")

    assert config_hash(reloaded(old, ["Corefile"])) == config_hash(reloaded(new, ["Corefile"]))


def test_field_that_does_nothing_in_what_reloads_is_no_change():
    effects = {"agent.yaml": "reload", "agent.yaml:a": "none"}
    texts = ["a: 1\nb: 2\n", "a: 3\nb: 2\n", "a: 1\nb: 3\n"]
    hashes = [config_hash(reloaded(content(effects, **{"agent.yaml": text}), ["agent.yaml"])) for text in texts]

    assert hashes[0] == hashes[1] != hashes[2]


def objects(effects=None):
    """Return the ConfigMap that lasts and the one that changes in place."""
    effects = {"Corefile": "reload"} if effects is None else effects
    made = content(effects)
    source = Source("dns", made, DATA, reloads=reload_keys(made.effects))
    of = {"name": "x", "namespace": "n", "labels": {DAEMON_SET.label: "dns"}, "annotations": {}}
    return source, source.render(of), source.render_reload(of)


def test_each_key_is_in_one_of_the_two_objects():
    _, lasting, changing = objects()

    assert ({"agent.yaml"}, {"Corefile"}) == (lasting["data"].keys(), changing["data"].keys())
    assert (True, False) == ("immutable" in lasting, "immutable" in changing)


def test_each_object_tells_its_own_hash():
    source, lasting, changing = objects()

    assert source.hash == config_hash(content_of(lasting))
    assert config_hash(source.reloaded) == config_hash(content_of(changing))


def test_object_says_how_its_own_keys_are_read():
    _, lasting, changing = objects()

    assert READ_AS_ANNOTATION not in lasting["metadata"]["annotations"]
    assert '{"formats": {"Corefile": "corefile"}}' == changing["metadata"]["annotations"][READ_AS_ANNOTATION]


def test_name_of_what_changes_in_place_is_no_content_s():
    name = reload_name("dns", "other")

    assert ("dns-reload", "dns.other-reload") == (reload_name("dns"), name)
    assert (False, True, False) == (
        is_content_name(name, "dns"),
        is_reload_name(name, "dns"),
        is_reload_name(name, "d"),
    )
    assert not is_reload_name(content_name("dns", "0" * 64), "dns")


@pytest.mark.parametrize(
    ("mounts", "keys", "found"),
    [
        pytest.param("dns-reload", ["agent.yaml", "Corefile"], 1, id="a key that reloaded until now"),
        pytest.param("dns-reload", ["agent.yaml"], 0, id="it has all"),
        pytest.param("dns-0123456789", ["agent.yaml", "Corefile"], 0, id="a key that is new and does nothing"),
    ],
)
def test_immutable_object_without_a_key_that_ceases_to_reload_is_refused(mounts, keys, found):
    _, lasting, _ = objects()
    volumes = [{"name": "v", "configMap": {"name": mounts}}]
    workload = {"metadata": {"name": "dns"}, "spec": {"template": {"spec": {"volumes": volumes}}}}

    assert found == len(check_keys(lasting, workload, "dns-reload", keys))


def test_config_map_of_someone_else_under_that_name_is_refused():
    _, _, changing = objects()
    foreign = {**changing, "metadata": {**changing["metadata"], "labels": {}}}

    assert [] == check_reload(None, DAEMON_SET, "dns") == check_reload(changing, DAEMON_SET, "dns")
    assert ["ConfigMap n/x"] == [one.where for one in check_reload(foreign, DAEMON_SET, "dns")]
