"""The permissions that `status` and `history` need."""

from .rights import Right


def history_rights(namespace: str, name: str) -> list[Right]:
    """Return the permissions that reading one DaemonSet needs, or (both empty) all of the cluster."""
    return [
        Right("get", "apps", "daemonsets", namespace, name) if name else Right("list", "apps", "daemonsets"),
        Right("list", "apps", "controllerrevisions", namespace),
        Right("list", "", "pods", namespace),
        Right("get", "", "configmaps", namespace),
        Right("list", "", "configmaps", namespace),
    ]


def status_rights(namespace: str, name: str, watching: bool) -> list[Right]:
    """Return the same for a look that knows the zones, once or all the time."""
    rights = [*history_rights(namespace, name), Right("list", "", "nodes")]
    if watching:
        rights += [Right(verb, "apps", "daemonsets", namespace) for verb in ("list", "watch")]
        rights.append(Right("watch", "", "pods", namespace))
    return rights
