"""Kinds that several parts know by their names."""

KUBE_PROXY = "KubeProxyConfiguration"
"""The kind that `check` reads although it is not an object of a cluster."""
