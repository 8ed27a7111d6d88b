"""node-local-dns from its manifests: pods restart when, and only when, the Corefile means something else."""

from pathlib import Path

from config_rollout import ConfiguredManifests

ConfiguredManifests(
    "node-local-dns",
    {
        "manifests": Path(__file__).parent / "manifests",
        "namespace": "kube-system",
        "workloads": {"DaemonSet/node-local-dns": {"formats": {"Corefile": "corefile"}}},
    },
)
