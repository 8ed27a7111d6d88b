"""One owner: a component that is renamed or moved keeps its DaemonSet, and nobody else gets it without being asked."""

import json
import re
import shlex

import pulumi
import pytest
import yaml

from config_rollout import ConfiguredDaemonSet
from tests.engine.conftest import BETTER, GOOD, NODES, name_of
from tests.engine.kube_system import DAEMON_SET, OF, adopt, own
from tests.engine.observed import config_maps, daemon_set, written
from tools.kubeadm import CONFIGURATION

FAST = {"update_strategy": {"rolling_update": {"max_unavailable": "100%"}}, "ready_after": "0s"}
WAVES = {"waves": {"first": [{"name": "canary", "nodes": 1}], "max_unavailable": "100%"}, "ready_after": "0s"}
COMPONENT, STACK = "config-rollout/component", "config-rollout/stack"


def uid(cluster, namespace):
    return daemon_set(cluster, namespace)["metadata"]["uid"]


def owner(thing):
    annotations = thing["metadata"]["annotations"]
    return annotations.get(STACK), annotations.get(COMPONENT)


def handed_over(cluster, output):
    """Run the command that a refusal names, as a person would paste it."""
    command = re.search(r"kubectl (-n \S+ annotate .*?)\.\s", output)
    cluster.kubectl(*shlex.split(command[1]))


def below(*types, **more):
    """Return a maker of options that put a component below parents of these types."""

    def options():
        parent = None
        for kind in types:
            parent = pulumi.ComponentResource(
                f"test:index:{kind}", "above", None, pulumi.ResourceOptions(parent=parent)
            )
        return pulumi.ResourceOptions(parent=parent, **more)

    return options


@pytest.mark.parametrize("given", [FAST, WAVES], ids=["rolling", "waves"])
def test_renamed_or_moved_component_keeps_its_daemon_set(project, agent, cluster, namespace, record, given):
    project.up(agent(**given))
    first = uid(cluster, namespace)
    with record() as recorder:
        for program in (
            agent(name="renamed", name_="agent", **given),
            agent(name="renamed", name_="agent", opts=below("A"), **given),
            agent(name="again", name_="agent", opts=below("A", "B"), **given),
            agent(name="agent", **given),
        ):
            preview = project.preview(program)
            assert not preview.failed
            ours = {what: step for what, step in preview.steps.items() if not what.startswith(("A ", "B "))}
            assert {"update"} == set(ours.values()), preview.steps
            assert not project.up(program).failed
            assert {} == project.preview(program).steps

    assert first == uid(cluster, namespace)
    assert {} == recorder.replaced()
    assert not project.up(agent(BETTER, **given)).failed
    assert first == uid(cluster, namespace)


def test_rename_says_so_and_may_come_with_a_change(project, agent, cluster, namespace):
    project.up(agent(**FAST))
    first = uid(cluster, namespace)
    (message,) = project.preview(agent(name="renamed", name_="agent", **FAST)).messages
    assert message.startswith(f"DaemonSet {namespace}/agent changes its owner: ConfiguredDaemonSet 'agent' => Config")
    assert message.endswith(": nothing restarts")

    outcome = project.up(agent(BETTER, name="renamed", name_="agent", **FAST))
    assert outcome.messages[0].startswith("agent.yaml: level info => debug: rolling restart")
    assert first == uid(cluster, namespace)
    assert "config-rollout:index:ConfiguredDaemonSet::renamed" == owner(daemon_set(cluster, namespace))[1]


@pytest.mark.parametrize("given", [FAST, WAVES], ids=["rolling", "waves"])
def test_second_stack_is_refused_and_its_destroy_takes_nothing(project, second, agent, cluster, namespace, given):
    project.up(agent(**WAVES))
    first = uid(cluster, namespace)

    def tries():
        for run in (second.preview, second.up):
            outcome = run(agent(BETTER, name="theirs", name_="agent", **given))
            assert outcome.failed
            assert f"belongs to ConfiguredDaemonSet 'agent' of stack organization/test/{namespace}" in outcome.output
        assert not second.destroy().failed

    assert {} == written(cluster, tries)
    assert (first, NODES) == (uid(cluster, namespace), daemon_set(cluster, namespace)["status"]["numberReady"])


def test_daemon_set_is_handed_over_by_the_command_that_the_refusal_names(
    engine, project, second, agent, cluster, namespace, record
):
    project.up(agent(**FAST))
    program = agent(name="theirs", name_="agent", **FAST)
    refused = second.preview(program)
    handed_over(cluster, refused.output)
    with record() as recorder:
        assert not second.up(program).failed
        late = project.up(agent(BETTER, **FAST))
        assert late.failed
        assert f"belongs to ConfiguredDaemonSet 'theirs' of stack organization/test/{namespace}-second, " in late.output
        forgotten = re.search(r"`pulumi (state delete [^`]*)`", late.output)[1]
        engine.run(*shlex.split(forgotten), "--yes", "--stack", namespace, folder=engine.home / "work" / namespace)
        assert not project.up(lambda: None).failed
        assert not second.up(program, refresh=True).failed

    assert {} == recorder.replaced()
    name = name_of(GOOD)
    made = cluster.api.get(f"namespaces/{namespace}/configmaps/{name}")
    assert owner(daemon_set(cluster, namespace)) == owner(made)
    assert (f"organization/test/{namespace}-second", "config-rollout:index:ConfiguredDaemonSet::theirs") == owner(made)


def test_stack_that_lost_its_state_takes_its_daemon_set_over(project, agent, cluster, namespace, record):
    project.up(agent(**FAST))
    first = uid(cluster, namespace)
    with record() as recorder:
        for name in ("agent", "renamed"):
            project.forget()
            assert not project.up(agent(name=name, name_="agent", **FAST)).failed

    assert {} == recorder.replaced()
    assert first == uid(cluster, namespace)


def test_two_components_of_one_program_with_one_daemon_set_are_refused(project, agent, namespace):
    def both():
        agent(**FAST)()
        agent(name="other", name_="agent", **FAST)()

    outcome = project.up(both)
    assert outcome.failed
    what = f"DaemonSet {namespace}/agent: ConfiguredDaemonSet 'agent' of this program already owns it"
    assert f"ConfiguredDaemonSet 'other': {what}. Give one of them another `name`." in outcome.output


def test_names_that_are_swapped_are_refused_before_anything_is_written(project, agent, cluster, namespace):
    def both(one, other):
        return lambda: (agent(name=one, name_="one", **FAST)(), agent(name=other, name_="other", **FAST)())

    project.up(both("a", "b"))

    def swapped():
        for run in (project.preview, project.up):
            outcome = run(both("b", "a"))
            assert outcome.failed
            assert "belongs to ConfiguredDaemonSet 'a' of this stack, and this component has" in outcome.output

    assert {} == written(cluster, swapped)
    assert NODES == daemon_set(cluster, namespace, "one")["status"]["numberReady"]


def as_the_version_before_left_it(project, cluster, namespace):
    """Take what says whose the objects are from the cluster and, where there is a state, from that."""
    gone = {"metadata": {"annotations": {STACK: None, COMPONENT: None}}}
    cluster.api.patch(f"namespaces/{namespace}/daemonsets/agent", gone)
    for name in config_maps(cluster, namespace):
        cluster.api.patch(f"namespaces/{namespace}/configmaps/{name}", gone)
    stack = project.stack(lambda: None)
    exported = stack.export_stack()
    text = json.dumps(exported.deployment)
    text = re.sub(rf'"({STACK}|{COMPONENT})": "[^"]*",? ?', "", text)
    exported.deployment = json.loads(re.sub(r", }", "}", text))
    stack.import_stack(exported)


def test_objects_of_the_version_before_get_their_owner_and_nothing_restarts(project, agent, cluster, namespace, record):
    project.up(agent(**FAST))
    as_the_version_before_left_it(project, cluster, namespace)
    outcomes = []
    with record() as recorder:
        writes = written(cluster, lambda: outcomes.append(project.up(agent(**FAST))))

    assert not outcomes[0].failed
    assert {} == recorder.replaced()
    # The provider's update of a DaemonSet is two requests: the first is to take over what `kubectl` has.
    assert {"APPLY configmaps": 1, "APPLY daemonsets": 1, "PATCH daemonsets": 1} == writes
    assert f"DaemonSet {namespace}/agent now records its owner: " in outcomes[0].messages[0]


def test_objects_of_the_version_before_that_the_state_does_not_have_are_refused(
    project, agent, cluster, namespace, record
):
    project.up(agent(**FAST))
    as_the_version_before_left_it(project, cluster, namespace)
    renamed = agent(name="renamed", name_="agent", **FAST)
    refused = project.preview(renamed)
    assert refused.failed
    assert "pass its old name: aliases=[pulumi.Alias(name='OLD NAME')]" in refused.output
    with record() as recorder:
        alias = pulumi.Alias(name="agent")
        options = pulumi.ResourceOptions(aliases=[alias])
        assert not project.up(agent(name="renamed", name_="agent", opts=options, **FAST)).failed

        as_the_version_before_left_it(project, cluster, namespace)
        project.forget()
        handed_over(cluster, project.preview(renamed).output)
        assert not project.up(renamed).failed
    assert {} == recorder.replaced()


def test_namespace_that_is_an_output_is_told_its_alias(project, agent, cluster, namespace, record):
    def program(name, **options):
        def run():
            output = pulumi.Output.from_input(namespace)
            given = agent(name=name, name_="agent", namespace=output, opts=pulumi.ResourceOptions(**options), **FAST)
            return given()

        return run

    assert not project.up(program("agent")).failed
    first = uid(cluster, namespace)
    refused = project.preview(program("renamed"))
    assert refused.failed
    alias = re.search(r"pass aliases=\['(urn:[^']*)'\]", refused.output)[1]
    with record() as recorder:
        assert not project.up(program("renamed", aliases=[alias])).failed
    assert {} == recorder.replaced()
    assert first == uid(cluster, namespace)


def test_kube_proxy_is_adopted_by_one_stack_until_that_leaves(project, second, kubeadm, cluster, restarts):
    kubeadm.addon()
    assert not project.up(adopt()).failed
    refused = second.preview(adopt())
    assert refused.failed
    assert "belongs to KubeProxy 'kube-proxy' of stack organization/" in refused.output
    assert not second.destroy().failed

    def leave_and_adopt():
        assert not project.destroy().failed
        assert (None, None) == owner(cluster.api.get(DAEMON_SET))
        assert not second.up(adopt()).failed

    assert 0 == restarts(leave_and_adopt)


def test_kube_proxy_of_our_own_may_be_renamed_and_nothing_else_gets_it(project, kubeadm, cluster, agent, restarts):
    project.up(own())
    first = cluster.api.get(DAEMON_SET)["metadata"]["uid"]

    def rename():
        assert {"update"} == set(project.preview(own(component="renamed")).steps.values())
        assert not project.up(own(component="renamed")).failed

    assert 0 == restarts(rename)
    assert first == cluster.api.get(DAEMON_SET)["metadata"]["uid"]
    outcome = project.preview(agent(name="agent", name_="kube-proxy", namespace="kube-system", **FAST))
    assert outcome.failed
    selected = "DaemonSet kube-system/kube-proxy has {'k8s-app': 'kube-proxy'}"
    assert f"selector: {selected}, which cannot be changed" in outcome.output
    assert not project.destroy().failed


def test_kube_proxy_that_another_component_made_is_not_adopted_from_it_and_deleted(project, cluster, restarts):
    of_kind = {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"}
    known = {
        "config.conf": yaml.safe_dump({**of_kind, **CONFIGURATION}),
        "kubeconfig.conf": "apiVersion: v1\nkind: Config\n",
    }
    cluster.api.create(f"{OF}/configmaps", {"metadata": {"name": "kube-proxy"}, "data": known})
    mounts = [{"name": "kube-proxy", "mount_path": "/var/lib/kube-proxy"}]
    command = ["/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf"]
    container = {"name": "kube-proxy", "image": "kube-proxy:1", "command": command, "volume_mounts": mounts}
    volumes = [{"name": "kube-proxy", "config_map": {"name": "kube-proxy"}}]
    pod_spec = {"containers": [container], "volumes": volumes}

    def made(**options):
        arguments = {"namespace": "kube-system", "name": "kube-proxy", "data": known, "pod_spec": pod_spec}
        return lambda: ConfiguredDaemonSet("proxy", arguments, pulumi.ResourceOptions(**options))

    def told(why):
        outcome = project.preview(adopt())
        assert outcome.failed
        assert why in outcome.output

    try:
        assert not project.up(made()).failed
        told("'own' => 'adopt' would delete the component's DaemonSet. Set retain_on_delete")
        assert not project.up(made(retain_on_delete=True)).failed
        assert not project.up(adopt()).failed
        assert NODES == cluster.api.get(DAEMON_SET)["status"]["numberReady"]
    finally:
        project.destroy()
        cluster.remove_kube_proxy()
