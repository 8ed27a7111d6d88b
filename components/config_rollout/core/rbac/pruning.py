"""The permissions that `prune` needs."""

from .rights import Right

_GROUPS = {
    "apps": ("daemonsets", "deployments", "statefulsets", "replicasets", "controllerrevisions"),
    "batch": ("jobs", "cronjobs"),
    "": ("replicationcontrollers", "pods", "configmaps"),
}


def prune_rights(namespace: str, dry_run: bool = False) -> list[Right]:
    """Return the permissions for one namespace; with `dry_run` nothing is deleted."""
    rights = [Right("list", group, resource, namespace) for group, every in _GROUPS.items() for resource in every]
    return rights if dry_run else [*rights, Right("delete", "", "configmaps", namespace)]
