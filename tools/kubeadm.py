"""The real kubeadm against the local control plane: its addon kube-proxy, as `kubeadm init` and `upgrade` write it."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from .local_cluster import LocalCluster

ENDPOINT = "api.example.com:6443"
"""The API server's address, as kubeadm gets it."""

CONFIGURATION = {"mode": "iptables", "clusterCIDR": "10.244.0.0/16"}
"""The configuration of kube-proxy that it gets."""

_HEAD = {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"}


class Kubeadm:
    """Runs one phase of `kubeadm init`, as often as it is asked to."""

    def __init__(self, program: Path, cluster: LocalCluster, version: str, endpoint: str = ENDPOINT) -> None:
        self._program, self._cluster, self._version, self._endpoint = program, cluster, version, endpoint

    def addon(self, configuration: Mapping[str, object] = CONFIGURATION, version: str = "") -> str:
        """
        Write kube-proxy's objects, over whatever is there: `kubeadm init phase addon kube-proxy`.

        `version` is that of the kube-proxy to install; by default the one of this kubeadm's cluster.

        Raises:
          RuntimeError: It failed; with its output.

        """
        file = self._cluster.folder / "kubeadm.yaml"
        documents = [
            {
                "apiVersion": "kubeadm.k8s.io/v1beta4",
                "kind": "InitConfiguration",
                "localAPIEndpoint": {"advertiseAddress": "10.1.2.3", "bindPort": 6443},
                "nodeRegistration": {"name": "node-1", "criSocket": "unix:///run/containerd/containerd.sock"},
            },
            {
                "apiVersion": "kubeadm.k8s.io/v1beta4",
                "kind": "ClusterConfiguration",
                "kubernetesVersion": f"v{version or self._version}",
                "controlPlaneEndpoint": self._endpoint,
                "networking": {"podSubnet": "10.244.0.0/16"},
            },
            {**_HEAD, **configuration},
        ]
        file.write_text(yaml.safe_dump_all(documents))
        command = [str(self._program), "init", "phase", "addon", "kube-proxy", "--config", str(file)]
        command += ["--kubeconfig", str(self._cluster.kubeconfig)]
        done = subprocess.run(
            command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout}")
        return done.stdout
