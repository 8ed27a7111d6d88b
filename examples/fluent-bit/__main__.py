"""fluent-bit from its manifests: two keys of one ConfigMap, and a canary before the other nodes."""

from pathlib import Path

from config_rollout import ConfiguredManifests

ConfiguredManifests(
    "fluent-bit",
    {
        "manifests": Path(__file__).parent / "manifests",
        "namespace": "logging",
        "workloads": {
            "DaemonSet/fluent-bit": {"waves": {"first": [{"name": "canary", "nodes": 1, "soak_seconds": 1}]}},
        },
    },
)
