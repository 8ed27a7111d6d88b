"""A ConfiguredDaemonSet with waves: a node, then zone by zone."""

from pathlib import Path

from config_rollout import ConfiguredDaemonSet

ConfiguredDaemonSet(
    "agent",
    {
        "namespace": "upgrade-waves",
        "data": {"agent.yaml": Path("config.conf").read_text()},
        "pod_annotations": {"local-cluster/ready-after": "100ms"},
        "waves": {
            "first": [{"name": "canary", "nodes": 1}],
            "by": "topology.kubernetes.io/zone",
            "max_unavailable": "50%",
        },
        "pod_spec": {
            "containers": [
                {
                    "name": "agent",
                    "image": "agent:1",
                    "volume_mounts": [{"name": "config", "mount_path": "/etc/agent"}],
                }
            ],
            "volumes": [{"name": "config", "config_map": {"name": "agent"}}],
        },
    },
)
