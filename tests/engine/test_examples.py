"""The examples: each is previewed, deployed, and restarts nothing when nothing changed."""

import runpy
import shutil

import pytest

from tests.engine.observed import written
from tools.documents import ROOT
from tools.pods import Recorder

EXAMPLES = sorted(folder.name for folder in (ROOT / "examples").iterdir() if folder.is_dir())
WORKLOADS = {
    "alertmanager": ("default", "statefulsets", "alertmanager"),
    "fluent-bit": ("logging", "daemonsets", "fluent-bit"),
    "kube-proxy-waves": ("kube-system", "daemonsets", "kube-proxy"),
    "node-local-dns": ("kube-system", "daemonsets", "node-local-dns"),
    "opentelemetry-collector": ("default", "daemonsets", "collector-agent"),
}


def program(folder):
    return lambda: runpy.run_path(str(folder / "__main__.py"))


def rest(cluster, namespace, resource, name):
    if resource == "daemonsets":
        cluster.wait_at_rest(namespace, name)
    else:
        cluster.kubectl("-n", namespace, "rollout", "status", f"{resource}/{name}", "--timeout=60s")


def gone(cluster, namespace, resource, name):
    there = f"namespaces/{namespace}/{resource}/{name}"
    cluster.wait("the workload to be gone", lambda: not cluster.api.exists(there))


def test_every_example_is_tested():
    assert EXAMPLES == sorted(WORKLOADS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_lives_its_life(name, project, cluster):
    its = program(ROOT / "examples" / name)
    preview = project.preview(its)
    first = project.up(its)
    rest(cluster, *WORKLOADS[name])

    assert [False, False] == [preview.failed, first.failed], preview.output
    assert {} == written(cluster, lambda: project.up(its))
    assert not project.destroy().failed
    gone(cluster, *WORKLOADS[name])


def test_alertmanager_restarts_as_its_readme_says(project, cluster, tmp_path):
    folder = shutil.copytree(ROOT / "examples" / "alertmanager", tmp_path / "alertmanager")
    namespace, *_ = of = WORKLOADS["alertmanager"]

    def made():
        """Return the pods that an `up` made, in their order."""
        with Recorder(cluster.api, namespace) as recorder:
            assert not project.up(program(folder)).failed
            rest(cluster, *of)
        return [pod.name for kind, pod in recorder.events if kind == "ADDED"]

    def edit(file, old, new):
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))

    assert ["alertmanager-0", "alertmanager-1"] == made()
    edit("chart/Chart.yaml", "version: 1.19.0", "version: 1.20.0")
    assert [] == made()
    edit("__main__.py", '"group_wait": "30s"', '"group_wait": "45s"')
    messages = "\n".join(project.preview(program(folder)).messages)
    assert "alertmanager.yml: route.group_wait 30s => 45s: rolling restart" in messages
    assert ["alertmanager-1", "alertmanager-0"] == made()
    assert not project.destroy().failed
    gone(cluster, *of)
