"""The kube-proxy that kubeadm made, adopted, with a configuration of the program's own."""

from pathlib import Path

from config_rollout import KubeProxy

KubeProxy(
    "kube-proxy",
    {
        "manage": "adopt",
        "config": Path("config.conf").read_text(),
        "max_unavailable": "50%",
        "min_ready_seconds": 0,
    },
)
