"""A StatefulSet that the real Helm installed goes on as a component of its chart: its pods restart once."""

import pytest

from config_rollout import ConfiguredChart
from tests.engine.observed import written
from tools.documents import ROOT
from tools.pods import Recorder

CHART = ROOT / "examples" / "alertmanager" / "chart"
IN_TURN = ["alertmanager-1", "alertmanager-0"]


@pytest.mark.parametrize("helm", ["helm-3", "helm-4"])
def test_stateful_set_of_a_release_is_taken_over_with_one_restart(
    helm, cluster, namespace, project, programs, renderers
):
    def program(take_over=True, **route):
        values = {"config": {"route": route}}
        args = {"chart": str(CHART), "namespace": namespace, "values": values, "take_over": take_over}
        return lambda: ConfiguredChart("alertmanager", args)

    def made(**arguments):
        """Return the pods that an `up` made, in their order."""
        with Recorder(cluster.api, namespace) as recorder:
            outcome = project.up(program(**arguments))
            assert not outcome.failed, outcome.output
        return [pod.name for kind, pod in recorder.events if kind == "ADDED"]

    def identities():
        """Return what would be others if anything was replaced, and the address that the cluster chose."""
        metadata = cluster.api.get(f"namespaces/{namespace}/statefulsets/alertmanager")["metadata"]
        service = cluster.api.get(f"namespaces/{namespace}/services/alertmanager")
        return metadata["uid"], service["metadata"]["uid"], service["spec"]["clusterIP"]

    programs.run(renderers[helm], "install", "alertmanager", CHART, "--namespace", namespace)
    cluster.kubectl("-n", namespace, "rollout", "status", "statefulset/alertmanager", "--timeout=60s")
    first = identities()

    assert IN_TURN == made()
    assert {} == written(cluster, lambda: project.up(program()))
    assert [] == made(take_over=False)
    assert IN_TURN == made(take_over=False, group_wait="30s")
    assert first == identities()
