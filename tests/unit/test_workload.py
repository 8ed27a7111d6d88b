"""A workload and its configuration as objects: what is rendered, and what passes through."""

from config_rollout.core.configuration.content import parse_content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.workload.configuration import Configuration
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
