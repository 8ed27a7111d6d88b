"""Charts, kustomizations and manifests that others wrote: pods restart when what they read means something else."""

import json
import shutil
from pathlib import Path

import pytest
from pulumi_kubernetes.helm import v4

from config_rollout import ConfiguredChart, ConfiguredKustomization, ConfiguredManifests
from tests.engine.conftest import NODES
from tests.engine.helm_release import installed
from tests.engine.observed import audited, config_maps, daemon_set, order_of_pods, written
from tests.objects.manifests import source, workload
from tools.pods import Recorder

CANARY = {"first": [{"name": "canary", "nodes": 1}], "progress_deadline_seconds": 3}
CHART = Path("tests/data/helm/chart")
POD = (
    "metadata: {labels: {app: agent}, annotations: {local-cluster/ready-after: 0s}}, spec: {containers: [{name: agent, "
    'image: "agent:1", volumeMounts: [{name: c, mountPath: /etc/agent}]}], volumes: [{name: c, '
    "configMap: {name: agent}}]}"
)

IDLE = workload(
    'metadata: {labels: {app: idle}}, spec: {containers: [{name: idle, image: "idle:1"}]}',
    "replicas: 0",
    kind="Deployment",
).replace("agent", "idle")
"""A workload that reads nothing and has no pods."""


@pytest.fixture
def restarted(cluster, namespace, project):
    """Return a function that runs `up` and gives its outcome, and how many pods it made on how many nodes."""

    def up(program):
        with Recorder(cluster.api, namespace) as recorder:
            outcome = project.up(program)
            assert not outcome.failed, outcome.output
        made = audited(recorder)
        return outcome, (len(made), sum(made.values()))

    return up


def test_chart_lives_its_life(cluster, namespace, project, restarted, tmp_path):
    chart = Path(shutil.copytree(CHART, tmp_path / "chart"))

    def program(waves=None, **values):
        workloads = {"DaemonSet/agent": {"waves": waves}}
        args = {"chart": str(chart), "namespace": namespace, "values": values, "workloads": workloads}
        return lambda: ConfiguredChart("agent", args)

    outcome, made = restarted(program())
    first = config_maps(cluster, namespace)

    assert (NODES, NODES) == made
    assert ["agent.agent-config"] == [name.rpartition("-")[0] for name in first]
    assert "annotations['checksum/config'] is taken out" in "\n".join(outcome.messages)

    file = chart / "Chart.yaml"
    file.write_text(file.read_text().replace("version: ", "version: 9"))
    outcome, made = restarted(program())

    assert (0, 0) == made
    assert {"update"} == set(outcome.steps.values())
    assert first == config_maps(cluster, namespace)

    changed = program(level="debug")
    assert "agent.yaml: level warn => debug: rolling restart" in "\n".join(project.preview(changed).messages)
    _, made = restarted(changed)

    assert (NODES, NODES) == made
    assert {*first} < {*config_maps(cluster, namespace)}

    cluster.kubectl(f"--namespace={namespace}", "rollout", "undo", "daemonset/agent")
    cluster.kubectl(f"--namespace={namespace}", "rollout", "status", "daemonset/agent", "--timeout=60s")

    volumes = daemon_set(cluster, namespace)["spec"]["template"]["spec"]["volumes"]
    assert first == [volume["configMap"]["name"] for volume in volumes]

    _, made = restarted(program(level="warn"))
    assert (0, 0) == made

    assert (0, 0) == restarted(program(CANARY, level="warn"))[1]
    with Recorder(cluster.api, namespace) as recorder:
        outcome = project.up(program(CANARY, level="bogus"))
    assert outcome.failed
    assert [2] == list(recorder.replaced().values())
    assert (0, 0) == restarted(program(CANARY, level="warn"))[1]

    project.destroy()
    cluster.wait("what it left", lambda: not config_maps(cluster, namespace))
    cluster.wait("the DaemonSet", lambda: not cluster.api.exists(f"namespaces/{namespace}/daemonsets/agent"))


def test_manifests_and_a_kustomization_live_the_same_life(cluster, namespace, project, restarted, tmp_path):
    def manifests(data="{a.yaml: 'level: warn'}", more=""):
        text = workload(POD) + IDLE + source(data=data, more=more) + source("other")
        return lambda: ConfiguredManifests("agent", {"manifests": text, "namespace": namespace})

    assert (NODES, NODES) == restarted(manifests())[1]
    assert (0, 0) == restarted(manifests("{a.yaml: \"level:   'warn' # written differently\"}", "labels: {v: '2'}"))[1]
    assert (NODES, NODES) == restarted(manifests("{a.yaml: 'level: info'}"))[1]
    assert "other" in config_maps(cluster, namespace)
    project.destroy()
    cluster.wait("what it left", lambda: not config_maps(cluster, namespace))

    def kustomization(text):
        (tmp_path / "a.yaml").write_text(text)
        (tmp_path / "agent.yaml").write_text(workload(POD).removesuffix("---\n"))
        generator = "configMapGenerator: [{name: agent, files: [a.yaml]}]\n"
        (tmp_path / "kustomization.yaml").write_text(f"resources: [agent.yaml]\n{generator}")
        return lambda: ConfiguredKustomization("agent", {"directory": str(tmp_path), "namespace": namespace})

    assert (NODES, NODES) == restarted(kustomization("level: warn"))[1]
    assert (0, 0) == restarted(kustomization("level:   'warn' # written differently"))[1]
    assert (NODES, NODES) == restarted(kustomization("level: info"))[1]
    project.destroy()


def test_stateful_set_that_kubectl_made_goes_on_as_a_component_of_the_manifests_and_in_waves(
    cluster, namespace, project, tmp_path
):
    def text(level):
        spec = "replicas: 3, serviceName: agent, revisionHistoryLimit: 3"
        return workload(POD, spec, kind="StatefulSet") + source(data=json.dumps({"agent.yaml": f"level: {level}\n"}))

    def made(level, fails=False, **arguments):
        given = {"manifests": text(level), "namespace": namespace, **arguments}
        with Recorder(cluster.api, namespace) as recorder:
            outcome = project.up(lambda: ConfiguredManifests("agent", given))
        assert fails == outcome.failed, outcome.output
        return order_of_pods(recorder)

    in_turn = ["agent-2", "agent-1", "agent-0"]
    (tmp_path / "agent.yaml").write_text(text("warn"))
    cluster.kubectl("-n", namespace, "apply", "-f", str(tmp_path / "agent.yaml"))
    cluster.kubectl("-n", namespace, "rollout", "status", "statefulset/agent", "--timeout=60s")

    assert in_turn == made("warn", take_over=True)
    assert [] == made("  'warn' # written differently")
    assert in_turn == made("info")

    waves = {"first": [{"name": "canary", "pods": 1}], "progress_deadline_seconds": 4}
    in_waves = {"workloads": {"StatefulSet/agent": {"waves": waves}}}
    assert [] == made("info", **in_waves)
    assert in_turn == made("debug", **in_waves)
    assert ["agent-2", "agent-2"] == made("bogus", fails=True, **in_waves)
    assert [] == made("debug", **in_waves)
    project.destroy()


def test_what_helm_or_another_chart_resource_installed_is_taken_over_with_one_restart(
    cluster, namespace, project, restarted, record, tmp_path
):
    def program(name):
        args = {"chart": str(CHART), "namespace": namespace, "release_name": name, "take_over": True}
        return lambda: ConfiguredChart(name, args)

    def chart():
        v4.Chart("other", chart=str(CHART.resolve()), namespace=namespace)

    installed(cluster, namespace, tmp_path)
    with record() as recorder:
        assert not project.up(program("agent")).failed
        cluster.wait_at_rest(namespace, "agent")
    assert [1] * NODES == list(recorder.replaced().values())
    assert {} == written(cluster, lambda: project.up(program("agent")))
    assert not project.destroy().failed
    assert "agent-config" in config_maps(cluster, namespace)

    assert (NODES, NODES) == restarted(chart)[1]
    with record() as recorder:
        outcome = project.up(program("other"))
    assert not outcome.failed
    assert [1] * NODES == list(recorder.replaced().values())
    assert {"Chart other": "delete"} == {
        what: of
        for what, of in outcome.steps.items()
        if of not in ("create", "update") and not what.endswith(" default")  # those are providers
    }
    assert {} == written(cluster, lambda: project.up(program("other")))
    assert not project.destroy().failed
    assert "other-config" in config_maps(cluster, namespace)
