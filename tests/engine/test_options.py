"""Resource options on the component: each does what a reader expects."""

import pulumi
import pulumi_kubernetes as k8s
import pytest

from tests.engine.conftest import BAD, BETTER, GOOD, NODES, Project, name_of
from tests.engine.observed import config_maps, daemon_set


def options(**given):
    return lambda: pulumi.ResourceOptions(**given)


def test_protect_lets_a_configuration_change_through(project, agent, cluster, namespace):
    protected = options(protect=True)
    project.up(agent(opts=protected))

    assert not project.up(agent(BETTER, opts=protected)).failed
    assert name_of(BETTER) in config_maps(cluster, namespace)


def test_protect_refuses_to_destroy(project, agent, cluster, namespace):
    project.up(agent(opts=options(protect=True)))

    assert project.destroy().failed
    assert [name_of(GOOD)] == config_maps(cluster, namespace)
    assert NODES == daemon_set(cluster, namespace)["status"]["numberReady"]


def test_destroy_of_what_is_not_protected_keeps_the_config_map_of_what_is(project, agent, cluster, namespace):
    project.up(agent(opts=options(protect=True)))
    project.destroy(exclude_protected=True)

    assert [name_of(GOOD)] == config_maps(cluster, namespace)
    assert NODES == daemon_set(cluster, namespace)["status"]["numberReady"]


def test_retain_on_delete_leaves_the_daemon_set_and_its_config_map(project, agent, cluster, namespace):
    retained = options(retain_on_delete=True)
    project.up(agent(opts=retained))
    project.up(agent(BETTER, opts=retained))

    assert not project.destroy().failed
    assert sorted([name_of(BETTER), name_of(GOOD)]) == config_maps(cluster, namespace)
    assert NODES == daemon_set(cluster, namespace)["status"]["numberReady"]


def test_retain_on_delete_can_go_back(project, agent):
    retained = options(retain_on_delete=True)

    assert [False] * 3 == [project.up(agent(data, opts=retained)).failed for data in (GOOD, BETTER, GOOD)]


@pytest.mark.parametrize("how", ["provider", "providers"])
def test_provider_reaches_the_children(project, agent, cluster, namespace, how):
    def with_provider():
        provider = k8s.Provider("mine", kubeconfig=str(cluster.kubeconfig))
        given = {"provider": provider} if how == "provider" else {"providers": [provider]}
        return pulumi.ResourceOptions(**given)

    assert not project.up(agent(opts=with_provider, kubeconfig=str(cluster.kubeconfig))).failed
    resources = project.stack(agent()).export_stack().deployment["resources"]
    kinds = (":ConfigMapPatch", ":DaemonSet")
    used = {r["urn"].split("::")[-1]: r["provider"] for r in resources if r["type"].endswith(kinds)}
    assert ["mine", "mine"] == [provider.split("::")[-2] for provider in used.values()]


def test_depends_on_comes_first_and_goes_last(project, agent, namespace):
    def after_a_secret():
        secret = k8s.core.v1.Secret("first", metadata={"name": "first", "namespace": namespace})
        return pulumi.ResourceOptions(depends_on=[secret])

    created = [what for what, _ in project.up(agent(opts=after_a_secret)).order]
    destroyed = [what for what, _ in project.destroy().order]

    assert created.index("Secret first") < created.index(f"ConfigMapPatch {name_of(GOOD)}")
    assert destroyed.index("DaemonSet agent") < destroyed.index("Secret first")


def test_custom_timeouts_go_before_the_argument(project, agent):
    short = options(custom_timeouts=pulumi.CustomTimeouts(update="3s"))
    project.up(agent(opts=short))
    outcome = project.up(agent(BAD, opts=short, rollout_timeout_seconds=600))

    assert outcome.failed


def test_ignore_changes_keeps_what_another_actor_sets(project, agent, cluster, namespace, record):
    ignoring = options(ignore_changes=["pod_spec.containers[0].image"])
    project.up(agent(opts=ignoring))
    with record() as recorder:
        outcome = project.up(agent(opts=ignoring, image="agent:2"))

    assert {} == recorder.replaced()
    assert {} == outcome.steps
    assert not project.up(agent(BETTER, opts=ignoring, image="agent:2")).failed
    live = daemon_set(cluster, namespace)["spec"]["template"]["spec"]
    assert ("agent:1", name_of(BETTER)) == (live["containers"][0]["image"], live["volumes"][0]["configMap"]["name"])


def test_transforms_reach_the_children(project, agent, cluster, namespace):
    def add_annotation(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if not args.type_.startswith("kubernetes:"):
            return None
        metadata = {**args.props["metadata"], "annotations": {"owner": "net"}}
        return pulumi.ResourceTransformResult({**args.props, "metadata": metadata}, args.opts)

    project.up(agent(opts=options(transforms=[add_annotation])))

    assert "net" == daemon_set(cluster, namespace)["metadata"]["annotations"]["owner"]
    made = cluster.api.get(f"namespaces/{namespace}/configmaps/{name_of(GOOD)}")
    assert "net" == made["metadata"]["annotations"]["owner"]


def test_alias_and_new_name_replace_nothing(project, agent, record):
    project.up(agent(name_="agent"))
    with record() as recorder:
        renamed = agent(name="renamed", name_="agent", opts=options(aliases=[pulumi.Alias(name="agent")]))
        outcome = project.up(renamed)

    assert not outcome.failed
    assert {} == recorder.replaced()
    assert {} == {what: step for what, step in outcome.steps.items() if step != "update"}
    assert not project.up(agent(BETTER, name="renamed", name_="agent")).failed


def test_parent_that_changes_replaces_nothing(project, agent, record):
    project.up(agent())

    def moved():
        parent = pulumi.ComponentResource("test:index:Parent", "parent")
        return pulumi.ResourceOptions(parent=parent, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)])

    with record() as recorder:
        outcome = project.up(agent(opts=moved))

    assert not outcome.failed
    assert {} == recorder.replaced()


def test_two_components_in_one_namespace_do_not_touch_each_other(project, agent, cluster, namespace, record):
    def both(data):
        one, other = agent(data), agent(GOOD, name="other")
        return lambda: (one(), other())

    project.up(both(GOOD))
    with record() as recorder:
        outcome = project.up(both(BETTER))

    assert {name_of(BETTER)} == {pod.config_maps[0] for kind, pod in recorder.events if kind == "ADDED"}
    assert sorted([name_of(BETTER), name_of(GOOD), name_of(GOOD, "other")]) == config_maps(cluster, namespace)
    assert 1 == len(outcome.messages)


def test_two_components_of_one_name_under_two_parents(project, agent, namespace):
    def program():
        for kind, name in (("A", "agent"), ("B", "agent-b")):
            above = pulumi.ComponentResource(f"test:index:{kind}", "parent")
            agent(name_=name, opts=pulumi.ResourceOptions(parent=above))()

    assert not project.up(program).failed


def test_autonaming_disabled_changes_nothing(project, agent, record):
    project.stack(agent()).set_config("pulumi:autonaming.mode", pulumi.automation.ConfigValue("disabled"), path=True)
    project.up(agent())
    with record() as recorder:
        outcome = project.up(agent(BETTER))

    assert "update" == outcome.steps["DaemonSet agent"]
    assert 1 == max(len(nodes) for nodes in recorder.unavailable())


def test_user_hooks_on_the_component_run_beside_ours(project, agent):
    heard = []

    def hooked():
        hook = pulumi.ResourceHook("mine", lambda args: heard.append(args.name))
        return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_update=[hook]))

    project.up(agent(opts=hooked))
    outcome = project.up(agent(BETTER, opts=hooked))

    assert ["agent"] == heard
    assert 1 == len(outcome.messages)


def test_namespace_that_is_an_output(project, agent, cluster, namespace):
    def program():
        made = k8s.core.v1.Namespace("made", metadata={"name": f"{namespace}-made"})
        agent(namespace=made.metadata["name"])()

    assert not project.up(program).failed
    assert NODES == daemon_set(cluster, f"{namespace}-made")["status"]["numberReady"]
    assert not project.destroy().failed


def test_changed_namespace_is_told_as_a_replacement(project, agent, cluster, namespace):
    cluster.create_namespace(f"{namespace}-b")
    project.up(agent())
    outcome = project.preview(agent(namespace=f"{namespace}-b"))

    assert "replace" in outcome.steps["DaemonSet agent"]
    assert f"DaemonSet {namespace}/agent is replaced by {namespace}-b/agent" in outcome.messages[0]


def test_deleted_config_map_is_put_back_by_refresh(project: Project, agent, cluster, namespace, record):
    project.up(agent())
    cluster.api.delete(f"namespaces/{namespace}/configmaps/{name_of(GOOD)}")
    with record() as recorder:
        project.refresh()
        outcome = project.up(agent())

    assert not outcome.failed
    assert [name_of(GOOD)] == config_maps(cluster, namespace)
    assert {} == recorder.replaced()
