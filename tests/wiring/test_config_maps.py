"""Several ConfigMaps of one component: what is registered, and what is refused or warned about."""

import pulumi
import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.workload.configuration import Configuration
from tests.wiring.conftest import DAEMON_SET, GOOD, HASH, POD_SPEC

RULES = {"rules": "allow\n"}
RULES_HASH = config_hash(Content({"rules": b"allow\n"}))
BOTH = Configuration.of(
    {"agent": Content({"agent.yaml": b"level: info\n"}), "agent-rules": Content({"rules": b"allow\n"})}
)
OWN, OTHER = f"ConfigMapPatch agent-{HASH[:10]}", f"ConfigMapPatch agent/agent-rules-{RULES_HASH[:10]}"
SPEC = {
    **POD_SPEC,
    "containers": [{**POD_SPEC["containers"][0], "env_from": [{"config_map_ref": {"name": "agent-rules"}}]}],
}


@pytest.fixture
def several(register):
    def run(rules=RULES, pod_spec=SPEC, **changes):
        return register(config_maps={"agent-rules": {"data": rules}}, pod_spec=pod_spec, **changes)

    return run


def test_each_has_a_logical_name_of_its_own(several):
    registered = several()

    assert {"ConfiguredDaemonSet agent", OWN, OTHER, DAEMON_SET} == set(registered)
    assert f"agent.agent-rules-{RULES_HASH[:10]}" == registered[OTHER].inputs["metadata"]["name"]
    assert sorted([f"agent-{HASH[:10]}", f"agent/agent-rules-{RULES_HASH[:10]}"]) == sorted(
        registered[DAEMON_SET].dependencies
    )


def test_pods_have_the_hash_of_all(several):
    template = several()[DAEMON_SET].inputs["spec"]["template"]

    assert {"checksum/config": BOTH.hash} == template["metadata"]["annotations"]
    assert [{"configMapRef": {"name": f"agent.agent-rules-{RULES_HASH[:10]}"}}] == (
        template["spec"]["containers"][0]["envFrom"]
    )


def test_component_records_what_each_holds(several):
    inputs = several()["ConfiguredDaemonSet agent"].inputs

    assert (GOOD, {"agent-rules": {"data": RULES}}) == (inputs["data"], inputs["configMaps"])


def test_one_alone_among_config_maps_is_as_data(register):
    one, other = register(), register(data=None, config_maps={"agent": {"data": GOOD}})

    assert one.keys() == other.keys()
    assert one[DAEMON_SET].inputs == other[DAEMON_SET].inputs


def test_key_that_no_pod_reads_is_in_no_name(several):
    env = [{"name": "RULES", "value_from": {"config_map_key_ref": {"name": "agent-rules", "key": "rules"}}}]
    pod_spec = {**POD_SPEC, "containers": [{**POD_SPEC["containers"][0], "env": env}]}
    registered = several({**RULES, "NOTES": "x"}, pod_spec)

    assert {"agent-rules": ["rules"]} == registered["ConfiguredDaemonSet agent"].inputs["keysRead"]
    assert {**RULES, "NOTES": "x"} == registered[OTHER].inputs["data"]


def test_config_map_that_nobody_declared_is_a_warning(register, monkeypatch):
    warned = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: warned.append(message))
    register(pod_spec=SPEC)

    assert [
        "ConfiguredDaemonSet 'agent': pod_spec.containers[0].env_from[0].config_map_ref.name: reads ConfigMap "
        "'agent-rules', which is not one of this component's: its changes restart nothing. If this program makes it, "
        "pass it in `config_maps`; if not, name it in `external`."
    ] == warned


def test_root_certificate_of_the_cluster_is_no_warning(register, monkeypatch):
    warned = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: warned.append(message))
    sources = [{"config_map": {"name": "kube-root-ca.crt"}}]
    register(pod_spec={**POD_SPEC, "volumes": [*POD_SPEC["volumes"], {"name": "x", "projected": {"sources": sources}}]})

    assert [] == warned


NEVER = (
    "pod_spec: no volume or env reads ConfigMap 'rules', so no pod would see this data. Write 'rules' where it says "
    "'agent-rules'."
)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"config_maps": {"agent": {"data": GOOD}}},
         ["config_maps['agent']: is the ConfigMap that `data` makes. Keep it in one of the two."]),
        ({"config_maps": {"rules": {"data": RULES}}, "pod_spec": SPEC}, [NEVER]),
        ({"config_maps": {"agent-rules": {"data": {"a b": ""}}}, "pod_spec": SPEC},
         ["config_maps['agent-rules'].data['a b']: the key contains a space. Use letters, digits, '-', '_' or '.'."]),
        ({"config_maps": {"agent-rules": {"date": RULES, "data": RULES}}, "pod_spec": SPEC},
         ["config_maps['agent-rules'].date: is not a known field. Write 'data', if that was meant."]),
        ({"config_maps": {"agent-rules": RULES["rules"]}, "pod_spec": SPEC},
         ["config_maps['agent-rules']: must be a mapping with `data` (got str). Pass {'data': {...}}."]),
        ({"config_maps": {}},
         ["config_maps: must map name to a ConfigMap's fields (got {}). Pass {'NAME': {'data': {...}}}."]),
        ({"config_maps": {"agent-rules": {"binary_data": {"rules": "AA=="}}}, "pod_spec": SPEC},
         ["config_maps['agent-rules']: pods read none of its keys. Ask for one in pod_spec, or leave the ConfigMap "
          "out."]),
        ({"data": None, "formats": {"a": "text"}, "config_maps": {"agent": {"data": GOOD}}},
         ["formats: is said of `data`, which is not passed. Put it into the entry of config_maps that it is about."]),
        ({"config_maps": {"Rules": {"data": RULES}}, "pod_spec": SPEC},
         ["pod_spec: no volume or env reads ConfigMap 'Rules', so no pod would see this data. Add a config_map volume "
          "with the name 'Rules', or an env_from.",
          "config_maps['Rules']: is not the name of a ConfigMap. Use lowercase letters, digits, '-' and '.', and "
          "begin and end with a letter or digit."]),
        ({"config_maps": {"agent-rules": {"data": RULES}, "more": {"data": {"b c": ""}}}, "pod_spec": SPEC,
          "data": {"a b": ""}},
         ["pod_spec: no volume or env reads ConfigMap 'more', so no pod would see this data. Add a config_map volume "
          "with the name 'more', or an env_from.",
          "data['a b']: the key contains a space. Use letters, digits, '-', '_' or '.'.",
          "config_maps['more'].data['b c']: the key contains a space. Use letters, digits, '-', '_' or '.'."]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_is(refused, changes, lines):
    assert [f"ConfiguredDaemonSet 'agent': {line}" for line in lines] == refused(**changes)
