"""
Gives the ConfigMaps of a DaemonSet their owners, after each write that changes which of them it needs.

Not here: which owners those are (core/revisions/config_maps.py), and
what is said about ConfigMaps that are not there (prepare/revisions.py).
"""

from collections.abc import Callable, Collection

from ..core.kubernetes.annotations import DAEMON_SET_LABEL
from ..core.revisions.config_maps import lost, ownerships
from .client import Cluster, ClusterError, Object, owned

_OWNER_MANAGER = "config-rollout-owner"
"""
Field manager of owner references: not the provider's, which would take them for drift of its own fields.

Source: pulumi-kubernetes 4.25 takes what a patch owns from the entries of its field manager, whatever their operation.
"""

_TRIES = 3


def give_owners(
    cluster: Cluster, read: Callable[[], Object], wanted: Collection[str], coming: Collection[str] = ()
) -> list[str]:
    """
    Write the owners that are wrong, and return the names of missing ConfigMaps.

    Without anything to do it reads three times and writes nothing.

    Args:
      cluster: Where they are.
      read: Returns the DaemonSet as it is, with the revision of its template made.
      wanted: The names of the ConfigMaps that the program wants.
      coming: The names of those that the DaemonSet is about to mount.

    Raises:
      ClusterError: They cannot be read or written.

    """
    attempt = 0
    while True:
        attempt, daemon_set = attempt + 1, read()
        namespace, name = daemon_set["metadata"]["namespace"], daemon_set["metadata"]["name"]
        revisions = owned(cluster, "controllerrevisions", daemon_set)
        label = f"{DAEMON_SET_LABEL}={name}"
        config_maps = cluster.list("configmaps", namespace, label, metadata_only=True)
        try:
            for ownership in ownerships(daemon_set, revisions, config_maps, wanted, coming):
                if ownership.owners:
                    cluster.patch("configmaps", ownership.name, namespace, ownership.patch(), manager=_OWNER_MANAGER)
                else:
                    cluster.delete("configmaps", ownership.name, namespace, ownership.uid)
            return lost(daemon_set, revisions, config_maps)
        except ClusterError as error:  # 409: someone else has written one meanwhile
            if error.status != 409 or attempt == _TRIES:
                raise
