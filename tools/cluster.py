"""Keeps the local cluster open, and says how to use it from another shell."""

import argparse
import shlex
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from . import build
from .engine import Engine
from .kwok import FATE
from .local_cluster import LocalCluster

_PROVIDER = "pulumi-resource-kubernetes"
_EXPORTED = ("KUBECONFIG", "KUBECACHEDIR", "PULUMI_HOME", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PATH")


def offer(engine: Engine, binaries: Mapping[str, Path]) -> None:
    """Put our command line on the engine's PATH, and the provider: programs may have a newer package than it."""
    engine.put_on_path(_PROVIDER, binaries[_PROVIDER])
    engine.put_on_path("config-rollout", Path(sys.executable).parent / "config-rollout")


def main() -> None:
    """Start a control plane with nodes that kwok plays, and keep it until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tools.cluster", description=main.__doc__)
    parser.add_argument("--nodes", type=int, default=6, help="how many nodes (default 6)")
    nodes = parser.parse_args().nodes
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE, "kubectl"])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(nodes)
        offer(engine, binaries)
        environment = cluster.folder / "environment"
        lines = [f"export {name}={shlex.quote(engine.environment[name])}" for name in _EXPORTED]
        environment.write_text("\n".join([*lines, ""]))
        print(f"A cluster with {nodes} nodes is open until Ctrl-C. In another shell, in this folder:\n")
        print(f"  source {environment}")
        print("  kubectl get nodes")
        print("  pulumi stack init dev && pulumi config set manage own && pulumi config set config-file config.conf")
        print("  pulumi config set api-server https://api.example.com:6443 && pulumi config set version v1.36.3")
        print("  pulumi up                  # then edit config.conf, and `pulumi preview`")
        print("  config-rollout status --watch\n")
        print("A pod crashes, or stays unready, until you delete it:\n")
        print(f"  kubectl -n kube-system annotate POD {FATE}=crash   # or never-ready", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("\nClosing.")


if __name__ == "__main__":
    main()
