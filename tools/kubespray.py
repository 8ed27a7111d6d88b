"""
What kubespray does to kube-proxy, task by task, on a control plane with the real kubeadm and kubectl.

Source: kubernetes-sigs/kubespray 46dbdd3, `roles/kubernetes/control-plane/tasks/kubeadm-upgrade.yml` and
`roles/kubernetes/kubeadm/tasks/main.yml`; retold, not copied.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from . import build
from .demo import Program
from .documents import ROOT, filled
from .engine import Engine
from .kubeadm import Kubeadm
from .local_cluster import LocalCluster, run_folder
from .pods import Recorder

NAMESPACE, NAME = "kube-system", "kube-proxy"
LOCAL_ENDPOINT = "https://127.0.0.1:6443"
"""The API server of a node behind kubespray's local load balancer."""

NODES = 6

ADOPT = {"manage": "adopt", "config-file": "config.conf", "api-server": LOCAL_ENDPOINT, "min-ready-seconds": 0}
"""Settings of the example program that adopts this kube-proxy, without a wait that would only cost time here."""

DATA = ROOT / "tests" / "data" / "kubespray-kube-proxy"
"""What the releases render; the README beside it says where it is from."""

_SELECTOR = "k8s-app=kube-proxy"


class Kubespray:
    """The tasks of one cluster, with its kubeadm and this `kubectl`."""

    def __init__(self, cluster: LocalCluster, kubeadm: Kubeadm, kubectl: Path) -> None:
        self._cluster, self._kubeadm, self._program = cluster, kubeadm, kubectl

    def upgrade(self, configuration: str) -> bool:
        """Do what upgrade-cluster.yml does, and return whether it force-deleted the pods."""
        self.addon(configuration)
        return self.edit_server()

    def addon(self, configuration: str) -> None:
        """Let kubeadm write its addon for kube-proxy, with this KubeProxyConfiguration, and wait for its rollout."""
        self._kubeadm.addon(yaml.safe_load(configuration))
        self.wait()

    def edit_server(self, endpoint: str = LOCAL_ENDPOINT) -> bool:
        """
        Put another address into `server:`, and force-delete all pods if the ConfigMap's resource version moved.

        Return whether they were deleted.
        """
        before = self._resource_version()
        kubectl = f"{self._program} --namespace {NAMESPACE}"
        edit = (
            f"{kubectl} get configmap {NAME} -o yaml | sed 's#server:.*#server: {endpoint}#' | {kubectl} replace -f -"
        )
        subprocess.run(
            ["bash", "-o", "pipefail", "-c", edit], env=os.environ | self._cluster.environment, check=True,
            stdout=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip
        if self._resource_version() == before:
            return False
        self._kubectl("delete", "pod", "--selector", _SELECTOR, "--force", "--grace-period", "0")
        self.wait()
        return True

    def wait(self) -> None:
        """Wait until every node has an available pod of the newest revision."""
        self._cluster.wait_at_rest(NAMESPACE, NAME)

    def _resource_version(self) -> str:
        return self._kubectl("get", "configmap", NAME, "-o", "jsonpath={.metadata.resourceVersion}")

    def _kubectl(self, *arguments: str) -> str:
        return self._cluster.kubectl("--namespace", NAMESPACE, *arguments)


@dataclass(frozen=True)
class Counted:
    """What a series of runs did to the pods of kube-proxy."""

    runs: int
    restarts: int
    """Runs in which pods were replaced."""
    pods: int
    """Pods that were replaced in all runs."""
    at_once: int
    """The most nodes without a ready pod at one time."""


def releases() -> list[tuple[str, str]]:
    """Return release tag and the KubeProxyConfiguration that it renders, in order of time."""
    texts = json.loads((DATA / "contents.json").read_text())
    rows = [json.loads(line) for line in (DATA / "releases.jsonl").read_text().splitlines()]
    return [(row["name"], texts[row["data"]["config.conf"]]) for row in rows]


def history(cluster: LocalCluster, kubespray: Kubespray, program: Program, texts: Sequence[str]) -> dict[str, Counted]:
    """
    Return what each way does to the pods, over the same texts; the cluster has no kube-proxy at first.

    `program` is the example program with the settings `ADOPT`.
    """

    def up(configuration: str) -> None:
        (program.folder / "config.conf").write_text(configuration)
        program.up_quietly()

    first, *later = texts
    kubespray.upgrade(first)
    return {
        "`upgrade-cluster.yml` of each release": counted(cluster, later, kubespray.upgrade),
        "adopting it": counted(cluster, [later[-1]], up),
        "`pulumi up` of each release, addon skipped": counted(cluster, [first, *later], up),
        "`cluster.yml` over what was adopted": counted(cluster, later[-1:], lambda _: kubespray.edit_server()),
        "`upgrade-cluster.yml` over what was adopted": counted(cluster, later[-1:], kubespray.upgrade),
        "and the next `pulumi up`, refreshed": counted(cluster, later[-1:], up),
    }


def counted(cluster: LocalCluster, texts: Iterable[str], run: Callable[[str], object]) -> Counted:
    """Return what running each of the texts in turn did."""
    runs = restarts = pods = at_once = 0
    for text in texts:
        with Recorder(cluster.api, NAMESPACE) as recorder:
            run(text)
        replaced = sum(recorder.replaced().values())
        runs, restarts, pods = runs + 1, restarts + (replaced > 0), pods + replaced
        at_once = max(at_once, *map(len, recorder.unavailable()))
    return Counted(runs, restarts, pods, at_once)


def render_table(figures: dict[str, Counted]) -> str:
    """Return the figures as a table in Markdown."""
    head = "| what | runs | that replaced pods | pods replaced | nodes without one at once |"
    rows = [
        f"| {what} | {it.runs} | {it.restarts} | {it.pods} | {it.at_once} of {NODES} |" for what, it in figures.items()
    ]
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *rows])


def main() -> None:
    """Replay the history and write what it cost into docs/kubespray.md."""
    path = ROOT / "docs" / "kubespray.md"
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE, "kubeadm", "kubectl"])
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(NODES)
        kubeadm = Kubeadm(binaries["kubeadm"], cluster, build.chosen("kubeadm").version)
        folder = run_folder("kubespray")
        try:
            kubespray = Kubespray(cluster, kubeadm, binaries["kubectl"])
            texts = [text for _, text in releases()]
            table = render_table(history(cluster, kubespray, Program(engine, folder, ADOPT), texts))
        finally:
            shutil.rmtree(folder)
    path.write_text(filled(path.read_text(), "history", table))
    print(table)


if __name__ == "__main__":
    main()
