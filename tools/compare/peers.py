"""The peers: each deploys a state with the real program, as its documentation says."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
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

OWN = frozenset({"labels", "keys", "secret"})
"""What a peer may deploy beside the configuration itself: labels, keys that no pod reads, a Secret."""

EVERYTHING = OWN | {"shared"}
"""And a ConfigMap that several workloads read."""

UPGRADE = frozenset({"upgrade"})
"""What a peer has of which the next major version runs here too."""

_HASH_KEY = "a hash key of the stack, 32 letters"


class Failed(Exception):
    """A tool said that it failed. The log has its words."""


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Tool:
    """
    A tool in one namespace.

    Args:
      deploy: Deploys a state, ends when the tool does, and raises `Failed` if the tool says that it failed.
      unlock: Does what the tool's documentation says for the lock that a killed run leaves.
      upgraded: Deploys as the next major version does.

    """

    deploy: Callable[[State], None]
    unlock: Callable[[], None] = _nothing
    upgraded: Callable[[State], None] | None = None


@dataclass(frozen=True)
class Peer:
    """
    A tool, or a way to use one.

    Args:
      name: In JSON, and of its namespace and its log.
      title: In tables, Markdown.
      make: Takes the bench and a namespace that is empty.
      deploys: Of `EVERYTHING`, what it deploys; and `UPGRADE`.
      needs: The programs of `build.KNOWN` that it is.
      is_ours: Whether it is this library.
      namespace: Where it deploys, if that is not for us to say, and the name of the DaemonSet there: `workload`.

    """

    name: str
    title: str
    make: "Callable[[Bench, str], Tool]"
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
        """Add to the log, without where this repository lies."""
        with self.log.open("a") as log:
            log.write(f"{text.rstrip().replace(f'{ROOT}/', '')}\n")

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


def _kubectl(bench: Bench, namespace: str) -> Tool:
    def deploy(state: State) -> None:
        file = manifests.write_manifests(bench.workloads(state), bench.folder)
        bench.run("kubectl", "apply", "--namespace", namespace, "--filename", file)

    return Tool(deploy)


def _restarted(bench: Bench, namespace: str) -> Tool:
    apply = _kubectl(bench, namespace).deploy

    def deploy(state: State) -> None:
        apply(state)
        bench.run("kubectl", "rollout", "restart", "--namespace", namespace, "daemonset")

    return Tool(deploy)


def _helm(program: str, *options: str, upgraded: str = "") -> Callable[[Bench, str], Tool]:
    def make(bench: Bench, namespace: str) -> Tool:
        def deploy(state: State, by: str = program) -> None:
            chart = manifests.write_chart(bench.workloads(state), bench.folder / "chart")
            bench.run(by, "upgrade", "--install", NAME, chart, "--namespace", namespace, *options)

        def unlock() -> None:
            bench.run(program, "rollback", NAME, "--namespace", namespace)

        return Tool(deploy, unlock, partial(deploy, by=upgraded) if upgraded else None)

    return make


def _kustomize(bench: Bench, namespace: str) -> Tool:
    def deploy(state: State) -> None:
        folder = manifests.write_kustomization(bench.workloads(state), bench.folder / "kustomization")
        built = bench.run("kustomize", "build", folder)
        bench.run("kubectl", "apply", "--namespace", namespace, "--filename", "-", stdin=built)

    return Tool(deploy)


class _Unwaited(Kubespray):
    """kubespray's tasks as they are: no wait, but for what waits there."""

    def wait(self) -> None:
        """Go on."""


def _kubespray(bench: Bench, _: str) -> Tool:
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

    return Tool(deploy)


Program = Callable[[str, Sequence[Workload], Path], object]
"""Registers resources: takes a namespace, the workloads, and a folder for files."""


def _pulumi(program: Program) -> Callable[[Bench, str], Tool]:
    def make(bench: Bench, namespace: str) -> Tool:
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

        def unlock() -> None:
            bench.note("$ pulumi cancel")
            stack.cancel()

        return Tool(deploy, unlock)

    return make


def _chart(namespace: str, workloads: Sequence[Workload], folder: Path) -> None:
    chart = manifests.write_chart(workloads, folder / "chart")
    k8s.helm.v4.Chart(NAME, chart=str(chart), namespace=namespace)


def _autonamed(namespace: str, workloads: Sequence[Workload], _: Path) -> None:
    """Leave the names to Pulumi, which replaces what changed and passes the new name on."""
    maps: dict[str, Any] = {}
    for workload in workloads:
        metadata = {"namespace": namespace, "labels": workload.labels}
        if not workload.reads:
            maps[workload.name] = k8s.core.v1.ConfigMap(workload.name, metadata=metadata, data=workload.state.data)
        named: list[object] = [maps[workload.config_map].metadata["name"]]
        if workload.secret:
            secret = k8s.core.v1.Secret(workload.secret, metadata=metadata, data=manifests.secret(workload)["data"])
            named.append(secret.metadata["name"])
        _daemon_set(namespace, manifests.daemon_set(workload, manifests.pod_spec(workload, *named)))


def _fixed(namespace: str, workloads: Sequence[Workload], _: Path) -> None:
    """Fix the names, and hash what the resources hold: the program that many write first."""
    maps: dict[str, Any] = {}
    for workload in workloads:
        metadata = {"namespace": namespace, "labels": workload.labels}
        if not workload.reads:
            named = {**metadata, "name": workload.name}
            maps[workload.name] = k8s.core.v1.ConfigMap(workload.name, metadata=named, data=workload.state.data)
        hashed: dict[str, object] = {"checksum/config": maps[workload.config_map].data.apply(_hash)}
        if workload.secret:
            of_secret = {**metadata, "name": workload.secret}
            token = k8s.core.v1.Secret(workload.secret, metadata=of_secret, data=manifests.secret(workload)["data"])
            hashed["checksum/secret"] = token.data.apply(_hash)
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
    Peer("restart", "`kubectl apply` and `rollout restart`", _restarted, needs=("kubectl",)),
    Peer(
        "kubespray",
        "kubespray",
        _kubespray,
        deploys=frozenset(),
        needs=("kubeadm", "kubectl"),
        namespace="kube-system",
        workload="kube-proxy",
    ),
    Peer(
        "helm-3",
        "Helm 3",
        _helm("helm-3", upgraded="helm-4"),
        deploys=EVERYTHING | UPGRADE,
        needs=("helm-3", "helm-4"),
    ),
    Peer("helm-4", "Helm 4", _helm("helm-4"), needs=("helm-4",)),
    Peer("kustomize", "kustomize", _kustomize, needs=("kustomize", "kubectl")),
    Peer("chart", "Pulumi's `helm.v4.Chart`", _pulumi(_chart)),
    Peer("autonamed", "Pulumi with autonaming", _pulumi(_autonamed)),
    Peer("fixed", "Pulumi with fixed names", _pulumi(_fixed)),
    Peer("transform", "Helm 3 with `transform`", _helm("helm-3", *_TRANSFORM), needs=("helm-3",), is_ours=True),
    Peer("configured-chart", "`ConfiguredChart`", _pulumi(_configured_chart), is_ours=True),
    Peer("configured", "`ConfiguredDaemonSet`", _pulumi(_configured), OWN, is_ours=True),
    Peer("waves", "`ConfiguredDaemonSet` in waves", _pulumi(_in_waves), OWN, is_ours=True),
)
"""In the order of the tables, ours last."""
