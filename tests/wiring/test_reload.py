"""Keys that running pods read again: which objects are registered, and what is refused."""

import pulumi
import pytest

from config_rollout import ConfiguredDeployment, ConfiguredStatefulSet
from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash
from tests.wiring.conftest import DAEMON_SET, GOOD, HASH, POD_SPEC

DATA = {**GOOD, "rules": "allow\n"}
RELOAD = {"data": DATA, "effects": {"rules": "reload"}, "reload": {"command": ["true"]}}
OWN, CHANGING, STASH = f"ConfigMapPatch agent-{HASH[:10]}", "ConfigMapPatch agent-reload", "Stash agent/reloaded"


def test_what_reloads_has_a_config_map_that_changes_in_place(register):
    registered = register(**RELOAD)
    lasting, changing = registered[OWN].inputs, registered[CHANGING].inputs

    assert {"ConfiguredDaemonSet agent", OWN, CHANGING, STASH, DAEMON_SET} == set(registered)
    assert (GOOD, True) == (lasting["data"], lasting["immutable"])
    assert {"rules": "allow\n"} == changing["data"]
    assert "immutable" not in changing
    assert lasting["metadata"]["labels"] == changing["metadata"]["labels"]


def test_change_of_what_reloads_changes_nothing_of_the_daemon_set(register):
    one, other = register(**RELOAD), register(**{**RELOAD, "data": {**DATA, "rules": "deny\n"}})

    assert one.keys() == other.keys()
    assert one[DAEMON_SET].inputs == other[DAEMON_SET].inputs
    assert one[OWN].inputs == other[OWN].inputs
    assert one[STASH].inputs["input"]["hash"] != other[STASH].inputs["input"]["hash"]


def test_both_are_at_one_path(register):
    spec = register(**RELOAD)[DAEMON_SET].inputs["spec"]["template"]["spec"]
    sources = [{"configMap": {"name": f"agent-{HASH[:10]}"}}, {"configMap": {"name": "agent-reload"}}]

    assert [{"name": "c", "projected": {"sources": sources}}] == spec["volumes"]
    assert [{"name": "c", "mountPath": "/etc/agent"}] == spec["containers"][0]["volumeMounts"]


def test_pods_start_with_it_and_are_asked_last(register):
    registered = register(**RELOAD)

    assert sorted([f"agent-{HASH[:10]}", "agent-reload"]) == sorted(registered[DAEMON_SET].dependencies)
    assert {"agent", "agent-reload"} == set(registered[STASH].dependencies)
    assert 1 == len(registered[STASH].request.hooks.before_update) == len(registered[STASH].request.hooks.before_create)


def test_it_stays_as_long_as_a_revision_mounts_it(register):
    assert register(**RELOAD)[CHANGING].request.retainOnDelete


def test_text_of_the_last_reload_is_kept_for_the_way_back(register):
    assert {"agent-reload": {"data": {"rules": "allow\n"}}} == register(**RELOAD)[STASH].inputs["input"]["configMaps"]


def test_all_of_it_may_reload(register):
    registered = register(data={"rules": "allow\n"}, effects={"rules": "reload"}, reload={"command": ["true"]})

    assert f"ConfigMapPatch agent-{config_hash(Content())[:10]}" in registered


@pytest.mark.parametrize(
    ("component", "kind"), [(ConfiguredDeployment, "deployment"), (ConfiguredStatefulSet, "stateful-set")]
)
def test_other_kinds_reload_too(register, component, kind):
    registered = register(component=component, **RELOAD)

    assert {f"config-rollout/{kind}": "agent"}.items() <= registered[CHANGING].inputs["metadata"]["labels"].items()


def test_each_of_several_config_maps_has_one_of_its_own(register):
    other = {"data": {"zones": "a\n"}, "effects": {"zones": "reload"}}
    volumes = [*POD_SPEC["volumes"], {"name": "z", "config_map": {"name": "zones"}}]
    mounts = [*POD_SPEC["containers"][0]["volume_mounts"], {"name": "z", "mount_path": "/etc/zones"}]
    spec = {"volumes": volumes, "containers": [{**POD_SPEC["containers"][0], "volume_mounts": mounts}]}
    registered = register(**RELOAD, config_maps={"zones": other}, pod_spec=spec)
    texts = registered[STASH].inputs["input"]["configMaps"]

    assert {"agent-reload", "agent.zones-reload"} == set(texts)
    assert "agent.zones-reload" == registered["ConfigMapPatch agent.zones-reload"].inputs["metadata"]["name"]


def test_text_that_a_preview_does_not_know_keeps_its_place(register):
    unknown = {**DATA, "rules": pulumi.Output.from_input(pulumi.UNKNOWN)}
    registered = register(preview=True, **{**RELOAD, "data": lambda: unknown})
    volumes = registered[DAEMON_SET].inputs["spec"]["template"]["spec"]["volumes"]

    assert {"name": "agent-reload"} == volumes[0]["projected"]["sources"][1]["configMap"]
    assert pulumi.runtime.rpc.UNKNOWN == registered[STASH].inputs["input"]["hash"]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"reload": None}, "reload: is required: nothing says how pods are asked whether they have read rules again. "
         "Pass {'program': ...}, {'http': {...}} or {'command': [...]}."),
        ({"effects": None}, "reload: is for keys that reload, and there are none. State one in `effects`, or leave it "
         "out."),
        ({"reload": {"program": "coredns"}}, "reload.program: is 'coredns', and rules has no `reload` and "
         "`prometheus`: it would not reload, or not tell. Add the plugin, or use the effect 'restart'."),
        ({"pod_spec": {**POD_SPEC, "containers": [{**POD_SPEC["containers"][0], "volume_mounts": [
            {"name": "c", "mount_path": "/x", "sub_path": "rules"}]}]}},
         "effects['rules']: is reload, but container 'agent' mounts it by subPath, and Kubernetes never updates such a "
         "file. Mount the volume as a folder, without subPath, or use 'restart'."),
        ({"pod_spec": {**POD_SPEC, "containers": [{**POD_SPEC["containers"][0], "env": [
            {"name": "RULES", "value_from": {"config_map_key_ref": {"name": "agent", "key": "rules"}}}]}]}},
         "effects['rules']: is reload, but container 'agent' reads it as an environment variable, which never changes "
         "under a running process. Let it read the file alone, or use 'restart'."),
        ({"reload": {"program": "corends"}}, "reload.program: is not a known program (got 'corends'). Write 'coredns', "
         "if that was meant."),
    ],
)  # fmt: skip
def test_what_could_not_reload_is_refused(refused, changes, line):
    assert [f"ConfiguredDaemonSet 'agent': {line}"] == refused(**{**RELOAD, **changes})


def test_nothing_of_a_kube_proxy_reloads(refused):
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
    data = {"rules": text}

    assert [
        "ConfiguredDaemonSet 'agent': effects['rules']: the key is a KubeProxyConfiguration. Leave the effects out: "
        "they are known for each field."
    ] == refused(**{**RELOAD, "data": data})
