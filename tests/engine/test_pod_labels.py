"""Labels of the pods."""

from tests.engine.conftest import NODES


def test_pod_labels_are_on_the_pods_and_a_change_restarts_them_and_says_so(project, agent, cluster, namespace, record):
    project.up(agent())
    with record() as recorder:
        outcome = project.up(agent(pod_labels={"team": "net"}))
    pods = cluster.api.list(f"namespaces/{namespace}/pods")

    assert "pod_labels.team: rolling restart" == outcome.messages[0].splitlines()[0]
    assert [1] * NODES == list(recorder.replaced().values())
    assert ["net"] * NODES == [pod["metadata"]["labels"]["team"] for pod in pods]
