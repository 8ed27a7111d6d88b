"""Holds the pods of a StatefulSet back before its pod template changes, and lets go of them; each in one short call."""

from collections.abc import Mapping
from typing import Any

from ..cluster.client import Cluster
from ..cluster.retrying import Backoff
from ..core.kubernetes.field_managers import DRIVER
from ..core.kubernetes.stateful_sets import pod_names
from ..core.kubernetes.template import differences
from ..core.kubernetes.workload_kinds import STATEFUL_SET
from ..core.waves.strategy import has_partition_of_driver, with_partition

_SECONDS = 60
"""How long the API server may be away, in seconds."""


def hold(cluster: Cluster, namespace: str, name: str, was: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """
    Hold all pods of a StatefulSet that is there, if the template that is about to be written is another one.

    Args:
      cluster: Where it is.
      namespace: The StatefulSet's.
      name: The StatefulSet's.
      was: The template that the provider wrote last.
      wanted: The one that it writes now. What is live may be a third.

    Raises:
      ClusterError: It cannot be read or written.

    """
    live = Backoff(_SECONDS).run(lambda: cluster.get(STATEFUL_SET.resource, name, namespace))
    if live and (was != wanted or differences(wanted, live["spec"].get("template"))):
        body = with_partition(namespace, name, len(pod_names(live)))
        Backoff(_SECONDS).run(lambda: cluster.apply(STATEFUL_SET.resource, name, namespace, body, DRIVER))


def let_go(cluster: Cluster, namespace: str, name: str) -> None:
    """
    Leave nothing of what the driver has held.

    Raises:
      ClusterError: It cannot be read or written.

    """
    live = Backoff(_SECONDS).run(lambda: cluster.get(STATEFUL_SET.resource, name, namespace))
    if live and has_partition_of_driver(live):
        body = with_partition(namespace, name, None)
        Backoff(_SECONDS).run(lambda: cluster.apply(STATEFUL_SET.resource, name, namespace, body, DRIVER))
