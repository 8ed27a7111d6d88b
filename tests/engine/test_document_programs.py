"""Programs of documents that no other story has: Automation API, several clusters, EKS, a kube-proxy of one's own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engine import kube_system
from tests.engine.conftest import BETTER, GOOD, NODES, hash_of
from tests.engine.observed import daemon_set, updated
from tools.documents import blocks
from tools.local_cluster import LocalCluster


def program_of(page: str) -> Callable[[], Any]:
    """Return the one program in Python of a page, as something that the engine runs."""
    (text,) = blocks("python", f"docs/{page}.md")
    return lambda: exec(compile(text, page, "exec"), {})


def test_program_of_the_automation_api(engine, cluster, namespace, tmp_path, monkeypatch):
    text = blocks("python", "docs/ci.md")[0]
    (tmp_path / "rollout.py").write_text(text.replace('"default"', f'"{namespace}"'))
    path = f"{Path(sys.executable).parent}:{engine.environment['PATH']}"
    monkeypatch.setitem(engine.environment, "PATH", path)

    def run(data: dict[str, str]) -> list[str]:
        (tmp_path / "agent.yaml").write_text(data["agent.yaml"])
        command = [sys.executable, "rollout.py"]
        done = subprocess.run(command, cwd=tmp_path, env=engine.environment, capture_output=True, text=True)
        assert not done.returncode, done.stdout + done.stderr
        return done.stdout.splitlines()

    run(GOOD)
    printed = run(BETTER)

    assert hash_of(BETTER) == printed[-1]
    assert NODES == updated(cluster, namespace, "node-agent")
    ups = [number for number, line in enumerate(printed) if line.startswith("Updating (prod)")]
    first, second = printed[ups[0] : ups[1]], printed[ups[1] :]
    made = [[line.split()[2] for line in part if "Stash" in line and " created" in line] for part in (first, second)]
    assert [[], ["node-agent-rest"]] == made


def test_program_for_two_clusters(engine, binaries, cluster, project, tmp_path, monkeypatch):
    with LocalCluster(binaries) as other:
        other.add_nodes(1)
        merged: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "current-context": "staging"}
        for name, of in (("staging", other), ("prod", cluster)):
            kubeconfig = json.loads(of.kubeconfig.read_text())
            context = {"name": name, "context": {"cluster": name, "user": name}}
            for key in ("clusters", "users"):
                merged.setdefault(key, []).append({**kubeconfig[key][0], "name": name})
            merged.setdefault("contexts", []).append(context)
        (tmp_path / "kubeconfig").write_text(json.dumps(merged))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        monkeypatch.setitem(engine.environment, "KUBECONFIG", str(tmp_path / "kubeconfig"))

        outcome = project.up(program_of("several-clusters"))

        assert not outcome.failed, outcome.output
        assert (1, NODES) == tuple(updated(of, "default", "node-agent") for of in (other, cluster))
        config_maps = [name for name, operation in outcome.order if "ConfigMapPatch node-agent" in name]
        assert ["staging", "prod"] == [name.split("-")[2] for name in config_maps]
        assert not project.destroy().failed


def test_program_for_eks(project, kubeadm, cluster):
    kube_system.make_as_eks(cluster)
    kube_system.settle(cluster)
    messages = project.preview(program_of("eks")).messages

    assert "adopts DaemonSet kube-system/kube-proxy (kube-proxy:v1, layout eks): one rolling restart" in "".join(
        messages
    )


def test_program_for_a_cluster_whose_own_kube_proxy_is_off(project, kubeadm, cluster):
    outcome = project.up(program_of("k0s-k3s"))

    assert not outcome.failed, outcome.output
    assert NODES == daemon_set(cluster, "kube-system", "kube-proxy")["status"]["numberReady"]
    assert not project.destroy().failed
