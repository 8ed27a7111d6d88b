"""What the commands that look at a cluster share: their options, and how a DaemonSet is read."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from ...cluster.client import Cluster, ClusterError, Forbidden, Object
from ...core.arguments.finding import Finding
from ...core.audit.record import AuditRecord, parse_records
from ...core.kubernetes import daemon_sets as live
from ...core.rbac.rights import Right, roles
from ...core.revisions.naming import HISTORY_KEY, history_name
from ...core.status.observation import KeptConfigMap, Seen, SeenPod, is_ours, kept, revisions_of, seen_pod
from ...core.waves.order import Labels
from ..errors import Trouble

AS_WANTED, NOT_AS_WANTED, TROUBLE = 0, 1, 2
"""The exit codes; with the last all that could be read has been told."""

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
        help="the DaemonSet; by default all of the cluster that carry a config hash",
    )  # fmt: skip


def daemon_set(text: str) -> Where:
    """Read NAMESPACE/NAME."""
    namespace, _, name = text.partition("/")
    if not (namespace and name) or "/" in name:
        raise argparse.ArgumentTypeError(f"must be NAMESPACE/NAME (got {text!r})")
    return namespace, name


@contextmanager
def found(given: argparse.Namespace, rights: Sequence[Right]) -> Iterator[Cluster]:
    """Give the cluster of the options, and tell what keeps it from being read; which of the rights are missing."""
    try:
        cluster = Cluster.find(given.kubeconfig, given.context)
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
            raise Trouble(f"{namespace}/{name}: there is no such DaemonSet on {cluster.server}. Correct the name.")
        return [one]
    every = [item for page, _ in cluster.pages("daemonsets") for item in page if is_ours(item)]
    if not every:
        raise Trouble(
            f"{cluster.server}: no DaemonSet has the annotation checksum/config in its pod template. Deploy one with "
            "this library, or with a chart that follows Helm's convention."
        )
    return every


def node_labels(cluster: Cluster) -> dict[str, dict[str, str]]:
    """Return node -> its labels."""
    pages = cluster.pages("nodes", metadata_only=True)
    return {node["metadata"]["name"]: node["metadata"].get("labels") or {} for page, _ in pages for node in page}


def look(cluster: Cluster, thing: Object, labels: Labels) -> Seen:
    """
    Return what there is of a DaemonSet, its pods page by page.

    Raises:
      Trouble: Nothing of it says which configuration its pods have.

    """
    namespace, selector = thing["metadata"]["namespace"], live.selector_of(thing)
    pods: list[SeenPod] = []
    for page, _ in cluster.pages("pods", namespace, selector):
        pods += filter(None, (seen_pod(pod, thing) for pod in page))
    return around(cluster, thing, pods, labels)


def without_pods(cluster: Cluster, thing: Object, labels: Labels) -> Seen:
    """Return the same, and leave the pods unread."""
    return around(cluster, thing, [], labels)


def around(cluster: Cluster, thing: Object, pods: Sequence[SeenPod], labels: Labels) -> Seen:
    """Return the same, with pods that are known already."""
    namespace, name = thing["metadata"]["namespace"], thing["metadata"]["name"]
    found = cluster.list("controllerrevisions", namespace, live.selector_of(thing))
    revisions = revisions_of(found, thing)
    records, unread = read_records(cluster, namespace, name)
    if not (is_ours(thing) or records or any(revision.config_hash for revision in revisions)):
        raise Trouble(
            f"{namespace}/{name}: has no annotation checksum/config in its pod template, so nothing tells which "
            "configuration a pod has. Deploy it with this library, or with a chart that follows Helm's convention."
        )
    config_maps: dict[str, KeptConfigMap] = {}
    for page, _ in cluster.pages("configmaps", namespace, metadata_only=True):
        config_maps |= {item["metadata"]["name"]: kept(item) for item in page}
    return Seen(thing, revisions, pods, config_maps, labels, records, unread)


def read_records(cluster: Cluster, namespace: str, name: str) -> tuple[list[AuditRecord], list[Finding]]:
    """Return the audit records that the cluster keeps of a DaemonSet, and what of them cannot be read."""
    config_map = cluster.get("configmaps", history_name(name), namespace) or {}
    text = (config_map.get("data") or {}).get(HISTORY_KEY, "")
    return parse_records(text, f"ConfigMap {namespace}/{history_name(name)}")


def exit_code(every: Sequence[Seen], as_wanted: bool) -> int:
    """Return the exit code for what was seen, and tell which records could not be read: those are trouble."""
    unread = [finding for seen in every for finding in seen.unread]
    for finding in unread:
        print(f"config-rollout: {finding}", file=sys.stderr)
    return TROUBLE if unread else AS_WANTED if as_wanted else NOT_AS_WANTED


def _missing(cluster: Cluster, forbidden: Forbidden, rights: Sequence[Right]) -> str:
    """Return what is missing of the rights that a look needs, with the rules that give it."""
    missing = [forbidden.right]
    with suppress(ClusterError):
        missing = [right for right in rights if not cluster.may(right)] or missing
    namespace = next((right.namespace for right in missing if right.namespace), "")
    listed = ", ".join(dict.fromkeys(map(str, missing)))
    return (
        f"{cluster.server}: may not {listed}. Give the user of this kubeconfig that; the smallest rules are\n"
        f"{roles(missing, 'config-rollout-status', namespace)}"
    )
