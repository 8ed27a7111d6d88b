"""
Gives the ConfigMaps and Secrets of a workload their owners, after each write that changes which of them it needs.

Not here: which owners those are (core/revisions/config_maps.py), and
what is said about those that are not there (prepare/revisions.py).
"""

from collections.abc import Callable, Collection

from ..core.kubernetes.workload_kinds import kind_of
from ..core.revisions.config_maps import lost, ownerships, secrets_of
from .client import Cluster, ClusterError, Object, owned

_OWNER_MANAGER = "config-rollout-owner"
"""
Field manager of owner references: not the provider's, which would take them for drift of its own fields.

Source: pulumi-kubernetes 4.25 takes what a patch owns from the entries of its field manager, whatever their operation.
"""

_TRIES = 3


def give_owners(
    cluster: Cluster,
    read: Callable[[], Object],
    wanted: Collection[str],
    coming: Object | None = None,
    secrets: Collection[str] = (),
) -> list[tuple[str, str]]:
    """
    Write the owners that are wrong, and return kind and name of the missing objects.

    Without anything to do it reads three times and writes nothing; each Secret is read by name beside, because whoever
    may list Secrets may read all of them.

    Args:
      cluster: Where they are.
      read: Returns the workload as it is, with the revision of its template made.
      wanted: The names of the ConfigMaps and Secrets that the program wants.
      coming: What holds the pod template that the workload is about to have.
      secrets: The names of the Secrets that the program has or had; what a revision reads is looked for anyway.

    Raises:
      ClusterError: They cannot be read or written.

    """
    attempt = 0
    while True:
        attempt, workload = attempt + 1, read()
        namespace, name = workload["metadata"]["namespace"], workload["metadata"]["name"]
        of_kind = kind_of(workload)
        revisions = owned(cluster, of_kind.revision_resource, workload)
        label = f"{of_kind.label}={name}"
        missing: list[tuple[str, str]] = []
        try:
            for kind, resource in (("ConfigMap", "configmaps"), ("Secret", "secrets")):
                if kind == "Secret":
                    named = sorted({*secrets, *secrets_of(workload, revisions)})
                    objects = [one for of in named if (one := cluster.get(resource, of, namespace))]
                else:
                    objects = cluster.list(resource, namespace, label, metadata_only=True)
                ours = [one for one in objects if (one["metadata"].get("labels") or {}).get(of_kind.label) == name]
                for ownership in ownerships(workload, revisions, ours, wanted, coming, kind):
                    if ownership.owners:
                        cluster.patch(resource, ownership.name, namespace, ownership.patch(), manager=_OWNER_MANAGER)
                    else:
                        cluster.delete(resource, ownership.name, namespace, ownership.uid)
                missing += [(kind, one) for one in lost(workload, revisions, objects, kind)]
            return missing
        except ClusterError as error:  # 409: someone else has written one meanwhile
            if error.status != 409 or attempt == _TRIES:
                raise
