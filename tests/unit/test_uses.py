"""Which keys of a ConfigMap pods read: all of a folder, some by items, subPath or variables."""

import pytest

from config_rollout.core.kubernetes.uses import KeysRead, keys_read

FOLDER = {"name": "c", "mount_path": "/etc/agent"}
ALL = KeysRead(files=True)


def of(volume=None, mount=FOLDER, containers="containers", **container):
    """Return a pod spec whose only container may mount a volume with ConfigMap `agent`."""
    mounts = {"volume_mounts": [mount]} if volume is not None else {}
    volumes = [] if volume is None else [{"name": "c", **volume}]
    return {containers: [{"name": "a", **mounts, **container}], "volumes": volumes}


def config_map(*items, **more):
    listed = {"items": [{"key": key, "path": path} for key, path in items]} if items else {}
    return {"config_map": {"name": "agent", **listed, **more}}


def projected(*items):
    return {"projected": {"sources": [{"config_map": {"name": "other"}}, config_map(*items)]}}


def env(key):
    return {"env": [{"name": "A", "value_from": {"config_map_key_ref": {"name": "agent", "key": key}}}]}


def keys(*names):
    return KeysRead(keys=frozenset(names))


SUB = {**FOLDER, "sub_path": "a"}
UNKNOWN = object()


@pytest.mark.parametrize(
    ("pod_spec", "read"),
    [
        pytest.param(of(config_map()), ALL, id="folder"),
        pytest.param(of(config_map(("a", "x"), ("b", "y"))), keys("a", "b"), id="items"),
        pytest.param(of(config_map(), SUB), keys("a"), id="subPath"),
        pytest.param(of(config_map(), {**FOLDER, "sub_path": "./a"}), keys("a"), id="subPath with a dot"),
        pytest.param(of(config_map(), {**FOLDER, "sub_path": "."}), ALL, id="subPath of everything"),
        pytest.param(of(config_map(), {**FOLDER, "sub_path_expr": "$(NODE)"}), ALL, id="subPathExpr"),
        pytest.param(of(config_map(("k", "a"), ("b", "y")), SUB), keys("k"), id="subPath of an item"),
        pytest.param(of(config_map(("k", "a/x"), ("b", "y")), SUB), keys("k", "b"), id="subPath of a folder of items"),
        pytest.param(of(projected()), ALL, id="projected folder"),
        pytest.param(of(projected(("a", "a"))), keys("a"), id="projected items"),
        pytest.param(of(config_map(), {**FOLDER, "name": "other"}), KeysRead(), id="a volume that none mounts"),
        pytest.param(of(config_map(optional=True)), ALL, id="optional"),
        pytest.param(of(**env("a")), keys("a"), id="variable"),
        pytest.param(of(**env(UNKNOWN)), KeysRead(text=True), id="variable of a key not known yet"),
        pytest.param(
            of(env_from=[{"config_map_ref": {"name": "agent"}}]), KeysRead(text=True), id="all variables, none of bytes"
        ),
        pytest.param(of(config_map(), SUB, "init_containers"), keys("a"), id="init container"),
        pytest.param(of(config_map(), SUB, "init_containers", restart_policy="Always"), keys("a"), id="native sidecar"),
        pytest.param(of(config_map(), SUB, "ephemeral_containers"), keys("a"), id="ephemeral container"),
        pytest.param(of(config_map(), SUB, **env("b")), keys("a", "b"), id="a file and a variable"),
        pytest.param(of(config_map((UNKNOWN, "x"), ("b", "y"))), ALL, id="an item not known yet"),
        pytest.param(of(config_map(), {**FOLDER, "name": UNKNOWN}), ALL, id="a mount not known yet"),
        pytest.param(of(config_map(), {**FOLDER, "sub_path": UNKNOWN}), ALL, id="a subPath not known yet"),
    ],
)
def test_keys_that_pods_read(pod_spec, read):
    assert read == keys_read(pod_spec, "ConfigMap", "agent")


def test_spelling_of_the_pod_spec_does_not_matter():
    spec = {
        "containers": [{"name": "a", "volumeMounts": [{"name": "c", "mountPath": "/x", "subPath": "a"}]}],
        "volumes": [{"name": "c", "configMap": {"name": "agent"}}],
    }

    assert keys("a") == keys_read(spec, "ConfigMap", "agent")


@pytest.mark.parametrize(
    ("read", "key", "is_text", "expected"),
    [(ALL, "a", False, True), (KeysRead(text=True), "a", True, True), (KeysRead(text=True), "a", False, False),
     (keys("a"), "a", False, True), (keys("a"), "b", True, False)],
)  # fmt: skip
def test_key_is_read(read, key, is_text, expected):
    assert expected == read.reads(key, is_text)
