"""Where the workload holds what the arguments hold."""

import pytest

from config_rollout.core.kubernetes.property_paths import parse_path, workload_path
from config_rollout.core.kubernetes.workload_kinds import DEPLOYMENT


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pod_spec.containers[0].image", "spec.template.spec.containers[0].image"),
        ("podSpec.init_containers[*].image_pull_policy", "spec.template.spec.initContainers[*].imagePullPolicy"),
        ("pod_spec.host_pid", "spec.template.spec.hostPID"),
        ("pod_labels.team", "spec.template.metadata.labels.team"),
        ('labels["a.b/c_d"]', 'metadata.labels["a.b/c_d"]'),
        ("pod_annotations['k']", "spec.template.metadata.annotations.k"),
        ("update_strategy.rolling_update.max_unavailable", "spec.updateStrategy.rollingUpdate.maxUnavailable"),
        ("min_ready_seconds", "spec.minReadySeconds"),
        ("revision_history_limit", "spec.revisionHistoryLimit"),
    ],
)
def test_path_in_the_daemon_set(path, expected):
    assert expected == workload_path(path)


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        (DEPLOYMENT, "strategy.rolling_update.max_surge", "spec.strategy.rollingUpdate.maxSurge"),
        (DEPLOYMENT, "replicas", "spec.replicas"),
    ],
)
def test_path_in_another_workload(kind, path, expected):
    assert expected == workload_path(path, kind)


@pytest.mark.parametrize("path", ["", "a..b", "a[", "a[b]", "%"])
def test_what_is_no_path(path):
    assert parse_path(path) is None
