"""A DaemonSet in waves, one without, and a Deployment by hand, as `stage` says: what each preview here is made from."""

from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s

from config_rollout import ConfiguredDaemonSet

STAGE = Path("stage").read_text()
LEVEL = "debug" if STAGE == "restart" else "info"
COMMENT = "# written differently\n" if STAGE in ("restart", "text") else ""
NAMESPACE = "fleet-refused!" if STAGE == "refused" else "fleet"


def pod_spec(name: str, image: str) -> dict:
    """Return a pod spec that mounts the ConfigMap of that name."""
    mount = {"name": "config", "mount_path": "/etc/agent"}
    return {
        "containers": [{"name": "agent", "image": image, "volume_mounts": [mount]}],
        "volumes": [{"name": "config", "config_map": {"name": name}}],
    }


ConfiguredDaemonSet(
    "node-agent",
    {
        "namespace": NAMESPACE,
        "data": {"agent.yaml": f"level: {LEVEL}\nbuffer: 64\n"},
        "pod_annotations": {"local-cluster/ready-after": "100ms"},
        "waves": {"first": [{"name": "canary", "nodes": 1}], "by": "topology.kubernetes.io/zone"},
        "pod_spec": pod_spec("node-agent", "agent:1"),
    },
)
ConfiguredDaemonSet(
    "logger",
    {
        "namespace": NAMESPACE,
        "data": {"logger.yaml": f"{COMMENT}rate: 10\n"},
        "pod_annotations": {"local-cluster/ready-after": "100ms"},
        "pod_spec": pod_spec("logger", "logger:1"),
    },
)
password = pulumi.Output.secret("hunter2-after" if STAGE == "restart" else "hunter2-before")
container = {"name": "web", "image": "web:1", "env": [{"name": "DATABASE", "value": password}]}
k8s.apps.v1.Deployment(
    "web",
    metadata={"name": "web", "namespace": "fleet", "annotations": {"pulumi.com/skipAwait": "true"}},
    spec={
        "selector": {"match_labels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
    },
)
