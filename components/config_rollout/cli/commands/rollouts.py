"""What the commands about past rollouts share: where the records come from, and how a fault in them is reported."""

import argparse
import sys
from collections.abc import Sequence

from ...cluster.client import Cluster
from ...core.arguments.finding import report
from ..errors import Trouble
from ..inputs.records import RolloutRecords, from_cluster, from_file
from .looking import add_cluster_options, daemon_set


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say which records are read."""
    command.add_argument(
        "daemon_set", metavar="NAMESPACE/NAME", type=daemon_set, nargs="?", help="the DaemonSet; all by default"
    )
    command.add_argument(
        "--from",
        metavar="FILE",
        dest="file",
        help="read records from JSON lines (- for standard input) instead of the cluster",
    )
    add_cluster_options(command)


def find_cluster(args: argparse.Namespace) -> Cluster | None:
    """Return the cluster to read; `None` if a file is read."""
    return None if args.file else Cluster.find(args.kubeconfig, args.context)


def read(args: argparse.Namespace, cluster: Cluster | None) -> RolloutRecords:
    """
    Return the selected records; what is wrong with others goes to standard error.

    Raises:
      Trouble: There are none that can be read.
      ClusterError: The cluster cannot be asked.

    """
    selected = from_cluster(cluster, args.daemon_set) if cluster else from_file(args.file)
    if args.daemon_set:
        wanted = "/".join(args.daemon_set)
        if selected.rollouts and wanted not in selected.rollouts:
            raise Trouble(
                f"{args.file}: has no rollout of {wanted} (got {listed(list(selected.rollouts))}). Choose one of them."
            )
        selected.rollouts = {name: records for name, records in selected.rollouts.items() if name == wanted}
    if not selected.rollouts:
        raise Trouble(report("no record can be read", selected.findings))
    for line in report("warning", selected.findings).splitlines():
        print(f"config-rollout: {line}", file=sys.stderr)
    return selected


def listed(names: Sequence[str]) -> str:
    """Return names for a sentence, shortened if there are many."""
    return ", ".join(sorted(names)[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
