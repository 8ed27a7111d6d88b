"""The cluster that a component writes to, from its arguments and the settings of the Kubernetes provider."""

from collections.abc import Mapping
from typing import Any

import pulumi

from ..cluster.client import Cluster


def find_cluster(plain: Mapping[str, Any]) -> Cluster:
    """Return the cluster that the Kubernetes provider writes to, as far as arguments and settings tell."""
    provider = pulumi.Config("kubernetes")
    kubeconfig, context = plain.get("kubeconfig"), plain.get("context")
    if kubeconfig:
        return Cluster.find(kubeconfig, context)
    return Cluster.find(provider.get("kubeconfig"), context or provider.get("context"), provider.get("cluster"))
