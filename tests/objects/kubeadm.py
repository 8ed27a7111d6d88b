"""A kube-proxy as kubeadm makes it and the API server sends it, for tests without either."""

from typing import Any

CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"
KUBECONFIG = """apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
    server: https://10.1.2.3:6443
  name: default
"""

Object = dict[str, Any]


def daemon_set(name: str = "kube-proxy", **changes: Any) -> Object:
    """Return the DaemonSet; `mounts`, `image`, `container`, `volume`, `node_selector` and `manager` differ at will."""
    given = {
        "mounts": "kube-proxy",
        "image": "registry.k8s.io/kube-proxy:v1.36.3",
        "container": "kube-proxy",
        "volume": "kube-proxy",
        "node_selector": {"kubernetes.io/os": "linux"},
        "manager": "kubeadm",
        **changes,
    }
    return {
        "metadata": {
            "name": name,
            "namespace": "kube-system",
            "uid": "u",
            "managedFields": [{"manager": given["manager"]}],
        },
        "spec": {
            "selector": {"matchLabels": {"k8s-app": "kube-proxy"}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
            "template": {
                "metadata": {"labels": {"k8s-app": "kube-proxy"}},
                "spec": {
                    "nodeSelector": given["node_selector"],
                    "containers": [{"name": given["container"], "image": given["image"]}],
                    "volumes": [
                        {"name": given["volume"], "configMap": {"name": given["mounts"], "defaultMode": 420}},
                        {"name": "lib-modules", "hostPath": {"path": "/lib/modules"}},
                    ],
                },
            },
        },
    }


def config_map(**data: str) -> Object:
    """Return the ConfigMap that others know by name; `config_conf` is its key `config.conf`."""
    files = {"config.conf": CONFIG, "kubeconfig.conf": KUBECONFIG}
    given = {key.replace("_", "."): text for key, text in data.items()}
    return {"metadata": {"name": "kube-proxy", "namespace": "kube-system"}, "data": {**files, **given}}
