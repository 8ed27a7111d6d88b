"""A workload and its configuration as objects: what is rendered, and what passes through."""

import pytest

from config_rollout.core.configuration.content import parse_content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.markers import UNKNOWN
from config_rollout.core.revisions.config_maps import content_of
from config_rollout.core.revisions.naming import is_content_name, source_name
from config_rollout.core.workload.configuration import Configuration, diff_configurations
from config_rollout.core.workload.external import external_source, rolled_out
from config_rollout.core.workload.recorded import changes_between, external_recorded, from_inputs, keys_read
from config_rollout.core.workload.render import render, render_workload
from config_rollout.core.workload.source import Source
from config_rollout.core.workload.workload import Workload

DATA = {"agent.yaml": "level: info\n"}
CONTENT = parse_content(DATA)[0]
HASH = config_hash(CONTENT)
POD_SPEC = {"volumes": [{"name": "c", "config_map": {"name": "agent"}}], "containers": [{"name": "a", "image": "a:1"}]}


def configuration():
    return Configuration([Source("agent", CONTENT, DATA)])


def workload(**changes):
    return Workload(DAEMON_SET, "agent", "monitoring", POD_SPEC, **changes)


def test_hash_of_one_config_map_is_that_of_its_content():
    assert HASH == configuration().hash


def test_references_name_the_object_of_the_content():
    rendered = render(workload(), configuration())

    assert f"agent-{HASH[:10]}" == rendered.sources["agent"]["metadata"]["name"]
    template = rendered.workload["spec"]["template"]
    assert [{"name": "c", "config_map": {"name": f"agent-{HASH[:10]}"}}] == template["spec"]["volumes"]
    assert {"checksum/config": HASH} == template["metadata"]["annotations"]


def test_object_of_the_content_is_immutable_and_says_whose_it_is():
    config_map = render(workload(owner={"who": "me"}, labels={"team": "net"}), configuration()).sources["agent"]

    assert (DATA, True) == (config_map["data"], config_map["immutable"])
    assert {"team": "net", "config-rollout/daemon-set": "agent"} == config_map["metadata"]["labels"]
    assert "me" == config_map["metadata"]["annotations"]["who"]


def test_leaves_stay_what_they_are():
    unknown = object()
    pod_spec = {**POD_SPEC, "containers": [{"name": "a", "image": unknown}]}
    rendered = render(Workload(DAEMON_SET, "agent", unknown, pod_spec), configuration()).workload

    assert unknown is rendered["metadata"]["namespace"]
    assert unknown is rendered["spec"]["template"]["spec"]["containers"][0]["image"]


def test_hash_and_names_may_be_unknown():
    unknown = object()
    template = render_workload(workload(), unknown, {"agent": unknown})["spec"]["template"]

    assert unknown is template["metadata"]["annotations"]["checksum/config"]
    assert unknown is template["spec"]["volumes"][0]["config_map"]["name"]


def test_patch_holds_only_what_is_said():
    patch = render(workload(is_patch=True, labels={"team": "net"}, owner={"who": "me"}), configuration()).workload

    assert {"name", "namespace", "annotations"} == set(patch["metadata"])
    assert {"pulumi.com/patchFieldManager", "pulumi.com/patchForce"} == set(patch["metadata"]["annotations"])
    assert ["template"] == list(patch["spec"])
    assert ["annotations"] == list(patch["spec"]["template"]["metadata"])


def test_fields_without_a_value_are_left_out():
    assert ["template"] == list(render(workload(spec={"minReadySeconds": None}), configuration()).workload["spec"])


RULES = {"rules": "allow\n", "NOTES": "x\n"}
TWO = Configuration([Source("agent", CONTENT, DATA), Source("rules", parse_content(RULES)[0], RULES)])


def test_each_source_has_an_object_named_after_its_own_content():
    pod_spec = {**POD_SPEC, "containers": [{"name": "a", "envFrom": [{"configMapRef": {"name": "rules"}}]}]}
    rendered = render(Workload(DAEMON_SET, "agent", "monitoring", pod_spec), TWO)
    names = {source.name: rendered.sources[source.name]["metadata"]["name"] for source in TWO.sources}

    assert {"agent": f"agent-{HASH[:10]}", "rules": f"agent.rules-{config_hash(TWO.contents['rules'])[:10]}"} == names
    spec = rendered.workload["spec"]["template"]["spec"]
    assert names["agent"] == spec["volumes"][0]["config_map"]["name"]
    assert names["rules"] == spec["containers"][0]["envFrom"][0]["configMapRef"]["name"]


def test_pods_have_the_hash_of_all_sources():
    annotations = render(workload(), TWO).workload["spec"]["template"]["metadata"]["annotations"]

    assert {"checksum/config": TWO.hash} == annotations
    assert TWO.hash not in [source.hash for source in TWO.sources]


def test_object_says_which_keys_are_read_where_that_is_not_all():
    read = TWO.contents["rules"].as_read(lambda key, is_text: key == "rules")
    (config_map,) = render(workload(), Configuration([Source("rules", read, RULES)])).sources.values()

    assert '{"keys": ["rules"]}' == config_map["metadata"]["annotations"]["config-rollout/read-as"]
    assert config_hash(read) == config_hash(content_of(config_map))


@pytest.mark.parametrize(
    ("name", "source"),
    [("agent-0123456789", "agent"), ("agent.rules-0123456789", "rules"), ("agent.a.b-0123456789", "a.b"),
     ("agent-rules-0123456789", ""), ("agent.rules", ""), ("agent2.rules-0123456789", ""), ("agent-012345678", "")],
)  # fmt: skip
def test_name_of_an_object_tells_its_source(name, source):
    assert (source, bool(source)) == (source_name(name, "agent"), is_content_name(name, "agent"))


def test_changes_say_their_source_where_there_are_several():
    other = parse_content({"rules": "deny\n", "NOTES": "x\n"})[0]
    new = Configuration.of({"agent": CONTENT, "rules": other})

    assert [("rules", "rules")] == [(change.source, change.key) for change in diff_configurations(TWO, new)]
    one = diff_configurations(Configuration.of({"a": TWO.contents["rules"]}), Configuration.of({"a": other}))
    assert [("", "rules")] == [(change.source, change.key) for change in one]


def test_recorded_configuration_is_the_same_again():
    read = TWO.contents["rules"].as_read(lambda key, is_text: key == "rules")
    configuration = Configuration([TWO.sources[0], Source("rules", read, RULES)])
    inputs = {"name": "agent", "data": DATA, "configMaps": {"rules": {"data": RULES}}}

    assert configuration.hash == from_inputs({**inputs, "keysRead": keys_read(configuration)}).hash
    assert TWO.hash == from_inputs(inputs).hash
    assert HASH == from_inputs({"name": "agent", "data": DATA}).hash


def test_source_that_is_not_known_has_no_name_and_no_object():
    unknown = object()
    partly = Configuration([TWO.sources[0], Source("rules", parse_content({"NOTES": "x"})[0], unknown=["rules"])])
    rendered = render(workload(), partly, unknown)

    assert (["agent"], False) == (list(rendered.sources), partly.is_known)
    assert unknown is rendered.workload["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
    assert ["ConfigMap rules: rules"] == partly.unknown
    assert ["data"] == Configuration([Source("agent", CONTENT, unknown=["*"])]).unknown


@pytest.mark.parametrize(
    ("data", "expected"),
    [({"a": UNKNOWN, "b": "2"}, ["~b"]), ({"a": UNKNOWN, "b": "1"}, []), ({"a": UNKNOWN, "c": "1"}, ["-b", "+c"]),
     (UNKNOWN, []), ({"b": "2"}, ["-a", "~b"])],
)  # fmt: skip
def test_changes_are_those_of_the_keys_that_are_known(data, expected):
    old, new = ({"name": "agent", "data": of} for of in ({"a": "1", "b": "1"}, data))
    several = [{"configMaps": {"agent": {"data": of["data"]}}} for of in (old, new)]

    assert expected == [f"{change.op}{change.key}" for change in changes_between(old, new)]
    assert expected == [f"{change.op}{change.key}" for change in changes_between(*several)]


def test_object_of_someone_else_counts_and_is_named_as_such():
    pod_spec = {"containers": [{"envFrom": [{"configMapRef": {"name": "ca"}}]}]}
    old, new = (
        Configuration([*configuration().sources, external_source(pod_spec, "ca", {"data": {"ca.crt": text}})])
        for text in ("one", "two")
    )
    rendered = render(workload(), new)
    annotations = rendered.workload["spec"]["template"]["metadata"]["annotations"]

    assert ["external ConfigMap ca: ca.crt"] == [change.name for change in diff_configurations(old, new)]
    assert (["agent"], new.external) == (list(rendered.sources), rolled_out(annotations))
    recorded = {"name": "agent", "data": DATA, "external": external_recorded(new)}
    assert old.hash != new.hash == from_inputs(recorded).hash
