"""The permissions that the audit record needs. A rollout runs without them all the same."""

from collections.abc import Iterable

from ..revisions.naming import history_name
from .rights import Right


def audit_rights(namespace: str, name: str) -> list[Right]:
    """Return the permissions beside the provider's: every authenticated user may ask who it is."""
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


def missing_audit_rights(namespace: str, name: str, others: Iterable[Right]) -> list[Right]:
    """Return those that none of the others covers."""
    covered = {(right.verb, right.resource, right.name) for right in others}
    return [r for r in audit_rights(namespace, name) if not {(r.verb, r.resource, of) for of in (r.name, "")} & covered]
