"""A Deployment and a StatefulSet that the real Helm installed become a component's, and stay when it leaves."""

import shutil

import pytest

from config_rollout import ConfiguredDeployment, ConfiguredStatefulSet
from config_rollout.core.kubernetes.workload_kinds import DEPLOYMENT, STATEFUL_SET
from tests.engine.observed import managers, told, written
from tools.documents import ROOT

PODS = 3
LABELS = {"app.kubernetes.io/name": "agent", "app.kubernetes.io/instance": "agent"}
WRITTEN = {"agent.yaml": "# as the chart has it\nlevel: 'warn'\n"}
COMPONENTS = {DEPLOYMENT: ConfiguredDeployment, STATEFUL_SET: ConfiguredStatefulSet}


def chart_of(kind, folder):
    """Return the chart of the tests with a workload of this kind."""
    shutil.copytree(ROOT / "tests" / "data" / "helm" / "chart", folder)
    template = folder / "templates" / "daemonset.yaml"
    more = "  serviceName: agent\n" if kind is STATEFUL_SET else ""
    spec = f"spec:\n  replicas: {PODS}\n{more}  selector:"
    template.write_text(
        template.read_text().replace("kind: DaemonSet", f"kind: {kind.kind}").replace("spec:\n  selector:", spec, 1)
    )
    return folder


@pytest.mark.parametrize("helm", ["helm-3", "helm-4"])
@pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.word)
def test_workload_of_a_release_becomes_the_component_s_with_one_restart_and_stays_when_it_leaves(
    kind, helm, project, agent, cluster, namespace, record, programs, renderers, tmp_path
):
    where, path = f"{kind.kind} {namespace}/agent", f"namespaces/{namespace}/{kind.resource}/agent"

    def rest():
        cluster.kubectl("-n", namespace, "rollout", "status", f"{kind.word}/agent", "--timeout=60s")
        cluster.wait("pods", lambda: len(cluster.api.list(f"namespaces/{namespace}/pods")) == PODS)

    programs.run(renderers[helm], "install", "agent", chart_of(kind, tmp_path / "chart"), "--namespace", namespace)
    rest()
    first = cluster.api.get(path)["metadata"]["uid"]
    more = {"service_name": "agent"} if kind is STATEFUL_SET else {}
    takes = agent(WRITTEN, component=COMPONENTS[kind], selector=LABELS, ready_after="0s", take_over=True, **more)
    previewed = told(project.preview(takes))
    assert [
        f"takes over {where}, created by Helm (release {namespace}/agent): one rolling restart of {PODS} pods",
        "  = agent.yaml: written differently, means the same",
    ] == previewed[:2]
    (command,) = [line.strip() for line in previewed if "delete secret" in line]

    with record() as recorder:
        assert previewed == told(project.up(takes))
        programs.run("kubectl", *command.split()[1:])
        rest()
    assert PODS == sum(kind == "ADDED" for kind, _ in recorder.events)
    now = cluster.api.get(path)
    assert (first, PODS) == (now["metadata"]["uid"], now["spec"]["replicas"])
    assert {"config-rollout-own", "config-rollout-audit"} == managers(now)
    assert {} == written(cluster, lambda: project.up(takes))
    programs.run(renderers[helm], "uninstall", "agent", "--namespace", namespace, fails=True)

    assert {} == written(cluster, lambda: project.destroy())
    assert first == cluster.api.get(path)["metadata"]["uid"]
