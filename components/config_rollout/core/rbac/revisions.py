"""The permissions that keeping the ConfigMaps of earlier configurations needs."""

from .rights import Right


def kept_rights(namespace: str, name: str) -> list[Right]:
    """Return all permissions that keeping the ConfigMaps of a DaemonSet needs; without them there is a warning."""
    return [
        Right("get", "apps", "daemonsets", namespace, name),
        Right("list", "apps", "controllerrevisions", namespace),
        *(Right(verb, "", "configmaps", namespace) for verb in ("get", "list", "create", "patch", "delete")),
    ]
