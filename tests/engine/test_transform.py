"""`transform` between rendered manifests and the real kubectl, and `prune` after it: what restarts, and what stays."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from config_rollout.core.rbac.pruning import prune_rights
from config_rollout.core.rbac.rights import roles
from tests.engine.conftest import NODES, grant, kubeconfig_of
from tests.engine.observed import config_maps, daemon_set
from tools import build
from tools.documents import ROOT

MANIFESTS = ROOT / "tests" / "data" / "manifests"
CHART = [MANIFESTS / f"otel-daemonset-only-{name}.yaml" for name in ("configmap-agent", "daemonset")]
"""What Helm renders of the collector's chart."""

NAME = "example-opentelemetry-collector-agent"
OURS = f"{shlex.quote(sys.executable)} -m config_rollout"


@pytest.fixture
def apply(cluster, namespace):
    """Return a function that pipes a version of the chart through the filter into kubectl, and waits for the pods."""
    kubectl = shlex.quote(str(build.ensure(["kubectl"])["kubectl"]))

    def apply(*changes: tuple[str, str], options: str = "") -> subprocess.CompletedProcess:
        text = "---\n".join(file.read_text() for file in CHART).replace("namespace: default", f"namespace: {namespace}")
        text = text.replace("serviceAccountName: example-opentelemetry-collector\n", "serviceAccountName: default\n")
        text = re.sub(r"\n *hostPort: [0-9]+", "", text)  # which the pods of another test may have
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        line = f"set -o pipefail; {OURS} transform {options} | {kubectl} -n {namespace} apply -f -"
        environment = os.environ | cluster.environment
        done = subprocess.run(
            ["bash", "-c", line], input=text, env=environment, capture_output=True, text=True, timeout=120
        )
        if done.returncode == 0:
            cluster.wait_at_rest(namespace, NAME)
        return done

    return apply


RELEASE = ("helm.sh/chart: opentelemetry-collector-", "helm.sh/chart: opentelemetry-collector-9")
COMMENT = ("  relay: |\n", "  relay: |\n    # who edits this\n")
VALUE = ("check_interval: 5s", "check_interval: 7s")


def test_pods_of_a_chart_restart_for_what_they_read_and_for_nothing_else(apply, cluster, namespace, record):
    assert 0 == apply().returncode

    with record() as recorder:
        assert "configmap/" in apply(RELEASE, COMMENT).stdout
    assert {} == {node: count for node, count in recorder.replaced().items() if count}

    with record() as recorder:
        apply(RELEASE, VALUE)
    assert [1] * NODES == list(recorder.replaced().values())

    before = daemon_set(cluster, namespace, NAME)["metadata"]["generation"]
    broken = apply(("  labels:", "  labels: {{ include }}"))
    assert broken.returncode != 0
    assert "has template syntax. Render it first." in broken.stderr
    assert before == daemon_set(cluster, namespace, NAME)["metadata"]["generation"]


def test_content_names_make_undo_whole_and_prune_deletes_what_no_revision_needs(apply, cluster, namespace):
    def mounted() -> str:
        return daemon_set(cluster, namespace, NAME)["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"]

    def prune(*options: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "config_rollout", "prune", namespace, "--older-than", "0", *options]
        config = kubeconfig_of(cluster, f"pruner-{namespace}")
        return subprocess.run([*command, "--kubeconfig", config], capture_output=True, text=True, timeout=60)

    names, history = [], ("  revisionHistoryLimit: 10", "  revisionHistoryLimit: 1")
    for level in ("5s", "6s", "7s"):
        done = apply((VALUE[0], f"check_interval: {level}"), history, options="--names content")
        assert 0 == done.returncode, done.stderr
        names.append(mounted())
    assert sorted(names) == sorted(set(names) & set(config_maps(cluster, namespace)))

    cluster.kubectl("-n", namespace, "rollout", "undo", f"daemonset/{NAME}")
    cluster.wait_at_rest(namespace, NAME)
    assert names[1] == mounted()

    refused = prune()
    assert (2, "") == (refused.returncode, refused.stdout)
    grant(cluster, f"pruner-{namespace}", roles(prune_rights(namespace), "pruner", namespace))
    assert f"ConfigMap {namespace}/{names[0]}: would be deleted" in prune("--dry-run").stdout
    assert set(names) <= set(config_maps(cluster, namespace))
    assert f"ConfigMap {namespace}/{names[0]}: deleted" in prune().stdout
    assert set(names[1:]) == set(names) & set(config_maps(cluster, namespace))
