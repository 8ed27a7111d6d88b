"""What the commands that read a cluster share: their options, and how a workload is read."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache, partial

from ...cluster.client import Cluster, ClusterError, Forbidden, Object
from ...cluster.observe import add_config_maps, add_nodes, add_pods, add_revisions, all_config_maps, observe
from ...core.kubernetes.nodes import Node
from ...core.kubernetes.workload_kinds import kind_named
from ...core.rbac.rights import Right, roles
from ...core.revisions.naming import history_name
from ...core.revisions.observation import Observation
from ...core.status.observation import WorkloadView, external_names, is_ours
from ..errors import Trouble
from .naming import Where

AS_WANTED, NOT_AS_WANTED, TROUBLE = 0, 1, 2
"""The exit codes; with the last, everything readable was printed."""


WITH_HASH = "all in the cluster that have a config hash"
"""Which workloads a command is about that names none, for its help."""


def add_cluster_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say which cluster."""
    command.add_argument("--kubeconfig", metavar="PATH", help="by default as kubectl finds it")
    command.add_argument("--context", metavar="NAME", help="of the kubeconfig; by default its current one")


@contextmanager
def open_cluster(args: argparse.Namespace, rights: Sequence[Right]) -> Iterator[Cluster]:
    """Give the cluster of the options, and report what prevents reading it, with the missing permissions."""
    try:
        cluster = Cluster.find(args.kubeconfig, args.context)
        try:
            yield cluster
        except Forbidden as forbidden:
            raise Trouble(_missing(cluster, forbidden, rights)) from None
    except ClusterError as error:
        raise Trouble(str(error)) from None


def workloads_at(cluster: Cluster, where: Where) -> list[Object]:
    """
    Return the workload that is named, or all that carry a config hash, by kind in the API server's order.

    Raises:
      Trouble: There is none.

    """
    if where.one:
        kind, namespace, name = where.one
        thing = cluster.get(kind.resource, name, namespace)
        if thing is None:
            meant = kind_named(namespace)
            other = f", or write `-n NAMESPACE {namespace}/{name}` for a {meant.kind}" if meant else ""
            raise Trouble(f"{where.one}: no such {kind.kind} on {cluster.server}. Correct the name{other}.")
        return [thing]
    pages = (page for kind in where.kinds for page, _ in cluster.pages(kind.resource, where.namespace))
    every = [thing for page in pages for thing in page if is_ours(thing)]
    if not every:
        within = f"namespace {where.namespace}: " if where.namespace else ""
        raise Trouble(
            f"{cluster.server}: {within}no workload has the annotation checksum/config in its pod template. Deploy one "
            "with this library, or with a chart that follows Helm's convention."
        )
    return every


def nodes_of(cluster: Cluster) -> Sequence[Node]:
    """Return the nodes with their labels; nothing here needs to know whether they are Ready."""
    return add_nodes(cluster, Observation(), metadata_only=True).nodes


ConfigMapsOf = Callable[[str], Mapping[str, Object]]
"""Gives the metadata of all ConfigMaps of a namespace, by name."""


def config_maps_of(cluster: Cluster) -> ConfigMapsOf:
    """Return what lists the ConfigMaps of each namespace once, however many workloads it has."""
    return cache(partial(all_config_maps, cluster))


def view_of(
    cluster: Cluster, thing: Object, nodes: Sequence[Node], config_maps: ConfigMapsOf | None = None
) -> WorkloadView:
    """
    Return the workload and what belongs to it, its pods page by page.

    Raises:
      Trouble: It does not record which configuration its pods have.

    """
    observation = add_pods(cluster, _with_revisions(cluster, thing))
    return _complete_view(cluster, observation, nodes, config_maps or config_maps_of(cluster))


def view_without_pods(cluster: Cluster, thing: Object, nodes: Sequence[Node]) -> WorkloadView:
    """Return the same, and leave the pods unread."""
    return _complete_view(cluster, _with_revisions(cluster, thing), nodes, config_maps_of(cluster))


def _with_revisions(cluster: Cluster, thing: Object) -> Observation:
    metadata = thing["metadata"]
    return add_revisions(cluster, observe(cluster, metadata["namespace"], metadata["name"], thing))


def _complete_view(
    cluster: Cluster, observation: Observation, nodes: Sequence[Node], config_maps: ConfigMapsOf
) -> WorkloadView:
    observation = replace(observation, nodes=nodes)
    external = external_names(observation.workload) if observation.workload else []
    records = history_name(observation.name, observation.kind)
    view = WorkloadView.of(observation := add_config_maps(cluster, observation, [records, *external]))
    if not (is_ours(view.workload) or view.records or any(revision.config_hash for revision in view.revisions)):
        raise Trouble(
            f"{view.where}: has no annotation checksum/config in its pod template, so the "
            f"configuration "
            "of a pod is unknown. Deploy it with this library, or with a chart that follows Helm's "
            "convention."
        )
    every = {**config_maps(observation.namespace), **observation.config_maps}  # what was read has its data too
    return WorkloadView.of(replace(observation, config_maps=every))


def exit_code(every: Sequence[WorkloadView], as_wanted: bool) -> int:
    """Return the exit code for what was read, and report unreadable records: those are errors."""
    unread = [finding for view in every for finding in view.unread]
    for finding in unread:
        print(f"config-rollout: {finding}", file=sys.stderr)
    return TROUBLE if unread else AS_WANTED if as_wanted else NOT_AS_WANTED


def _missing(cluster: Cluster, forbidden: Forbidden, rights: Sequence[Right]) -> str:
    """Return which of the permissions that a look needs are missing, with the rules that grant them."""
    missing = [forbidden.right]
    with suppress(ClusterError):
        missing = [right for right in rights if not cluster.may(right)] or missing
    namespace = next((right.namespace for right in missing if right.namespace), "")
    listed = ", ".join(dict.fromkeys(map(str, missing)))
    return (
        f"{cluster.server}: may not {listed}. Grant the user of this kubeconfig these "
        "permissions; the smallest rules are\n"
        f"{roles(missing, 'config-rollout-status', namespace)}"
    )
