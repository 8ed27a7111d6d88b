"""What keeping the ConfigMaps of earlier configurations asks of the API server."""

from .rights import Right


def kept_rights(namespace: str, name: str) -> list[Right]:
    """Return all rights that looking after the ConfigMaps of a DaemonSet uses; without them that is a warning."""
    return [
        Right("get", "apps", "daemonsets", namespace, name),
        Right("list", "apps", "controllerrevisions", namespace),
        *(Right(verb, "", "configmaps", namespace) for verb in ("get", "list", "create", "patch", "delete")),
    ]
