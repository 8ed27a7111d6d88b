"""The permissions that keeping the ConfigMaps and Secrets of earlier configurations needs."""

from .rights import Right


def kept_rights(namespace: str, name: str, secrets: bool = False) -> list[Right]:
    """
    Return all permissions that keeping the ConfigMaps of a DaemonSet needs; without them there is a warning.

    With `secrets` its Secrets too. They are read by name, never listed: whoever may list Secrets may read all of them.
    """
    of_secrets = ("get", "create", "patch", "delete") if secrets else ()
    return [
        Right("get", "apps", "daemonsets", namespace, name),
        Right("list", "apps", "controllerrevisions", namespace),
        *(Right(verb, "", "configmaps", namespace) for verb in ("get", "list", "create", "patch", "delete")),
        *(Right(verb, "", "secrets", namespace) for verb in of_secrets),
    ]
