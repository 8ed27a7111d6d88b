"""Data that another stack, or a resource of the same program, tells: what preview knows of it, and what `up` does."""

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import ConfigMapPatch

from config_rollout import ConfiguredDaemonSet
from tests.engine.conftest import BETTER, GOOD, NODES, Project, name_of
from tests.engine.observed import FAST, config_maps, written

LEVEL_INFO, LEVEL_DEBUG = GOOD["agent.yaml"], BETTER["agent.yaml"]


@pytest.fixture
def source(engine, cluster, namespace):
    """Give another stack, and see that it is removed."""
    project = Project(engine, f"{namespace}-source")
    yield project
    project.destroy()
    project.forget()


def exported(text, secret=False):
    """Return a program that exports a text."""
    return lambda: pulumi.export("text", pulumi.Output.secret(text) if secret else text)


@pytest.fixture
def reader(agent, source):
    """Return a program whose data is what the other stack exports."""

    def program() -> ConfiguredDaemonSet:
        other = pulumi.StackReference(f"organization/test/{source.namespace}")
        return agent({"agent.yaml": other.get_output("text")}, **FAST)()

    return program


def test_output_of_another_stack_is_known_in_preview(project, source, reader, cluster, namespace, record):
    source.up(exported(LEVEL_INFO))
    first = project.preview(reader)
    assert "create" == first.steps[f"ConfigMapPatch {name_of(GOOD)}"]
    assert not project.up(reader).failed
    assert {} == written(cluster, lambda: project.up(reader))

    source.up(exported(f"# the same\n{LEVEL_INFO}"))
    assert {} == written(cluster, lambda: project.up(reader))

    source.up(exported(LEVEL_DEBUG))
    preview = project.preview(reader)
    assert "agent.yaml: level info => debug: rolling restart" == preview.messages[0].splitlines()[0]
    with record() as recorder:
        outcome = project.up(reader)
    assert preview.steps == outcome.steps
    assert [1] * NODES == list(recorder.replaced().values())
    assert name_of(BETTER) in config_maps(cluster, namespace)

    source.up(exported(LEVEL_DEBUG, secret=True))
    refused = project.preview(reader)
    assert refused.failed
    assert "ConfiguredDaemonSet 'agent': data['agent.yaml']: is secret" in refused.output
    assert "Traceback" not in refused.output


@pytest.fixture
def made(agent, namespace):
    """
    Return a maker of programs: what the data says is known once another ConfigMap of the program is there.

    That one is deleted before it is replaced, which is what replaces a DaemonSet whose spec depends on it. A patch,
    since no preview knows the UID of one that is created.
    """

    def maker(text=LEVEL_INFO, name="other-1"):
        def program() -> ConfiguredDaemonSet:
            first = pulumi.ResourceOptions(delete_before_replace=True)
            other = ConfigMapPatch("other", metadata={"name": name, "namespace": namespace}, opts=first)
            known = other.metadata.apply(lambda of: text if of.get("uid") else pulumi.Output.from_input(pulumi.UNKNOWN))
            return agent({"agent.yaml": known}, **FAST)()

        return program

    return maker


def test_output_of_a_resource_waits_for_it_and_replaces_nothing(project, made, cluster, namespace, record):
    first = project.preview(made())
    assert [
        "agent.yaml is not known before `up`\n  `up` waits for it, and names the ConfigMap after what it then holds"
    ] == first.messages
    assert not project.up(made()).failed
    assert [name_of(GOOD), "other-1"] == config_maps(cluster, namespace)
    assert {} == written(cluster, lambda: project.up(made()))

    preview = project.preview(made(name="other-2"))
    assert "replace" in preview.steps["ConfigMapPatch other"]
    assert "update" == preview.steps["DaemonSet agent"]
    hash_before = name_of(GOOD).removeprefix("agent-")
    assert [
        "agent.yaml is not known before `up`: rolling restart, if it means something else then\n"
        "  `up` waits for it, and names the ConfigMap after what it then holds: if that means what the pods have, it "
        "restarts nothing\n"
        f"  {hash_before} => not known yet: if it differs, a rolling restart of DaemonSet {namespace}/agent, at most "
        "100% of its pods at a time\n"
        f"  delete[retain]: ConfigMap {name_of(GOOD)} stays in the cluster as long as a kept revision mounts it"
    ] == preview.messages
    with record() as recorder:
        outcome = project.up(made(name="other-2"))
    assert not outcome.failed
    assert "replace" in outcome.steps["ConfigMapPatch other"]
    assert "DaemonSet agent" not in outcome.steps
    assert {} == recorder.replaced()

    with record() as recorder:
        outcome = project.up(made(LEVEL_DEBUG, "other-3"))
    assert not outcome.failed
    assert "replace" in outcome.steps["ConfigMapPatch other"]
    assert "update" == outcome.steps["DaemonSet agent"]
    assert [1] * NODES == list(recorder.replaced().values())
    assert "agent.yaml: level info => debug: rolling restart" == outcome.messages[-1].splitlines()[0]

    with record() as recorder:
        failed = project.up(made(LEVEL_INFO, "Not a name"))
    assert failed.failed
    assert "Traceback" not in failed.output
    assert {} == recorder.replaced()
    assert not project.destroy().failed
