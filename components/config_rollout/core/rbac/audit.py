"""What the audit record asks of the API server, as rights. Without them a rollout runs all the same."""

from collections.abc import Iterable

from ..revisions.naming import history_name
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


def missing_audit_rights(namespace: str, name: str, given: Iterable[Right]) -> list[Right]:
    """Return those that none of the given ones covers."""
    covered = {(right.verb, right.resource, right.name) for right in given}
    return [r for r in audit_rights(namespace, name) if not {(r.verb, r.resource, of) for of in (r.name, "")} & covered]
