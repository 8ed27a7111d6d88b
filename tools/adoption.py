"""
Adopts the kube-proxy that the real kubeadm made, lets others write to it, and counts what each step restarts and
writes: `python -m tools.adoption` writes the table of docs/adopting-kube-proxy.md.
"""

import argparse
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import build, documents
from .demo import QUICK, Program
from .engine import Engine
from .kubeadm import CONFIGURATION, Kubeadm
from .local_cluster import LocalCluster, run_folder
from .pods import Recorder

NODES = 6
NAMESPACE = "kube-system"
DAEMON_SET = f"namespaces/{NAMESPACE}/daemonsets/kube-proxy"
NFTABLES = {**CONFIGURATION, "mode": "nftables"}

_CONTROLLERS = ("pods", "controllerrevisions")
"""What Kubernetes' own controllers write because of a rollout."""

_SECONDS = 60
_SAID = re.compile(r"config-rollout:index:KubeProxy \(kube-proxy\):\n\s*(.+)")


@dataclass(frozen=True)
class Row:
    """
    One step: who did what, how many pods each node got by it, and if it was ours: what it wrote, what it said.

    What kubeadm writes depends on what the cluster has of it, so it is not counted.
    """

    what: str
    command: str
    started: str
    writes: str
    said: str = ""


class Story:
    """
    The steps in their order, on a cluster whose `kube-system` has no kube-proxy.

    Args:
      cluster: With `NODES` nodes.
      engine: The real one.
      kubeadm: The program.
      version: The version of Kubernetes that kubeadm installs, without `v`.

    """

    def __init__(self, cluster: LocalCluster, engine: Engine, kubeadm: Path, version: str) -> None:
        self._cluster, self._engine, self._kubeadm = cluster, engine, Kubeadm(kubeadm, cluster, version)
        self.rows: list[Row] = []

    def run(self) -> list[Row]:
        """Run every step and return what was counted."""
        settings = {"manage": "adopt", **QUICK, "rollout-timeout-seconds": 60}
        with Program(self._engine, run_folder("adoption"), settings) as self._program:
            self._steps()
        return self.rows

    def _steps(self) -> None:
        kubeadm = "kubeadm init phase addon kube-proxy"
        self._step("kubeadm makes kube-proxy", kubeadm, self._kubeadm.addon)
        self._pulumi("what adopting would do", "preview")
        self._pulumi("adopted, with the configuration that is live", "up")
        self._pulumi("nothing changed", "up")
        self._engine.run("config", "set", "config-file", "config.conf", folder=self._program.folder)
        self._pulumi("the same configuration, now in the program", "up")
        self._program.edit("mode: iptables", "mode: nftables", show=False)
        self._pulumi("the configuration changed", "up")
        self._step("kubeadm overwrites, as `kubeadm upgrade` does", kubeadm, lambda: self._kubeadm.addon(NFTABLES))
        self._pulumi("without a look at the cluster", "up --refresh=false")
        self._pulumi("with one", "up --refresh")
        self._pulumi("nothing changed", "up --refresh")
        self._rollout("undo", "someone goes back by hand")
        self._pulumi("without a look at the cluster", "up --refresh=false")
        self._pulumi("with one", "up --refresh")
        self._rollout("restart", "someone restarts by hand")
        self._pulumi("`restartedAt` is left alone", "up --refresh")
        self._pulumi("the stack is gone, kube-proxy stays", "destroy")
        self._step("kubeadm takes over again", kubeadm, lambda: self._kubeadm.addon(NFTABLES))

    def _pulumi(self, what: str, command: str) -> None:
        words = command.split()
        sure = ["--yes", "--skip-preview"] if words[0] != "preview" else []
        self._step(
            what,
            f"pulumi {command}",
            lambda: self._engine.run(*words, *sure, "--color", "never", folder=self._program.folder).stdout,
        )

    def _rollout(self, verb: str, what: str) -> None:
        arguments = ("rollout", verb, "daemonset/kube-proxy", "-n", NAMESPACE)
        self._step(what, f"kubectl rollout {verb}", lambda: self._cluster.kubectl(*arguments))

    def _step(self, what: str, command: str, action: Callable[[], str]) -> None:
        """Do one step, wait until the DaemonSet is through with it, and count."""
        before = self._writes()
        with Recorder(self._cluster.api, NAMESPACE) as recorder:
            output = action()
            self._settle()
        counts = sorted(set(recorder.replaced().values())) or [0]
        if len(recorder.replaced()) not in (0, NODES):
            counts = [0, *counts]
        started = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        ours = command.startswith("pulumi")
        said, written = _SAID.search(output) if ours else None, self._writes() - before
        self.rows.append(Row(what, command, started, str(written) if ours else "", said[1].strip() if said else ""))

    def _writes(self) -> int:
        written = self._cluster.writes().items()
        return sum(count for key, count in written if key.split(" ")[1] not in _CONTROLLERS)

    def _settle(self) -> None:
        """
        Wait until every node has a ready pod of the newest revision.

        Raises:
          RuntimeError: It took more than a minute.

        """
        give_up = time.monotonic() + _SECONDS
        while time.monotonic() < give_up:
            live = self._cluster.api.get(DAEMON_SET)
            status, pods = live["status"], self._cluster.api.list(f"namespaces/{NAMESPACE}/pods")
            told = status.get("observedGeneration") == live["metadata"]["generation"]
            if told and status.get("updatedNumberScheduled") == status.get("numberAvailable") == len(pods) == NODES:
                return
            time.sleep(0.1)
        raise RuntimeError(f"kube-proxy did not come to rest in {_SECONDS} s")


def render(rows: Sequence[Row], version: str) -> str:
    """Return the rows as a table."""
    lines = [f"Kubernetes {version}, {NODES} nodes:", ""]
    lines += [
        "| what happens | command | pods started on each node | writes | message |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *(f"| {r.what} | `{r.command}` | {r.started} | {r.writes} | {r.said} |" for r in rows)])


def main() -> None:
    """Run the steps and write the table."""
    argparse.ArgumentParser(prog="python -m tools.adoption", description=main.__doc__).parse_args()
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE, "kubeadm"])
    version = build.chosen("kubeadm").version
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(NODES)
        table = render(Story(cluster, engine, binaries["kubeadm"], version).run(), version)
    path = documents.ROOT / "docs" / "adopting-kube-proxy.md"
    path.write_text(documents.filled(path.read_text(), "adoption", table))
    print(table)


if __name__ == "__main__":
    main()
