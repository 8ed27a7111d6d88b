"""What the commands that read a cluster share: their options, and how a DaemonSet is read."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from ...cluster.client import Cluster, ClusterError, Forbidden, Object
from ...cluster.observe import add_all_config_maps, add_config_maps, add_nodes, add_pods, add_revisions, observe
from ...core.kubernetes.nodes import Node
from ...core.rbac.rights import Right, roles
from ...core.revisions.naming import history_name
from ...core.revisions.observation import Observation
from ...core.status.observation import DaemonSetView, external_names, is_ours
from ..errors import Trouble

AS_WANTED, NOT_AS_WANTED, TROUBLE = 0, 1, 2
"""The exit codes; with the last, everything readable was printed."""

Where = tuple[str, str]
"""Namespace and name of a DaemonSet; both empty stand for all."""


def add_cluster_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say which cluster."""
    command.add_argument("--kubeconfig", metavar="PATH", help="by default as kubectl finds it")
    command.add_argument("--context", metavar="NAME", help="of the kubeconfig; by default its current one")


def add_daemon_set(command: argparse.ArgumentParser) -> None:
    """Add the argument that says which DaemonSet, or all."""
    command.add_argument(
        "daemon_set", metavar="NAMESPACE/NAME", nargs="?", type=daemon_set, default=("", ""),
        help="the DaemonSet; by default all in the cluster that have a config hash",
    )  # fmt: skip


def daemon_set(text: str) -> Where:
    """Read NAMESPACE/NAME."""
    namespace, _, name = text.partition("/")
    if not (namespace and name) or "/" in name:
        raise argparse.ArgumentTypeError(f"must be NAMESPACE/NAME (got {text!r})")
    return namespace, name


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


def daemon_sets(cluster: Cluster, where: Where) -> list[Object]:
    """
    Return the DaemonSet that is named, or all that carry a config hash, in the API server's order.

    Raises:
      Trouble: There is none.

    """
    namespace, name = where
    if name:
        one = cluster.get("daemonsets", name, namespace)
        if one is None:
            raise Trouble(f"{namespace}/{name}: no such DaemonSet on {cluster.server}. Correct the name.")
        return [one]
    every = [item for page, _ in cluster.pages("daemonsets") for item in page if is_ours(item)]
    if not every:
        raise Trouble(
            f"{cluster.server}: no DaemonSet has the annotation checksum/config in its pod template. Deploy one with "
            "this library, or with a chart that follows Helm's convention."
        )
    return every


def nodes_of(cluster: Cluster) -> Sequence[Node]:
    """Return the nodes with their labels; nothing here needs to know whether they are Ready."""
    return add_nodes(cluster, Observation(), metadata_only=True).nodes


def view_of(cluster: Cluster, thing: Object, nodes: Sequence[Node]) -> DaemonSetView:
    """
    Return the DaemonSet and what belongs to it, its pods page by page.

    Raises:
      Trouble: It does not record which configuration its pods have.

    """
    metadata = thing["metadata"]
    return complete_view(
        cluster, add_pods(cluster, observe(cluster, metadata["namespace"], metadata["name"], thing)), nodes
    )


def view_without_pods(cluster: Cluster, thing: Object, nodes: Sequence[Node]) -> DaemonSetView:
    """Return the same, and leave the pods unread."""
    metadata = thing["metadata"]
    return complete_view(cluster, observe(cluster, metadata["namespace"], metadata["name"], thing), nodes)


def complete_view(cluster: Cluster, observation: Observation, nodes: Sequence[Node]) -> DaemonSetView:
    """Return the same of a DaemonSet and, as far as they are wanted, pods that are known already."""
    observation = add_revisions(cluster, replace(observation, nodes=nodes))
    external = external_names(observation.workload) if observation.workload else []
    observation = add_config_maps(cluster, observation, [history_name(observation.name), *external])
    view = DaemonSetView.of(observation)
    if not (is_ours(view.daemon_set) or view.records or any(revision.config_hash for revision in view.revisions)):
        raise Trouble(
            f"{view.namespace}/{view.name}: has no annotation checksum/config in its pod template, so the "
            f"configuration "
            "of a pod is unknown. Deploy it with this library, or with a chart that follows Helm's "
            "convention."
        )
    return DaemonSetView.of(add_all_config_maps(cluster, observation))


def exit_code(every: Sequence[DaemonSetView], as_wanted: bool) -> int:
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
