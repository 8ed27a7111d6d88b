"""What the audit record asks of the API server, as rights. Without them a rollout runs all the same."""

from .naming import history_name
from .rights import Right


def audit_rights(namespace: str, name: str) -> list[Right]:
    """Return the rights beside those of the provider: every logged in user may ask who it is."""
    history = history_name(name)
    return [
        Right("get", "apps", "daemonsets", namespace, name),
        Right("patch", "apps", "daemonsets", namespace, name),
        Right("list", "apps", "controllerrevisions", namespace),
        Right("patch", "apps", "controllerrevisions", namespace),
        Right("list", "", "pods", namespace),
        *(Right(verb, "", "configmaps", namespace, history) for verb in ("get", "create", "patch")),
        Right("create", "", "events", namespace),
    ]
