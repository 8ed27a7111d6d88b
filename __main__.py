"""
kube-proxy for the cluster of your kubeconfig, one that has none yet (kubeadm: `skipPhases: [addon/kube-proxy]`).

Settings of the stack: `apiServer`, the address that kube-proxy dials (required; not a Service's, which needs
kube-proxy); `version` of kube-proxy; `maxUnavailable`, `minReadySeconds` and `rolloutTimeoutSeconds` of a restart.
"""

from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s

from config_rollout import ConfiguredDaemonSet

HERE = Path(__file__).parent
NAMESPACE = "kube-system"
# Not `kube-proxy`: if the cluster has one after all, its service account stays its own.
ACCOUNT = "config-rollout-kube-proxy"
CONFIG_FOLDER = "/var/lib/kube-proxy"

settings = pulumi.Config()
min_ready_seconds = settings.get_int("minReadySeconds")
version = settings.get("version") or "v1.36.3"

account = k8s.core.v1.ServiceAccount("kube-proxy", metadata={"name": ACCOUNT, "namespace": NAMESPACE})
k8s.rbac.v1.ClusterRoleBinding(
    "kube-proxy",
    metadata={"name": ACCOUNT},
    role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:node-proxier"},
    subjects=[{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
)

pod_spec = {
    "service_account_name": ACCOUNT,
    "host_network": True,
    "priority_class_name": "system-node-critical",
    "node_selector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"operator": "Exists"}],
    "containers": [
        {
            "name": "kube-proxy",
            "image": f"registry.k8s.io/kube-proxy:{version}",
            "command": [
                "/usr/local/bin/kube-proxy",
                f"--config={CONFIG_FOLDER}/config.conf",
                "--hostname-override=$(NODE_NAME)",
            ],
            "env": [{"name": "NODE_NAME", "value_from": {"field_ref": {"field_path": "spec.nodeName"}}}],
            "readiness_probe": {"http_get": {"path": "/livez", "port": 10256}, "period_seconds": 5},
            "security_context": {"privileged": True},
            "volume_mounts": [
                {"name": "config", "mount_path": CONFIG_FOLDER},
                {"name": "xtables-lock", "mount_path": "/run/xtables.lock"},
                {"name": "lib-modules", "mount_path": "/lib/modules", "read_only": True},
            ],
        }
    ],
    "volumes": [
        {"name": "config", "config_map": {"name": "kube-proxy"}},
        {"name": "xtables-lock", "host_path": {"path": "/run/xtables.lock", "type": "FileOrCreate"}},
        {"name": "lib-modules", "host_path": {"path": "/lib/modules"}},
    ],
}

proxy = ConfiguredDaemonSet(
    "kube-proxy",
    {
        "namespace": NAMESPACE,
        "data": {
            "config.conf": (HERE / "config.conf").read_text(),
            "kubeconfig.conf": (HERE / "kubeconfig.conf").read_text().format(server=settings.require("apiServer")),
        },
        "formats": {"kubeconfig.conf": "yaml"},
        "pod_spec": pod_spec,
        "update_strategy": {"rolling_update": {"max_unavailable": settings.get("maxUnavailable") or "10%"}},
        "min_ready_seconds": 10 if min_ready_seconds is None else min_ready_seconds,
        "rollout_timeout_seconds": settings.get_int("rolloutTimeoutSeconds"),
    },
    pulumi.ResourceOptions(depends_on=[account]),
)

pulumi.export("config_hash", proxy.config_hash)
