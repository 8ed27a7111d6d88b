"""The ways to deploy a chart that are compared, each into a namespace of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi_kubernetes as k8s

from config_rollout import ConfiguredChart

from ..engine import Engine
from ..local_cluster import LocalCluster
from .versions import RELEASE

POST_RENDERER = ("--post-renderer", "config-rollout", "--post-renderer-args", "transform")


@dataclass(frozen=True)
class Way:
    """A way to deploy: `deploy` takes the folder of a chart, and ends when it thinks that it is done."""

    name: str
    title: str
    deploy: Callable[[Path], object]


def ways(cluster: LocalCluster, engine: Engine, helm: Path) -> list[Way]:
    """Return all ways, each with the namespace that is called after it."""
    os.environ["KUBECONFIG"] = str(cluster.kubeconfig)  # the programs run in this process
    return [
        Way("helm", "Helm 3", by_helm(cluster, helm, "helm")),
        Way("chart", "Pulumi's `helm.v4.Chart`", by_pulumi(engine, "chart", chart)),
        Way("transform", "Helm 3 with `transform`", by_helm(cluster, helm, "transform", POST_RENDERER)),
        Way("configured", "`ConfiguredChart`", by_pulumi(engine, "configured", configured_chart)),
    ]


def by_helm(cluster: LocalCluster, helm: Path, namespace: str, options: Sequence[str] = ()) -> Callable[[Path], object]:
    """Return what installs or upgrades a release with the real Helm."""
    own = Path(sys.executable).parent
    homes = {f"HELM_{what}_HOME": str(cluster.folder / "helm" / what.lower()) for what in ("CACHE", "CONFIG", "DATA")}
    environment: Mapping[str, str] = os.environ | cluster.environment | homes
    environment = {**environment, "PATH": f"{own}{os.pathsep}{os.environ['PATH']}"}

    def deploy(folder: Path) -> None:
        command = [str(helm), "upgrade", "--install", RELEASE, str(folder), "--namespace", namespace, *options]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)

    return deploy


def by_pulumi(engine: Engine, namespace: str, program: Callable[[str, str], object]) -> Callable[[Path], object]:
    """Return what runs `pulumi up` on a program that is given the folder and the namespace."""
    stack = engine.stack(namespace, "charts", lambda: None)

    def deploy(folder: Path) -> None:
        def run() -> None:
            program(str(folder), namespace)

        stack.workspace.program = run
        stack.up()

    return deploy


def chart(folder: str, namespace: str) -> None:
    """Register the chart as Pulumi's own component does."""
    k8s.helm.v4.Chart(RELEASE, chart=folder, namespace=namespace)


def configured_chart(folder: str, namespace: str) -> None:
    """Register the chart as ours does."""
    ConfiguredChart(RELEASE, {"chart": folder, "namespace": namespace})
