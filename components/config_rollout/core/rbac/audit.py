"""The permissions that the audit record needs. A rollout runs without them all the same."""

from collections.abc import Iterable

from ..kubernetes.workload_kinds import DEPLOYMENT, WorkloadName
from ..revisions.naming import history_name
from .rights import Right


def audit_rights(of: WorkloadName) -> list[Right]:
    """
    Return the permissions beside the provider's: every authenticated user may ask who it is.

    Where the controller copies a change cause to the revision all the time, none is written there: hooks/audit.py.
    """
    kind, namespace, name = of
    history = history_name(name, kind)
    causes = [] if kind is DEPLOYMENT else [Right("patch", "apps", kind.revision_resource, namespace)]
    return [
        Right("get", "apps", kind.resource, namespace, name),
        Right("patch", "apps", kind.resource, namespace, name),
        Right("list", "apps", kind.revision_resource, namespace),
        *causes,
        Right("list", "", "pods", namespace),
        *(Right(verb, "", "configmaps", namespace, history) for verb in ("get", "create", "patch")),
        Right("create", "", "events", namespace),
    ]


def missing_audit_rights(of: WorkloadName, others: Iterable[Right]) -> list[Right]:
    """Return those that none of the others covers."""
    covered = {(right.verb, right.resource, right.name) for right in others}
    return [r for r in audit_rights(of) if not {(r.verb, r.resource, one) for one in (r.name, "")} & covered]
