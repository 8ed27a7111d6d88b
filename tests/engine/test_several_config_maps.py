"""An agent that reads two ConfigMaps: each changed alone, together, where no pod reads, reverted, undone and lost."""

import threading

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.workload.configuration import Configuration
from tests.engine.conftest import BETTER, GOOD, NODES, name_of
from tests.engine.observed import FAST, config_maps, daemon_set, undo, written
from tools.kept import mounted, orphans, strays

ALLOW, DENY = {"rules.yaml": "policy: allow\n"}, {"rules.yaml": "policy: deny\n"}
RULES = "agent.agent-rules"
"""How the objects of the second ConfigMap begin: DaemonSet, and name in the pod spec."""


def pod_spec(**rules):
    mounts = [{"name": "config", "mount_path": "/etc/agent"}, {"name": "rules", "mount_path": "/etc/rules"}]
    projected = {"sources": [{"config_map": {"name": "agent-rules", **rules}}]}
    volumes = [{"name": "config", "config_map": {"name": "agent"}}, {"name": "rules", "projected": projected}]
    return {"containers": [{"name": "agent", "image": "agent:1", "volume_mounts": mounts}], "volumes": volumes}


ONE_KEY = {"items": [{"key": "rules.yaml", "path": "rules.yaml"}]}


@pytest.fixture
def two(agent):
    """Return a maker of programs whose pods read both ConfigMaps."""

    def maker(data=GOOD, rules=ALLOW, read=None, **arguments):
        several = {"agent-rules": {"data": rules}}
        return agent(data, config_maps=several, pod_spec=pod_spec(**(read or {})), **FAST, **arguments)

    return maker


def named(data=GOOD, rules=ALLOW):
    """Return the names of the objects that hold both."""
    return sorted([name_of(data), name_of(rules, RULES)])


def hash_of_both(data, rules):
    contents = {"agent": data, "agent-rules": rules}
    encoded = {name: Content({key: text.encode() for key, text in of.items()}) for name, of in contents.items()}
    return Configuration.of(encoded).hash


def mounted_by_pods(cluster, namespace):
    pods = cluster.api.list(f"namespaces/{namespace}/pods")
    return sorted({name for pod in pods for name in mounted(pod["spec"]) if name != "kube-root-ca.crt"})


def test_each_has_an_object_and_the_pods_have_the_hash_of_both(project, two, cluster, namespace):
    outcome = project.up(two())

    assert not outcome.failed
    assert named() == config_maps(cluster, namespace) == mounted_by_pods(cluster, namespace)
    template = daemon_set(cluster, namespace)["spec"]["template"]
    assert {"checksum/config": hash_of_both(GOOD, ALLOW)} == {
        key: value for key, value in template["metadata"]["annotations"].items() if key.startswith("checksum")
    }
    assert {} == written(cluster, lambda: project.up(two()))


def test_more_sources_than_the_sdk_has_threads_are_created(project, agent, cluster, namespace):
    """Each waits in a thread of the SDK's, four for each parallel step, until its hooks have run."""
    several = {f"source-{number}": {"data": ALLOW} for number in range(5)}
    mounts = [{"name": name, "mount_path": f"/etc/{name}"} for name in several]
    volumes = [{"name": name, "config_map": {"name": name}} for name in several]
    spec = {"containers": [{"name": "agent", "image": "agent:1", "volume_mounts": mounts}], "volumes": volumes}
    ended = []
    program = agent(None, config_maps=several, pod_spec=spec, **FAST)
    run = threading.Thread(target=lambda: ended.append(project.up(program, parallel=1)), daemon=True)
    run.start()
    run.join(300)

    assert [False] == [outcome.failed for outcome in ended]
    assert 5 == len(config_maps(cluster, namespace))


def test_change_of_one_restarts_once_and_leaves_the_object_of_the_other_alone(project, two, cluster, namespace, record):
    project.up(two())
    preview = project.preview(two(rules=DENY))
    with record() as recorder:
        outcome = project.up(two(rules=DENY))

    assert not outcome.failed
    assert [1] * NODES == list(recorder.replaced().values())
    assert {
        "ConfiguredDaemonSet agent": "update",
        f"ConfigMapPatch agent/{name_of(DENY, 'agent-rules')}": "create",
        "DaemonSet agent": "update",
        f"ConfigMapPatch agent/{name_of(ALLOW, 'agent-rules')}": "delete",
    } == preview.steps
    was, now = (hash_of_both(GOOD, rules)[:10] for rules in (ALLOW, DENY))
    assert [
        "ConfigMap agent-rules: rules.yaml: policy allow => deny: rolling restart\n"
        "  ~ ConfigMap agent-rules: rules.yaml\n"
        "      ~ policy: allow => deny\n"
        f"  {was} => {now}: rolling restart of DaemonSet {namespace}/agent, at most 100% of its pods at a time\n"
        f"  delete[retain]: ConfigMap {name_of(ALLOW, RULES)} stays in the cluster as long as a kept revision mounts it"
    ] == preview.messages


def test_changes_of_both_together_are_one_restart(project, two, cluster, namespace, record):
    project.up(two())
    with record() as recorder:
        outcome = project.up(two(BETTER, DENY))

    assert [1] * NODES == list(recorder.replaced().values())
    assert outcome.messages[0].startswith(
        "ConfigMap agent: agent.yaml: level info => debug, and 1 more: rolling restart"
    )
    assert named(BETTER, DENY) == mounted_by_pods(cluster, namespace)


def test_key_that_no_pod_reads_restarts_nothing_and_waits(project, two, cluster, namespace, record):
    project.up(two(rules={**ALLOW, "NOTES": "one\n"}, read=ONE_KEY))
    with record() as recorder:
        outcome = project.up(two(rules={**ALLOW, "NOTES": "two\n"}, read=ONE_KEY))

    assert {} == recorder.replaced()
    assert [
        "ConfigMap agent-rules: NOTES: no effective value changes, so nothing restarts\n"
        "  ~ ConfigMap agent-rules: NOTES: 1 line added, 1 removed (nothing: no pod reads it)\n"
        "      -one\n"
        "      +two\n"
        "  The ConfigMap stays as it is until a change restarts pods"
    ] == outcome.messages
    held = cluster.api.get(f"namespaces/{namespace}/configmaps/{name_of(ALLOW, RULES)}")["data"]
    assert "one\n" == held["NOTES"]

    # taken back, it is no change
    assert ["ConfigMap agent-rules: NOTES is again as the cluster has it: nothing is written"] == (
        project.up(two(rules={**ALLOW, "NOTES": "one\n"}, read=ONE_KEY)).messages
    )


def test_key_that_pods_begin_to_read_restarts_them(project, two, record):
    rules = {**ALLOW, "NOTES": "one\n"}
    project.up(two(rules=rules, read=ONE_KEY))
    with record() as recorder:
        outcome = project.up(two(rules=rules))

    assert [1] * NODES == list(recorder.replaced().values())
    assert "  ~ ConfigMap agent-rules: NOTES: pods read it from now on" in outcome.messages[0].splitlines()


def test_revert_takes_up_the_object_that_was_kept(project, two, cluster, namespace, record):
    project.up(two())
    project.up(two(rules=DENY))
    path = f"namespaces/{namespace}/configmaps/{name_of(ALLOW, RULES)}"
    uid = cluster.api.get(path)["metadata"]["uid"]
    with record() as recorder:
        assert not project.up(two()).failed

    assert [1] * NODES == list(recorder.replaced().values())
    assert uid == cluster.api.get(path)["metadata"]["uid"]
    assert named() == mounted_by_pods(cluster, namespace)


def test_undo_brings_both_back_and_the_next_preview_says_so(project, two, cluster, namespace, record):
    project.up(two())
    project.up(two(BETTER, DENY))
    undo(cluster, namespace)

    assert named() == mounted_by_pods(cluster, namespace)
    first = project.preview(two(BETTER, DENY)).messages[0].splitlines()[0]
    assert first.startswith(f"DaemonSet {namespace}/agent runs {hash_of_both(GOOD, ALLOW)[:10]}, created 20")
    with record() as recorder:
        outcome = project.up(two(BETTER, DENY), refresh=True)
    assert [1] * NODES == list(recorder.replaced().values())
    lines = outcome.messages[0].splitlines()
    assert "ConfigMap agent: agent.yaml: level info => debug, and 1 more: rolling restart" == lines[0]
    assert "  ~ ConfigMap agent-rules: rules.yaml" in lines


def test_each_lives_as_long_as_a_revision_that_mounts_it(project, two, cluster, namespace):
    for number in range(4):
        rules = {"rules.yaml": f"policy: {number}\n"} if number % 2 else DENY
        outcome = project.up(two({"agent.yaml": f"number: {number}\n"}, rules, revision_history_limit=1))
        assert not outcome.failed
        assert [] == orphans(cluster.api, namespace, "agent")
    cluster.wait("no ConfigMap without a revision", lambda: not strays(cluster.api, namespace, "agent"))


def test_one_that_is_lost_is_put_back(project, two, cluster, namespace, record):
    project.up(two())
    cluster.api.delete(f"namespaces/{namespace}/configmaps/{name_of(ALLOW, RULES)}")
    preview = project.preview(two())
    with record() as recorder:
        assert not project.up(two()).failed

    assert f"ConfigMap {namespace}/{name_of(ALLOW, RULES)}, which the pods mount, is missing" in preview.messages[0]
    assert named() == config_maps(cluster, namespace)
    assert {} == recorder.replaced()


def test_second_config_map_restarts_once_and_the_first_keeps_its_object(
    project, agent, two, cluster, namespace, record
):
    project.up(agent(**FAST))
    path = f"namespaces/{namespace}/configmaps/{name_of(GOOD)}"
    uid = cluster.api.get(path)["metadata"]["uid"]
    with record() as recorder:
        outcome = project.up(two())

    assert [1] * NODES == list(recorder.replaced().values())
    assert f"ConfigMapPatch {name_of(GOOD)}" not in outcome.steps
    assert uid == cluster.api.get(path)["metadata"]["uid"]


def test_config_map_of_data_may_move_to_config_maps(project, agent, cluster, record):
    project.up(agent(**FAST))
    with record() as recorder:
        writes = written(cluster, lambda: project.up(agent(None, config_maps={"agent": {"data": GOOD}}, **FAST)))

    assert ({}, {}) == (writes, recorder.replaced())


def test_config_map_that_is_not_declared_is_a_warning(project, agent, namespace):
    outcome = project.preview(agent(pod_spec=pod_spec(), **FAST))

    (warning,) = [message for message in outcome.messages if "agent-rules" in message]
    assert (
        "pod_spec.volumes[1].projected.sources[0].config_map.name: reads ConfigMap 'agent-rules', which is not one of "
        "this component's: its changes restart nothing"
    ) in warning


def test_destroy_leaves_nothing(project, two, cluster, namespace):
    project.up(two())
    project.up(two(rules=DENY))

    assert not project.destroy().failed
    cluster.wait("the ConfigMaps to be gone", lambda: not config_maps(cluster, namespace))


def test_everything_wrong_with_what_pods_read_is_said_at_once_and_nothing_is_written(project, agent, cluster):
    mounts = [{"name": name, "mount_path": f"/etc/{name}"} for name in ("config", "tls")]
    volumes = [
        {"name": "config", "config_map": {"name": "agent"}},
        {"name": "tls", "secret": {"secret_name": "agent-tls"}},
    ]
    program = agent(
        {"a b": ""},
        config_maps={"agent": {"data": GOOD}, "idle": {"data": GOOD}},
        secrets={"agent-tls": {"data": {"tls.key": "swordfish"}, "string_data": {"big": "x"}}},
        hash_key="short",
        external={"config_maps": ["nowhere"]},
        pod_spec={
            "containers": [{"name": "agent", "image": "agent:1", "volume_mounts": mounts}],
            "volumes": volumes,
        },
    )
    outcomes, head = [], "ConfiguredDaemonSet 'agent': "

    assert {} == written(cluster, lambda: outcomes.extend([project.preview(program), project.up(program)]))
    for outcome in outcomes:
        said = {line.partition(head)[2] for line in outcome.output.splitlines() if head in line}
        assert outcome.failed
        assert [
            "config_maps['agent']: is the ConfigMap that `data` makes",
            "data['a b']: the key contains a space",
            "hash_key: has 5 characters, and at least 32 random ones are needed",
            "pod_spec: no volume or env reads ConfigMap 'idle', so no pod would see this data",
            "pod_spec: no volume or env reads ConfigMap 'nowhere', so no pod would see this data",
            "secrets['agent-tls'].data['tls.key']: is not base64",
        ] == sorted(line.partition(". ")[0] for line in said)
        assert "swordfish" not in outcome.output
