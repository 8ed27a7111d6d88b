"""A ConfiguredDaemonSet with every argument that writes something."""

from pathlib import Path

from config_rollout import ConfiguredDaemonSet

ConfiguredDaemonSet(
    "agent",
    {
        "namespace": "upgrade-plain",
        "data": {"rules": Path("config.conf").read_text(), "agent.json": '{"level": "info"}', "motd": "hello\n"},
        "binary_data": {"blob": "AAECAw=="},
        "formats": {"rules": "yaml"},
        "effects": {"rules:comment": "none", "motd": "none"},
        "labels": {"team": "net"},
        "pod_annotations": {"local-cluster/ready-after": "100ms"},
        "update_strategy": {"rolling_update": {"max_unavailable": "50%"}},
        "min_ready_seconds": 0,
        "revision_history_limit": 5,
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
