"""The examples: each is previewed, deployed, and restarts nothing when nothing changed."""

import runpy

import pytest

from tests.engine.observed import written
from tools.documents import ROOT

EXAMPLES = sorted(folder.name for folder in (ROOT / "examples").iterdir() if folder.is_dir())
WORKLOADS = {
    "fluent-bit": ("logging", "fluent-bit"),
    "kube-proxy-waves": ("kube-system", "kube-proxy"),
    "node-local-dns": ("kube-system", "node-local-dns"),
    "opentelemetry-collector": ("default", "collector-agent"),
}


def program(name):
    return lambda: runpy.run_path(str(ROOT / "examples" / name / "__main__.py"))


def test_every_example_is_tested():
    assert EXAMPLES == sorted(WORKLOADS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_lives_its_life(name, project, cluster):
    namespace, workload = WORKLOADS[name]
    preview = project.preview(program(name))
    first = project.up(program(name))
    cluster.wait_at_rest(namespace, workload)

    assert [False, False] == [preview.failed, first.failed], preview.output
    assert {} == written(cluster, lambda: project.up(program(name)))
    assert not project.destroy().failed
    cluster.wait(
        "the workload to be gone", lambda: not cluster.api.exists(f"namespaces/{namespace}/daemonsets/{workload}")
    )
