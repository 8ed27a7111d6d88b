"""The cluster that a component writes to, from its arguments and the settings of the Kubernetes provider."""

import os
import time
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import pulumi

from ..cluster.client import Cluster
from ..hooks.run import this_run

_FRESH_SECONDS = 60
"""How long one is good for, in seconds: client-go reads a token's file as often."""

_found: WeakKeyDictionary[object, dict[tuple[str | None, ...], tuple[float, Cluster]]] = WeakKeyDictionary()
"""Those that a run of a program has found, and when: it may take a program that logs in, and connects anew."""


def find_cluster(plain: Mapping[str, Any]) -> Cluster:
    """Return the cluster that the Kubernetes provider writes to, as far as arguments and settings tell."""
    provider = pulumi.Config("kubernetes")
    kubeconfig, context = plain.get("kubeconfig"), plain.get("context")
    if kubeconfig:
        return _find(kubeconfig, context)
    return _find(provider.get("kubeconfig"), context or provider.get("context"), provider.get("cluster"))


def _find(*where: str | None) -> Cluster:
    """Return the cluster of these, the same for everyone who asks within a minute of one run."""
    run = this_run()
    if run is None:
        return Cluster.find(*where)
    found, key, now = _found.setdefault(run, {}), (*where, os.environ.get("KUBECONFIG")), time.monotonic()
    since, cluster = found.get(key, (0.0, None))
    if cluster is None or now - since > _FRESH_SECONDS:
        cluster = Cluster.find(*where)
        found[key] = now, cluster
    return cluster
