"""What preview says of what people do to a DaemonSet, in each state, and that the next `up` does what was said."""

import re

import pulumi

from tests.engine.conftest import BETTER, GOOD, NODES, hash_of, name_of
from tests.engine.observed import config_maps, daemon_set

FAST = {"update_strategy": {"rolling_update": {"max_unavailable": "100%"}}}
WAVES = {"first": [{"name": "canary", "nodes": 1}], "max_unavailable": "50%"}


def told(outcome):
    """Return what a component said, as lines, without the times at which someone did something."""
    (message,) = outcome.messages
    return re.sub(r"[0-9-]+ [0-9:]+ UTC", "TIME", message).splitlines()


def remove(cluster, namespace):
    path = f"namespaces/{namespace}/daemonsets/agent"
    cluster.api.delete(path)
    cluster.wait("the DaemonSet to go", lambda: not cluster.api.exists(path))


def edit(cluster, namespace):
    """Set an image and a budget by hand."""
    cluster.kubectl(f"--namespace={namespace}", "set", "image", "daemonset/agent", "agent=agent:9")
    budget = '{"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 2}}}}'
    cluster.kubectl(f"--namespace={namespace}", "patch", "daemonset/agent", "--patch", budget)
    cluster.wait_at_rest(namespace, "agent")


def test_hand_edit_is_told_and_any_up_that_touches_the_daemon_set_says_that_it_replaces_it(
    project, agent, cluster, namespace, record
):
    assert [] == project.up(agent(**FAST)).messages
    edit(cluster, namespace)
    budget = "updateStrategy.rollingUpdate.maxUnavailable"
    image = "containers[name=agent].image: agent:9 => agent:1; overwrites what kubectl-set on TIME set"

    assert [
        f"DaemonSet {namespace}/agent differs from what the last `up` wrote: containers[name=agent].image, and 1 more",
        "  ~ containers[name=agent].image: agent:1 => agent:9 (by kubectl-set on TIME)",
        f"  ~ {budget}: 100% => 2: restarts nothing (by kubectl-patch on TIME)",
        "  `pulumi up --refresh` restores it, with a rolling restart; without --refresh it stays as it is",
        "  until the DaemonSet changes in something else; to keep it, add it to the program",
    ] == told(project.preview(agent(**FAST)))
    for options in ({"refresh": True}, {}):
        labels = {} if options else {"labels": {"team": "net"}}
        said = told(project.preview(agent(**FAST, **labels), **options))
        assert "containers[name=agent].image: rolling restart" == said[0]
        assert f"  ~ {image}" in said
    ignored = pulumi.ResourceOptions(
        ignore_changes=["pod_spec.containers[0].image", "update_strategy.rolling_update.max_unavailable"]
    )
    assert [] == project.preview(agent(**FAST, opts=lambda: ignored)).messages
    with record() as recorder:
        assert f"  ~ {image}" in told(project.up(agent(**FAST, labels={"team": "net"})))
    assert [1] * NODES == list(recorder.replaced().values())
    assert [] == project.preview(agent(**FAST, labels={"team": "net"})).messages


def test_undo_is_told_where_the_namespace_is_an_output(project, agent, cluster, namespace):
    def program(data):
        return lambda: agent(data, namespace=pulumi.Output.from_input(namespace), **FAST)()

    project.up(program(GOOD))
    project.up(program(BETTER))
    cluster.kubectl(f"--namespace={namespace}", "rollout", "undo", "daemonset/agent")
    cluster.wait_at_rest(namespace, "agent")
    said = told(project.preview(program(BETTER)))

    assert said[0].startswith(f"DaemonSet {namespace}/agent runs {hash_of(GOOD)[:10]}, created 20")
    assert "  changed by kubectl on TIME" == said[1]
    cluster.api.delete(f"namespaces/{namespace}/configmaps/{name_of(GOOD)}")
    warned = project.preview(program(GOOD)).output
    assert f"ConfigMap {namespace}/{name_of(GOOD)}, which the pods mount, is missing" in warned


def test_daemon_set_that_an_up_leaves_out_is_not_said_to_have_the_change(project, agent, cluster, namespace):
    project.up(agent(**FAST))
    component = f"urn:pulumi:{namespace}::test::config-rollout:index:ConfiguredDaemonSet::agent"
    left_out = [
        f"DaemonSet {namespace}/agent keeps {hash_of(GOOD)[:10]} for now: this `up` leaves it out",
        f"  `pulumi up` without --target or --exclude updates it to {hash_of(BETTER)[:10]}, with a rolling restart",
    ]

    for command in (project.preview, project.up):
        assert left_out == told(command(agent(BETTER, **FAST), target=[component]))
    assert (
        hash_of(GOOD)
        == daemon_set(cluster, namespace)["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
    )
    reached = told(project.up(agent(BETTER, **FAST)))  # the component is ahead, as after an `up` that was killed
    assert reached[0].endswith(": rolling restart")
    assert [] == [line for line in reached if "but this program wants" in line]


def test_daemon_set_that_was_deleted_is_told_and_nothing_is_written_until_a_refresh(project, agent, cluster, namespace):
    for more in ({}, {"waves": WAVES}):
        more = more or FAST
        assert not project.up(agent(**more)).failed
        remove(cluster, namespace)
        gone = f"DaemonSet {namespace}/agent was deleted since the last `up`"
        again = "  `pulumi up --refresh` recreates it with this program's configuration; without --refresh `up`"

        for command in (project.preview, project.up):
            assert [gone, f"{again} changes nothing"] == told(command(agent(**more)))
        cluster.wait("the ConfigMaps to go", lambda: not config_maps(cluster, namespace))
        for command in (project.preview, project.up, project.up):
            outcome = command(agent(BETTER, **more))
            assert outcome.failed
            assert [gone, f"{again} fails"] == told(outcome)
            assert f"{gone}. Run `pulumi up --refresh`." in outcome.output
            assert [] == config_maps(cluster, namespace)
        said = told(project.preview(agent(BETTER, **more), refresh=True))
        assert f"DaemonSet {namespace}/agent is missing: `up` creates it, with a pod on every" in said[0]
        assert not project.up(agent(BETTER, **more), refresh=True).failed
        assert [name_of(BETTER)] == config_maps(cluster, namespace)
        assert [] == project.preview(agent(BETTER, **more)).messages
        assert not project.destroy().failed


def test_daemon_set_that_is_there_already_is_taken_over_and_explained(project, agent, cluster, namespace, record):
    project.up(agent(**FAST))
    project.forget()
    said = told(project.preview(agent(BETTER, **FAST)))

    assert [
        f"DaemonSet {namespace}/agent already exists, and this stack takes it over: one rolling restart",
        "  ~ agent.yaml",
        "      ~ level: info => debug",
        f"  {hash_of(GOOD)[:10]} => {hash_of(BETTER)[:10]}: rolling restart of DaemonSet {namespace}/agent, "
        "at most 100% of its pods at a time",
    ] == said
    with record() as recorder:
        assert said == told(project.up(agent(BETTER, **FAST)))
    assert [1] * NODES == list(recorder.replaced().values())


def test_plan_of_waves_is_of_the_pods_that_restart(project, agent, cluster, namespace):
    waves = {"waves": {**WAVES, "progress_deadline_seconds": 5, "on_failure": "halt"}}
    first = "no node has a pod yet: they start on all nodes at once; later changes go wave by wave: rest"
    assert [first] == [line.replace("canary, ", "") for line in told(project.preview(agent(**waves)))]
    assert not project.up(agent(**waves)).failed
    assert project.up(agent({"agent.yaml": "level: bogus\n"}, **waves)).failed
    said = told(project.preview(agent(**waves)))

    assert "agent.yaml: level bogus => info: rolling restart" == said[0]
    assert f"    {NODES - 1} of {NODES} pods have this configuration already" in said
    assert 1 == sum(", 1 at a time" in line or ", 3 at a time" in line for line in said)
    assert not project.up(agent(**waves)).failed

    project.up(agent(BETTER, **waves))
    cluster.kubectl(f"--namespace={namespace}", "rollout", "undo", "daemonset/agent")
    said = told(project.preview(agent(BETTER, **waves), refresh=True))
    assert "agent.yaml: level info => debug: nothing restarts" == said[0]
    assert f"    {NODES} of {NODES} pods have this configuration already" in said
    changed = {**waves["waves"], "max_unavailable": 1}
    assert not project.up(agent(BETTER, waves=changed), refresh=True).failed
