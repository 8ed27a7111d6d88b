"""The one kube-proxy of the shared cluster: programs for it, and what is looked at."""

import yaml

from config_rollout import KubeProxy
from config_rollout.core.configuration.digest import short_hash
from tools import build, demo
from tools.kubeadm import CONFIGURATION, ENDPOINT

OF = "namespaces/kube-system"
DAEMON_SET = f"{OF}/daemonsets/kube-proxy"
SERVER = f"https://{ENDPOINT}"
VERSION = build.chosen("kubeadm").version
"""The release of Kubernetes that the cluster has."""

LIVE, OTHER, CRASHING = (f"kube-proxy-{short_hash(demo.hash_of(mode))}" for mode in (demo.GOOD, demo.BETTER, demo.BAD))
"""The pods' ConfigMaps of what kubeadm makes, of the same in mode nftables, and in the mode that crashes here."""

_QUICK = {"min_ready_seconds": 0, "max_unavailable": "100%"}  # what is counted is restarts, not how many are away


def adopt(opts=None, component="kube-proxy", **arguments):
    """Return a program that adopts; `opts` makes its resource options."""
    return lambda: KubeProxy(component, {"manage": "adopt", **_QUICK, **arguments}, opts and opts())


def own(opts=None, component="kube-proxy", **arguments):
    """Return a program with a kube-proxy of its own, configured as kubeadm's."""
    given = {"manage": "own", "config": CONFIGURATION, "api_server": SERVER, "version": f"v{VERSION}", **_QUICK}
    return lambda: KubeProxy(component, {**given, **arguments}, opts and opts())


def settle(cluster):
    """Wait until every node has a ready pod of the newest revision, and no other."""
    cluster.wait_at_rest("kube-system", "kube-proxy")


def live(cluster):
    """Return the spec of the DaemonSet."""
    return cluster.api.get(DAEMON_SET)["spec"]


def mounted(cluster):
    """Return the name of the ConfigMap that its pods read."""
    volumes = live(cluster)["template"]["spec"]["volumes"]
    return next(volume["configMap"]["name"] for volume in volumes if volume["name"] == "kube-proxy")


def make_as_eks(cluster, namespace: str = "kube-system") -> dict[str, str]:
    """Make a kube-proxy with the names of the EKS add-on, and return its configuration."""
    config = {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "iptables"}
    for name, key, text in (("kube-proxy-config", "config", yaml.safe_dump(config)), ("kube-proxy", "kubeconfig", "")):
        made = {"metadata": {"name": name}, "data": {key: text}}
        cluster.api.create(f"namespaces/{namespace}/configmaps", made)
    labels = {"k8s-app": "kube-proxy"}
    volumes = [
        {"name": volume, "configMap": {"name": name}}
        for volume, name in (("kubeconfig", "kube-proxy"), ("config", "kube-proxy-config"))
    ]
    pods = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "kube-proxy", "image": "kube-proxy:v1"}], "volumes": volumes},
    }
    spec = {"selector": {"matchLabels": labels}, "template": pods}
    cluster.api.create(f"namespaces/{namespace}/daemonsets", {"metadata": {"name": "kube-proxy"}, "spec": spec})
    return config


BAD = {**CONFIGURATION, "mode": "ipvs"}
"""The configuration whose pods crash here."""


def known(cluster) -> str:
    """Return the mode in the ConfigMap that `kubeadm join` reads."""
    text = cluster.api.get(f"{OF}/configmaps/kube-proxy")["data"]["config.conf"]
    return next(line for line in text.splitlines() if line.startswith("mode:"))
