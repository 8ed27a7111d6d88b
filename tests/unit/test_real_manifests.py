"""Every finding over real manifests, each looked at and right: what it says is so, and worth a change."""

from pathlib import Path

import pytest

from config_rollout.core.rules.checking import check
from config_rollout.core.rules.settings import Settings
from tests.objects.rule_examples import manifest

FOLDER = Path(__file__).parents[1] / "data" / "manifests"

KUBEADM = "kubeadm-1.36.3-kube-proxy.yaml"
FINDINGS = {
    # Right: kube-proxy does not reread its file, and kubeadm hashes nothing. It is what this library is for.
    (KUBEADM, "config-not-hashed"),
    # Right: the manifest has no probe at all, so a kube-proxy that crashes in a loop counts as available for moments.
    (KUBEADM, "readiness-probe"),
    # Right: flannel reads net-conf.json when it starts, and nothing here follows the content.
    ("kube-flannel", "config-not-hashed"),
    # Right: the SHA-256 of an empty text, since the chart hashes the ConfigMap that it does not make.
    ("otel-target-allocator-existing-configmap", "hash-not-of-content"),
    # Right: the pods carry the chart's version, so every release of the chart restarts them.
    ("otel-target-allocator-existing-configmap", "volatile-template"),
}
"""(Files that begin so, rule) of every finding."""

QUIET = {
    # Right: each has a readinessProbe and the checksum of its ConfigMap.
    "otel-daemonset-and-deployment", "otel-daemonset-collector-logs", "otel-daemonset-hostmetrics",
    "otel-daemonset-only",
}  # fmt: skip
STACKS = sorted({name for name, _ in FINDINGS} | QUIET)


def stack(name: str) -> list[Path]:
    return sorted(FOLDER.glob(f"{name}*"))


@pytest.mark.parametrize("name", STACKS)
def test_findings_are_those_that_were_looked_at(name):
    found = manifest(b"\n---\n".join(path.read_bytes() for path in stack(name)))
    violations, unchecked = check(found.objects, Settings())

    assert ([], []) == (found.unread, unchecked)
    assert sorted(rule for other, rule in FINDINGS if other == name) == sorted(v.rule.id for v in violations)


def test_every_manifest_is_looked_at():
    files = {path for name in STACKS for path in stack(name)}

    assert sorted(FOLDER.glob("*.yaml")) == sorted(files)
