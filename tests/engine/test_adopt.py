"""A kube-proxy that kubeadm made, adopted: the real kubeadm, engine and control plane."""

from config_rollout import KubeProxy
from tests.engine.conftest import NODES
from tests.engine.test_changes import written

DAEMON_SET = "namespaces/kube-system/daemonsets/kube-proxy"


def adopt(**arguments):
    return lambda: KubeProxy("kube-proxy", {"manage": "adopt", "min_ready_seconds": 0, **arguments})


def test_adopting_what_is_live_is_one_rolling_restart(project, kubeadm, cluster, record_kube_system):
    kubeadm.addon()
    preview = project.preview(adopt())
    print(preview.output, *preview.messages, sep="\n")
    with record_kube_system() as recorder:
        outcome = project.up(adopt())
    print(outcome.output)
    assert not outcome.failed
    assert [1] * NODES == list(recorder.replaced().values())

    w = written(cluster, lambda: print(project.up(adopt()).output))
    assert {} == w
