"""kube-proxy of a cluster without one, in waves: one node first, then zone by zone."""

from pathlib import Path

from config_rollout import KubeProxy

KubeProxy(
    "kube-proxy",
    {
        "manage": "own",
        "config": (Path(__file__).parent / "config.conf").read_text(),
        "api_server": "https://10.0.0.1:6443",
        "version": "v1.36.3",
        "min_ready_seconds": 0,
        "waves": {"first": [{"name": "canary", "nodes": 1}], "by": "topology.kubernetes.io/zone"},
    },
)
