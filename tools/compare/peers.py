"""The peers: each deploys a state with the real program, as its documentation says."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import yaml
from pulumi import automation

from config_rollout import ConfiguredChart, ConfiguredDaemonSet

from .. import build
from ..documents import ROOT
from ..engine import Engine
from ..kubeadm import Kubeadm
from ..kubespray import Kubespray
from ..kwok import READY_AFTER
from ..local_cluster import LocalCluster
from . import manifests
from .manifests import NAME, Workload
from .situations import TOKEN, State

EVERYTHING = frozenset({"labels", "keys", "secret"})
"""What a peer may deploy beside the configuration itself: labels, keys that no pod reads, a Secret."""

_HASH_KEY = "a hash key of the stack, 32 letters"


class Failed(Exception):
    """A tool said that it failed. The log has its words."""


@dataclass(frozen=True)
class Peer:
    """
    A tool, or a way to use one.

    Args:
      name: In JSON, and of its namespace and its log.
      title: In tables, Markdown.
      make: Takes the bench and a namespace that is empty; returns what deploys a state into it and ends when the tool
        does, and raises `Failed` if the tool says that it failed.
      deploys: Of `EVERYTHING`, what it deploys.
      needs: The programs of `build.KNOWN` that it is.
      is_ours: Whether it is this library.
      namespace: Where it deploys, if that is not for us to say, and the name of the DaemonSet there: `workload`.

    """

    name: str
    title: str
    make: "Callable[[Bench, str], Callable[[State], None]]"
    deploys: frozenset[str] = EVERYTHING
    needs: tuple[str, ...] = ()
    is_ours: bool = False
    namespace: str = ""
    workload: str = ""


@dataclass
class Bench:
    """
    Where a peer runs: the cluster, as the user whose requests are counted, the programs, and the log of the peer.

    `folder` is for the files that it deploys, the peer's own; `workloads` says which a state has.
    """

    cluster: LocalCluster
    engine: Engine
    binaries: Mapping[str, Path]
    folder: Path
    log: Path
    workloads: Callable[[State], Sequence[Workload]]

    @property
    def environment(self) -> dict[str, str]:
        """What programs run with: homes of their own, and `config-rollout` on PATH."""
        homes = {f"HELM_{what}_HOME": str(self.folder / f"helm-{what.lower()}") for what in ("CACHE", "CONFIG", "DATA")}
        own = {"KUBECONFIG": str(self.cluster.watched_kubeconfig), "KUBECACHEDIR": str(self.folder / "kubectl")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, **homes, **own, "PATH": path}

    def note(self, text: str) -> None:
        """Add to the log."""
        with self.log.open("a") as log:
            log.write(f"{text.rstrip()}\n")

    def run(self, program: str, *arguments: object, stdin: str | None = None) -> str:
        """Run a program and return what it prints; all of that goes to the log too."""
        words = [str(argument) for argument in arguments]
        self.note(f"$ {program} {' '.join(words)}")
        done = subprocess.run(
            [str(self.binaries[program]), *words], env=self.environment, input=stdin, text=True, capture_output=True,
            check=False, timeout=600,
        )  # fmt: skip
        self.note(done.stdout + done.stderr)
        if done.returncode:
            raise Failed(done.stderr)
        return done.stdout


def _kubectl(bench: Bench, namespace: str) -> Callable[[State], None]:
    def deploy(state: State) -> None:
        file = manifests.write_manifests(bench.workloads(state), bench.folder)
        bench.run("kubectl", "apply", "--namespace", namespace, "--filename", file)

    return deploy


def _restarted(bench: Bench, namespace: str) -> Callable[[State], None]:
    apply = _kubectl(bench, namespace)

    def deploy(state: State) -> None:
        apply(state)
        bench.run("kubectl", "rollout", "restart", "--namespace", namespace, "daemonset")

    return deploy


def _helm(program: str, *options: str, plugin: bool = False) -> Callable[[Bench, str], Callable[[State], None]]:
    def make(bench: Bench, namespace: str) -> Callable[[State], None]:
        if plugin:
            bench.run(program, "plugin", "install", ROOT / "plugins" / "helm")

        def deploy(state: State) -> None:
            chart = manifests.write_chart(bench.workloads(state), bench.folder / "chart")
            bench.run(program, "upgrade", "--install", NAME, chart, "--namespace", namespace, *options)

        return deploy

    return make


def _kustomize(bench: Bench, namespace: str) -> Callable[[State], None]:
    def deploy(state: State) -> None:
        folder = manifests.write_kustomization(bench.workloads(state), bench.folder / "kustomization")
        built = bench.run("kustomize", "build", folder)
        bench.run("kubectl", "apply", "--namespace", namespace, "--filename", "-", stdin=built)

    return deploy


class _Unwaited(Kubespray):
    """kubespray's tasks as they are: no wait, but for what waits there."""

    def wait(self) -> None:
        """Go on."""


def _kubespray(bench: Bench, namespace: str) -> Callable[[State], None]:
    cluster = bench.cluster.seen_by_watched()
    kubeadm = Kubeadm(bench.binaries["kubeadm"], cluster, build.chosen("kubeadm").version)
    tasks = _Unwaited(cluster, kubeadm, bench.binaries["kubectl"])

    def deploy(state: State) -> None:
        try:
            deleted = tasks.upgrade(state.config)
        except (RuntimeError, subprocess.CalledProcessError) as error:
            bench.note(str(error))
            raise Failed(str(error)) from error
        bench.note(f"upgrade-cluster.yml, pods force-deleted: {deleted}\n{yaml.safe_load(state.config)}")

    return deploy


Program = Callable[[str, Sequence[Workload], Path], object]
"""Registers resources: takes a namespace, the workloads, and a folder for files."""


def _pulumi(program: Program) -> Callable[[Bench, str], Callable[[State], None]]:
    def make(bench: Bench, namespace: str) -> Callable[[State], None]:
        stack = bench.engine.stack(namespace, "compare", lambda: None)

        def deploy(state: State) -> None:
            def run() -> None:
                program(namespace, bench.workloads(state), bench.folder)

            stack.workspace.program = run
            os.environ["KUBECONFIG"] = str(bench.cluster.watched_kubeconfig)  # the program runs in this process
            bench.note("$ pulumi up")
            try:
                stack.up(on_output=bench.note, color="never")
            except automation.errors.CommandError as error:
                raise Failed(str(error)) from error

        return deploy

    return make


def _chart(namespace: str, workloads: Sequence[Workload], folder: Path) -> None:
    chart = manifests.write_chart(workloads, folder / "chart")
    k8s.helm.v4.Chart(NAME, chart=str(chart), namespace=namespace)


def _autonamed(namespace: str, workloads: Sequence[Workload], _: Path) -> None:
    """Leave the names to Pulumi, which replaces what changed and passes the new name on."""
    for workload in workloads:
        metadata = {"namespace": namespace, "labels": workload.labels}
        config_map = k8s.core.v1.ConfigMap(workload.name, metadata=metadata, data=workload.state.data)
        named: list[object] = [config_map.metadata["name"]]
        if workload.secret:
            secret = k8s.core.v1.Secret(workload.secret, metadata=metadata, data=manifests.secret(workload)["data"])
            named.append(secret.metadata["name"])
        _daemon_set(namespace, manifests.daemon_set(workload, manifests.pod_spec(workload, *named)))


def _fixed(namespace: str, workloads: Sequence[Workload], _: Path) -> None:
    """Fix the names, and hash what the resources hold: the program that many write first."""
    for workload in workloads:
        config_map, secret = manifests.config_map(workload), manifests.secret(workload)
        for thing in (config_map, secret):
            thing["metadata"]["namespace"] = namespace
        data = k8s.core.v1.ConfigMap(workload.name, metadata=config_map["metadata"], data=config_map["data"]).data
        token = k8s.core.v1.Secret(workload.secret, metadata=secret["metadata"], data=secret["data"]).data
        hashed = {"checksum/config": data.apply(_hash), "checksum/secret": token.apply(_hash)}
        _daemon_set(namespace, manifests.daemon_set(workload, annotations=hashed))


def _hash(values: Mapping[str, str]) -> str:
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()


def _daemon_set(namespace: str, manifest: manifests.Json) -> None:
    metadata = {**manifest["metadata"], "namespace": namespace}
    k8s.apps.v1.DaemonSet(metadata["name"], metadata=metadata, spec=manifest["spec"])


def _configured_chart(namespace: str, workloads: Sequence[Workload], folder: Path) -> None:
    chart = manifests.write_chart(workloads, folder / "chart")
    key = pulumi.Output.secret(_HASH_KEY)
    waits: Any = {f"DaemonSet/{one.name}": {"rollout_timeout_seconds": one.seconds} for one in workloads}
    ConfiguredChart(NAME, {"chart": str(chart), "namespace": namespace, "hash_key": key, "workloads": waits})


def _configured(namespace: str, workloads: Sequence[Workload], _: Path) -> None:
    strategy = {"update_strategy": {"rolling_update": {"max_unavailable": manifests.BUDGET}}}
    for workload in workloads:
        _component(namespace, workload, {**strategy, "rollout_timeout_seconds": workload.seconds})


def _in_waves(namespace: str, workloads: Sequence[Workload], _: Path) -> None:
    waves = {"first": [{"name": "canary", "nodes": 1}], "max_unavailable": manifests.BUDGET}
    for workload in workloads:
        _component(namespace, workload, {"waves": {**waves, "progress_deadline_seconds": workload.seconds}})


def _component(namespace: str, workload: Workload, more: Mapping[str, Any]) -> None:
    secrets = {workload.secret: {"string_data": {TOKEN: pulumi.Output.secret(workload.state.token)}}}
    args: Any = {
        "namespace": namespace,
        "data": workload.state.data,
        "labels": workload.labels,
        "pod_spec": manifests.pod_spec(workload),
        "pod_annotations": {READY_AFTER: "0s"},
        **({"secrets": secrets, "hash_key": pulumi.Output.secret(_HASH_KEY)} if workload.secret else {}),
        **more,
    }
    ConfiguredDaemonSet(workload.name, args)


_TRANSFORM = ("--post-renderer", "config-rollout", "--post-renderer-args", "transform")

PEERS = (
    Peer("kubectl", "`kubectl apply`", _kubectl, needs=("kubectl",)),
    Peer("restart", "`kubectl apply`, then `rollout restart`", _restarted, needs=("kubectl",)),
    Peer(
        "kubespray",
        "kubespray's upgrade-cluster.yml",
        _kubespray,
        deploys=frozenset(),
        needs=("kubeadm", "kubectl"),
        namespace="kube-system",
        workload="kube-proxy",
    ),
    Peer("helm-3", "Helm 3", _helm("helm-3"), needs=("helm-3",)),
    Peer("helm-4", "Helm 4", _helm("helm-4"), needs=("helm-4",)),
    Peer("kustomize", "kustomize, then `kubectl apply`", _kustomize, needs=("kustomize", "kubectl")),
    Peer("chart", "Pulumi's `helm.v4.Chart`", _pulumi(_chart)),
    Peer("autonamed", "Pulumi, names by Pulumi", _pulumi(_autonamed)),
    Peer("fixed", "Pulumi, fixed names and a hash of outputs", _pulumi(_fixed)),
    Peer("transform", "Helm 3 with `transform`", _helm("helm-3", *_TRANSFORM), needs=("helm-3",), is_ours=True),
    Peer("configured-chart", "`ConfiguredChart`", _pulumi(_configured_chart), is_ours=True),
    Peer("configured", "`ConfiguredDaemonSet`", _pulumi(_configured), is_ours=True),
    Peer("waves", "`ConfiguredDaemonSet` with waves", _pulumi(_in_waves), is_ours=True),
)
"""In the order of the tables, ours last."""
