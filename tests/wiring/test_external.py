"""ConfigMaps that others own: what is registered, and what is refused."""

import pulumi
import pytest

from config_rollout.core.workload.external import external_source, rolled_out
from config_rollout.prepare import external as prepare
from tests.memory_cluster import MemoryCluster
from tests.wiring.conftest import DAEMON_SET, HASH, POD_SPEC

OWN = f"ConfigMapPatch agent-{HASH[:10]}"
SPEC = {
    **POD_SPEC,
    "containers": [{**POD_SPEC["containers"][0], "env_from": [{"config_map_ref": {"name": "bundle"}}]}],
}
EXTERNAL = {"config_maps": ["bundle"]}


def test_one_that_is_read_is_no_object_of_ours_and_counts(register):
    registered = register(external=EXTERNAL, pod_spec=SPEC)
    template = registered[DAEMON_SET].inputs["spec"]["template"]

    assert {"ConfiguredDaemonSet agent", OWN, DAEMON_SET} == set(registered)
    assert [{"configMapRef": {"name": "bundle"}}] == template["spec"]["containers"][0]["envFrom"]
    assert {"bundle": external_source(SPEC, "bundle", None).hash} == rolled_out(template["metadata"]["annotations"])
    assert HASH != template["metadata"]["annotations"]["checksum/config"]
    assert {"configMaps": {"bundle": {"data": {}, "binaryData": {}}}} == (
        registered["ConfiguredDaemonSet agent"].inputs["external"]
    )


@pytest.mark.parametrize("text", ["[]", "{", "1"])
def test_annotation_that_someone_spoilt_tells_nothing(text):
    assert {} == rolled_out({"config-rollout/external": text})


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"external": ["bundle"]}, "external: must be a mapping with `config_maps` (got list). Pass {'config_maps': "
         "['NAME']}."),
        ({"external": {"config_map": ["bundle"], "config_maps": ["bundle"]}},
         "external.config_map: is not a known field. Write 'config_maps', if that was meant."),
        ({"external": {"config_maps": []}}, "external.config_maps: must be a list of names (got []). Pass ['NAME']."),
        ({"external": {"config_maps": ["bundle", "bundle"]}},
         "external.config_maps[1]: 'bundle' is listed twice. Keep one of the two."),
        ({"external": {"config_maps": ["bundle", "agent"]}},
         "external.config_maps[1]: 'agent' is a ConfigMap of this component. Leave it out here, or in `data` and "
         "`config_maps`."),
        ({"external": {"config_maps": ["bundel", "bundle"]}},
         "pod_spec: no volume or env reads ConfigMap 'bundel', so no pod would see this data. Add a config_map volume "
         "with the name 'bundel', or an env_from."),
        ({"external": EXTERNAL, "namespace": None}, "namespace: is required. Pass it."),
        ({"external": EXTERNAL, "namespace": lambda: pulumi.Output.from_input("x")},
         "namespace: must be plain with `external`: the component reads the cluster before it registers anything. Pass "
         "a plain str."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_is(refused, changes, line):
    assert [f"ConfiguredDaemonSet 'agent': {line}"] == refused(pod_spec=SPEC, **changes)


@pytest.fixture
def read(monkeypatch):
    """Return a function that reads the ConfigMap of a cluster, and gives its source, what is missing and findings."""

    def run(*config_maps, ref=None, preview=True, **of_cluster):
        objects = [("configmaps", {"metadata": {"name": "bundle", "namespace": "n"}, **of}) for of in config_maps]
        monkeypatch.setattr(prepare, "find_cluster", lambda plain: MemoryCluster(objects, **of_cluster))
        monkeypatch.setattr(prepare, "is_mocked", lambda: False)
        monkeypatch.setattr(prepare, "WAIT_SECONDS", 0)
        monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)
        env = {"name": "CA", "value_from": {"config_map_key_ref": {"name": "bundle", "key": "ca", **(ref or {})}}}
        plain = {"namespace": "n", "external": EXTERNAL, "pod_spec": {"containers": [{"env": [env]}]}}
        external, findings = prepare.read_external("agent", plain, ["agent"])
        return external, [str(finding) for finding in findings]

    return run


def test_only_keys_that_pods_read_count(read):
    one, other = (read({"data": {"ca": "x", "notes": notes}})[0].sources[0] for notes in "ab")

    assert (one.hash, frozenset({"notes"})) == (other.hash, other.content.unread)


def test_missing_one_is_said_where_pods_start_without_it(read):
    external, findings = read(ref={"optional": True})

    said = "external ConfigMap n/bundle does not exist: pods start without it, since pod_spec says `optional`"
    assert ([], (said,)) == (findings, external.missing)


def test_missing_one_is_refused_where_pods_wait_for_it(read):
    assert [
        "external.config_maps[0]: ConfigMap n/bundle does not exist: a new pod would wait for it forever. Create it "
        "first, or write `optional: true` where pod_spec reads it."
    ] == read()[1]


def test_missing_key_is_refused(read):
    (line,) = read({"data": {"ca.crt": "x"}})[1]

    assert "refers to key 'ca', which ConfigMap 'bundle' does not have: a new pod would wait for it forever" in line


def test_missing_permission_names_the_command_that_prints_it(read):
    assert [
        "external: may not get configmaps 'bundle' in namespace n. Grant the user of this kubeconfig what "
        "`config-rollout rbac n/agent --external bundle` prints."
    ] == read(may_not=lambda right: True)[1]


@pytest.mark.parametrize(("preview", "unknown", "lines"), [(True, ["*"], 0), (False, None, 1)])
def test_cluster_that_does_not_answer_leaves_a_preview_without_it_and_stops_an_up(read, preview, unknown, lines):
    external, findings = read(failures=[503] * 9, preview=preview)

    assert (unknown, lines) == (next((list(one.unknown) for one in external.sources), None), len(findings))
