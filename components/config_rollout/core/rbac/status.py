"""The permissions that `status` and `history` need."""

from collections.abc import Iterable

from ..kubernetes.workload_kinds import WorkloadKind
from .rights import Right


def history_rights(kinds: Iterable[WorkloadKind], namespace: str, name: str) -> list[Right]:
    """
    Return the permissions that reading one workload needs, or all of these kinds where `name` is empty.

    They are those of a namespace, or where that is empty of the cluster.
    """
    every = [*kinds]
    verb = "get" if name else "list"
    workloads = [Right(verb, "apps", of.resource, namespace, name) for of in every]
    revisions = [Right("list", "apps", of.revision_resource, namespace) for of in every]
    return [
        *workloads,
        *dict.fromkeys(revisions),
        Right("list", "", "pods", namespace),
        Right("get", "", "configmaps", namespace),
        Right("list", "", "configmaps", namespace),
    ]


def status_rights(kinds: Iterable[WorkloadKind], namespace: str, name: str, watching: bool) -> list[Right]:
    """Return the same for a look that knows the zones, once or all the time."""
    every = [*kinds]
    rights = [*history_rights(every, namespace, name), Right("list", "", "nodes")]
    if watching:
        rights += [Right(verb, "apps", of.resource, namespace) for of in every for verb in ("list", "watch")]
        rights.append(Right("watch", "", "pods", namespace))
    return rights
