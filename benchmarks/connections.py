"""
What a restart of kube-proxy costs on real nodes, by the way it is made: `python -m benchmarks.connections`.

Each way does the same to the same kube-proxy, kubeadm's, while connections go through a Service whose endpoint changes.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from benchmarks.stream import Figures, Stream
from config_rollout import KubeProxy
from config_rollout.args.waves import WavesArgs
from tools import build
from tools.documents import filled
from tools.engine import Engine
from tools.kubeadm import Kubeadm
from tools.local_cluster import LocalCluster
from tools.pods import Recorder
from tools.real_nodes import RealNodes
from tools.real_nodes.kube_proxy import IPTABLES, NFTABLES, modes

DOCUMENT = Path(__file__).parents[1] / "docs" / "connections.md"
NODES = 3
OURS = "this library, in waves"
_SETTLED = 4.0
"""Seconds for which connections are made before and after a deployment: two changes of the endpoint."""
_QUIET = 12.0
"""Seconds without any deployment."""

WAVES: WavesArgs = {"first": [{"name": "canary", "nodes": 1}], "gates": [{"kube_proxy": {}}]}

SITUATIONS: Mapping[str, tuple[Mapping[str, object], Mapping[str, object]]] = {
    "nothing changed, iptables": (IPTABLES, IPTABLES),
    "nothing changed, nftables": (NFTABLES, NFTABLES),
    "a field changed, iptables": (IPTABLES, {**IPTABLES, "nodePortAddresses": ["primary"]}),
    "the mode changed, iptables to nftables": (IPTABLES, NFTABLES),
}
"""What happens -> the configuration before and after it."""


@dataclass(frozen=True)
class Row:
    """What one way of one deployment cost."""

    situation: str
    way: str
    pods: int
    """Pods that were replaced."""
    figures: Figures
    seconds: float
    """How long connections were made."""


class Ways:
    """The ways to deploy a configuration of kube-proxy, on one cluster of real nodes."""

    def __init__(self, cluster: LocalCluster, engine: Engine) -> None:
        self._cluster = cluster
        endpoint = urlsplit(cluster.api.server).netloc
        kubeadm = build.chosen("kubeadm")
        self._kubeadm = Kubeadm(build.ensure(["kubeadm"])["kubeadm"], cluster, kubeadm.version, endpoint=endpoint)
        self._wanted: Mapping[str, object] = {}
        self._stack = engine.stack("connections", "connections", self._program)
        self.all: Mapping[str, Callable[[Mapping[str, object]], None]] = {
            "deleting all pods": self.all_at_once,
            "a rolling update": self.rolling,
            OURS: self.ours,
        }

    def kubeadms(self, configuration: Mapping[str, object]) -> None:
        """Have kubeadm's kube-proxy run with a configuration on each node, and nothing of Pulumi's."""
        self._stack.destroy()
        self._cluster.remove_kube_proxy()
        self._kubeadm.addon(configuration)
        self.settle(configuration["mode"])

    def prepare(self, way: str, configuration: Mapping[str, object]) -> None:
        """Have a configuration run as this way leaves it: adopting is a restart of its own, which is not measured."""
        self.kubeadms(configuration)
        if way == OURS:
            self.ours(configuration)
            self.settle(configuration["mode"])

    def all_at_once(self, configuration: Mapping[str, object]) -> None:
        """Write the ConfigMap and delete all pods without grace, as kubespray did."""
        self._write(configuration)
        pods = ("pod", "--selector", "k8s-app=kube-proxy", "--force", "--grace-period", "0")
        self._kubectl("delete", *pods)

    def rolling(self, configuration: Mapping[str, object]) -> None:
        """Write the ConfigMap and let Kubernetes restart all pods, one node at a time."""
        self._write(configuration)
        self._kubectl("rollout", "restart", "daemonset/kube-proxy")

    def ours(self, configuration: Mapping[str, object]) -> None:
        """Deploy it with this library, in two waves with a gate."""
        self._wanted = configuration
        self._stack.up()

    def settle(self, mode: object) -> None:
        """Wait until each kube-proxy is ready, and says that it runs in this mode."""
        self._cluster.wait_at_rest("kube-system", "kube-proxy")
        self._cluster.wait("the mode on each node", lambda: [mode] * NODES == [*modes(self._cluster).values()])

    def _write(self, configuration: Mapping[str, object]) -> None:
        """Write a configuration into the ConfigMap that all pods read."""
        path = "namespaces/kube-system/configmaps/kube-proxy"
        written = yaml.safe_load(self._cluster.api.get(path)["data"]["config.conf"])
        text = yaml.safe_dump({**written, "nodePortAddresses": None, **configuration})
        self._cluster.api.patch(path, {"data": {"config.conf": text}})

    def _kubectl(self, *arguments: str) -> None:
        self._cluster.kubectl("--namespace", "kube-system", *arguments)

    def _program(self) -> None:
        server = self._cluster.api.server
        KubeProxy("kube-proxy", {"manage": "adopt", "config": self._wanted, "api_server": server, "waves": WAVES})


def measured(
    cluster: LocalCluster, stream: Stream, act: Callable[[], None], settle: Callable[[], None]
) -> tuple[int, Figures, float]:
    """Let connections be made while something acts; return how many pods it replaced, the figures, and the seconds."""
    with Recorder(cluster.api, "kube-system") as recorder:
        stream.start()
        try:
            time.sleep(_SETTLED)
            act()
            settle()
            time.sleep(_SETTLED)
        finally:
            figures, seconds = stream.stop()
    return sum(recorder.replaced().values()), figures, seconds


def rows(binaries: Mapping[str, Path]) -> Iterator[Row]:
    """Deploy each situation in each way, and measure; what passes without a deployment comes first."""
    with LocalCluster(binaries) as cluster, RealNodes(cluster, NODES) as real:
        os.environ["KUBECONFIG"] = str(cluster.kubeconfig)  # the program runs in this process, and reads the cluster
        with Engine(binaries, cluster.kubeconfig) as engine, Stream(cluster.api, real.nodes) as stream:
            ways = Ways(cluster, engine)

            def row(situation: str, way: str, act: Callable[[], None], mode: object) -> Row:
                cluster.wait("the Service on each node", stream.reached)
                return Row(situation, way, *measured(cluster, stream, act, lambda: ways.settle(mode)))

            for configuration in (IPTABLES, NFTABLES):
                ways.kubeadms(configuration)
                yield row(
                    f"no deployment, {configuration['mode']}", "", lambda: time.sleep(_QUIET), configuration["mode"]
                )
            for situation, (before, after) in SITUATIONS.items():
                for way, deploy in ways.all.items():
                    ways.prepare(way, before)
                    yield row(situation, way, partial(deploy, after), after["mode"])


def table(measured: Sequence[Row]) -> str:
    """Return the rows as Markdown."""
    quiet = max(row.figures.node_seconds / row.seconds for row in measured if not row.way)
    lines = [
        "| what happens | deployed by | pods restarted | connections | lost | sent to an endpoint that had left | "
        "seconds of nodes with old rules |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in measured:
        of = row.figures
        beyond = max(0.0, of.node_seconds - quiet * row.seconds) if row.way else of.node_seconds
        cells = [row.situation, row.way, row.pods, f"{of.connections:,}", of.lost, of.stale, f"{beyond:.1f}"]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, and put it into the document."""
    done = []
    for row in rows(build.ensure([*build.CONTROL_PLANE, *build.ENGINE])):
        print(row, flush=True)
        done.append(row)
    text = table(done)
    print(text)
    DOCUMENT.write_text(filled(DOCUMENT.read_text(), "connections", text))


if __name__ == "__main__":
    main()
