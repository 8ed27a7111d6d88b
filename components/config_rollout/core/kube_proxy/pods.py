"""
kube-proxy as kubeadm's addon would create it: its pods, and the permissions that it needs.

Source: kubernetes 1.36 cmd/kubeadm/app/phases/addons/proxy/manifests.go.
"""

import posixpath
from collections.abc import Mapping
from typing import Any

from .layout import Layout

JOINING = "system:bootstrappers:kubeadm:default-node-token"
"""The group of the nodes that `kubeadm join` adds. Source: kubernetes 1.36 `NodeBootstrapTokenAuthGroup`."""

RBAC = "rbac.authorization.k8s.io"


def account(layout: Layout) -> str:
    """Return the name of the pods' service account: never kubeadm's, which may have been left behind."""
    return f"config-rollout-{layout.daemon_set}"


def binding(layout: Layout) -> str:
    """Return the name of the ClusterRoleBinding of that account, one in the whole cluster."""
    return f"config-rollout-{layout.namespace}-{layout.daemon_set}"


def pod_labels(layout: Layout) -> dict[str, str]:
    """Return kubeadm's labels, by which scripts find the pods; another DaemonSet's name makes others."""
    return {"k8s-app": layout.daemon_set}


def pod_spec(layout: Layout, config_map: str, image: str, probe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec of kube-proxy's pods, with camelCase keys."""
    folder = posixpath.dirname(layout.kubeconfig_path)
    return {
        "serviceAccountName": account(layout),
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "containers": [
            {
                "name": layout.container,
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": [
                    "/usr/local/bin/kube-proxy",
                    f"--config={folder}/{layout.key}",
                    "--hostname-override=$(NODE_NAME)",
                ],
                "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                "readinessProbe": dict(probe),
                "securityContext": {"privileged": True},
                "volumeMounts": [
                    {"name": layout.volume, "mountPath": folder},
                    {"name": "xtables-lock", "mountPath": "/run/xtables.lock"},
                    {"name": "lib-modules", "mountPath": "/lib/modules", "readOnly": True},
                ],
            }
        ],
        "volumes": [
            {"name": layout.volume, "configMap": {"name": config_map}},
            {"name": "xtables-lock", "hostPath": {"path": "/run/xtables.lock", "type": "FileOrCreate"}},
            {"name": "lib-modules", "hostPath": {"path": "/lib/modules"}},
        ],
    }


def account_role() -> dict[str, str]:
    """Return what kube-proxy is bound to: a role that Kubernetes itself keeps."""
    return {"apiGroup": RBAC, "kind": "ClusterRole", "name": "system:node-proxier"}


def join_rules(layout: Layout) -> list[dict[str, Any]]:
    """Return what `kubeadm join` needs: to read the ConfigMap that it knows by name."""
    return [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [layout.config_map], "verbs": ["get"]}]


def joining_nodes() -> dict[str, str]:
    """Return the subject that those rules are for."""
    return {"apiGroup": RBAC, "kind": "Group", "name": JOINING}
